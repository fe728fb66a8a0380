"""Serves the bundled portal: each agency on a loopback address of its own, all on one free port."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import yaml

from flows.demo.pages import Resource, site_pages
from flows.demo.reports import DemoSite, load_reports, load_sites


@dataclass(frozen=True, slots=True)
class Portal:
    """A running portal: `registry` is its sites file, `truth` what each report states (per report agency,
    report_year, site and cells: cell id to number or None), `base_url` the address of the first site."""

    registry: Path
    truth: list[dict[str, Any]]
    base_url: str


class _Handler(BaseHTTPRequestHandler):
    """Answers GET from the pages of one site."""

    protocol_version = "HTTP/1.1"

    def __init__(self, pages: dict[str, Resource], *args: Any, **kwargs: Any) -> None:
        self.pages = pages
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        found = self.pages.get(path)
        answer = found or Resource("<h1>404</h1>页面不存在".encode(), "text/html; charset=utf-8")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the crawler reports what it fetched."""


@contextmanager
def serve_portal() -> Iterator[Portal]:
    """Runs the portal as long as the context lasts. Raises OSError where there is no 127.0.0.2."""
    sites = load_sites()
    with ExitStack() as stack:
        port = 0
        for site in sites:
            server = ThreadingHTTPServer((site.address, port), partial(_Handler, site_pages(site)))
            port = server.server_port
            stack.callback(server.server_close)
            Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            stack.callback(server.shutdown)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nianbao-demo-")))
        registry = folder / "sites.yaml"
        entries = [_registry_entry(site, port) for site in sites]
        registry.write_text(yaml.safe_dump(entries, allow_unicode=True, sort_keys=False), encoding="utf-8")
        yield Portal(registry, _truth(), f"http://{sites[0].address}:{port}/")


def _registry_entry(site: DemoSite, port: int) -> dict[str, Any]:
    return {
        "id": site.id,
        "name": site.agency,
        "division": site.division,
        "start_urls": [f"http://{site.address}:{port}{site.start}"],
        "delay_s": 0,
        "expects": sum(report.site == site for report in load_reports()),
        "note": "bundled portal on this machine: there is nobody to be polite to",
    }


def _truth() -> list[dict[str, Any]]:
    return [
        {
            "agency": report.site.agency,
            "report_year": report.year,
            "site": report.site.id,
            "cells": report.truth,
        }
        for report in load_reports()
    ]

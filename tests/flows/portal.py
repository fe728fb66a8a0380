"""A small portal on loopback whose pages the tests take away and bring back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import yaml

from flows.demo.pages import Resource, site_pages
from flows.demo.reports import load_reports, load_sites


@dataclass
class FlowsPortal:
    """Some agencies; `pages` by site id and path may be changed while it runs. `asked` is set by the first
    request, and no request is answered while `open` is clear."""

    registry: Path
    sites: list[str] = field(default_factory=list)
    pages: dict[str, dict[str, Resource]] = field(default_factory=dict)
    asked: Event = field(default_factory=Event)
    open: Event = field(default_factory=Event)

    def reports(self, site: str) -> int:
        """How many reports the site publishes."""
        return sum(report.site.id == site for report in load_reports())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, portal: FlowsPortal, site: str, *args: Any) -> None:
        self.portal, self.site = portal, site
        super().__init__(*args)

    def do_GET(self) -> None:
        self.portal.asked.set()
        self.portal.open.wait()
        found = self.portal.pages[self.site].get(self.path)
        body = found.body if found else b"404"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", found.content_type if found else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextlib.contextmanager
def serve_flows_portal(folder: Path, sites: int = 2) -> Iterator[FlowsPortal]:
    portal = FlowsPortal(folder / "sites.yaml")
    portal.open.set()
    entries = []
    with contextlib.ExitStack() as stack:
        for site in load_sites()[:sites]:
            portal.sites.append(site.id)
            portal.pages[site.id] = dict(site_pages(site))
            server = ThreadingHTTPServer((site.address, 0), partial(_Handler, portal, site.id))
            server.daemon_threads = True
            Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            url = f"http://{site.address}:{server.server_port}{site.start}"
            entries.append(
                {
                    "id": site.id,
                    "name": site.agency,
                    "division": site.division,
                    "start_urls": [url],
                    "delay_s": 0,
                }
            )
        portal.registry.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
        yield portal
        portal.open.set()

"""`python -m flows.demo`: serves the bundled portal until interrupted."""

from __future__ import annotations

import contextlib
import threading

import yaml

from flows.demo.portal import serve_portal

with serve_portal() as portal, contextlib.suppress(KeyboardInterrupt):
    print(f"registry: {portal.registry}")
    for site in yaml.safe_load(portal.registry.read_text(encoding="utf-8")):
        print(f"{site['name']}: {site['start_urls'][0]}")
    print("Ctrl+C ends it", flush=True)
    threading.Event().wait()

"""The command `nianbao`. Exit status: 0 done, 1 something failed (one plain line each), 2 wrong usage.

What a command needs is imported when it runs: `--help`, `parse`, `sites` and `status` load neither Prefect
nor Scrapy.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from flows import operate
from flows.operate import dataset_of, failed, home_of, show_run
from flows.reader_commands import add_reader_commands

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells count it."""
DEMO_HOME = Path("data") / "demo"
"""Where the demo goes if no home is named: its invented agencies stay out of the real dataset."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status. Raises SystemExit for wrong usage and `--help`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status: int = options.command(options)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return failed("interrupted", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except _plain_errors() as error:
        return failed(_in_words(error))


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--home",
        metavar="DIR",
        help="where everything lies (default: NIANBAO_HOME, else ./data); or s3://BUCKET/PREFIX",
    )
    common.add_argument("--sites", type=Path, metavar="PATH", help="another registry: YAML file or folder")
    parser = argparse.ArgumentParser(
        prog="nianbao",
        description="China's annual reports on government information disclosure, one dataset.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = commands.add_parser("demo", parents=[common], help="the whole way on a bundled portal, no network")
    demo.set_defaults(command=_demo)
    run = commands.add_parser("run", parents=[common], help="crawl, parse, publish: all sites due, or these")
    run.add_argument("site", nargs="*", metavar="SITE")
    run.add_argument("--recheck", action="store_true", help="look at every known page again, due or not")
    run.set_defaults(command=_run)
    operate.add_shards(run)
    serve = commands.add_parser("serve", parents=[common], help="the nightly schedule on this machine")
    serve.set_defaults(command=_serve)
    operate.add_shards(serve)
    parse = commands.add_parser("parse", parents=[common], help="read documents at hand, nothing else")
    parse.add_argument("file", nargs="+", metavar="FILE")
    parse.add_argument("--json", action="store_true", help="JSON Lines, one object a report")
    parse.set_defaults(command=_parse)
    reparse = commands.add_parser(
        "reparse", parents=[common], help="parse again from the archive, no network"
    )
    reparse.add_argument("site", nargs="*", metavar="SITE")
    reparse.add_argument("--dask", metavar="ADDRESS", help="parse on a Dask cluster: its scheduler, or local")
    reparse.set_defaults(command=_reparse)
    publish = commands.add_parser("publish", parents=[common], help="staging to dataset again")
    publish.set_defaults(command=_publish)
    site = commands.add_parser("site", parents=[common], help="the dataset as web pages to look at")
    site.add_argument(
        "--out", type=Path, metavar="DIR", help="where the pages go (default: HOME/site; needed for a bucket)"
    )
    site.add_argument("--images", action="store_true", help="draw the pages of every PDF and scan now")
    site.add_argument("--serve", action="store_true", help="then show them on loopback until interrupted")
    site.set_defaults(command=_site)
    add_reader_commands(commands, common, home_of)
    sites = commands.add_parser("sites", parents=[common], help="list the registry, check it, probe a site")
    sites.set_defaults(command=_sites)
    actions = sites.add_subparsers(title="actions", metavar="ACTION")
    # Options named before the action hold for it too.
    after = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    after.add_argument("--home", type=Path, metavar="DIR")
    after.add_argument("--sites", type=Path, metavar="PATH", help="another registry: YAML file or folder")
    check = actions.add_parser("check", parents=[after], help="every mistake of the registry, no network")
    check.set_defaults(command=_sites_check)
    probe = actions.add_parser("probe", parents=[after], help="fetch a site's start pages, say what they are")
    probe.add_argument("site", metavar="SITE")
    probe.set_defaults(command=_sites_probe)
    operate.add_commands(commands, common)
    return parser


def _demo(options: argparse.Namespace) -> int:
    from flows.demo.portal import serve_portal
    from flows.local import run_flow

    home = str(options.home or os.environ.get("NIANBAO_HOME") or DEMO_HOME)
    with serve_portal() as portal:
        summary = run_flow("nightly", home, sites_path=portal.registry, resting=False)
    status = show_run(summary, home)
    if status == 0:
        print("read it with pandas:")
        print("  import pandas as pd")
        print(f"  reports = pd.read_parquet({dataset_of(home) + '/reports'!r})")
        print('  print(reports[["agency", "report_year", "applications.new_received.total"]])')
        print("look at it in a browser:")
        print(f"  {(Path(home).absolute() / 'site' / 'index.html').as_uri()}")
    return status


def _run(options: argparse.Namespace) -> int:
    from crawler.registry import load_registry
    from flows.local import run_flow

    load_registry(options.sites).select(options.site)  # its mistakes, before a server is started
    home = home_of(options)
    settings = {"sites_path": options.sites, "recheck": options.recheck}
    if options.site:
        return show_run(run_flow("site", home, sites=options.site, **settings), home)
    settings |= {"resting": False, "shards": options.shards, "shard_sites": options.shard_sites}
    return show_run(run_flow("nightly", home, **settings), home)


def _serve(options: argparse.Namespace) -> int:
    from crawler.registry import load_registry
    from flows.local import serve

    load_registry(options.sites)
    try:
        serve(home_of(options), options.sites, options.shards, options.shard_sites)
    except KeyboardInterrupt:
        return 0
    return 1


def _parse(options: argparse.Namespace) -> int:
    from flows.documents import json_line, parse_files

    async def show() -> int:
        status = 0
        async for file in parse_files(options.file):
            print("\n".join(map(json_line, file.records)) if options.json else file.text, flush=True)
            if file.unreadable:
                status = failed(f"{file.path}: {file.unreadable}")
        return status

    return asyncio.run(show())


def _reparse(options: argparse.Namespace) -> int:
    from crawler.registry import load_registry
    from flows.local import run_flow

    load_registry(options.sites).select(options.site)
    home = home_of(options)
    chosen = options.site or None
    return show_run(
        run_flow("reparse", home, sites=chosen, sites_path=options.sites, dask=options.dask), home
    )


def _publish(options: argparse.Namespace) -> int:
    from flows.documents import counted
    from warehouse import has_staging, publish

    home = home_of(options)
    if not has_staging(home):
        return failed(f"{home}: nothing is staged here; `nianbao run` does it")
    publication = publish(home)
    changed = len(publication.written) + len(publication.removed)
    print(f"reports  {publication.reports}")
    print(f"cells    {counted(publication.cells)}")
    print(f"changed  {changed} partitions")
    for reason in publication.refused:
        print(f"refused  {reason}")
    print(f"snapshot {publication.snapshot}")
    print(f"dataset  {dataset_of(home)}")
    if not home.startswith("s3://"):
        from flows.place import Place
        from flows.site import render

        print(f"site     {(render(Place.of(home)).folder / 'index.html').as_uri()}")
    return 0


def _site(options: argparse.Namespace) -> int:
    from flows.place import Place
    from flows.site import render, served
    from warehouse.site import IMAGES

    done = render(Place.of(home_of(options)), options.out, None if options.images else IMAGES)
    print(f"reports  {done.reports}")
    print(f"pages    {done.written} written, {done.removed} removed")
    if done.waiting:
        print(f"waiting  the pages of {done.waiting} PDFs and scans; --images draws them all")
    print(f"site     {(done.folder / 'index.html').as_uri()}")
    if options.serve:
        with served(done.folder) as server:
            print(f"serving  http://127.0.0.1:{server.server_port}/  (Ctrl+C ends it)", flush=True)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                return 0
    return 0


def _sites(options: argparse.Namespace) -> int:
    from crawler.registry import load_registry

    for site in load_registry(options.sites).sites.values():
        print(f"{site.id}  {site.province}  {site.name}  {' '.join(site.start_urls)}")
    return 0


def _sites_check(options: argparse.Namespace) -> int:
    from crawler.check import check_registry
    from crawler.registry import load_registry

    if mistakes := check_registry(options.sites):
        print("\n".join(mistakes), file=sys.stderr)
        return 1
    print(f"{len(load_registry(options.sites).sites)} sites, no mistakes")
    return 0


def _sites_probe(options: argparse.Namespace) -> int:
    from crawler.registry import load_registry
    from flows.probe import described, probe

    [site] = load_registry(options.sites).select([options.site])
    print(described(site), flush=True)
    probes = asyncio.run(probe(site))
    for one in probes:
        print("\n".join(one.lines))
    return 0 if all(one.reached for one in probes) else 1


def _plain_errors() -> tuple[type[Exception], ...]:
    """The errors whose message is for the user."""
    from crawler.archive import ArchiveError
    from crawler.registry import RegistryError, UnknownSiteError
    from flows.crawl import CrawlError
    from flows.journal import StillRunningError
    from flows.local import FlowError
    from flows.notify import NotifyError
    from flows.server import ServerError
    from flows.summary import UnknownRunError
    from warehouse import WarehouseError

    return (
        ArchiveError,
        CrawlError,
        FlowError,
        NotifyError,
        RegistryError,
        ServerError,
        StillRunningError,
        UnknownRunError,
        UnknownSiteError,
        WarehouseError,
        OSError,
    )


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


if __name__ == "__main__":
    sys.exit(main())

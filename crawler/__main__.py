"""The crawl process: `python -m crawler --archive DIR [--sites PATH] SITE [SITE ...]`.

Standard output: one JSON line for each site when it is finished (`crawler.archive.SiteResult`). Standard
error: the log. Exit status 0: the crawl ran to its end, whatever the sites answered; 1: it did not, and the
last line of standard error says why.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from datetime import datetime
from pathlib import Path

from scrapy.crawler import CrawlerProcess
from scrapy.settings import Settings

from crawler.agenda import Agenda
from crawler.archive import Archive, ArchiveError, SiteResult
from crawler.clock import PORTAL_TIME, Clock
from crawler.hosts import Hosts
from crawler.past import Past
from crawler.registry import Registry, RegistryError, Site, UnknownSiteError, load_registry
from crawler.scope import scope_of
from crawler.sitecrawl import SiteCrawl
from crawler.spider import ReportSpider
from crawler.writer import ArchiveWriter


class CrawlError(Exception):
    """The crawl did not run to its end; the message is one plain line."""


def main() -> int:
    arguments = _arguments()
    try:
        registry = load_registry(arguments.sites)
        crawl(
            arguments.archive,
            registry,
            registry.select(arguments.site),
            Clock(arguments.now),
            everything=arguments.recheck,
            replayed=arguments.replay,
        )
    except (RegistryError, UnknownSiteError, ArchiveError, CrawlError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def crawl(
    root: Path,
    registry: Registry,
    sites: list[Site],
    clock: Clock,
    *,
    everything: bool = False,
    replayed: str | None = None,
) -> None:
    """Crawl `sites` into the archive at `root` and print each result. With `everything`, what is known is
    looked at again whether due or not; with `replayed`, all answers are those that the archive had when that
    crawl was finished, and nothing is asked for. Once a process: the reactor cannot start again. Raises
    `ArchiveError`, `CrawlError`."""
    archive = Archive(root)
    past = Past(archive, [site.id for site in sites], clock.now(), replayed)
    writer = ArchiveWriter(root, clock)
    hosts = Hosts(root, clock.now())
    today = clock.now().astimezone(PORTAL_TIME).date()
    crawls = [
        SiteCrawl(
            site,
            scope_of(site, registry.sites.values()),
            Agenda(past.memory(site.id), today, everything=everything),
            clock,
            past.answers(site.id),
        )
        for site in sites
    ]
    settings = Settings()
    settings.setmodule("crawler.settings")
    settings.set("DOWNLOAD_SLOTS", _delays(sites))
    process = CrawlerProcess(settings)
    crawler = process.create_crawler(ReportSpider)
    process.crawl(
        crawler,
        crawls=crawls,
        writer=writer,
        archive=archive,
        hosts=hosts,
        clock=clock,
        on_result=_print,
    )
    process.start()
    spider = crawler.spider
    assert isinstance(spider, ReportSpider)
    if spider.archive_error is not None:
        raise spider.archive_error
    if len(spider.results) < len(sites):
        raise CrawlError("the crawl was stopped before it was finished; run it again")
    writer.finish(spider.results, past.learn(writer.crawl_id, spider.results))
    past.settle()
    hosts.save()


def _delays(sites: list[Site]) -> dict[str, dict[str, float]]:
    """Seconds between requests by host; the slowest site of a shared host sets its pace."""
    delays: dict[str, float] = {}
    for site in sites:
        for host in site.hosts:
            delays[host] = max(delays.get(host, 0.0), site.delay_s)
    return {host: {"delay": delay} for host, delay in delays.items()}


def _print(result: SiteResult) -> None:
    print(json.dumps(dataclasses.asdict(result), ensure_ascii=False), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crawler", description="Crawl sites into the archive.")
    parser.add_argument("--archive", type=Path, required=True, help="folder of the archive")
    parser.add_argument("--sites", type=Path, help="another registry: a file or a folder")
    parser.add_argument("--recheck", action="store_true", help="look at everything known, due or not")
    parser.add_argument("--now", type=_time, metavar="TIME", help="begin at this time (ISO 8601 with zone)")
    parser.add_argument("--replay", metavar="CRAWL", help="answers from the archive as of this crawl")
    parser.add_argument("site", nargs="+", metavar="SITE", help="id of a site of the registry")
    return parser.parse_args()


def _time(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no time zone")
    return when


if __name__ == "__main__":
    sys.exit(main())

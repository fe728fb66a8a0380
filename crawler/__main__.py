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
from pathlib import Path

from scrapy.crawler import CrawlerProcess
from scrapy.settings import Settings

from crawler.archive import ArchiveError, SiteResult
from crawler.registry import Registry, RegistryError, Site, UnknownSiteError, load_registry
from crawler.scope import scope_of
from crawler.sitecrawl import SiteCrawl
from crawler.spider import ReportSpider
from crawler.writer import ArchiveWriter, new_crawl_id


class CrawlError(Exception):
    """The crawl did not run to its end; the message is one plain line."""


def main() -> int:
    arguments = _arguments()
    try:
        registry = load_registry(arguments.sites)
        crawl(arguments.archive, registry, registry.select(arguments.site))
    except (RegistryError, UnknownSiteError, ArchiveError, CrawlError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def crawl(archive: Path, registry: Registry, sites: list[Site]) -> None:
    """Crawl `sites` into the archive and print each result. Once a process: the reactor cannot start again.
    Raises `ArchiveError`, `CrawlError`."""
    writer = ArchiveWriter(archive, new_crawl_id(), [site.id for site in sites])
    crawls = [SiteCrawl(site, scope_of(site, registry.sites.values())) for site in sites]
    settings = Settings()
    settings.setmodule("crawler.settings")
    settings.set("DOWNLOAD_SLOTS", _delays(sites))
    process = CrawlerProcess(settings)
    crawler = process.create_crawler(ReportSpider)
    process.crawl(crawler, crawls=crawls, writer=writer, on_result=_print)
    process.start()
    spider = crawler.spider
    assert isinstance(spider, ReportSpider)
    if spider.archive_error is not None:
        raise spider.archive_error
    if len(spider.results) < len(sites):
        raise CrawlError("the crawl was stopped before it was finished; run it again")
    writer.finish(spider.results)


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
    parser.add_argument("site", nargs="+", metavar="SITE", help="id of a site of the registry")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

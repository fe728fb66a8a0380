"""The baseline of `benchmarks.crawl`: a Scrapy spider that follows the links of the columns and does nothing
else with the pages. `python -m benchmarks.bare URL ...`"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from benchmarks.portal import COLUMN


class BareSpider(Spider):
    name = "bare"

    def parse(self, response: Response, **_: Any) -> Iterator[Request]:
        for href in response.css("a::attr(href)").getall():
            if COLUMN in href:
                yield response.follow(href)


if __name__ == "__main__":
    process = CrawlerProcess(
        {
            "CONCURRENT_REQUESTS": 0,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            "DOWNLOAD_DELAY": 0,
            "LOG_LEVEL": "INFO",
        }
    )
    process.crawl(BareSpider, start_urls=sys.argv[1:])
    process.start()

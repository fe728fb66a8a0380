"""Scrapy settings: one request at a time to a host, slowly, under an honest name, robots.txt obeyed."""

from __future__ import annotations

import os

from crawler.bodies import MAX_BODY
from crawler.registry import DEFAULT_DELAY

BOT_NAME = "nianbao"
SPIDER_MODULES = ["crawler.spider"]

# Operators set NIANBAO_CONTACT to a page or mail address where a webmaster reaches them.
CONTACT = os.environ.get("NIANBAO_CONTACT", "https://example.org/nianbao")
USER_AGENT = f"nianbao/0.1 (+{CONTACT})"
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9",
}

# Both by middlewares of our own instead, which say why.
ROBOTSTXT_OBEY = False
COOKIES_ENABLED = False
DOWNLOADER_MIDDLEWARES = {
    "crawler.replay.ReplayMiddleware": 20,
    "crawler.manners.RobotsMiddleware": 40,
    "crawler.middlewares.HostsMiddleware": 50,
    "crawler.manners.WayMiddleware": 640,
    "crawler.manners.MannersMiddleware": 650,
    "crawler.middlewares.CookiesMiddleware": 700,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.middlewares.ArchiveMiddleware": 900,
    "crawler.middlewares.DecodingMiddleware": 910,
}
DOWNLOAD_HANDLERS = {"https": "crawler.tls.HostHandler"}
TWISTED_DNS_RESOLVER = "crawler.tls.IPv4FirstResolver"

# The spider keeps one request a site on its way, so the number of sites is the limit.
CONCURRENT_REQUESTS = 0
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_ITEMS = 1  # Scrapy makes so many tasks for each response; one gives one request
DOWNLOAD_DELAY = DEFAULT_DELAY
DOWNLOAD_DELAY_JITTER = 0  # the delay is a promise, not an average

DOWNLOAD_TIMEOUT = 30  # seconds for a whole answer, however slowly it drips
DNS_TIMEOUT = 20
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "INFO"
REDIRECT_MAX_TIMES = 5
DOWNLOAD_MAXSIZE = MAX_BODY
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_FAIL_ON_DATALOSS = True  # half a report would be read as a report
HTTPERROR_ALLOW_ALL = True  # the spider tells a gone page from a blocked site
URLLENGTH_LIMIT = 0  # dropping a request silently would end its site's crawl

# Switched off by a setting it would still be imported, with a whole web server, for every crawl.
EXTENSIONS = {"scrapy.extensions.remote_control.RemoteControl": None}
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "INFO"
STATS_DUMP = False

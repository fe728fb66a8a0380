"""What `nianbao status` says of the last crawl of each site."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from crawler.archive import Capture, CrawlOutcome, Role, SiteResult, Trouble
from crawler.registry import Site
from flows.cli import main
from flows.deliver import failed
from flows.summary import TROUBLES, SiteOutcome, SiteRun, SiteTrouble
from tests.flows.runs import ran, site_run

NIGHT = datetime(2026, 1, 9, 18, tzinfo=UTC)
LISTED = "http://b.gov.cn/gknb/"


def _registry(folder: Path, *names: str) -> Path:
    path = folder / "sites.yaml"
    entries = [
        {"id": name, "name": "甲局", "division": "620300", "start_urls": [f"http://{name}/"]}
        for name in names
    ]
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    return path


def _run(*troubles: tuple[str, CrawlOutcome]) -> SiteRun:
    """The record of a site of whose crawl these addresses did not come."""

    def trouble(url: str, outcome: CrawlOutcome) -> Trouble:
        asked = Capture(
            "a.gov.cn", url, Role.ARTICLE, None, None, None, 0, None, None, "", "", 0, 0, "", "", None, None
        )
        return Trouble(asked, outcome, f"{url} answered HTTP 500")

    failures = tuple(trouble(url, outcome) for url, outcome in troubles)
    result = SiteResult("c", "a.gov.cn", CrawlOutcome.DONE, "", 9, 9, 1, 9, {}, failures)
    site = Site(id="a.gov.cn", name="甲局", division="620300", start_urls=("http://a.gov.cn/",))
    return failed(site, "disk full", result)


def test_a_record_counts_what_did_not_come_but_not_what_robots_txt_forbids() -> None:
    lost = [(f"http://a.gov.cn/{number}.html", CrawlOutcome.FAILED) for number in range(TROUBLES + 3)]
    run = _run(("http://a.gov.cn/old/", CrawlOutcome.ROBOTS_DENIED), *lost)
    assert run.trouble_count == TROUBLES + 3
    assert [trouble.url for trouble in run.troubles] == [url for url, _ in lost[:TROUBLES]]


def test_status_tells_sites_that_delivered_although_not_everything_came(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = _registry(tmp_path, "a.gov.cn", "b.gov.cn", "c.gov.cn", "d.gov.cn")
    lost = SiteTrouble(url="http://a.gov.cn/1.html", detail="HTTP 500")
    said = "c.gov.cn: https is dead since 2026-01-01, asked by http"
    runs = [
        site_run("a.gov.cn", trouble_count=12, troubles=[lost]),
        site_run("b.gov.cn", shrunk=[LISTED]),
        site_run("c.gov.cn", notes=[said]),
        site_run("d.gov.cn", SiteOutcome.BROKEN, trouble_count=1, troubles=[lost]),
    ]
    ran(tmp_path, NIGHT, runs)
    status = ["status", "--home", str(tmp_path), "--sites", str(registry)]
    assert main(status) == 0
    told = capsys.readouterr().out
    assert "12 addresses did not come, first http://a.gov.cn/1.html: HTTP 500" in told
    assert f"b.gov.cn  1 lists shrank, first {LISTED}" in told
    assert f"hosts of note (1 sites, all in --json): c.gov.cn: {said}" in told
    assert main([*status, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [site["site"] for site in found["incomplete"]] == ["a.gov.cn", "b.gov.cn"]
    assert (found["incomplete"][0]["trouble_count"], found["incomplete"][1]["shrunk"]) == (12, [LISTED])
    assert found["notes"] == {"c.gov.cn": [said]}

    ran(tmp_path, NIGHT.replace(day=10), [site_run("a.gov.cn"), site_run("b.gov.cn")])
    assert main([*status, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["incomplete"] == []

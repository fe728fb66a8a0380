"""An agency with a past: a silent change, a late report, missing years, copied text, numbers that break."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from parsers.model import Scope
from tests.warehouse.samples import NEW, site_report
from warehouse import Access, ListPage, Observed, SiteReport, SiteView, Source, stage, stage_view

BUREAU, GOVERNMENT, SILENT = "金昌市工业和信息化局", "金昌市人民政府", "金昌市体育局"
SITE, GOVERNMENT_SITE, SILENT_SITE = "gxj.jcs.gov.cn", "www.jcs.gov.cn", "tyj.jcs.gov.cn"
OVER, FORWARD = "applications.carried_over.total", "applications.carried_forward.total"
OBSERVED_AT = datetime(2026, 11, 20, 3, tzinfo=UTC)
PROBLEMS = "存在的主要问题是公开内容还不够全面，政策解读的形式较为单一，业务培训有待加强。" * 3
CORRECTION = f"""
- report: {BUREAU}/2024
  cell: {NEW}
  printed: 12
  corrected: 21
  reason: digits swapped
  who: 李华
  source: http://gxj.jcs.gov.cn/zwgk/gzqs.html
"""


def stage_past(home: Path) -> None:
    """Stage the agencies, the bureau twice: between the visits its report on 2023 was changed."""
    stage(home, SITE, "甘肃省", _bureau(changed=False), _seen(BUREAU, Access.WHOLE, SITE))
    stage(home, SITE, "甘肃省", _bureau(changed=True), _seen(BUREAU, Access.WHOLE, SITE))
    own, whole = (_report(GOVERNMENT, 2023, GOVERNMENT_SITE, {NEW: number}) for number in (7, 70))
    both = [
        replace(own, report=replace(own.report, scope=Scope.OWN_ORGAN)),
        replace(whole, report=replace(whole.report, scope=Scope.WHOLE_JURISDICTION)),
    ]
    stage(home, GOVERNMENT_SITE, "甘肃省", both, _seen(GOVERNMENT, Access.PARTLY, GOVERNMENT_SITE))
    stage_view(home, SILENT_SITE, "甘肃省", _seen(SILENT, Access.REFUSED, SILENT_SITE))
    (home / "corrections").mkdir(exist_ok=True)
    (home / "corrections" / "jinchang.yaml").write_text(CORRECTION, "utf-8")


def _bureau(*, changed: bool) -> list[SiteReport]:
    """2022 is missing; 2024 carries over another number than 2023 carries forward."""
    last = 9 if changed else 5
    return [
        _report(BUREAU, 2021, SITE, {NEW: 3, OVER: 0, FORWARD: 1}),
        _report(
            BUREAU, 2023, SITE, {NEW: 4, OVER: 1, FORWARD: last}, published=date(2024, 3, 2), visit=changed
        ),
        _report(BUREAU, 2024, SITE, {NEW: 12, OVER: 6, FORWARD: 0}),
    ]


def _report(
    agency: str,
    year: int,
    site: str,
    numbers: dict[str, int],
    published: date | None = None,
    *,
    visit: bool = False,
) -> SiteReport:
    plain = site_report(agency, year, site=site, numbers=numbers)
    overview = (
        f"{year}年，我局认真贯彻条例，" + ("修改后" if visit else "原先") + f"收到申请{numbers[NEW]}件。"
    )
    fetched = datetime(2026, 11, 20 if visit else 10, 2, tzinfo=UTC)
    source = Source(plain.sources[0].url, f"sha256:{year + visit:064x}", "text/html", fetched, "article")
    return replace(
        plain,
        report=replace(plain.report, sections={"overview": overview, "problems": PROBLEMS}),
        sources=(source,),
        published_date=published or date(year + 1, 1, 20),
    )


def _seen(name: str, access: Access, site: str) -> Observed:
    pages = (ListPage(f"http://{site}/zwgk/", "sha256:" + "cd" * 32),)
    return Observed(SiteView(name, "620300", "city", access, OBSERVED_AT, pages))

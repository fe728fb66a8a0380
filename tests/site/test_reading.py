"""A person reads the room in a real Chromium, from disk: every request to elsewhere and every error fails."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import expect

from flows.site import served
from tests.site.browser import DESKTOP, PHONE, Reader, axe_findings
from tests.site.past import BUREAU, GOVERNMENT, SILENT

pytestmark = pytest.mark.xdist_group("chromium")

JINCHANG, ORDOS, WENDENG = "金昌市示例局", "鄂尔多斯市示例委员会", "威海市文登区示例中心"
TOTAL = "applications.result_total.natural_person"


def kinds(reader: Reader) -> dict[str, str]:
    """One address of each kind of page."""
    site = reader.room.site
    report = reader.report(ORDOS, 2023)
    agency = next(site.glob(f"agency/*/{Path(report).name}"))
    return {
        "coverage": "index.html",
        "place": "place/620000.html",
        "agency": agency.relative_to(site).as_posix(),
        "report": report,
        "findings": "findings.html",
        "runs": "runs.html",
        "data": "data.html",
        "codebook": "codebook.html",
        "search": "search.html#金昌",
    }


def test_from_the_map_to_the_evidence_of_a_cell(reader: Reader) -> None:
    page = reader.open("index.html")
    page.get_by_role("link", name="甘肃省").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("甘肃省")
    if page.get_by_role("link", name=JINCHANG).count() == 0:
        page.locator("table.matrix a").first.click()
    page.get_by_role("link", name=JINCHANG).click()
    expect(page.locator("table.side")).to_contain_text("自然人")
    page.locator("ol.years a", has_text="2023").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(JINCHANG)

    cell = page.locator(f"[id='{TOTAL}']")
    cell.click()
    panel = page.locator("#cell")
    expect(panel.locator("h3")).to_have_text("（七）总计 / 自然人（件）")
    expect(panel.locator(".value")).to_have_text(cell.inner_text())
    expect(panel).to_contain_text("文件载明")
    expect(panel).to_contain_text("成立：各类办理结果之和等于（七）总计")
    marked = page.frame_locator("iframe").locator("td:target")
    expect(marked).to_have_text(cell.inner_text())


def test_a_pdf_shows_its_pages_with_a_box_around_the_chosen_cell(reader: Reader) -> None:
    page = reader.open(reader.report(WENDENG, 2023))
    page.locator(f"[id='{TOTAL}']").click()
    expect(page.locator("#cell")).to_contain_text("页")
    frame = page.frame_locator("iframe")
    box = frame.locator("rect:target")
    expect(box).to_have_count(1)
    image = frame.locator("figure", has=box).locator("img")
    assert image.evaluate("image => image.complete && image.naturalWidth") == 1000
    inner, outer = box.bounding_box(), image.bounding_box()
    assert inner is not None
    assert outer is not None
    assert outer["y"] < inner["y"] < outer["y"] + outer["height"]
    assert inner["width"] < outer["width"] / 5


def test_a_failed_check_says_so_in_words_and_leads_to_its_cells(reader: Reader) -> None:
    page = reader.open(reader.report(ORDOS, 2023))
    failed = page.locator("ul.failures li").first
    expect(failed).to_contain_text("自然人: 114 + 0 ≠ 112 + 4")
    failed.get_by_role("link", name="112").click()
    expect(page.locator("td.chosen")).to_have_text("112")
    expect(page.locator("#cell")).to_contain_text("不成立：第一项加第二项之和，等于第三项加第四项之和")


def test_the_form_is_walked_by_keys(reader: Reader) -> None:
    page = reader.open(reader.report(ORDOS, 2023))
    page.locator(f"[id='{TOTAL}']").focus()
    for key, cell in (
        ("ArrowRight", "applications.result_total.commercial_enterprise"),
        ("ArrowDown", "applications.carried_forward.commercial_enterprise"),
        ("ArrowLeft", "applications.carried_forward.natural_person"),
        ("ArrowUp", TOTAL),
    ):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.id") == cell
        expect(page.locator("#cell .value")).to_have_text(page.locator(f"[id='{cell}']").inner_text())
    page.keyboard.press("Escape")
    expect(page.locator("td.chosen")).to_have_count(0)

    page = reader.open("index.html")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_map_shows_another_year_and_measure(reader: Reader) -> None:
    page = reader.open("index.html")
    ordos = page.locator("a.tile[data-code='150000'] .v")
    expect(ordos).to_have_text("1")
    page.get_by_role("radio", name="有矛盾").check()
    page.locator("#year").select_option("2023")
    expect(ordos).to_have_text("1")
    page.locator("#year").select_option("2022")
    expect(ordos).to_have_text("0")
    page.get_by_role("radio", name="完整率").check()
    expect(ordos).to_have_text("100 %")


def test_search_finds_an_agency_by_name_place_and_year(reader: Reader) -> None:
    page = reader.open("search.html")
    page.get_by_role("searchbox").fill("甘肃 示例局 2023")
    found = page.locator("#results li")
    expect(found).to_have_count(1)
    expect(found).to_contain_text(JINCHANG)
    found.get_by_role("link", name="2023").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{JINCHANG} 2023")

    page = reader.open("search.html#没有这样的机关")
    expect(page.locator("#count")).to_have_text("没有找到。")


def test_the_language_is_switched_and_stays(reader: Reader) -> None:
    page = reader.open(reader.report(JINCHANG, 2023))
    page.get_by_role("button", name="English").click()
    expect(page.locator("#form")).to_have_text("The form as filled in")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator(f"[id='{TOTAL}']").click()
    expect(page.locator("#cell")).to_contain_text("holds")
    page.get_by_role("link", name="Coverage").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Coverage")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("覆盖")


def test_findings_are_sorted_filtered_downloaded_and_have_addresses(reader: Reader) -> None:
    page = reader.open("findings.html#contradiction/2023")
    rows = page.locator("#table tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_label("筛选").fill("总计: 170")
    expect(rows).to_have_count(1)
    page.get_by_label("筛选").fill("")
    page.get_by_role("button", name="内容").click()
    page.get_by_role("button", name="内容").click()
    expect(page.locator("th[aria-sort='descending']")).to_contain_text("内容")

    with page.expect_download() as download:
        page.get_by_role("button", name="下载 CSV").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert {line["agency"] for line in lines} == {ORDOS}
    assert {line["text"] for line in lines} == {"自然人: 114 + 0 ≠ 112 + 4", "总计: 170 + 2 ≠ 167 + 7"}

    page.locator("#table tbody a", has_text="¶").first.click()
    expect(rows).to_have_count(1)
    address, text = page.url, rows.inner_text()
    again = reader.open("findings.html" + address.partition("findings.html")[2])
    expect(again.locator("#table tbody tr")).to_have_count(1)
    assert again.locator("#table tbody tr").inner_text() == text
    again.locator("#table tbody a").first.click()
    expect(again.locator("li:target")).to_contain_text("≠")


def test_code_is_copied(reader: Reader) -> None:
    page = reader.open("data.html")
    button = page.locator("pre.code button").first
    button.click()
    expect(button).to_have_text("已复制")


@pytest.mark.parametrize(
    ("name", "size", "scheme"), [("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")]
)
def test_axe_finds_nothing(
    reader: Reader, name: str, size: tuple[int, int], scheme: Literal["light", "dark"], screenshots: Path
) -> None:
    found: list[str] = []
    for kind, address in kinds(reader).items():
        page = reader.open(address, size, scheme)
        found += [f"{kind}: {line}" for line in axe_findings(page)]
        page.screenshot(path=screenshots / f"{kind}-{name}.png", full_page=True)
    page = reader.open(reader.report(ORDOS, 2023) + f"?lang=en#{TOTAL}", size, scheme)
    found += [f"chosen cell: {line}" for line in axe_findings(page)]
    page.screenshot(path=screenshots / f"cell-{name}.png")
    original = page.locator("iframe").first.get_attribute("src")
    assert original is not None
    folder = Path(reader.report(ORDOS, 2023)).parent
    page.goto(f"{reader.base}/{folder}/{original}")
    found += [f"original: {line}" for line in axe_findings(page)]
    assert found == []


def test_nothing_runs_off_a_narrow_screen(reader: Reader) -> None:
    wide: list[str] = []
    for kind, address in kinds(reader).items():
        page = reader.open(address, (320, 640))
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide.append(f"{kind}: {width}")
    assert wide == []


def test_a_report_prints_and_is_read_without_scripts(reader: Reader) -> None:
    page = reader.open(reader.report(ORDOS, 2023), script=False)
    expect(page.locator(f"[id='{TOTAL}']")).to_have_text("112")
    expect(page.locator("ul.failures li").first).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(f"[id='{TOTAL}']")).to_be_visible()
    expect(page.locator("header nav")).to_be_hidden()
    expect(page.locator("aside")).to_be_hidden()


def test_the_served_site_works_alike(reader: Reader) -> None:
    import threading

    with served(reader.room.site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            reader.base = f"http://127.0.0.1:{server.server_port}"
            page = reader.open("search.html#金昌市示例局")
            page.locator("#results a").first.click()
            expect(page.get_by_role("heading", level=1)).to_have_text(JINCHANG)
        finally:
            server.shutdown()
            thread.join()


def test_late_missing_and_blocked_reports_are_on_the_map_and_with_their_agency(reader: Reader) -> None:
    page = reader.open("index.html")
    gansu = page.locator("a.tile[data-code='620000'] .v")
    for measure, year, count in (("逾期", "2023", "1"), ("未见", "2022", "1"), ("受阻", "2025", "1")):
        page.get_by_role("radio", name=measure).check()
        page.locator("#year").select_option(year)
        expect(gansu).to_have_text(count)

    page = reader.open("findings.html#missing/2022")
    page.locator("#table tbody a", has_text=BUREAU).click()
    expect(page.locator("h1")).to_have_text(BUREAU)
    expect(page.locator("li:target")).to_contain_text("未见公布")
    expect(page.locator("#y2023")).to_contain_text("逾期公布")
    expect(page.locator("#y2021")).to_contain_text("按期公布")

    page = reader.open("findings.html#blocked/2025")
    page.locator("#table tbody a", has_text=SILENT).click()
    expect(page.locator("#y2025")).to_contain_text("网站拒绝访问")


def test_a_silent_change_is_found_and_told_on_the_report(reader: Reader) -> None:
    page = reader.open("findings.html#revision/2023")
    page.locator("#table tbody tr", has_text="5 → 9").get_by_role("link", name=BUREAU).first.click()
    changed = page.locator("#revisions ~ ol li")
    expect(page.locator("li:target")).to_contain_text("四、结转下年度继续办理 / 总计")
    expect(changed.locator("del")).to_have_text("原先")
    expect(changed.locator("ins")).to_have_text("修改后")


def test_what_does_not_fit_the_year_before_is_marked(reader: Reader) -> None:
    page = reader.open(reader.report(BUREAU, 2024))
    broken = page.locator("#panel-carried_over_chain-total")
    expect(broken).to_contain_text("本年 6 ≠ 9 上年报告推得")
    expect(page.locator("#panel-text_repeated-problems")).to_contain_text("100 %")
    expect(page.locator("main")).to_contain_text("原件所印 12 → 21 已更正")
    page.get_by_role("link", name="上年报告", exact=True).click()
    expect(page.locator("h1")).to_contain_text("2023")
    page.locator("h1 a").click()
    expect(page.locator("table.side td.f")).to_have_text("6")


def test_a_government_may_report_twice_in_a_year(reader: Reader) -> None:
    whole = reader.report(GOVERNMENT, 2023)
    page = reader.open(whole)
    expect(page.locator("[id='applications.new_received.total']")).to_have_text("70")
    page.locator("h1 a").click()
    page.locator("ol.years a").nth(1).click()
    expect(page.locator("[id='applications.new_received.total']")).to_have_text("7")
    expect(page.locator(".marks")).to_contain_text("本机关")


def test_the_runs_say_what_is_broken_since_when(reader: Reader) -> None:
    page = reader.open("runs.html")
    expect(page.locator(".marks")).to_contain_text("1,248 / 1,250")
    expect(page.locator("tr", has_text="tyj.jcs.gov.cn")).to_contain_text("2026-11-03")
    expect(page.locator("tr", has_text="tyj.jcs.gov.cn")).to_contain_text("<b>412</b>")

"""Whatever a document, a name or an address holds: pages show it as text, and files stay in their folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import html
from playwright.sync_api import expect

from parsers.readers.html import read_with_elements
from tests.site.browser import Reader
from tests.site.room import HOSTILE_HTML, HOSTILE_NAMES, IMAGE, SCRIPT, Room
from warehouse.site.originals import sanitised
from warehouse.site.pages import data_block, script

EVENTS = re.compile(r"on\w+", re.IGNORECASE)
POLICY = "default-src 'none'"
OWN_SCRIPTS = {"site.js", "report.js", "forms.js", "findings.js", "search.js"}


def test_pages_hold_no_script_style_or_address_of_their_content(room: Room) -> None:
    for page in room.site.rglob("*.html"):
        tree = html.fromstring(page.read_bytes())
        [policy] = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy.startswith(POLICY)
        assert "unsafe" not in policy
        for element in tree.iter():
            if not isinstance(element.tag, str):
                continue
            assert not any(EVENTS.fullmatch(name) for name in element.attrib), page
            assert "style" not in element.attrib, page
            if element.tag == "script" and element.get("type") != "application/json":
                assert not element.text, page
                assert Path(element.get("src", "")).name in OWN_SCRIPTS, page
            assert element.tag not in ("base", "object", "embed", "math"), page
            for name in ("href", "src"):
                address = element.get(name)
                if address is not None and ":" in address.split("/")[0].split("?")[0].split("#")[0]:
                    assert element.tag == "a", page
                    assert address.startswith(("http://", "https://")), page


def test_hostile_reports_are_read_like_others(reader: Reader) -> None:
    hostile = [
        page
        for page in (reader.room.site / "report" / "2023").rglob("*.html")
        if "青海省" in page.read_text("utf-8") and "-" not in page.stem
    ]
    assert len(hostile) == 6
    for file in hostile:
        page = reader.open(file.relative_to(reader.room.site).as_posix())
        assert page.title().endswith("年报阅览室")
        expect(page.locator(".sub")).to_contain_text(SCRIPT)
        page.locator("[id='applications.new_received.natural_person']").click()
        expect(page.locator("#cell")).to_contain_text(IMAGE)
        page.locator("[id='applications.new_received.other_org']").click()
        expect(page.locator("#cell")).to_contain_text("data-x=")
        frame = page.frame_locator("iframe").first
        expect(frame.locator("body")).to_contain_text("某局2023年政府信息公开工作年度报告")
        assert page.evaluate("document.title").endswith("年报阅览室")


@pytest.mark.parametrize(
    "address", ["findings.html#prose/2023", "search.html#青海 2023", "place/630000.html"]
)
def test_hostile_names_are_text_in_every_list(reader: Reader, address: str) -> None:
    page = reader.open(address)
    if address.startswith("place"):
        page.locator("table.matrix a").first.click()
    for name in HOSTILE_NAMES[:4]:
        expect(page.locator("main")).to_contain_text(name)
    assert page.title().endswith("年报阅览室")


def test_formulas_are_disarmed_in_the_csv(reader: Reader) -> None:
    page = reader.open("findings.html#prose/2023")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载 CSV").click()
    lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert any(f'"\'{HOSTILE_NAMES[3]}"' in line for line in lines)
    assert not any(',"=' in line for line in lines)


def test_addresses_with_markup_in_their_fragment_do_nothing(reader: Reader) -> None:
    for address in ("findings.html", "search.html", "index.html"):
        for fragment in (IMAGE, SCRIPT, "%", "__proto__/2023", "contradiction/__proto__"):
            page = reader.open(f"{address}#{fragment}")
            page.wait_for_timeout(50)
            assert page.title().endswith("年报阅览室")


def test_files_are_written_nowhere_else(room: Room) -> None:
    inside = {"archive", "corrections", "staging", "dataset", "snapshots", "site", "locks"}
    assert {entry.name for entry in room.home.iterdir()} <= inside
    names = re.compile(r"[\w.=-]+", re.ASCII)
    for path in room.site.rglob("*"):
        parts = path.relative_to(room.site).parts
        if parts[0] != "data":
            assert all(names.fullmatch(part) for part in parts), path


def shown(text: str) -> str:
    page = read_with_elements(text.encode(), "utf-8")
    assert page.root is not None
    return sanitised(page.root, page)


BODIES = (
    "<scr<script>ipt>alert(1)</script>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<p style='background:url(//evil.test)' onmouseover=alert(1)>x</p>",
    "<table><tr><td id=t0-r0-c0 onclick=alert(1)>x</td></tr></table>",
    "<td id='\"><script>alert(1)</script>'>x</td>",
    "<math><mi//xlink:href='data:x,<script>alert(4)</script>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<img src=`javascript:alert(1)`>",
    "<plaintext><script>alert(1)</script>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<div><template><script>alert(1)</script></template></div>",
    "&#0;<script&#0;>alert(1)</script>",
    "<table background='//evil.test/a'><tr><td background=//evil.test/b>x</td></tr></table>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    HOSTILE_HTML,
)


HARMLESS = {"div", "p", "span", "table", "tbody", "tr", "td", "th", "h1", "br", "b", "i", "pre", "section"}


@pytest.mark.parametrize("body", BODIES)
def test_markup_of_originals_keeps_text_and_tables_alone(body: str) -> None:
    page = f"<html><body><p>2023年</p>{body}</body></html>"
    clean = shown(page)
    tree = html.fromstring(f"<div>{clean}</div>")
    for element in tree.iter():
        assert isinstance(element.tag, str)
        assert element.tag in HARMLESS
        assert set(element.attrib) <= {"id", "colspan", "rowspan"}
        assert element.get("id") is None or re.fullmatch(r"t\d+-r\d+-c\d+", element.get("id", ""))


@pytest.mark.parametrize(
    "head",
    [
        '<?xml version="1.0" encoding="UTF-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml">',
        "<html></html><html>",
        "<!-- gone -->" * 9,
    ],
)
def test_an_original_is_shown_whatever_stands_before_it(head: str) -> None:
    page = f"{head}<body><p>2023年</p><table><tr><td>现行有效件数</td><td>12</td></tr></table></body></html>"
    clean = shown(page)
    assert '<td id="t0-r0-c1">12</td>' in clean


def test_data_cannot_end_the_element_that_holds_it() -> None:
    assert "<" not in str(data_block({"x": "</script><script>alert(1)</script>"}))
    assert b"</script" not in script("nianbao.x", "a") + str(data_block("</SCRIPT>")).encode()

"""The bundled portal: reachable, true to its data, and readable by the parsers."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

import pytest
from lxml import html

from crawler.registry import load_registry
from flows.demo.documents import build_docx, build_pdf
from flows.demo.pages import BAIT_YEAR, FILE_TYPES, NOTICE
from flows.demo.portal import Portal, serve_portal
from flows.demo.reports import FILES, DemoReport, load_reports, load_sites
from parsers import parse
from parsers.forms import load_forms
from parsers.model import CellStatus, CheckOutcome, Outcome, Report
from parsers.readers import pdf


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with serve_portal() as running:
        yield running


@pytest.fixture(scope="module")
def answers(portal: Portal) -> dict[str, tuple[str, bytes]]:
    """Content type and body of every address that links lead to from the start pages."""
    waiting = [url for site in load_registry(portal.registry).sites.values() for url in site.start_urls]
    found: dict[str, tuple[str, bytes]] = {}
    while waiting:
        url = waiting.pop()
        if url in found:
            continue
        with urlopen(url) as answer:
            content_type, body = answer.headers["Content-Type"], answer.read()
        found[url] = (content_type, body)
        if content_type.startswith("text/html"):
            waiting += [urljoin(url, link) for link in html.fromstring(body).xpath("//a/@href")]
            pages = re.search(rb"createPageHTML\((\d+)", body)
            waiting += [
                urljoin(url, f"index_{page}.html") for page in range(1, int(pages[1]) if pages else 0)
            ]
    return found


def parsed(answers: dict[str, tuple[str, bytes]]) -> list[tuple[str, Report]]:
    return [
        (url, report)
        for url, (content_type, body) in answers.items()
        for report in parse(body, url, content_type=content_type)
        if report.outcome is Outcome.REPORT
    ]


def test_registry_is_valid_and_covers_provinces(portal: Portal) -> None:
    sites = load_registry(portal.registry).sites
    assert {site.name: site.province for site in sites.values()} == {
        "金昌市示例局": "甘肃省",
        "将乐县示例局": "福建省",
        "威海市文登区示例中心": "山东省",
        "鄂尔多斯市示例委员会": "内蒙古自治区",
    }
    assert sum(site.expects or 0 for site in sites.values()) == len(portal.truth)


def test_every_report_is_read_as_its_data_say(portal: Portal, answers: dict[str, tuple[str, bytes]]) -> None:
    truth = {(entry["agency"], entry["report_year"]): entry["cells"] for entry in portal.truth}
    read = {
        (report.agency, report.report_year): {
            cell_id: cell.value for cell_id, cell in report.cells.items() if cell_id in truth_cells
        }
        for url, report in parsed(answers)
        if "/internal/" not in url
        for truth_cells in [truth[str(report.agency), int(report.report_year or 0)]]
    }
    assert read == truth


def test_truth_covers_the_form(portal: Portal) -> None:
    form = next(form for form in load_forms() if form.id == "cn_ogi_annual_2021")
    assert all(entry["cells"].keys() == form.cells.keys() for entry in portal.truth)


def test_only_the_misprinted_report_breaks_rules(answers: dict[str, tuple[str, bytes]]) -> None:
    failed = {
        (report.agency, report.report_year, check.id, check.at)
        for _, report in parsed(answers)
        for check in report.checks
        if check.outcome is CheckOutcome.FAIL
    }
    agency = "鄂尔多斯市示例委员会"
    assert failed == {
        (agency, 2023, "app_balance", "natural_person"),
        (agency, 2023, "app_balance", "total"),
    }


def test_blank_and_slashed_cells_are_told_apart(answers: dict[str, tuple[str, bytes]]) -> None:
    report = next(
        report
        for _, report in parsed(answers)
        if (report.agency, report.report_year) == ("金昌市示例局", 2022)
    )
    statuses = [cell.status for cell in report.cells.values()]
    assert statuses.count(CellStatus.NOT_APPLICABLE) == 3
    assert statuses.count(CellStatus.BLANK) == 14


def test_every_kind_of_document_is_there(answers: dict[str, tuple[str, bytes]]) -> None:
    kinds = {content_type for content_type, _ in answers.values()}
    assert kinds == {"text/html; charset=utf-8", "text/html", *FILE_TYPES.values()}


def test_gbk_site_names_its_charset_in_the_page_alone(answers: dict[str, tuple[str, bytes]]) -> None:
    pages = [body for content_type, body in answers.values() if content_type == "text/html"]
    assert pages
    assert all(b"charset=gb2312" in body and NOTICE.encode("gbk") in body for body in pages)


def test_robots_forbid_the_bait(portal: Portal, answers: dict[str, tuple[str, bytes]]) -> None:
    baits = [url for url in answers if urlsplit(url).path == f"/internal/{BAIT_YEAR}.html"]
    assert len(baits) == len(load_sites())
    with urlopen(urljoin(portal.base_url, "/robots.txt")) as answer:
        assert "Disallow: /internal/" in answer.read().decode().splitlines()
    assert {report.report_year for url, report in parsed(answers) if url in baits} == {BAIT_YEAR}


def test_unknown_page_is_not_found(portal: Portal) -> None:
    with pytest.raises(HTTPError, match="404"):
        urlopen(urljoin(portal.base_url, "/nothing.html"))


def published(medium: str) -> DemoReport:
    return next(report for report in load_reports() if report.medium == medium)


def test_committed_docx_is_what_the_generator_writes() -> None:
    report = published("docx")
    assert _parts((FILES / report.file_name).read_bytes()) == _parts(build_docx(report))


def test_committed_pdf_is_what_the_generator_writes() -> None:
    report = published("pdf")
    assert pdf.read((FILES / report.file_name).read_bytes()) == pdf.read(build_pdf(report))


def _parts(data: bytes) -> dict[str, bytes]:
    """The parts of a Word document; only the text is ours, the rest follows the library's template."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        return {name: package.read(name) for name in ("word/document.xml", "docProps/core.xml")}

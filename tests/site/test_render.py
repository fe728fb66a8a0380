"""What a rendering writes, what it leaves alone, and that pages fit together."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html

from parsers.model import CellStatus, Scope
from tests.site.room import NIGHTS, Documents, Room, demo_reports, fill
from tests.warehouse.samples import NEW, identities, site_report
from warehouse import NoDatasetError
from warehouse.site import Original, render_site

BUREAU, OTHER = "金昌市工业和信息化局", "金昌市体育局"
PARTS = (".build", "data/", "data.html")


def small(home: Path, numbers: tuple[int, ...] = (4, 5)) -> Room:
    """A room of one agency and several years, and another agency."""
    room = Room(home, Documents({}))
    years = [site_report(BUREAU, 2022 + place, numbers={NEW: n}) for place, n in enumerate(numbers)]
    fill(room, [*years, site_report(OTHER, 2023, site="tyj.jcs.gov.cn")])
    return room


def pages(site: Path) -> dict[str, tuple[int, int]]:
    """Identity of every page of a site."""
    return {name: one for name, one in identities(site).items() if not name.startswith(PARTS)}


def documents(site: Path) -> Iterator[tuple[Path, html.HtmlElement]]:
    for page in site.rglob("*.html"):
        yield page, html.fromstring(page.read_bytes())


def test_a_second_rendering_writes_nothing(tmp_path: Path) -> None:
    room = small(tmp_path)
    room.publish()
    before = identities(room.site)
    done = room.render()
    assert (done.written, done.removed) == (0, 0)
    lock = ".build/"
    assert {n: i for n, i in identities(room.site).items() if not n.startswith(lock)} == {
        n: i for n, i in before.items() if not n.startswith(lock)
    }


def test_one_changed_report_renews_its_pages_alone(tmp_path: Path) -> None:
    room = small(tmp_path)
    room.publish()
    before = pages(room.site)
    fill(room, [site_report(BUREAU, 2022, numbers={NEW: 4}), site_report(BUREAU, 2023, numbers={NEW: 77})])
    room.publish()
    changed = {name for name, one in pages(room.site).items() if before.get(name) != one}
    report = room.page(BUREAU, 2023)
    assert "77" in report.read_text("utf-8")
    key = report.stem
    assert changed == {f"report/2023/{key[:2]}/{key}.html", f"agency/{key[:2]}/{key}.html"}


def test_bodies_below_that_report_more_than_their_government_are_said(tmp_path: Path) -> None:
    room = Room(tmp_path, Documents({}))
    city = site_report("金昌市人民政府", site="www.jcs.gov.cn", numbers={NEW: 1000})
    whole = replace(city, report=replace(city.report, scope=Scope.WHOLE_JURISDICTION))
    fill(room, [whole, site_report(BUREAU, numbers={NEW: 1001})])
    room.publish()
    page = html.fromstring(room.page("金昌市人民政府", 2023).read_bytes())
    [said] = page.xpath(f"//li[@id='levels-{NEW}']")
    assert said.text_content().endswith("1,001 > 1,000")
    [found] = (room.site / "findings").glob("levels-2023-*.js")
    assert "1,001 > 1,000" in found.read_text("utf-8")


def test_night_after_night_gives_what_rendering_at_once_gives(tmp_path: Path) -> None:
    """New years, other numbers, new and lost agencies and provinces: no page or list is left behind."""
    site = "tyj.jcs.gov.cn"
    far = {"site": "tyj.xn.gov.cn", "province": "青海省"}
    nights = [
        [site_report(OTHER, 2023, site=site), site_report(OTHER, 2024, site=site)],  # a year, and no new name
        [site_report(OTHER, 2023, site=site, numbers={NEW: 8}), site_report("西宁市体育局", 2023, **far)],
        [site_report("金昌市体育中心", 2023, site=site)],  # a name in the place of another
        [site_report("西宁市体育局", 2022, **far)],
    ]
    room = small(tmp_path)
    room.publish()
    for number, reports in enumerate(nights):
        fill(room, reports)
        room.publish()
        whole = render_site(room.home, tmp_path / f"whole-{number}", originals=room.documents, nights=NIGHTS)
        assert contents(room.site) == contents(whole.folder)


def contents(site: Path) -> dict[str, bytes]:
    """Every page and script of a site."""
    return {
        str(path.relative_to(site)): path.read_bytes()
        for path in site.rglob("*.*")
        if path.suffix in (".html", ".js") and path.is_file()
    }


def test_what_is_no_longer_published_is_removed(tmp_path: Path) -> None:
    room = small(tmp_path)
    room.publish()
    gone = room.page(BUREAU, 2022)
    fill(room, [site_report(BUREAU, 2023, numbers={NEW: 5})])
    room.publish()
    assert not gone.exists()
    assert room.page(BUREAU, 2023).exists()
    assert "2022" not in (room.site / "index.html").read_text("utf-8")
    assert broken_links(room.site) == []


def test_a_lost_state_or_another_edition_renders_everything_again(tmp_path: Path) -> None:
    room = small(tmp_path)
    room.publish()
    page = room.page(BUREAU, 2023)
    whole = page.read_bytes()
    page.write_bytes(b"damaged")
    assert room.render().written == 0  # nobody looks into pages that follow from the same rows
    (room.site / ".build" / "edition.json").write_text("{")
    room.render()
    assert page.read_bytes() == whole


def test_equal_datasets_give_equal_pages_wherever_they_lie(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        room = small(tmp_path / name)
        room.publish()
        contents.append(
            {
                path.relative_to(room.site): path.read_bytes()
                for path in room.site.rglob("*.*")
                if path.suffix in (".html", ".js") and path.name != "data.html"
            }
        )
    assert contents[0] == contents[1]


def test_nothing_published_is_said_and_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NoDatasetError):
        render_site(tmp_path, originals=Documents({}))
    assert not (tmp_path / "site").exists()


def broken_links(site: Path) -> list[str]:
    """Relative addresses of a site's pages that lead nowhere: no file, or no element of that id."""
    ids: dict[Path, set[str]] = {}
    found = []
    trees = dict(documents(site))
    for page, tree in trees.items():
        ids[page.resolve()] = set(tree.xpath("//@id"))
    for page, tree in trees.items():
        for address in tree.xpath("//a/@href | //link/@href | //script/@src | //img/@src | //iframe/@src"):
            parts = urlsplit(address)
            if parts.scheme in ("http", "https"):
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page.resolve()
            if not target.is_file() or not target.is_relative_to(site.resolve()):
                found.append(f"{page.relative_to(site)}: {address}")
            elif parts.fragment and page.name != "findings.html" and target in ids:
                missing = unquote(parts.fragment) not in ids[target]
                found += [f"{page.relative_to(site)}: {address}"] * missing
    return found


def test_every_link_of_every_page_leads_somewhere(room: Room) -> None:
    assert broken_links(room.site) == []


def test_pages_are_small_and_ids_are_single(room: Room) -> None:
    for page, tree in documents(room.site):
        assert page.stat().st_size < 300 * 1024, page
        ids = tree.xpath("//@id")
        assert len(ids) == len(set(ids)), page


def test_every_cell_of_a_report_stands_on_its_page(room: Room, tmp_path: Path) -> None:
    del tmp_path
    for item in demo_reports(Documents({})):
        report = item.report
        assert report.agency is not None
        assert report.report_year is not None
        tree = html.fromstring(room.page(report.agency, report.report_year).read_bytes())
        shown = {cell.get("id"): cell for cell in tree.xpath("//td[@id]")}
        assert shown.keys() == report.cells.keys()
        for name, cell in report.cells.items():
            text = shown[name].text_content()
            if cell.value is not None:
                assert float(text.replace(",", "")) == cell.value, name
            elif cell.status is CellStatus.BLANK:
                assert text == "空"


def test_a_document_that_ends_its_process_is_left_out(tmp_path: Path) -> None:
    room = small(tmp_path)
    digest = f"sha256:{2023:064x}"
    bomb = Bomb({digest: Original(b"<html><p>x</p></html>", "text/html")})
    from warehouse import publish

    publish(tmp_path)
    done = render_site(tmp_path, originals=bomb)
    assert done.reports == 3
    tree = html.fromstring(room.page(BUREAU, 2023).read_bytes())
    assert "无法显示" in tree.text_content()


class Bomb(Documents):
    """Its documents end the process that opens them, as a fault in a library below Python does."""

    def read(self, digest: str) -> Original | None:
        found = super().read(digest)
        return replace(found, data=Deadly(found.data)) if found else None


class Deadly(bytes):
    def __getattribute__(self, name: str) -> object:
        if name not in ("__class__", "__reduce_ex__", "__len__"):
            os._exit(11)
        return super().__getattribute__(name)


def test_interrupted_renderings_are_completed(room: Room, tmp_path: Path) -> None:
    """Pages and states may be of different ages after a kill: the next rendering brings all up to date."""
    room = Room(Path(shutil.copytree(room.home, tmp_path / "whole")), room.documents)
    whole = {p.relative_to(room.site): p.read_bytes() for p in room.site.rglob("*.html")}
    state = next((room.site / ".build").glob("reports-*.json"))
    state.unlink()
    for place, page in enumerate(sorted(room.site.rglob("*.html"))):
        if place % 3 == 0:
            page.unlink()
    (room.site / ".build" / "edition.json").unlink()
    room.render()
    assert {p.relative_to(room.site): p.read_bytes() for p in room.site.rglob("*.html")} == whole

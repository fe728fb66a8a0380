"""`nianbao site` as a person runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cli import main
from tests.site.room import fill
from tests.site.test_render import BUREAU, small
from tests.warehouse.samples import NEW, site_report


def test_a_new_home_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", "--home", str(tmp_path)]) == 1
    assert "nothing published here yet" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_publishing_renders_and_rendering_again_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small(tmp_path)
    assert main(["publish", "--home", str(tmp_path)]) == 0
    assert f"site     {(tmp_path / 'site' / 'index.html').as_uri()}" in capsys.readouterr().out
    assert main(["site", "--home", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "reports  3\n" in out
    assert "pages    0 written, 0 removed" in out


def test_the_site_goes_where_it_is_told_and_follows_the_dataset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room, out = small(tmp_path / "home"), tmp_path / "out"
    assert main(["publish", "--home", str(room.home)]) == 0
    assert main(["site", "--home", str(room.home), "--out", str(out)]) == 0
    fill(room, [site_report(BUREAU, 2023, numbers={NEW: 88})])
    assert main(["publish", "--home", str(room.home)]) == 0
    assert main(["site", "--home", str(room.home), "--out", str(out)]) == 0
    pages = [page.read_text("utf-8") for page in (out / "report").rglob("*.html")]
    assert len(pages) == 2
    assert any(">88</td>" in page for page in pages)
    assert capsys.readouterr().err == ""

"""From published cells back to the archived bytes: `nianbao explain`, `nianbao validate`."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from flows.cli import main
from flows.explain import explain, text_lines
from parsers.model import CellStatus, Report
from tests.accuracy.corpus import WRITERS, cases, torn_cases
from tests.flows.archived import publish_archived

SEED = 11
NEW = "applications.new_received.total"


def generated() -> Iterator[tuple[bytes, str]]:
    """Documents in every format with intact and damaged tables, two reports in one, a text without tables."""
    for format_ in WRITERS:
        yield from ((case.data, "") for case in islice(cases(SEED, [format_], every=9), 2))
        [two] = [case for case in cases(SEED, [format_], every=1000) if case.name == "two agencies"]
        yield two.data, ""
    yield from ((case.data, "text/plain") for case in torn_cases(SEED))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Report]]:
    home = tmp_path_factory.mktemp("explained") / "home"
    return home, publish_archived(home, generated())


def test_every_stated_cell_leads_to_where_it_is_printed(published: tuple[Path, list[Report]]) -> None:
    home, reports = published
    explained = 0
    for report in reports:
        assert report.agency is not None
        stated = [name for name, cell in report.cells.items() if cell.status is CellStatus.STATED]
        for found in explain(home, home / "archive", report.agency, 2023, stated):
            raw = found.cell["raw"]
            assert found.row is not None, (report.source, found.cell)
            assert found.row.text == raw
            lines = list(text_lines(found))
            assert any(line.startswith("row ") and f"[{' '.join(raw.split())}]" in line for line in lines)
            assert any(report.source.partition("!")[0] in line for line in lines)
            explained += 1
    assert len(reports) > 25
    assert explained > 3000


def test_validate_finds_every_stated_cell_again(
    published: tuple[Path, list[Report]], capsys: pytest.CaptureFixture[str]
) -> None:
    home, _ = published
    assert main(["validate", "--home", str(home)]) == 0
    assert "as the archived documents print it" in capsys.readouterr().out


def test_explain_on_the_command_line(
    published: tuple[Path, list[Report]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, reports = published
    report = next(report for report in reports if report.cells[NEW].status is CellStatus.STATED)
    assert report.agency is not None
    out = tmp_path / "document"
    assert main(["explain", report.agency, "2023", NEW, "--out", str(out), "--home", str(home)]) == 0
    shown = capsys.readouterr().out
    for part in (
        f"{report.cells[NEW].value}  (stated)",
        "app_total_column",
        "sha256:",
        report.source,
        "2026-11-20",
    ):
        assert part in shown
    assert out.read_bytes() == next(generated())[0]
    assert main(["explain", report.agency, "1999", NEW, "--home", str(home)]) == 1
    assert "there are those for 2023" in capsys.readouterr().err
    assert main(["explain", report.agency[:-1], "2023", NEW, "--home", str(home)]) == 1
    assert f"did you mean {report.agency}" in capsys.readouterr().err
    assert main(["explain", report.agency, "2023", "applications.nosuch", "--home", str(home)]) == 1
    assert "no cell applications.nosuch" in capsys.readouterr().err


def test_without_the_archive_the_source_is_still_named(
    published: tuple[Path, list[Report]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(published[0], home, ignore=shutil.ignore_patterns("archive"))
    report = published[1][0]
    assert report.agency is not None
    arguments = ["explain", report.agency, "2023", NEW, "--home", str(home)]
    assert main(arguments) == 0
    assert f"url      {report.source}" in capsys.readouterr().out
    assert main([*arguments, "--out", str(tmp_path / "document")]) == 1
    assert "does not hold the document; nothing written" in capsys.readouterr().err
    assert main(["validate", "--home", str(home)]) == 0
    assert "no archive here to compare" in capsys.readouterr().out


def test_validate_names_what_the_archive_does_not_print(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number that somebody changed on the way, and an archive that lost a document."""

    def altered(report: Report) -> Report:
        cell = dataclasses.replace(report.cells[NEW], value=987654, raw="987654")
        return dataclasses.replace(report, cells=report.cells | {NEW: cell})

    documents = [(case.data, "") for case in islice(cases(SEED, ["html"], every=9), 2)]
    publish_archived(tmp_path, documents, altered)
    assert main(["validate", "--home", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "金昌市第0局/2023: http://gxj.jcs.gov.cn/0 does not print '987654' at block" in shown.out
    assert shown.err == "nianbao: 2 flaws\n"
    index = tmp_path / "archive" / "crawl.jsonl"
    index.write_text(index.read_text().splitlines()[0] + "\n")
    assert main(["validate", "--home", str(tmp_path)]) == 1
    assert "金昌市第1局/2023: its source sha256:" in capsys.readouterr().out

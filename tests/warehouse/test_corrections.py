"""Reviewed corrections: applied at every publication, shown as such, refused where they no longer fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from parsers.model import Cell, CellStatus
from tests.warehouse.samples import FEES, FORM, NEW, identities, site_report
from warehouse import SiteReport, WarehouseError, publish, read, stage

SITE, AGENCY = "gxj.jcs.gov.cn", "金昌市工业和信息化局"
TOTAL, PERSONS = "applications.new_received.total", "applications.new_received.natural_person"


def correct(home: Path, **fields: Any) -> None:
    """The corrections file of a home, with one entry that is changed by `fields`."""
    entry = {
        "report": f"{AGENCY}/2023",
        "cell": NEW,
        "printed": 12,
        "corrected": 21,
        "reason": "digits swapped; the rows add up to 21",
        "who": "Li Hua",
        "source": "http://gxj.jcs.gov.cn/zwgk/gzqs.html",
    }
    folder = home / "corrections"
    folder.mkdir(exist_ok=True)
    entries = [entry | fields]
    (folder / "2026.yaml").write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")


def whole(new: int, **fields: Any) -> SiteReport:
    """A report whose column of totals prints everything 0 but `new` new requests, all by persons."""
    return site_report(numbers=dict.fromkeys(FORM.cells, 0) | {NEW: new, PERSONS: 21, FEES: 0.5}, **fields)


def test_a_correction_replaces_the_number_and_shows(tmp_path: Path) -> None:
    stage(tmp_path, SITE, "甘肃省", [whole(12), site_report(year=2022)])
    publish(tmp_path)
    correct(tmp_path)
    assert publish(tmp_path, []).written == ("year=2023/province=甘肃省",)
    [row] = read("reports", home=tmp_path, year=2023).to_dict("records")
    assert row[NEW] == 21
    assert list(row["corrected_cells"]) == [NEW]
    cells = read("cells", home=tmp_path, year=2023).set_index("cell")
    assert cells.loc[NEW, ["value", "raw", "status", "corrected_from"]].to_list() == [21, "12", "stated", 12]
    assert "digits swapped" in cells.loc[NEW, "correction"]
    assert "Li Hua" in cells.loc[NEW, "correction"]
    assert cells.drop(index=NEW)[["corrected_from", "correction"]].isna().all(axis=None)
    checks = read("checks", home=tmp_path, year=2023).set_index(["check", "at"])
    assert checks.loc[("app_total_column", "new_received"), "outcome"] == "pass"


def test_a_correction_survives_reading_anew_and_goes_with_its_file(tmp_path: Path) -> None:
    correct(tmp_path)
    for version in (whole(12), whole(12), whole(12)):
        stage(tmp_path, SITE, "甘肃省", [version])
        publish(tmp_path, [SITE])
        assert read("reports", home=tmp_path)[NEW].to_list() == [21]
    before = identities(tmp_path / "dataset")
    publish(tmp_path)
    assert identities(tmp_path / "dataset") == before
    (tmp_path / "corrections" / "2026.yaml").unlink()
    publish(tmp_path, [])
    assert read("reports", home=tmp_path)[NEW].to_list() == [12]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"printed": 13}, "the document prints 12, not 13; review it again"),
        ({"cell": "statistics.app_received", "printed": 3}, "the report does not have this cell"),
    ],
)
def test_a_correction_that_no_longer_fits_is_refused_and_said(
    tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    correct(tmp_path, **fields)
    stage(tmp_path, SITE, "甘肃省", [whole(12)])
    [refused] = publish(tmp_path).refused
    assert refused.startswith(f"correction of {AGENCY}/2023")
    assert refused.endswith(message)
    assert read("reports", home=tmp_path)[NEW].to_list() == [12]


def test_an_unclear_number_is_corrected_by_its_printed_text(tmp_path: Path) -> None:
    correct(tmp_path, printed="1 或 7", corrected=7)
    stage(tmp_path, SITE, "甘肃省", [site_report(cells={NEW: Cell(None, "1 或 7", CellStatus.UNCERTAIN)})])
    assert publish(tmp_path).refused == ()
    [cell] = read("cells", home=tmp_path).to_dict("records")
    assert (cell["value"], cell["status"], cell["raw"]) == (7, "stated", "1 或 7")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- {report: a/2023}", r"2026\.yaml: entry 1: cell: Field required"),
        ("report: a", r"2026\.yaml: is not a list"),
        ("- [", r"2026\.yaml: is not YAML"),
        (
            "- {report: a, cell: a.b.c, printed: 1, corrected: 2, reason: r, who: w, source: s}",
            r"entry 1: no cell 'a\.b\.c'",
        ),
        (
            f"- &a {{report: a, cell: {NEW}, printed: 1, corrected: 2, reason: r, who: w, source: s}}\n- *a",
            "is corrected twice",
        ),
        (
            f"- {{report: a, cell: {NEW}, printed: 1, corrected: 2.5, reason: r, who: w, source: s}}",
            f"entry 1: {NEW} counts; 2.5 is not whole",
        ),
    ],
)
def test_a_malformed_file_is_named_and_publishes_nothing(tmp_path: Path, text: str, complaint: str) -> None:
    stage(tmp_path, SITE, "甘肃省", [site_report()])
    publish(tmp_path)
    before = identities(tmp_path / "dataset")
    (tmp_path / "corrections").mkdir()
    (tmp_path / "corrections" / "2026.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(WarehouseError, match=complaint) as raised:
        publish(tmp_path)
    assert "\n" not in str(raised.value)
    assert identities(tmp_path / "dataset") == before

"""What the dataset promises its readers: documents that follow the schema, columns that keep their meaning,
partitions of older versions brought to today's."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from parsers.model import Fact
from tests.warehouse import samples
from tests.warehouse.samples import NEW, site_report
from warehouse import publish, read, stage, vocabulary
from warehouse.codebook import codebook, documents
from warehouse.rows import report_tables
from warehouse.schema import CELLS, REPORTS, SCHEMA_VERSION, SCHEMAS
from warehouse.wide import with_cells

SITE = "gxj.jcs.gov.cn"
DOCS = Path(__file__).parents[2] / "docs" / "dataset"


@pytest.mark.parametrize("name", ["CODEBOOK.md", "crosswalk.csv", "datapackage.json"])
def test_the_documents_of_this_repository_are_those_of_the_schema(name: str) -> None:
    assert (DOCS / name).read_bytes() == documents()[name], "run `make codebook`"


def test_no_column_is_used_for_another_meaning() -> None:
    """columns.csv has every column that was ever published: those of today with type and unit as they came,
    and each change in its version."""
    lines = (files("warehouse") / "columns.csv").read_text("utf-8").splitlines()
    record = {(row["table"], row["column"]): row for row in csv.DictReader(lines)}
    assert len(record) == len(lines) - 1
    today = {(table, field.name): field for table, schema in SCHEMAS.items() for field in schema}
    assert {key for key, row in record.items() if not row["until"]} == set(today)
    for key, field in today.items():
        unit = field.metadata.get(b"unit", b"").decode()
        assert (record[key]["type"], record[key]["unit"]) == (str(field.type), unit), key
    changes = [int(row[name]) for row in record.values() for name in ("since", "until") if row[name]]
    assert max(changes) == SCHEMA_VERSION


def test_every_code_of_the_dataset_is_explained() -> None:
    text = codebook().decode()
    kinds = [
        kind for kind in vars(vocabulary).values() if isinstance(kind, type) and issubclass(kind, StrEnum)
    ]
    for kind in kinds:
        for code in kind:
            assert f"| `{code}` |" in text, code


def test_columns_derive_from_the_forms() -> None:
    for cell, spec in CELLS.items():
        field = REPORTS.field(cell)
        metadata = {key.decode(): value.decode() for key, value in field.metadata.items()}
        assert metadata["label"] == spec.label
        assert metadata.get("unit") == spec.unit


def test_the_datapackage_counts_and_hashes_every_file(tmp_path: Path) -> None:
    stage(tmp_path, SITE, "甘肃省", [site_report(year=2022), site_report(year=2023)])
    publish(tmp_path)
    dataset = tmp_path / "dataset"
    package = json.loads((dataset / "datapackage.json").read_text("utf-8"))
    named = set()
    for resource in package["resources"]:
        rows = 0
        for file in resource.get("files", []):
            data = (dataset / file["path"]).read_bytes()
            assert file["hash"] == f"sha256:{sha256(data).hexdigest()}"
            assert file["bytes"] == len(data)
            rows += parquet.ParquetFile(dataset / file["path"]).metadata.num_rows
            named.add(file["path"])
        assert resource["rows"] == rows
        # Frictionless: a path or data, and every column described.
        assert ("path" in resource) != ("data" in resource)
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert set(resource["schema"].get("primaryKey", [])) <= set(names)
    assert named == {str(path.relative_to(dataset)) for path in dataset.rglob("*.parquet")}


def test_columns_that_are_never_null_hold_no_null(tmp_path: Path) -> None:
    narrative = site_report("金昌市信访局", cells={})
    stage(tmp_path, SITE, "甘肃省", [site_report(), site_report(year=2022), narrative])
    publish(tmp_path)
    for table, schema in SCHEMAS.items():
        for path in (tmp_path / "dataset" / table).rglob("*.parquet"):
            rows = parquet.ParquetFile(path).read()
            assert rows.schema.equals(schema)
            for field in schema:
                assert field.nullable or not rows[field.name].null_count


def test_publish_migrates_a_home_of_the_first_version(tmp_path: Path) -> None:
    """It had a folder of Parquet files a site, no snapshots, and the columns of version 1."""
    lines = (files("warehouse") / "columns.csv").read_text("utf-8").splitlines()
    first = [(row["table"], row["column"]) for row in csv.DictReader(lines) if row["since"] == "1"]
    reports = [site_report("金昌市永昌县教育局", year) for year in (2022, 2023)]
    folder = tmp_path / "staging" / "甘肃省" / SITE
    folder.mkdir(parents=True)
    tables = report_tables(SITE, "甘肃省", reports)
    tables["reports"] = with_cells(tables["reports"], tables["cells"])
    for table, rows in tables.items():
        columns = [column for name, column in first if name == table]
        parquet.write_table(rows.select(columns), folder / f"{table}.parquet")
    (tmp_path / "dataset" / "reports").mkdir(parents=True)
    assert publish(tmp_path).reports == 2
    rows = read("reports", home=tmp_path)
    assert rows["body"].to_list() == ["department", "department"]
    assert rows[NEW].to_list() == [4, 4]
    stage(tmp_path, SITE, "甘肃省", reports[:1])
    assert publish(tmp_path).reports == 1


def test_a_site_of_the_first_version_is_staged_anew(tmp_path: Path) -> None:
    folder = tmp_path / "staging" / "甘肃省" / SITE
    folder.mkdir(parents=True)
    for table, rows in report_tables(SITE, "甘肃省", [site_report()]).items():
        parquet.write_table(rows, folder / f"{table}.parquet")
    stage(tmp_path, SITE, "青海省", [site_report(province="青海省")])
    assert publish(tmp_path).reports == 1
    assert read("reports", home=tmp_path)["province"].to_list() == ["青海省"]


def as_version_1(packed: bytes) -> bytes:
    """A site's file without the columns and tables that came with later versions of the schema, with the
    cells' columns in `reports`, which were staged then, and with sentences as a dictionary."""
    lines = (files("warehouse") / "columns.csv").read_text("utf-8").splitlines()
    first = {(row["table"], row["column"]) for row in csv.DictReader(lines) if row["since"] == "1"}
    old = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive, zipfile.ZipFile(old, "w") as older:
        older.writestr("head.json", json.dumps(json.loads(archive.read("head.json")) | {"schema": 1}))
        for name in archive.namelist():
            table = name.partition("/")[0]
            if table not in {table for table, _ in first}:
                continue
            rows = unpacked(archive.read(name))
            if table == "reports":
                rows = with_cells(rows, unpacked(archive.read(name.replace(table, "cells"))))
            rows = rows.select([column for column in rows.column_names if (table, column) in first])
            if table == "facts":
                place = rows.schema.get_field_index("sentence")
                rows = rows.set_column(place, "sentence", rows["sentence"].dictionary_encode())
            sink = pa.BufferOutputStream()
            with pa.CompressedOutputStream(sink, "zstd") as out, ipc.new_stream(out, rows.schema) as writer:
                writer.write_table(rows)
            older.writestr(name, bytes(sink.getvalue()))
    return old.getvalue()


def unpacked(packed: bytes) -> pa.Table:
    with ipc.open_stream(pa.CompressedInputStream(io.BytesIO(packed), "zstd")) as stream:
        return stream.read_all()


def test_publish_migrates_partitions_of_an_older_version(tmp_path: Path) -> None:
    """A site that was staged with version 1, which had fewer columns and tables."""
    stage(
        tmp_path, SITE, "甘肃省", [site_report("金昌市永昌县教育局"), site_report("金昌市永昌县教育局", 2022)]
    )
    path = tmp_path / "staging" / "甘肃省" / SITE
    path.write_bytes(as_version_1(path.read_bytes()))
    assert publish(tmp_path).reports == 2
    [row] = read("reports", home=tmp_path, year=2023).to_dict("records")
    assert (row["body"], row["division"], row["city"], row["county"]) == (
        "department",
        "620321",
        "金昌市",
        "永昌县",
    )
    assert list(row["source_sites"]) == [SITE]
    assert row["form_applications"] == samples.FORM.id
    assert row[NEW] == 4
    cells = read("cells", home=tmp_path, year=2023)
    assert len(cells) == len(samples.FORM.cells)
    assert cells["correction"].isna().all()
    # What the older version did not have comes when the site is read again.
    assert read("obligations", home=tmp_path).empty
    stage(tmp_path, SITE, "甘肃省", [site_report("金昌市永昌县教育局")])
    publish(tmp_path)
    assert len(read("obligations", home=tmp_path)) == 1


def test_a_site_of_an_older_version_stands_beside_one_of_today(tmp_path: Path) -> None:
    fact = Fact("news_items", 5, "条", "发布信息5条。")
    for site, agency in ((SITE, "金昌市工业和信息化局"), (f"new.{SITE}", "金昌市教育局")):
        item = site_report(agency, site=site)
        stage(tmp_path, site, "甘肃省", [replace(item, report=replace(item.report, facts=(fact,)))])
    path = tmp_path / "staging" / "甘肃省" / SITE
    path.write_bytes(as_version_1(path.read_bytes()))
    assert publish(tmp_path).reports == 2
    assert read("facts", home=tmp_path)["sentence"].to_list() == [fact.sentence] * 2

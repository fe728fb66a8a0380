"""The staged rows of one site as one file, so that a site's version stands whole or not at all.

A ZIP archive: `head.json` names the reports, `<table>/<year>` holds rows as an Arrow stream (Zstandard).
Not one Parquet file a table: their footers make 14,000 sites of a dozen reports each far slower to read.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from warehouse.errors import WarehouseError
from warehouse.layout import as_dictionaries, in_schema, report_bounds
from warehouse.migrations import migrated
from warehouse.schema import SCHEMA_VERSION, STAGED

_HEAD = "head.json"
_WIDE = {"reports"}
"""Tables with one row a report, where dictionaries would be longer than the texts."""


class StagedReport(NamedTuple):
    """A report that a site holds or owes; `digest` changes with any of its rows in any table."""

    report_id: str
    agency: str
    year: int
    digest: int


def pack(tables: Mapping[str, pa.Table], version: int) -> bytes:
    """The rows of a site by table, each with the rows of one report together, as a file.

    `version` counts the versions of the site.
    """
    held = tables["reports"]["withdrawn_at"].null_count
    reports = list(_reports(tables))
    head = {"version": version, "schema": SCHEMA_VERSION, "held": held, "reports": reports}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_HEAD), json.dumps(head, ensure_ascii=False))
        for table, rows in tables.items():
            for year in sorted(rows["report_year"].unique().to_pylist()):
                of_year = rows.filter(pc.equal(rows["report_year"], year))
                archive.writestr(zipfile.ZipInfo(f"{table}/{year}"), _stream(table, of_year))
    return buffer.getvalue()


class SiteFile:
    """A site's file opened. Raises WarehouseError, naming it, where it is damaged."""

    def __init__(self, data: bytes, where: str) -> None:
        self._where = where
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            head = json.loads(self._archive.read(_HEAD))
            self.version: int = head["version"]
            self._schema: int = head["schema"]
            self.held: int = head["held"]
            """Reports at the portal; `reports` has also withdrawn ones and those owed and not there."""
            self.reports = tuple(StagedReport(*report) for report in head["reports"])
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
            raise self._damaged(error) from error

    def batches(self, table: str, year: int) -> list[pa.RecordBatch]:
        """The rows of a table for a year in today's schema, texts but `PROSE` as dictionaries except in
        `reports`; columns that a migration leaves null may be left out. Batches and not a table, as the wide
        ones of many sites become one table several times faster."""
        try:
            packed = self._archive.read(f"{table}/{year}")
        except KeyError:
            return []
        except zipfile.BadZipFile as error:
            raise self._damaged(error) from error
        stream = pa.CompressedInputStream(pa.BufferReader(packed), "zstd").read_buffer()
        batches = _wide_batches(stream, table) if table in _WIDE else list(ipc.open_stream(stream))
        if self._schema == SCHEMA_VERSION:
            return batches
        return list(migrated(table, pa.Table.from_batches(batches), self._schema).to_batches())

    def tables(self) -> dict[str, pa.Table]:
        """All rows by table, texts plain; empty tables where there are none."""
        years = sorted({report.year for report in self.reports})
        tables = {}
        for name, schema in STAGED.items():
            batches = [batch for year in years for batch in self.batches(name, year)]
            tables[name] = (
                in_schema(pa.Table.from_batches(batches), schema) if batches else schema.empty_table()
            )
        return tables

    def _damaged(self, error: Exception) -> WarehouseError:
        return WarehouseError(
            f"staging is damaged: {self._where}: {error}; run 'nianbao reparse' for this site"
        )


def _stream(table: str, rows: pa.Table) -> bytes:
    bare = pa.schema([pa.field(field.name, field.type) for field in STAGED[table]])
    rows = rows.combine_chunks().cast(bare) if table in _WIDE else as_dictionaries(rows, bare)
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out, ipc.new_stream(out, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


def _wide_batches(stream: pa.Buffer, table: str) -> list[pa.RecordBatch]:
    """The batches of a wide table. All sites share one schema object: to compare hundreds of columns site by
    site takes longer than to read them."""
    messages = ipc.MessageReader.open_stream(stream)
    schema, names = _wide_schema(messages.read_next_message().serialize().to_pybytes(), table)
    batches = [ipc.read_record_batch(message, schema) for message in messages]
    return batches if len(names) == len(schema) else [batch.select(names) for batch in batches]


@lru_cache(8)
def _wide_schema(message: bytes, table: str) -> tuple[pa.Schema, list[str]]:
    """The schema that a message describes, with today's labels where it is today's, and its columns that are
    staged today."""
    held, today = ipc.read_schema(pa.py_buffer(message)), STAGED[table]
    if (held.names, held.types) == (today.names, today.types):
        return today, today.names
    return held, [name for name in held.names if name in set(today.names)]


def _reports(tables: Mapping[str, pa.Table]) -> Iterator[StagedReport]:
    found: dict[str, tuple[str, int, bytes]] = {}
    for table, rows in tables.items():
        ids, agencies, years = (rows[name].to_pylist() for name in ("report_id", "agency", "report_year"))
        for start, end in report_bounds(rows):
            report_id = ids[start]
            before = found[report_id][2] if report_id in found else b""
            [batch] = rows.slice(start, end - start).combine_chunks().to_batches()
            digest = sha256(before + table.encode() + bytes(batch.serialize())).digest()
            found[report_id] = agencies[start], years[start], digest
    for report_id, (agency, year, digest) in found.items():
        number = int.from_bytes(digest[:8], "big", signed=True)
        yield StagedReport(report_id, agency, year, number)

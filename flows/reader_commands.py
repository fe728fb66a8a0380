"""The commands for people who read the dataset: `diff`, `explain`, `export`, `validate`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Named = Callable[[argparse.Namespace], str]
"""The home that the options name."""


def add_reader_commands(commands: Any, common: argparse.ArgumentParser, home: Named) -> None:
    """Add the commands to the parser's."""
    diff = commands.add_parser("diff", parents=[common], help="what changed from one snapshot to another")
    diff.add_argument("before", nargs="?", metavar="A", help="default: the one before B")
    diff.add_argument("after", nargs="?", metavar="B", help="default: the current one")
    diff.add_argument("--json", action="store_true", help="JSON Lines, one object a year and province")
    diff.set_defaults(command=lambda options: _diff(options, home(options)))

    explain = commands.add_parser(
        "explain", parents=[common], help="from a published number back to the archived document"
    )
    explain.add_argument("agency", metavar="AGENCY", help="its full name, or the id of a report")
    explain.add_argument("year", metavar="YEAR", type=int)
    explain.add_argument("cell", metavar="CELL", help="as the columns of reports are named")
    explain.add_argument("--out", type=Path, metavar="FILE", help="write the archived bytes there")
    explain.set_defaults(command=lambda options: _explain(options, home(options)))

    export = commands.add_parser("export", parents=[common], help="the dataset as CSV, SQLite or DuckDB")
    export.add_argument("format", choices=["csv", "sqlite", "duckdb"])
    export.add_argument("out", type=Path, metavar="OUT", help="a new folder (csv) or file")
    export.add_argument("--table", action="append", metavar="TABLE", help="only this one; may be repeated")
    export.add_argument("--year", action="append", type=int, metavar="YEAR", help="may be repeated")
    export.add_argument("--province", metavar="NAME", help="as the directories are named: 甘肃省")
    export.add_argument("--snapshot", metavar="ID", help="default: the current one")
    export.set_defaults(command=lambda options: _export(options, home(options)))

    validate = commands.add_parser(
        "validate", parents=[common], help="check files, rows, and every stated cell against the archive"
    )
    validate.add_argument("snapshot", nargs="?", metavar="ID", help="default: the current one")
    validate.set_defaults(command=lambda options: _validate(options, home(options)))


def _diff(options: argparse.Namespace, home: str) -> int:
    from flows.changes import json_line, text_lines
    from warehouse import diff

    difference = diff(home, options.before, options.after)
    if not options.json:
        print(f"{difference.before.snapshot} to {difference.after.snapshot}")
    for partition in difference.partitions():
        print(json_line(partition) if options.json else "\n".join(text_lines(partition)), flush=True)
    return 0


def _explain(options: argparse.Namespace, home: str) -> int:
    from flows.explain import explain, text_lines
    from warehouse import WarehouseError

    found = explain(home, Path(home) / "archive", options.agency, options.year, [options.cell])
    for explanation in found:
        print("\n".join(text_lines(explanation)))
    if options.out is not None:
        if len(found) > 1:
            ids = " or ".join(explanation.head["report_id"] for explanation in found)
            raise WarehouseError(f"--out: which one, {ids}? name it in the place of the agency")
        [explanation] = found
        if explanation.data is None:
            raise WarehouseError(f"--out: the archive in {home} does not hold the document; nothing written")
        options.out.write_bytes(explanation.data)
        print(f"written  {options.out}, {len(explanation.data)} bytes")
    return 0


def _export(options: argparse.Namespace, home: str) -> int:
    from warehouse import Format, export
    from warehouse.schema import SCHEMAS

    counts = export(
        home,
        options.out,
        Format(options.format),
        tables=options.table or tuple(SCHEMAS),
        year=options.year,
        province=options.province,
        snapshot=options.snapshot,
    )
    for table, rows in counts.items():
        print(f"{table:<12} {rows} rows")
    print(f"written      {options.out.absolute()}")
    return 0


def _validate(options: argparse.Namespace, home: str) -> int:
    from flows.originals import lost_texts
    from flows.parse import parser_pool
    from warehouse import validate

    flaws = 0

    def show(path: str, message: str) -> None:
        nonlocal flaws
        flaws += 1
        print(f"{path}: {message}", flush=True)

    for flaw in validate(home, options.snapshot):
        show(*flaw)
    archive = Path(home) / "archive"
    if archive.is_dir() and not flaws:

        async def hold_against_archive() -> None:
            with parser_pool() as pool:
                async for flaw in lost_texts(home, archive, pool, options.snapshot):
                    show(*flaw)

        asyncio.run(hold_against_archive())
    if flaws:
        print(f"nianbao: {flaws} flaws", file=sys.stderr)
        return 1
    against = "and as the archived documents print it" if archive.is_dir() else "(no archive here to compare)"
    print(f"as it was published {against}")
    return 0

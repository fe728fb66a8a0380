"""Rows of a table about one agency, over the years of a province."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from parsers.model import CheckOutcome
from warehouse.site.digests import group_digests
from warehouse.site.reading import grouped, table_rows

Rows = list[dict[str, Any]]


class ByAgency:
    """The rows of a table of a province over the years, agency by agency, the earliest year first."""

    def __init__(
        self,
        root: Path,
        table: str,
        province: str,
        years: Sequence[int],
        columns: Sequence[str],
        *,
        failed: bool = False,
    ) -> None:
        """`failed`: only the rows of failed checks."""
        parts = []
        for year in years:
            part = table_rows(root, table, year, province, columns)
            if part is not None:
                if failed:
                    part = part.filter(pc.equal(part["outcome"], str(CheckOutcome.FAIL)))
                parts.append(part.append_column("year", pa.array([year] * part.num_rows, pa.int16())))
        self.places: dict[str, tuple[int, int, int]] = {}
        if not any(part.num_rows for part in parts):
            return
        whole = pa.concat_tables(parts).sort_by([("agency", "ascending"), ("year", "ascending")])
        [self._rows] = whole.combine_chunks().to_batches()
        starts, agencies = grouped(self._rows, "agency")
        ends = [*starts[1:].tolist(), self._rows.num_rows]
        digests = group_digests(self._rows, starts).tolist()
        self.places = dict(zip(agencies, zip(starts.tolist(), ends, digests, strict=True), strict=True))

    def digest(self, agency: str) -> int:
        return self.places[agency][2] if agency in self.places else 0

    def rows(self, agency: str) -> Rows:
        """The rows of an agency, with their `year`."""
        if agency not in self.places:
            return []
        start, end, _ = self.places[agency]
        found: Rows = self._rows.slice(start, end - start).to_pylist()
        return found

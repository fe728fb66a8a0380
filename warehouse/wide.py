"""The columns of the cells in `reports`, which follow from the rows of `cells`."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.layout import codes_of, in_schema
from warehouse.schema import CELLS, REPORTS


def with_cells(heads: pa.Table, cells: pa.Table) -> pa.Table:
    """Rows of `reports`, in their order, with the value of every cell; null where a report has no row for it.

    `heads` and `cells` are of the same reports, once each; texts may come plain or as dictionaries.
    """
    ids = codes_of(cells["report_id"])
    # By number: grouping the texts takes far longer.
    rows = pa.table({"report": ids.indices, "cell": cells["cell"].cast(pa.string()), "value": cells["value"]})
    by_cell = pc.PivotWiderOptions(list(CELLS), unexpected_key_behavior="raise")
    wide = rows.group_by("report").aggregate([(["cell", "value"], "pivot_wider", by_cell)]).flatten()
    held = ids.dictionary.take(wide["report"].combine_chunks())
    values = wide.rename_columns(["report_id", *CELLS]).take(pc.index_in(heads["report_id"], value_set=held))
    columns = {name: heads[name] for name in heads.column_names} | {name: values[name] for name in CELLS}
    return in_schema(pa.table(columns), REPORTS)

"""Tables inside the cells of Word documents: what stays the cell's text and what is a table of its own."""

from __future__ import annotations

from collections.abc import Iterable

from parsers.model import Block, Paragraph, Table


def is_data(table: Table) -> bool:
    """Whether a nested table is one in its own right: two rows and two columns at least."""
    columns = max((cell.column + cell.colspan for cell in table.cells), default=0)
    return len(table.rows()) > 1 and columns > 1


def cell_text(blocks: Iterable[Block]) -> str:
    """The text of a cell; a nested data table is a block of its own and its numbers stand only there."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            lines.append(block.text)
        elif not is_data(block):
            lines.extend(cell.text for cell in block.cells if cell.text)
    return "\n".join(lines)

"""The markup that portals' editors make of a paragraph and of a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from flows.demo.form import Printed, PrintedTable


@dataclass(frozen=True, slots=True)
class Editor:
    """`container` is the class of the element around an article that the editor wrote."""

    paragraph: Callable[[str], str]
    table: Callable[[PrintedTable], str]
    container: str


def _spans(cell: Printed, quote: str, colspan: str = "colspan") -> str:
    text = f" rowspan={quote}{cell.rowspan}{quote}" if cell.rowspan > 1 else ""
    return text + (f" {colspan}={quote}{cell.colspan}{quote}" if cell.colspan > 1 else "")


def _rows(table: PrintedTable, row: str, cell: Callable[[Printed], str], end: str) -> str:
    return "\n".join(row + "".join(cell(printed) for printed in cells) + end for cells in table)


def _trs_paragraph(text: str) -> str:
    return f'<p style="text-indent: 2em">{escape(text)}</p>'


def _trs_table(table: PrintedTable) -> str:
    def cell(printed: Printed) -> str:
        text = escape(printed.text).replace("|", "<br />") or "&nbsp;"
        return f'<td align="center"{_spans(printed, chr(34))}>{text}</td>'

    return (
        f'<table border="1" cellspacing="0"><tbody>\n{_rows(table, "<tr>", cell, "</tr>")}\n</tbody></table>'
    )


def _word_paragraph(text: str) -> str:
    return (
        "<p class=MsoNormal style='text-indent:32.0pt'><span style='font-family:仿宋_GB2312'>"
        f"{escape(text)}</span><span lang=EN-US><o:p></o:p></span></p>"
    )


def _word_table(table: PrintedTable) -> str:
    def cell(printed: Printed) -> str:
        breaks = "</span><span lang=EN-US><br></span><span style='font-family:宋体'>"
        text = f"<span style='font-family:宋体'>{escape(printed.text).replace('|', breaks)}</span>"
        if printed.value:
            text = f"<span lang=EN-US>{printed.text or '&nbsp;'}<o:p></o:p></span>"
        return f"<td valign=center{_spans(printed, '')}><p class=MsoNormal align=center>\n  {text}</p></td>"

    rows = _rows(table, "<tr style='height:21.0pt'>", cell, "</tr>")
    return f"<table class=MsoNormalTable border=1 cellspacing=0 cellpadding=0>\n{rows}\n</table>"


def _wps_paragraph(text: str) -> str:
    return f'<p style="text-indent:43px"><span style="font-family: 宋体">&nbsp;{escape(text)}</span></p>'


def _wps_table(table: PrintedTable) -> str:
    def cell(printed: Printed) -> str:
        lines = "".join(
            f'<p style="text-align:center"><span style="font-size:14px">{escape(line) or "&nbsp;"}</span></p>'
            for line in printed.text.split("|")
        )
        return f'<td width="57" valign="center"{_spans(printed, chr(34))}>{lines}</td>'

    rows = _rows(table, '<tr class="firstRow">', cell, "</tr>")
    return f'<div align="center"><table class="MsoTableGrid"><tbody>\n{rows}\n</tbody></table></div>'


def _old_paragraph(text: str) -> str:
    return f"<P>&nbsp;&nbsp;&nbsp;&nbsp;<FONT face=宋体>{escape(text)}</FONT>"


def _old_table(table: PrintedTable) -> str:
    def cell(printed: Printed) -> str:
        text = escape(printed.text).replace("|", "<BR>") or "&nbsp;"
        return f"<TD align=middle{_spans(printed, '', 'colSpan')}><FONT size=2>{text}</FONT>"

    return f"<TABLE border=1 cellSpacing=0>\n{_rows(table, '<TR>', cell, '')}\n</TABLE>"


EDITORS = {
    "trs": Editor(_trs_paragraph, _trs_table, "TRS_Editor"),
    "word": Editor(_word_paragraph, _word_table, "WordSection1"),
    "wps": Editor(_wps_paragraph, _wps_table, "article-content"),
    "old": Editor(_old_paragraph, _old_table, "content"),
}
"""The editors by the name that the reports' `medium` gives them."""

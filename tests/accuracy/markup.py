"""Contents as HTML pages, in the markup of several editors, and as bytes in several charsets."""

from __future__ import annotations

import random
from collections.abc import Callable
from html import escape

from flows.demo.editors import EDITORS
from flows.demo.form import Printed as DemoCell
from tests.accuracy.printed import Content, Grid, Printed

NAVIGATION = (
    "<div class='nav'><ul><li><a href='/'>首页</a></li><li><a href='/zwgk/'>政务公开</a></li></ul>"
    "当前位置：首页 > 政务公开 > 政府信息公开年报</div>"
)
FOOT = (
    "<div class='foot'><p>【打印本页】【关闭窗口】</p><p>主办单位：示例单位 网站标识码：6203000012</p></div>"
)

Charset = tuple[str, str]
"""The encoding of the bytes, and the charset that the page claims ("" for none)."""
CHARSETS: tuple[Charset, ...] = (
    ("utf-8", "utf-8"), ("gb18030", "gb2312"), ("gbk", "gbk"), ("utf-8", "gb2312"), ("gb18030", ""),
    ("utf-8", ""), ("gbk", "utf-8"), ("utf-8-sig", "iso-8859-1"),
)  # fmt: skip


def _spans(cell: Printed) -> str:
    rows = f" rowspan={cell.rowspan}" if cell.rowspan > 1 else ""
    return rows + (f" colspan={cell.colspan}" if cell.colspan > 1 else "")


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>").replace("\u00a0", "&nbsp;")


def _demo(name: str) -> Callable[[str | Grid], str]:
    editor = EDITORS[name]

    def render(block: str | Grid) -> str:
        if isinstance(block, str):
            return editor.paragraph(block)
        table = [
            [DemoCell(c.text.replace("\n", "|"), c.rowspan, c.colspan, c.cell is not None) for c in row]
            for row in block
        ]
        return editor.table(table)

    return render


def _bare(block: str | Grid) -> str:
    """Hand-written markup: no end tags, <th>, empty cells without anything in them."""
    if isinstance(block, str):
        return f"<p>{_lines(block)}"
    rows = (
        "<tr>" + "".join(f"<t{'d' if c.cell else 'h'}{_spans(c)}>{_lines(c.text)}" for c in r) for r in block
    )
    return f"<table border>{chr(10).join(rows)}</table>"


def _excel(block: str | Grid) -> str:
    """A sheet saved as a page: numbers in x:num, and a last row that only sets the widths of the columns."""
    if isinstance(block, str):
        return f"<div>{_lines(block)}</div>"

    def cell(printed: Printed) -> str:
        number = " x:num" if printed.cell else ""
        return f"<td{_spans(printed)} class=xl65{number}>{_lines(printed.text) or '　'}</td>"

    rows = (f"<tr height=19>{''.join(map(cell, row))}</tr>" for row in block)
    widths = "<td width=72></td>" * sum(cell.colspan for cell in block[0])
    last = f"<![if supportMisalignedColumns]><tr height=0 style='display:none'>{widths}</tr><![endif]>"
    return f"<table x:str border=0><col width=72 span=7><tbody>{''.join(rows)}{last}</tbody></table>"


STYLES: dict[str, Callable[[str | Grid], str]] = {
    **{name: _demo(name) for name in EDITORS},
    "bare": _bare,
    "excel": _excel,
}
"""How a block is written, by the editor's name."""


def to_html(
    content: Content,
    title: str,
    rng: random.Random,
    *,
    style: str | None = None,
    charset: Charset = CHARSETS[0],
    layers: int = 0,
) -> bytes:
    """A page that holds the content, `layers` layout tables around it."""
    render = STYLES[style or rng.choice(list(STYLES))]
    heading = rng.choice(("<h1>{}</h1>", "<div class='title'>{}</div>", "<h2 align=center>{}</h2>"))
    body = heading.format(_lines(title)) + "\n".join(render(block) for block in content)
    for _ in range(layers):
        body = f"<table width=980 align=center><tr><td>{NAVIGATION}</td></tr><tr><td>{body}</td></tr></table>"
    encoding, claimed = charset
    meta = f"<meta http-equiv=Content-Type content='text/html; charset={claimed}'>" if claimed else ""
    page = (
        f"<!DOCTYPE html><html><head>{meta}<title>{_lines(title)}-示例网</title>"
        "<style>.a{color:red}</style><script>var n = 12; if (n < 3) { n = '<td>9</td>'; }</script></head>"
        f"<body>{NAVIGATION}<div class=content>{body}</div>{FOOT}</body></html>"
    )
    return page.encode(encoding, "xmlcharrefreplace")

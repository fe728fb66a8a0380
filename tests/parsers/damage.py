"""Damages of tables as converters and editors do them; after each a reader may lose cells, never err."""

from __future__ import annotations

import copy
import random

from lxml import html

DAMAGES = (
    "header cell lost",
    "value cell lost",
    "cell inserted",
    "label lost",
    "two columns lost",
    "row lost",
    "spans lost",
    "text for a number",
    "cells glued",
    "leading blanks lost",
    "row twice",
    "leading blank added",
    "header rows lost",
)
_HEADERS = ("自然人", "商业企业", "科研机构", "法律服务机构", "其他", "总计", "结果维持", "本年制发件数")


def damage(markup: str, kind: str, rng: random.Random) -> str:  # noqa: PLR0912 - one branch a kind
    """The page with one damage of this kind in it."""
    root = html.document_fromstring(markup)
    rows = [row for row in root.iter("tr") if len(row) > 1]
    wide = [row for row in rows if len(row) >= 5]
    row = rng.choice(wide)
    if kind == "header cell lost":
        _drop(rng.choice([c for c in root.iter("td", "th") if c.text_content() in _HEADERS]))
    elif kind == "value cell lost":
        row.remove(row[rng.randrange(1, len(row))])
    elif kind == "cell inserted":
        row.insert(rng.randrange(len(row) + 1), _cell(rng.choice(["", "0", "7"])))
    elif kind == "label lost":
        _empty(next((c for c in row if len(c.text_content()) > 3), row[0]))
    elif kind == "two columns lost":
        lost = sorted(rng.sample(range(1, 8), 2), reverse=True)
        for data in (r for r in wide if 8 <= len(r) < 12):
            for place in lost:
                data.remove(data[-place])
    elif kind == "row lost":
        _drop(row)
    elif kind == "spans lost":
        for cell in root.iter("td", "th"):
            for name in ("rowspan", "colspan"):
                if rng.random() < 0.5:
                    cell.attrib.pop(name, None)
    elif kind == "text for a number":
        cell = row[rng.randrange(1, len(row))]
        _empty(cell)
        cell.text = "见附件"
    elif kind == "cells glued":
        place = rng.randrange(1, len(row) - 1)
        glued = row[place].text_content() + rng.choice([" ", "\n"]) + row[place + 1].text_content()
        row.remove(row[place + 1])
        _empty(row[place])
        row[place].text = glued
    elif kind == "leading blanks lost":
        for data in (r for r in wide if rng.random() < 0.3):
            for cell in list(data):
                if cell.text_content().strip():
                    break
                data.remove(cell)
    elif kind == "row twice":
        row.addnext(copy.deepcopy(row))
    elif kind == "leading blank added":
        for data in (r for r in wide if rng.random() < 0.5):
            data.insert(0, _cell(""))
    elif kind == "header rows lost":
        for data in [r for r in rows if {"自然人", "商业企业"} & {c.text_content() for c in r}]:
            _drop(data)
    return str(html.tostring(root, encoding="unicode"))


def _cell(text: str) -> html.HtmlElement:
    cell = html.Element("td")
    cell.text = text
    return cell


def _drop(element: html.HtmlElement) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _empty(element: html.HtmlElement) -> None:
    for child in list(element):
        element.remove(child)
    element.text = None

"""The cells of a page's tables as its readers see them: without hidden text, with the contents of fields."""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree

# Few pages hold any of these, and looking for them as they stand takes a tenth of what a pattern takes.
_UNUSUAL = ("display:none", "display: none", "line-through")
_NOT_READ = re.compile(r"display\s*:\s*none|line-through", re.IGNORECASE)
_STRUCK = ("del", "s", "strike")
_FIELDS = ("", "text", "number")
_PARTS = ("table", "thead", "tbody", "tfoot", "tr")
_CELLS = ("td", "th")


def show_cells(root: etree._Element, markup: str) -> None:
    """Changes the cells of all tables in the tree of `markup`: hidden cells and hidden or struck out text are
    taken out, fields give way to their values, notes in superscript are taken from labels and put in brackets
    behind numbers (12 with a note 1 is not 121), and tables of one cell that only frame a cell's text are
    no tables. Text outside tables stays: tabs hide whole articles."""
    for table in list(root.iter("table")):
        if _in_cell(table) and sum(1 for _ in islice(table.iter(*_CELLS), 2)) == 1:
            for element in list(table.iter(*_PARTS, *_CELLS)):
                element.tag = "div"
    markup = markup.lower()
    is_unusual = any(mark in markup for mark in _UNUSUAL)
    if not is_unusual and next(root.iter("sup", "input", *_STRUCK), None) is None:
        return
    for element in list(root.iter(etree.Element)):
        if element.tag not in _PARTS and (text := _shown(element)) is not None and _in_cell(element):
            _replace(element, text)


def _in_cell(element: etree._Element) -> bool:
    return element.tag in _CELLS or next(element.iterancestors(*_CELLS), None) is not None


def _shown(element: etree._Element) -> str | None:
    """The text that stands for an element in a cell; None if it is its own."""
    if element.tag in _STRUCK or _NOT_READ.search(element.get("style") or ""):
        return ""
    if element.tag == "sup":
        note = "".join(str(text) for text in element.itertext())
        return f"({note})" if _text_before(element)[-1:].isdigit() else ""
    if element.tag == "input" and (element.get("type") or "").lower() in _FIELDS:
        return element.get("value") or ""
    return None


def _replace(element: etree._Element, text: str) -> None:
    """Makes an element one that shows this text alone."""
    for child in list(element):
        element.remove(child)
    element.tag, element.text = "span", text
    element.attrib.clear()


def _text_before(element: etree._Element) -> str:
    """The text right before an element in its parent."""
    before, parent = element.getprevious(), element.getparent()
    if before is not None:
        return (before.tail or "".join(str(text) for text in before.itertext())).strip()
    return "" if parent is None else (parent.text or "").strip()

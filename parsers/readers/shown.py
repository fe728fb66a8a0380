"""What stands in the cells of a page's tables and is no part of them: hidden, struck out, raised notes."""

from __future__ import annotations

import re

from lxml import etree

_UNUSUAL = re.compile(r"display\s*:\s*none|line-through|<(?:sup|del|s|strike)[\s>]", re.IGNORECASE)
_NOT_READ = re.compile(r"display\s*:\s*none|line-through", re.IGNORECASE)
_STRUCK = ("del", "s", "strike")


def clear_cells(root: etree._Element, markup: str) -> None:
    """Takes hidden and struck out text out of the cells, and hidden cells out of their rows, and puts what is
    raised in brackets, as 12 with a note 1 is not 121. Other text stays: tabs hide whole articles."""
    if not _UNUSUAL.search(markup):
        return
    for cell in list(root.iter("td", "th")):
        for element in [cell, *cell.iterdescendants()]:
            if not isinstance(element.tag, str) or element.tag in ("table", "tbody", "tr"):
                continue
            if element.tag in _STRUCK or _NOT_READ.search(element.get("style") or ""):
                _remove(element)
            elif element.tag == "sup":
                _put_in_brackets(element)


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    tail = element.tail or ""
    if before is None:
        parent.text = (parent.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    parent.remove(element)


def _put_in_brackets(element: etree._Element) -> None:
    element.text = "(" + (element.text or "")
    element.tail = ")" + (element.tail or "")
    element.tag = "span"

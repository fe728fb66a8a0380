"""Portal families: one module a family, each with the same three answers.

A module of this folder is a family when it gives what `Family` asks for; nothing else has to name it.
Families are asked in the order of their `RANK`; the one of the highest rank takes every page.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

from crawler.page import Link, Page


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list page holds. `next_pages` are to be fetched and read by the same family: the page after
    this one, or the parts that the page would load by script (`crawler.urls.posting` where it would send a
    form); empty at the end of the list. Where a page says that there are more pages but not where, `guesses`
    are addresses that page 2 may have, the likeliest first. `columns` are the lists of other bodies (the
    departments of a tree), each to be walked as a list of its own. `of_reports`: the family knows that this
    is a list of annual reports, or that `next_pages` are, whatever the page calls itself. `is_report`: the
    family knows that the page is a report, whatever of it stands there."""

    items: tuple[Link, ...]
    next_pages: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()
    of_reports: bool = False
    is_report: bool = False


class Family(Protocol):
    """A kind of portal software."""

    NAME: str
    RANK: int

    def recognises(self, page: Page) -> bool:
        """Is this page mine?"""

    def read_list(self, page: Page) -> Listing:
        """Which items does this list hold, and what is the next page?"""

    def attachments(self, page: Page) -> tuple[Link, ...]:
        """Where are this article's attachments?"""


@cache
def families() -> dict[str, Family]:
    """All families by name, in the order in which they are asked."""
    modules = [
        cast(Family, importlib.import_module(f"{__name__}.{found.name}"))
        for found in pkgutil.iter_modules(__path__)
    ]
    return {module.NAME: module for module in sorted(modules, key=lambda module: module.RANK)}


def family_of(page: Page, portal: str | None = None) -> Family:
    """The family that reads `page`: the one named `portal` where the registry names one."""
    if portal is not None:
        return families()[portal]
    return next(family for family in families().values() if family.recognises(page))

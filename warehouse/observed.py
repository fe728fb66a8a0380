"""What a crawl tells of a site beside its reports: how it was seen, what its portal took away or moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from warehouse.rows import SiteReport


class Access(StrEnum):
    """Whether the site showed its column of reports."""

    WHOLE = "whole"
    """Every list was read to its end."""
    PARTLY = "partly"
    """Some list was cut short, or no column was found."""
    REFUSED = "refused"
    """The site blocks the crawler, or robots.txt forbids it."""
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class ListPage:
    """One archived page of the site's column."""

    url: str
    digest: str


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site as it was last seen. `pages` prove with `observed_at` (aware) what the column did not list."""

    site_name: str
    division: str
    level: str | None
    access: Access
    observed_at: datetime
    pages: tuple[ListPage, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """A document that is at another address since `noticed_at` (aware)."""

    url: str
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that is known of a site beside its reports.

    `withdrawn`: addresses whose documents its portal no longer holds, with the time when that was noticed;
    a report is withdrawn when all its sources are. `moved`: the new address by the old one. `former`: for
    reports whose sources changed, the sources before, read by today's parser; where it is not given, what is
    staged stands for it.
    """

    view: SiteView | None = None
    withdrawn: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    moved: Mapping[str, Move] = field(default_factory=lambda: MappingProxyType({}))
    former: tuple[SiteReport, ...] = ()

"""Which addresses belong to a site, where several bodies share a host.

On a host of its own a site owns every page. On a shared host an address belongs to the site whose start
URL's directory is the longest that the address lies in. Bodies that share even the page and differ in a
query parameter (?area=..., ?branch_id=...) own the addresses with their value of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from crawler.registry import Site
from crawler.urls import directory, host_key


@dataclass(frozen=True)
class Scope:
    """What one site may fetch. `own` and `others` are the (host, directory) pairs of the site and of the
    bodies beside and below it, `parameters` the query parameters that tell it from others on the same
    page, `shared` the hosts on which it keeps to its own directories."""

    hosts: frozenset[str]
    own: frozenset[tuple[str, str]]
    others: frozenset[tuple[str, str]]
    parameters: tuple[tuple[str, str], ...]
    shared: frozenset[str]

    def on_hosts(self, url: str) -> bool:
        """Whether the address lies on one of the site's hosts: everything else is never fetched."""
        return host_key(url) in self.hosts

    def may_hold_article(self, url: str) -> bool:
        """Whether an article or file may lie there: anywhere on the site's hosts except at another body."""
        if not self.on_hosts(url) or self._names_other(url):
            return False
        mine, theirs = self._depth(self.own, url), self._depth(self.others, url)
        return mine >= theirs

    def may_hold_list(self, url: str) -> bool:
        """Whether a column or section page of the site may lie there: on a shared host only in its own
        directories, since navigation there leads to every body."""
        if not self.may_hold_article(url):
            return False
        return host_key(url) not in self.shared or self._depth(self.own, url) > 0 or self._names_own(url)

    def _depth(self, places: frozenset[tuple[str, str]], url: str) -> int:
        host, path = host_key(url), urlsplit(url).path or "/"
        return max((len(place) for at, place in places if at == host and path.startswith(place)), default=0)

    def _names_own(self, url: str) -> bool:
        return not set(self.parameters).isdisjoint(parse_qsl(urlsplit(url).query))

    def _names_other(self, url: str) -> bool:
        query = dict(parse_qsl(urlsplit(url).query))
        return any(name in query and query[name] != value for name, value in self.parameters)


def scope_of(site: Site, registry: Iterable[Site]) -> Scope:
    """The scope of `site` among all sites of the registry."""
    own = _places(site)
    others: set[tuple[str, str]] = set()
    parameters: dict[str, str] = {}
    shared = {host for host, path in own if "/" in site.id and path != "/"}
    for other in registry:
        if other.id == site.id or not (site.hosts & other.hosts):
            continue
        others |= _places(other) - own
        shared |= site.hosts & other.hosts
        for mine in site.start_urls:
            for theirs in other.start_urls:
                parameters.update(_differing(mine, theirs))
    # A body above this one (the city's portal) has no better claim to pages outside both.
    beside = {
        (host, place)
        for host, place in others
        if not any(at == host and mine.startswith(place) for at, mine in own)
    }
    return Scope(site.hosts, frozenset(own), frozenset(beside), tuple(parameters.items()), frozenset(shared))


def _places(site: Site) -> set[tuple[str, str]]:
    """Where a site begins: the directory, or the page itself where a query tells what it shows."""
    return {
        (host_key(url), urlsplit(url).path if urlsplit(url).query else directory(url))
        for url in site.start_urls
    }


def _differing(mine: str, theirs: str) -> dict[str, str]:
    """Query parameters of `mine` that `theirs`, the same page, has with another value."""
    a, b = urlsplit(mine), urlsplit(theirs)
    if host_key(mine) != host_key(theirs) or a.path != b.path:
        return {}
    other = dict(parse_qsl(b.query))
    return {name: value for name, value in parse_qsl(a.query) if name in other and other[name] != value}

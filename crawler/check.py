"""What a person should look at in a registry before it is crawled: `nianbao sites check`, without network.

`crawler.registry` refuses entries that cannot be used; here the entries are held against each other, against
the divisions of GB/T 2260 and against the rule that only *.gov.cn and expressly named hosts are crawled.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from crawler.registry import Entry, Level, Site, read_entries
from crawler.urls import host_key, page_key
from parsers.divisions import DivisionLevel, UnknownDivisionError, current, division

PROVINCE_FILES = {
    "central": "00",
    "beijing": "11",
    "tianjin": "12",
    "hebei": "13",
    "shanxi": "14",
    "neimenggu": "15",
    "liaoning": "21",
    "jilin": "22",
    "heilongjiang": "23",
    "shanghai": "31",
    "jiangsu": "32",
    "zhejiang": "33",
    "anhui": "34",
    "fujian": "35",
    "jiangxi": "36",
    "shandong": "37",
    "henan": "41",
    "hubei": "42",
    "hunan": "43",
    "guangdong": "44",
    "guangxi": "45",
    "hainan": "46",
    "chongqing": "50",
    "sichuan": "51",
    "guizhou": "52",
    "yunnan": "53",
    "xizang": "54",
    "shaanxi": "61",
    "gansu": "62",
    "qinghai": "63",
    "ningxia": "64",
    "xinjiang": "65",
    "bingtuan": "66",
}
"""First two digits of the codes in a file of this name; files of other names may hold any province."""

_RANKS = [Level.CENTRAL, Level.PROVINCE, Level.CITY, Level.COUNTY, Level.TOWNSHIP]
_PLACE = re.compile(r"(.*):(\d+): ")


def check_registry(path: Path | None) -> list[str]:
    """All mistakes of the registry at `path` (None: the bundled one) as lines "FILE:LINE: what is wrong", by
    file and line; empty for a sound one. Raises `RegistryError` where there is no file."""
    entries, mistakes = read_entries(path)
    for site, entry in entries:
        mistakes += _division_mistakes(site, entry)
        mistakes += _address_mistakes(site, entry)
    mistakes += _repeated(entries)
    return sorted(mistakes, key=_position)


def _division_mistakes(site: Site, entry: Entry) -> Iterator[str]:
    place = entry.place("division")
    try:
        record = division(site.division)
    except UnknownDivisionError as error:
        yield f"{place}: division {error}"
        return
    if record.until is not None:
        now = ", ".join(f"{one.code} {one.name}" for one in current(site.division))
        yield f"{place}: division {record.code} {record.name} was abolished in {record.until}; now {now}"
    code = PROVINCE_FILES.get(entry.file.stem)
    if code is not None and not site.division.startswith(code):
        named = division(f"{code}0000").name
        yield f"{place}: division {record.code} {record.name} does not belong into the file of {named}"
    # A body may stand below its division (a development zone, a town), never above it.
    if site.level is not None and _RANKS.index(site.level) < _rank(record.level):
        yield f"{entry.place('level')}: level {site.level} is above its division, a {record.level}"
    if (site.level is Level.CENTRAL) != (record.level is DivisionLevel.CENTRAL) and site.level is not None:
        yield f'{entry.place("level")}: level central and division "000000" belong together'


def _rank(level: DivisionLevel) -> int:
    return _RANKS.index(Level(level.value))


def _address_mistakes(site: Site, entry: Entry) -> Iterator[str]:
    own = host_key(f"http://{site.id}")
    name = urlsplit(f"http://{own}").hostname or ""
    if "." not in name or ".." in name or name.startswith(".") or name.endswith("."):
        yield f"{entry.place('id')}: id: {own} is no full host name"
    place = entry.place("start_urls")
    for url in site.start_urls:
        parts = urlsplit(url)
        if parts.username is not None or re.search(r"[\\{}<>\"|^`]", url):
            yield f"{place}: start_urls: {url!r} is not a plain address"
        elif host_key(url) != own and not _is_governmental(parts.hostname or ""):
            yield f"{place}: start_urls: {host_key(url)} is neither under gov.cn nor the host of the id"
    local = any(_is_loopback(urlsplit(url).hostname or "") for url in site.start_urls)
    if own not in map(host_key, site.start_urls) and not local:
        yield f"{place}: start_urls: no address is on {own}, the host of the id"


def _is_governmental(host: str) -> bool:
    return host == "gov.cn" or host.endswith(".gov.cn") or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    """Demonstrations and tests serve portals on this machine, under the ids of real ones."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _repeated(entries: list[tuple[Site, Entry]]) -> Iterator[str]:
    """What stands twice: an id but for its "www.", a start URL, a name in one division."""
    hosts: dict[str, tuple[str, str]] = {}
    pages: dict[str, str] = {}
    names: dict[tuple[str, str], str] = {}
    for site, entry in entries:
        first, at = hosts.setdefault(page_key(f"http://{site.id}"), (site.id, entry.place("id")))
        if first != site.id:
            yield f"{entry.place('id')}: id {site.id!r} means the same as {first!r} at {at}"
        twin = names.setdefault((site.division, site.name), entry.place("name"))
        if twin != entry.place("name"):
            yield f"{entry.place('name')}: name {site.name!r} in division {site.division} is taken by {twin}"
        for url in site.start_urls:
            place = entry.place("start_urls")
            # A fragment is what tells some portals' columns apart.
            key = f"{page_key(url)}#{urlsplit(url).fragment}"
            if key in pages:
                yield f"{place}: start_urls: {url} is taken by {pages[key]}"
            pages.setdefault(key, place)


def _position(line: str) -> tuple[str, int]:
    found = _PLACE.match(line)
    return (found[1], int(found[2])) if found else (line, 0)

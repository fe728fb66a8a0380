"""The site registry: which portals are crawled, from YAML files that people edit.

A registry is one YAML file or a folder of `*.yaml`; each file is a list of sites. Every mistake is reported
with file and line, all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import yaml
from cronsim import CronSim, CronSimError
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError, field_validator

from crawler.families import families
from crawler.urls import host_key, split_url
from parsers.divisions import UnknownDivisionError, division

DEFAULT_SITES = Path(__file__).parent / "sites"
DEFAULT_DELAY = 1.0
"""Seconds between two requests to one host."""
DEFAULT_MAX_PAGES = 500
"""Requests that one crawl of a site may send."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader in C where PyYAML has it: three times as fast, and a country's registry is long."""
_ID = re.compile(r"[a-z0-9.-]+(?::\d{1,5})?(?:/[^\s?#]+)?")


class RegistryError(Exception):
    """The registry cannot be used. The message has one line a mistake: "FILE:LINE: what is wrong"."""


class UnknownSiteError(Exception):
    """A site was asked for that the registry does not hold."""


class Level(StrEnum):
    """Level of government of a site's agency."""

    CENTRAL = "central"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"


class Site(BaseModel):
    """One body's portal: `id` is its host (with a port where there is one), or host/path where one host
    holds several bodies. Links are followed on the hosts of `id` and `start_urls` alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: StrictStr
    name: Annotated[StrictStr, Field(min_length=1)]
    division: StrictStr
    """Six digits of GB/T 2260, "000000" for central bodies."""
    start_urls: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    """The home page, a column of annual reports, or one report."""
    level: Level | None = None
    portal: StrictStr | None = None
    """Name of the portal family; None: recognised from the pages."""
    delay_s: Annotated[float, Field(ge=0, strict=True)] = DEFAULT_DELAY
    max_pages: Annotated[StrictInt, Field(gt=0)] = DEFAULT_MAX_PAGES
    schedule: StrictStr | None = None
    """A cron line; None: every night in season, later as often as the site changes (`flows.due`)."""
    http_only: Annotated[bool, Field(strict=True)] = False
    """Fetch https links of the site's hosts by http: the hosts do not answer https."""
    expects: Annotated[StrictInt, Field(ge=0)] | None = None
    """The least number of reports that a good crawl brings."""
    note: StrictStr | None = None

    @property
    def province(self) -> str:
        """Chinese name of the province; 中央 for central bodies."""
        return division(f"{self.division[:2]}0000").name

    @property
    def hosts(self) -> frozenset[str]:
        """The site's own hosts, as `crawler.urls.host_key` writes them."""
        return frozenset({host_key(f"http://{self.id}"), *map(host_key, self.start_urls)})

    @field_validator("id")
    @classmethod
    def _id_is_a_host(cls, value: str) -> str:
        if not _ID.fullmatch(value) or value.endswith("/"):
            raise ValueError("must be a host in lower case, host:port, or either with /path")
        return value

    @field_validator("division")
    @classmethod
    def _division_is_a_code(cls, value: str) -> str:
        if not re.fullmatch(r"[0-9]{6}", value):
            raise ValueError('must be six digits in quotes, such as "620300"')
        try:
            division(f"{value[:2]}0000")
        except UnknownDivisionError:
            raise ValueError(f"no province has the code {value[:2]}") from None
        if value[:2] == "00" and value != "000000":
            raise ValueError('central bodies have the code "000000"')
        return value

    @field_validator("start_urls")
    @classmethod
    def _start_urls_are_web_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if split_url(url) is None or re.search(r"\s", url):
                raise ValueError(f"{url!r} is not an http or https address")
        return value

    @field_validator("schedule")
    @classmethod
    def _schedule_is_a_cron_line(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                next(CronSim(value, datetime(2001, 1, 1)))
        except (CronSimError, StopIteration):  # StopIteration: it never comes up (30 February)
            raise ValueError(f"schedule {value!r} is no cron line") from None
        return value

    @field_validator("portal")
    @classmethod
    def _portal_is_known(cls, value: str | None) -> str | None:
        if value is not None and value not in families():
            raise ValueError(f"{value!r} is no portal family; known: {', '.join(families())}")
        return value


@dataclass(frozen=True)
class Registry:
    """All sites by id, in the order of the files."""

    sites: dict[str, Site]

    def select(self, ids: Iterable[str]) -> list[Site]:
        """The sites with these ids, in the order given. Raises `UnknownSiteError`."""
        wanted = list(dict.fromkeys(ids))
        unknown = [site_id for site_id in wanted if site_id not in self.sites]
        if unknown:
            raise UnknownSiteError(f"no such site: {', '.join(unknown)}; `nianbao sites` lists them")
        return [self.sites[site_id] for site_id in wanted]


@dataclass(frozen=True)
class Entry:
    """One item of a file's list: its values, and the lines of the item and of its fields, from 1."""

    file: Path
    values: dict[Hashable, Any]
    line: int
    lines: dict[Hashable, int]
    repeated: tuple[str, ...]

    def place(self, field: Hashable) -> str:
        return f"{self.file}:{self.lines.get(field, self.line)}"


def load_registry(path: Path | None) -> Registry:
    """The registry in the file or folder `path`; None: the one that comes with this package.
    Raises `RegistryError`."""
    entries, mistakes = read_entries(path)
    if mistakes:
        raise RegistryError("\n".join(mistakes))
    return Registry({site.id: site for site, _ in entries})


def read_entries(path: Path | None) -> tuple[list[tuple[Site, Entry]], list[str]]:
    """The sites of the registry at `path` that can be read, each with its place, in the order of the files;
    and the mistakes of the others, one line each. Raises `RegistryError` where there is no file."""
    source = path if path is not None else DEFAULT_SITES
    files = sorted(source.glob("*.yaml")) if source.is_dir() else [source]
    if not files:
        raise RegistryError(f"{source}: holds no .yaml file")
    found: list[tuple[Site, Entry]] = []
    places: dict[str, str] = {}
    mistakes: list[str] = []
    for file in files:
        try:
            for entry in _entries(file):
                site, wrong = _site(entry)
                mistakes.extend(wrong)
                if site is None:
                    continue
                found.append((site, entry))
                place = entry.place("id")
                if (taken := places.setdefault(site.id, place)) != place:
                    mistakes.append(f"{place}: id {site.id!r} is taken by {taken}")
        except RegistryError as error:
            mistakes.append(str(error))
    return found, mistakes


def _entries(file: Path) -> Iterator[Entry]:
    try:
        loader = _LOADER(file.read_text(encoding="utf-8"))
        root = loader.get_single_node()
    except OSError as error:
        raise RegistryError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RegistryError(f"{file}:1: is not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RegistryError(f"{file}:{line}: is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise RegistryError(f"{file}:1: is not YAML: {str(error).splitlines()[0]}") from None
    if root is None:
        return
    if not isinstance(root, yaml.SequenceNode):
        raise RegistryError(f"{file}:{root.start_mark.line + 1}: must be a list of sites")
    for node in root.value:
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            raise RegistryError(f"{file}:{line}: must be a site with its fields")
        try:
            values = loader.construct_mapping(node, deep=True)
        except yaml.MarkedYAMLError as error:
            raise RegistryError(f"{file}:{line}: is not YAML: {error.problem}") from None
        names = [key.value for key, _ in node.value]
        lines: dict[Hashable, int] = {key.value: key.start_mark.line + 1 for key, _ in node.value}
        yield Entry(file, values, line, lines, tuple(name for name in set(names) if names.count(name) > 1))


def _site(entry: Entry) -> tuple[Site | None, list[str]]:
    """The site of an entry, or None; and its mistakes."""
    wrong = [f"{entry.place(name)}: {name} is given twice" for name in entry.repeated]
    try:
        return Site.model_validate(entry.values), wrong
    except ValidationError as error:
        places = {name: place for place, name in enumerate(entry.lines)}
        for mistake in sorted(error.errors(), key=lambda mistake: places.get(mistake["loc"][0], len(places))):
            field = mistake["loc"][0]
            wrong.append(f"{entry.place(field)}: {_said(str(field), mistake['type'], mistake['msg'])}")
        return None, wrong


def _said(field: str, kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return f"{field} is no field of a site; fields: {', '.join(Site.model_fields)}"
    if kind == "missing":
        return f"{field} is missing"
    if kind in {"too_short", "string_too_short"}:
        return f"{field} is empty"
    if field == "division" and kind == "string_type":
        return 'division must be six digits in quotes, such as "620300"'
    plain = message.removeprefix("Value error, ")
    return plain if plain.startswith(field) else f"{field}: {plain}"

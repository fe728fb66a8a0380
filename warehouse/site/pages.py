"""Templates, addresses of pages, and how files of the site are written."""

from __future__ import annotations

import json
import os
from functools import cache
from hashlib import blake2b, sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from parsers.model import Scope
from warehouse.site.words import code_word, english, say, words, zh


@cache
def environment() -> Environment:
    """The one template environment: everything is escaped, and a name that is not given is an error."""
    env = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(t=say, zh=zh, word=code_word, known=lambda key: key in words())
    env.filters.update(number=number, date=lambda value: value.isoformat() if value else "—")
    return env


@cache
def template(name: str) -> Template:
    """A compiled template of this package."""
    return environment().get_template(name)


def page(name: str, depth: int, **context: Any) -> bytes:
    """A page from its template, `depth` folders below the root of the site."""
    return template(name).render(root="../" * depth, **context).encode()


def number(value: float | int | None) -> str:
    """A number as it is shown: thousands apart, no decimals that are not there, a dash for none."""
    if value is None:
        return "—"
    whole = int(value)
    if whole == value:
        return f"{whole:,}"
    digits = repr(abs(value)).partition(".")[2]
    return (
        f"{'-' if value < 0 and whole == 0 else ''}{whole:,}.{digits}" if digits.isdigit() else f"{value:,}"
    )


def agency_key(province: str, agency: str) -> str:
    """What an agency's pages are called: names come from documents and are no file names."""
    return blake2b(f"{province}\n{agency}".encode(), digest_size=8).hexdigest()


def agency_page(key: str) -> str:
    """Address of an agency's page below the root of the site."""
    return f"agency/{key[:2]}/{key}.html"


def report_stem(key: str, report_id: str) -> str:
    """The name of a report's page: the agency's key, with an o for the report on its own office alone that a
    government may give beside the one on its jurisdiction."""
    return f"{key}o" if report_id.endswith(f"/{Scope.OWN_ORGAN}") else key


def report_page(stem: str, year: int) -> str:
    """Address of a report's page below the root of the site."""
    return f"report/{year}/{stem[:2]}/{stem}.html"


def web(url: str | None) -> str | None:
    """The address if it is one of the web: others (javascript:) must not become links."""
    return url if url and url.startswith(("http://", "https://")) else None


def write(path: Path, data: bytes) -> bool:
    """Write a file whole, or not at all where it holds these bytes already; tells whether it was written."""
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(path)
    return True


def script(call: str, *values: object) -> bytes:
    """A script file that hands data to the pages: opened from disk they can load scripts and nothing else."""
    arguments = ",".join(json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values)
    return f"{call}({arguments});\n".encode()


def data_block(value: object) -> Markup:
    """JSON for a script element of type application/json; nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


@cache
def edition() -> str:
    """Digest of everything of this package that pages are made of: what it renders changes with it."""
    found = sha256()
    package = files(__package__)
    for folder in (package, package.joinpath("templates"), package.joinpath("assets")):
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if file.is_file():
                found.update(file.name.encode() + b"\0" + file.read_bytes())
    found.update(json.dumps(english(), sort_keys=True).encode())
    return found.hexdigest()[:16]

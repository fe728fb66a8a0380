"""What reports count in their prose: the data file `indicators.yaml`, as it is."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Indicator(_Data):
    """One thing that reports count; the fields are explained at the head of `indicators.yaml`."""

    code: str
    label: str
    label_en: str
    unit: str
    marks: tuple[str, ...]
    topic: str | None = None
    needs: str | None = None
    unless: str | None = None
    patterns: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    part_of: str | None = None
    cells: tuple[tuple[str, ...], ...] = ()


class Sum(_Data):
    """Indicators that are parts of a total; `complete` when together they make it up."""

    total: str
    parts: tuple[str, ...]
    complete: bool


class Vocabulary(_Data):
    """The whole file: words and topics that patterns use, indicators in the order of search, sums."""

    words: dict[str, str]
    topics: dict[str, str]
    indicators: tuple[Indicator, ...]
    sums: tuple[Sum, ...]


@cache
def load_vocabulary() -> Vocabulary:
    """The indicators and what belongs to them."""
    text = files(__package__).joinpath("indicators.yaml").read_text("utf-8")
    return Vocabulary.model_validate(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))

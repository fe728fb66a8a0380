"""The provinces as the dataset names them, with code, English name and place on the tile map."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class Province(BaseModel):
    """One tile; `x` and `y` count columns and rows of the tile map from 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    name: str
    short: str
    name_en: str
    x: int
    y: int


@cache
def provinces() -> dict[str, Province]:
    """By Chinese name, in the order of division codes with the central bodies first."""
    text = files(__package__).joinpath("provinces.yaml").read_text("utf-8")
    tiles = [Province.model_validate(entry) for entry in yaml.safe_load(text)]
    return {tile.name: tile for tile in sorted(tiles, key=lambda tile: tile.code)}


def province_code(name: str) -> str:
    """Division code of a province; a name that is none gets a code of its own, safe as a file name."""
    known = provinces().get(name)
    return known.code if known else f"x{blake2b(name.encode(), digest_size=5).hexdigest()}"

"""The data files of this room."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml


def load_data(name: str) -> Any:
    """What `<name>.yaml` beside this module holds."""
    text = (files(__package__) / f"{name}.yaml").read_text("utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))

"""Bytes in, `Report` out. Pure: no network, no disk, no clock."""

from parsers.parse import Part, parse, parts
from parsers.readers import allowance
from parsers.reconcile import Merged, reconcile

__all__ = ["Merged", "Part", "allowance", "parse", "parts", "reconcile"]

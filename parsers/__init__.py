"""Bytes in, `Report` out. Pure: no network, no disk, no clock."""

from parsers.parse import parse
from parsers.readers import allowance
from parsers.reconcile import Merged, reconcile

__all__ = ["Merged", "allowance", "parse", "reconcile"]

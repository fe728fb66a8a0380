"""The warehouse: rows of every site in staging, published as one Parquet dataset, and its read API."""

from warehouse.errors import NoDatasetError, UnknownNameError, WarehouseError
from warehouse.publish import Publication, publish
from warehouse.read import read
from warehouse.rows import SiteReport, Source
from warehouse.schema import Verdict
from warehouse.staging import stage, staged_reports, staged_sources

__all__ = [
    "NoDatasetError",
    "Publication",
    "SiteReport",
    "Source",
    "UnknownNameError",
    "Verdict",
    "WarehouseError",
    "publish",
    "read",
    "stage",
    "staged_reports",
    "staged_sources",
]

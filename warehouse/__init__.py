"""The warehouse: rows of every site in staging, published as one Parquet dataset, and its read API."""

from warehouse.diff import Difference, PartitionChange, ReportChange, ValueChange, diff
from warehouse.errors import NoDatasetError, UnknownNameError, WarehouseError
from warehouse.publish import Publication, publish
from warehouse.read import read, read_arrow
from warehouse.rows import SiteReport, Source
from warehouse.schema import Verdict
from warehouse.staging import has_staging, stage, staged_reports
from warehouse.store import Home
from warehouse.verify import Flaw, verify

__all__ = [
    "Difference",
    "Flaw",
    "Home",
    "NoDatasetError",
    "PartitionChange",
    "Publication",
    "ReportChange",
    "SiteReport",
    "Source",
    "UnknownNameError",
    "ValueChange",
    "Verdict",
    "WarehouseError",
    "diff",
    "has_staging",
    "publish",
    "read",
    "read_arrow",
    "stage",
    "staged_reports",
    "verify",
]

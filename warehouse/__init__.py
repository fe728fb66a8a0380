"""The warehouse: rows of every site in staging, published as one Parquet dataset, and its read API."""

from warehouse.bodies import agency_name
from warehouse.diff import Difference, PartitionChange, ReportChange, ValueChange, diff
from warehouse.errors import NoDatasetError, UnknownNameError, WarehouseError
from warehouse.observed import Access, ListPage, Move, Observed, SiteView
from warehouse.publish import Publication, publish
from warehouse.read import read, read_arrow
from warehouse.rows import SiteReport, Source
from warehouse.staging import (
    has_staging,
    stage,
    stage_view,
    staged_heads,
    staged_reports,
    staged_site,
)
from warehouse.store import Home
from warehouse.verify import Flaw, verify
from warehouse.vocabulary import Verdict

__all__ = [
    "Access",
    "Difference",
    "Flaw",
    "Home",
    "ListPage",
    "Move",
    "NoDatasetError",
    "Observed",
    "PartitionChange",
    "Publication",
    "ReportChange",
    "SiteReport",
    "SiteView",
    "Source",
    "UnknownNameError",
    "ValueChange",
    "Verdict",
    "WarehouseError",
    "agency_name",
    "diff",
    "has_staging",
    "publish",
    "read",
    "read_arrow",
    "stage",
    "stage_view",
    "staged_heads",
    "staged_reports",
    "staged_site",
    "verify",
]

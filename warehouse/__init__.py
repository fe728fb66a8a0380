"""The warehouse: rows of every site in staging, published as one Parquet dataset, and its read API."""

from warehouse.bodies import agency_name
from warehouse.diff import Difference, PartitionChange, ReportChange, ValueChange, diff
from warehouse.errors import NoDatasetError, UnknownNameError, WarehouseError
from warehouse.export import Format, export
from warehouse.observed import Access, ListPage, Move, Observed, SiteView
from warehouse.publish import Publication, publish
from warehouse.read import Snapshot, read, read_arrow
from warehouse.readings import report_of
from warehouse.rows import SiteReport, Source
from warehouse.staging import has_staging, stage, stage_view, staged_reports, staged_site
from warehouse.store import Home
from warehouse.validate import validate
from warehouse.verify import Flaw, verify
from warehouse.vocabulary import Verdict

__all__ = [
    "Access",
    "Difference",
    "Flaw",
    "Format",
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
    "Snapshot",
    "Source",
    "UnknownNameError",
    "ValueChange",
    "Verdict",
    "WarehouseError",
    "agency_name",
    "diff",
    "export",
    "has_staging",
    "publish",
    "read",
    "read_arrow",
    "report_of",
    "stage",
    "stage_view",
    "staged_reports",
    "staged_site",
    "validate",
    "verify",
]

"""Who owed a report for a year, and whether it came in time: judged for one site from what it holds.

An absence is only said where it can be: the site's column was read to its end after the date was over; once
said it holds until the column is read to its end again. An agency owes the years from its first known report
on. The one that the site is registered for owes until the newest year that is due (if no report of it is
known, that year alone); one that only reports name owes until the year after its last report, as afterwards
it may have been merged or renamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import NamedTuple

from warehouse.bodies import agency_name, body_key, body_of, place_of
from warehouse.data import load_data
from warehouse.observed import Access, SiteView
from warehouse.rows import Row
from warehouse.vocabulary import Basis, Body, Obligation, Verdict

_CHINA = timezone(timedelta(hours=8))


class Deadline(NamedTuple):
    """The last day on which a report is in time, and the article that says so."""

    due: date
    instrument: str


def deadline(body: Body, report_year: int) -> Deadline | None:
    """When a body's report was due; None where no date binds it (the rules: deadlines.yaml)."""
    for first_year, instrument, due in _deadlines():
        if first_year <= report_year:
            if body not in due:
                return None
            return Deadline(date.fromisoformat(f"{report_year + 1}-{due[body]}"), instrument)
    return None


def obligations(
    site_id: str, view: SiteView | None, reports: Sequence[Row], before: Sequence[Row]
) -> list[Row]:
    """The obligations of every agency of a site, by report; `reports` are the site's rows.

    `before` are the obligations as they were staged before: they tell when a report was first archived, and
    a judgement that still holds keeps the time and the pages of its first observation. Without `view` only
    what is there is judged.
    """
    known = {(row["agency"], row["report_year"]): row for row in before}
    archived = {key: row["archived_at"] for key, row in known.items()}
    rows = [
        {"site": site_id, "observed_at": view.observed_at if view else None, **_of_report(row, archived)}
        for row in _one_a_year(reports).values()
    ]
    if view is None or view.access is not Access.WHOLE:
        reported = {_duty(row) for row in reports}
        missing = (row for row in before if row["obligation"] == Obligation.MISSING)
        rows += [row for row in missing if _duty(row) not in reported]
    if view is not None:
        said = {_duty(row) for row in rows}
        rows += [row for row in _absences(site_id, view, reports) if _duty(row) not in said]
    rows = [_as_first_seen(row, known.get((row["agency"], row["report_year"]))) for row in rows]
    return sorted(rows, key=lambda row: row["report_id"])


def _duty(row: Row) -> tuple[tuple[str, str], int]:
    """Whose duty for which year a row is about, however the body is spelled."""
    return body_key(row["agency"], f"{row['division'][:2]}0000"), row["report_year"]


def _as_first_seen(row: Row, before: Row | None) -> Row:
    if before is None or any(row[name] != before[name] for name in ("obligation", "basis")):
        return row
    return row | {name: before[name] for name in ("observed_at", "list_urls", "list_digests")}


def _one_a_year(reports: Sequence[Row]) -> dict[tuple[str, int], Row]:
    """One report for each agency and year: the one on the whole jurisdiction where there are two."""
    found: dict[tuple[str, int], Row] = {}
    for row in sorted(reports, key=lambda row: row["report_id"]):
        found.setdefault((row["agency"], row["report_year"]), row)
    return found


def _of_report(row: Row, archived: Mapping[tuple[str, int], datetime | None]) -> Row:
    known = [*row["source_fetched_at"], archived.get((row["agency"], row["report_year"]))]
    archived_at = min((time for time in known if time is not None), default=None)
    body = Body(row["body"])
    due = deadline(body, row["report_year"])
    judged = _judge(row, due, archived_at)
    return {
        **{name: row[name] for name in ("report_id", "agency", "report_year", "division", "level", "body")},
        "obligation": judged[0],
        "basis": judged[1],
        "due_date": due.due if due else None,
        "instrument": due.instrument if due else None,
        "published_date": row["published_date"],
        "signed_date": row["signed_date"],
        "archived_at": archived_at,
        "list_urls": [],
        "list_digests": [],
    }


def _judge(row: Row, due: Deadline | None, archived_at: datetime | None) -> tuple[Obligation, Basis]:
    if due is None:
        return Obligation.NOT_JUDGED, Basis.NO_DUTY
    if row["withdrawn_at"] is not None:
        return Obligation.WITHDRAWN, Basis.LIST_PAGES
    if row["verdict"] == Verdict.UNREADABLE:
        return Obligation.UNREADABLE, Basis.DOCUMENT
    return _by_dates(row, due, archived_at)


def _by_dates(row: Row, due: Deadline, archived_at: datetime | None) -> tuple[Obligation, Basis]:
    published, signed = row["published_date"], row["signed_date"]
    if published is not None and published.year < row["report_year"]:
        published = None  # the page is older than what it tells: the date of another document
    if published is not None and published <= due.due:
        return Obligation.IN_TIME, Basis.PUBLISHED_DATE
    if archived_at is not None and archived_at.astimezone(_CHINA).date() <= due.due:
        return Obligation.IN_TIME, Basis.ARCHIVED_DATE
    if signed is not None and signed > due.due:
        return Obligation.LATE, Basis.SIGNED_DATE
    if published is None:
        return Obligation.NOT_JUDGED, Basis.NO_DATE
    # Portals that moved show the day of the move; within the year of the duty that is not to be expected.
    if published.year > due.due.year:
        return Obligation.NOT_JUDGED, Basis.LATE_DATE
    return Obligation.LATE, Basis.PUBLISHED_DATE


def _absences(site_id: str, view: SiteView, reports: Sequence[Row]) -> Iterator[Row]:
    province = f"{view.division[:2]}0000"
    own = agency_name(view.site_name, view.division)
    own_key = body_key(own, province)
    names, years = {own_key: own}, {own_key: set[int]()}
    for row in sorted(reports, key=lambda row: row["report_year"]):
        key = body_key(row["agency"], province)
        names[key] = row["agency"]  # as it was last called
        years.setdefault(key, set()).add(row["report_year"])
    for key, known in years.items():
        agency = names[key]
        body = body_of(agency)
        newest = _newest_due(body, view.observed_at)
        if newest is None:
            continue
        last = newest if key == own_key else min(newest, max(known) + 1)
        for year in range(min(known, default=newest), last + 1):
            if year in known or (due := deadline(body, year)) is None:
                continue
            other_name = not known and bool(reports)
            obligation, basis = _judge_absence(view.access, other_name)
            proof = view.pages if obligation is Obligation.MISSING else ()
            place = place_of(agency, view.division, view.level, year)
            yield {
                "report_id": f"{agency}/{year}",
                "agency": agency,
                "report_year": year,
                "site": site_id,
                "division": place.division,
                "level": place.level,
                "body": body,
                "obligation": obligation,
                "basis": basis,
                "due_date": due.due,
                "instrument": due.instrument,
                "observed_at": view.observed_at,
                "list_urls": [page.url for page in proof],
                "list_digests": [page.digest for page in proof],
            }


def _judge_absence(access: Access, other_name: bool) -> tuple[Obligation, Basis]:
    if access is Access.REFUSED:
        return Obligation.BLOCKED, Basis.REFUSAL
    if access is not Access.WHOLE:
        return Obligation.NOT_JUDGED, Basis.COLUMN_NOT_READ
    if other_name:
        return Obligation.NOT_JUDGED, Basis.OTHER_NAME
    return Obligation.MISSING, Basis.LIST_PAGES


def _newest_due(body: Body, observed_at: datetime) -> int | None:
    """The newest report year whose date was over for a body when the site was looked at."""
    day = observed_at.astimezone(_CHINA).date()
    for year in (day.year - 1, day.year - 2):
        due = deadline(body, year)
        if due is not None and due.due < day:
            return year
    return None


@cache
def _deadlines() -> tuple[tuple[int, str, dict[Body, str]], ...]:
    entries = load_data("deadlines")
    return tuple(
        (entry["first_year"], entry["instrument"], {Body(body): day for body, day in entry["due"].items()})
        for entry in sorted(entries, key=lambda entry: -entry["first_year"])
    )

"""What the operator should know: the alerts of the last runs, and whether they ran at all.

Asked for by the flow `health` every morning, and by `nianbao health` from outside Prefect (a timer), which
also notices that Prefect itself is down.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from flows.due import last_night
from flows.journal import open_runs
from flows.summary import Alert, AlertKind, read_summaries

DAY = timedelta(days=1)
GRACE = timedelta(hours=1)
"""How late a run may start."""


def check_health(home: Path, now: datetime) -> list[Alert]:
    """The alerts of all runs that ended within a day before `now` (aware), and those of runs that did not
    start or did not end."""
    alerts: list[Alert] = []
    nights: list[datetime] = []
    for summary in read_summaries(home):
        if summary.flow == "nightly":
            nights.append(summary.started_at)
        if summary.finished_at > now - DAY:
            alerts += summary.alerts
        elif nights:
            break
    for plan, going_on in open_runs(home):
        if plan.flow == "nightly":
            nights.append(plan.started_at)
        if not going_on:
            message = f"the run of {plan.started_at:%Y-%m-%d %H:%M} UTC was interrupted"
            alerts.append(Alert(kind=AlertKind.RUN_INTERRUPTED, subject=plan.run_id, message=message))
    should = last_night(now - GRACE)
    if nights and max(nights) < should:
        message = f"no nightly run since {max(nights):%Y-%m-%d %H:%M} UTC"
        alerts.append(Alert(kind=AlertKind.RUN_MISSING, subject=f"{should:%Y-%m-%d}", message=message))
    return alerts

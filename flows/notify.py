"""Alerts by webhook and mail, through Apprise, the library under Prefect's own notification blocks.

The addresses are in the environment variable `NIANBAO_ALERTS`, apart by blanks: `jsons://host/hook` for a
webhook, `mailtos://user:password@host?to=someone@example.org` for mail, and what else Apprise knows. They may
hold secrets, so they stand nowhere else: not in parameters, summaries or logs.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from flows.summary import Alert

ADDRESSES = "NIANBAO_ALERTS"


class NotifyError(Exception):
    """An address did not take the alerts; the message does not name it, since it may hold secrets."""


def send(alerts: Sequence[Alert]) -> int:
    """Send the alerts, if there are any, to every address; gives the number of addresses. Raises
    `NotifyError`."""
    addresses = os.environ.get(ADDRESSES, "").split()
    if not alerts or not addresses:
        return 0
    from apprise import Apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines name the addresses
    body = "\n".join(map(line, alerts))
    title = f"nianbao: {len(alerts)} alert{'s' if len(alerts) > 1 else ''}"
    for number, address in enumerate(addresses, 1):
        to = Apprise()
        if not to.add(address):
            raise NotifyError(f"{ADDRESSES}: address {number} is none that Apprise knows")
        if not to.notify(body, title):
            raise NotifyError(f"{ADDRESSES}: address {number} did not take the alerts")
    return len(addresses)


def line(alert: Alert) -> str:
    """An alert in one plain line."""
    return f"{alert.kind}  {alert.subject}  {alert.message}"

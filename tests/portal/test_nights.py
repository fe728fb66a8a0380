"""A small part of `make zoo-nights`: a quiet night is cheap, and what a day brings is noticed."""

from __future__ import annotations

from pathlib import Path

from tests.portal.nights import Account, nights
from tests.portal.server import serving
from tests.portal.zoo import open_zoo


def test_nights_are_cheap_and_what_happened_is_noticed(tmp_path: Path) -> None:
    with serving() as server:
        portals = open_zoo(server, 5, ["trs", "gkmlpt", "xxgk"], small=True)
        accounts = nights(server, portals, tmp_path)
    total = Account()
    for account in accounts.values():
        total += account
    assert (total.missed, total.wrong) == ([], [])
    assert total.misses() == []

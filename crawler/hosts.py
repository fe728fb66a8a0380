"""What is remembered of a host between crawls: how it is reached, its robots.txt, until when to stay away.

One small file a host, `<archive>/memory/hosts/<host>.json`. Losing it costs a few requests and nothing else,
so a damaged one is forgotten.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROBOTS_AGE = timedelta(hours=24)
"""For how long a robots.txt is believed without asking again (RFC 9309 §2.4)."""
TRUST_AGE = timedelta(days=28)
"""After this a host that needed other settings is tried with the standard ones again."""


class Tls(StrEnum):
    """How a host is spoken to by https. What a portal publishes is public, so a certificate that is not valid
    does not keep its reports away, but it is told."""

    STANDARD = "standard"
    """With a valid certificate."""
    UNVERIFIED = "unverified"
    """With a certificate that is expired, self-signed or another host's."""
    LEGACY = "legacy"
    """With the ciphers, key sizes and renegotiation of old servers, certificate unverified."""


@dataclass(frozen=True, slots=True)
class Robots:
    """A robots.txt as it was answered: `text` is "" unless it was there."""

    fetched_at: str
    status: int
    text: str


@dataclass(slots=True)
class Host:
    """One host. `tls_since` is since when it needs other settings, `http_since` since when https is dead,
    `closed_until` until when it asked to be left alone (ISO 8601 UTC, None for never); `robots` is by the
    address of the robots.txt."""

    tls: Tls = Tls.STANDARD
    tls_since: str | None = None
    tls_reason: str | None = None
    http_since: str | None = None
    closed_until: str | None = None
    robots: dict[str, Robots] = field(default_factory=dict)


class Hosts:
    """The hosts of a crawl by name (`crawler.urls.host_key`), read when they are first asked for."""

    def __init__(self, archive: Path, now: datetime) -> None:
        self._folder = archive / "memory" / "hosts"
        self._now = now
        self._hosts: dict[str, Host] = {}
        self._stored: dict[str, Host] = {}

    def __getitem__(self, name: str) -> Host:
        if name not in self._hosts:
            host = self._read(name)
            self._stored[name] = dataclasses.replace(host, robots=dict(host.robots))
            self._hosts[name] = self._aged(host)
        return self._hosts[name]

    def notes(self, names: frozenset[str]) -> tuple[str, ...]:
        """What is out of the ordinary with these hosts, a line each."""
        said = []
        for name in sorted(names & self._hosts.keys()):
            host = self._hosts[name]
            if host.tls is not Tls.STANDARD:
                said.append(
                    f"{name}: https with {host.tls} settings since {host.tls_since}: {host.tls_reason}"
                )
            if host.http_since:
                said.append(f"{name}: https is dead since {host.http_since}, asked by http")
        return tuple(said)

    def save(self) -> None:
        """Write the files of the hosts of which something new was learned."""
        for name, host in self._hosts.items():
            if host != self._stored[name]:
                path = self._path(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                partial = path.with_suffix(".partial")
                partial.write_text(json.dumps(dataclasses.asdict(host), ensure_ascii=False), encoding="utf-8")
                partial.replace(path)

    def _aged(self, host: Host) -> Host:
        """What may have become better is tried anew."""
        old = (self._now - TRUST_AGE).isoformat()
        if host.tls_since is not None and host.tls_since < old:
            host.tls, host.tls_since, host.tls_reason = Tls.STANDARD, None, None
        if host.http_since is not None and host.http_since < old:
            host.http_since = None
        return host

    def _read(self, name: str) -> Host:
        try:
            fields: dict[str, Any] = json.loads(self._path(name).read_text(encoding="utf-8"))
            robots = {address: Robots(**answer) for address, answer in fields.pop("robots").items()}
            return Host(**{**fields, "tls": Tls(fields["tls"]), "robots": robots})
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return Host()

    def _path(self, name: str) -> Path:
        return self._folder / f"{quote(name, safe='')}.json"

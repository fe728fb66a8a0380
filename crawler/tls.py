"""Connections to hosts as they are: TLS by what is known of the host, IPv4 before IPv6, no private networks.

Scrapy has one TLS policy for all hosts and resolves either IPv4 alone or both in any order.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from OpenSSL import SSL
from scrapy.core.downloader.contextfactory import _ScrapyClientContextFactory
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.resolver import CachingHostnameResolver
from service_identity import VerificationError
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IAddress, IHostResolution, IResolutionReceiver
from twisted.internet.ssl import TLSVersion
from twisted.web.client import BrowserLikePolicyForHTTPS
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from crawler.hosts import Hosts, Tls
from crawler.urls import host_key

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_LEGACY_CIPHERS = "DEFAULT:@SECLEVEL=0"
"""What OpenSSL still knows, with the key sizes and digests of servers of 2010 (TLS 1.0 needs level 0)."""
_OP_LEGACY_SERVER_CONNECT = 0x4


class _LegacyContextFactory(_ScrapyClientContextFactory):
    """TLS from 1.0 on, weak keys, servers without secure renegotiation; no verification."""

    def _get_cert_options(self) -> Any:
        options = super()._get_cert_options()
        context = options.getContext()
        context.set_options(_OP_LEGACY_SERVER_CONNECT)
        return options


@implementer(IPolicyForHTTPS)
class HostPolicy:
    """Chooses the TLS settings by what is known of a host."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._standard = BrowserLikePolicyForHTTPS()  # type: ignore[no-untyped-call]
        self._unverified = _ScrapyClientContextFactory()
        self._legacy = _LegacyContextFactory(
            tls_ciphers=_LEGACY_CIPHERS,
            tls_min_version=TLSVersion.TLSv1_0,
            tls_max_version=TLSVersion.TLSv1_3,
        )

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        name = host_key(f"https://{hostname.decode('ascii')}:{port}/")
        match self._hosts[name].tls:
            case Tls.STANDARD:
                return self._standard.creatorForNetloc(hostname, port)
            case Tls.UNVERIFIED:
                return self._unverified.creatorForNetloc(hostname, port)
            case Tls.LEGACY:
                return self._legacy.creatorForNetloc(hostname, port)


class HostHandler(HTTP11DownloadHandler):
    """Scrapy's handler with the TLS settings of each host."""

    def __init__(self, crawler: Crawler) -> None:
        from crawler.spider import ReportSpider

        super().__init__(crawler)
        assert isinstance(crawler.spider, ReportSpider)
        self._contextFactory = HostPolicy(crawler.spider.hosts)  # type: ignore[assignment]


def tls_error(error: BaseException) -> str | None:
    """What went wrong with TLS, if that is why a request failed."""
    for cause in _causes(error):
        if isinstance(cause, VerificationError):
            return "the certificate is another host's"
        if isinstance(cause, SSL.Error):
            reasons = [str(part[-1]) for part in cause.args[0]] if cause.args and cause.args[0] else []
            return "; ".join(filter(None, reasons)) or "the handshake failed"
    return None


def is_certificate_error(reason: str) -> bool:
    """Whether a TLS error is about the certificate alone."""
    return "certificate" in reason and "unknown" not in reason


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    rest = [error]
    while rest and len(found) < 20:
        one = rest.pop()
        found.append(one)
        rest += [reason.value for reason in getattr(one, "reasons", None) or ()]
        rest += [cause for cause in (one.__cause__,) if cause is not None]
    return found


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name, as simulated portals are."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_private(host: str) -> bool:
    """Whether a host is written as an address that is not public."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global and not is_loopback(host)
    except ValueError:
        return False


class _IPv4First:
    """Passes on resolved addresses when all are there, IPv4 before IPv6, and none that is not public."""

    def __init__(self, receiver: IResolutionReceiver, name: str) -> None:
        self._receiver = receiver
        self._local = is_loopback(name)
        self._addresses: list[IAddress] = []

    def resolutionBegan(self, resolution: IHostResolution) -> None:
        self._receiver.resolutionBegan(resolution)  # type: ignore[call-arg, misc]

    def addressResolved(self, address: IAddress) -> None:
        if self._local or ipaddress.ip_address(address.host).is_global:
            self._addresses.append(address)

    def resolutionComplete(self) -> None:
        for address in sorted(self._addresses, key=lambda one: not isinstance(one, IPv4Address)):
            self._receiver.addressResolved(address)  # type: ignore[call-arg, misc]
        self._receiver.resolutionComplete()  # type: ignore[misc]


class IPv4FirstResolver(CachingHostnameResolver):
    """Many portals name an IPv6 address that does not answer, a few have no other."""

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        return super().resolveHostName(
            _IPv4First(resolutionReceiver, hostName),  # type: ignore[arg-type]
            hostName,
            portNumber,
            addressTypes,
            transportSemantics,
        )

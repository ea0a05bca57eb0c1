"""Whom we may connect to: every address that is not public is refused when the socket is made.

The check sits at the socket because only there the address is the one that is connected to: names that resolve
differently the second time, redirects, and all spellings of 127.0.0.1 come by here.
"""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from activitypub.urls import DEFAULT_PORTS, BadUrl, Url, parse_url

# 443 and the customary alternative: any other port is a port scan on behalf of a stranger
PORTS = frozenset({443, 8443})

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# `is_global` of the standard library has grown with each Python release, so what matters is spelled out. Each of these
# reads as global somewhere, or leads to an IPv4 address that is not looked at.
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo and other special ones
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Blocked(OSError):
    """The URL or the address is one that we do not connect to. An OSError, so that the connector treats it as one."""


@dataclass(frozen=True, slots=True)
class Guard:
    """`allowed` are hosts, as `host` or `host:port`, that may be private and use http: for tests and labs.

    It names hosts and is never a switch for all. Make it with `parse_allowed`.
    """

    allowed: frozenset[str] = frozenset()

    def check(self, url: str) -> Url:
        """Return the parsed URL. Raises Blocked for another scheme than https, or a port that no server uses."""
        try:
            parsed = parse_url(url)
        except BadUrl as error:
            raise Blocked(str(error)) from None
        if not self.allows(parsed) and (parsed.scheme != "https" or parsed.port not in PORTS):
            raise Blocked("only https on port 443 or 8443 is connected to")
        return parsed

    def allows(self, url: Url) -> bool:
        """Tell whether the address of this URL may be private."""
        return url.host in self.allowed or f"{url.host}:{url.port}" in self.allowed


def parse_allowed(entries: Iterable[str]) -> frozenset[str]:
    """Read `name[:port]` entries. Raises ValueError for one that is not: a typing error must not allow anything."""
    allowed = set()
    for entry in entries:
        name = entry.strip().lower()
        try:
            url = parse_url(f"http://{name}")
        except BadUrl as error:
            raise ValueError(f"not a host or host:port: {entry!r}") from error
        # the port of the scheme is dropped by `authority`, but here it was meant
        if name not in {url.host, f"{url.host}:{url.port}"}:
            raise ValueError(f"not a host or host:port: {entry!r}")
        allowed.add(name)
    return frozenset(allowed)


def is_public(text: str) -> bool:
    """Tell whether the address, IPv4 or IPv6 with or without a zone, is a unicast address of the public internet."""
    try:
        address: IPAddress = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    address = _embedded(address)
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not any(address in network for network in _NEVER if network.version == address.version)


def make_socket(info: tuple[Any, ...]) -> socket.socket:
    """Make the socket for one result of getaddrinfo. Raises Blocked. For `aiohttp.TCPConnector(socket_factory=...)`."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        # The same text for each address: of several different errors the connector makes one, and loses the class.
        raise Blocked("the host has an address that is not public")
    return socket.socket(family, kind, protocol)


def _embedded(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that an IPv6 address leads to: mapped, or through the NAT64 of a network without IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


assert DEFAULT_PORTS["https"] in PORTS

"""Protection against server-side request forgery: an address that is not public is refused when its socket is made.

Only there is the checked address the one that is connected to, whether a name resolves differently the second time, a
redirect leads inside, or 127.0.0.1 is spelled in another way.
"""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from activitypub.urls import DEFAULT_PORTS, BadUrl, Url, parse_url

# 443 and the usual alternative: with any other port, a remote document could make us scan ports
PORTS = frozenset({443, 8443})

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# What `is_global` covers differs between Python releases, so what matters is listed. Each of these counts as global in
# some release, or leads to an IPv4 address that is not checked.
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
    """The URL or the address is not one to connect to. An OSError, because aiohttp's connector expects one."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The rule for connections: https on `PORTS`, and anything on the `allowed` hosts.

    `allowed` are `host` or `host:port` entries, from `parse_allowed`. They may have private addresses and use http: for
    tests and labs. There is no switch that allows all hosts. With `any_port`, public addresses may be connected to on
    every port and by http: for URLs that the operator typed, and no remote document can choose.
    """

    allowed: frozenset[str] = frozenset()
    any_port: bool = False

    def check(self, url: str) -> Url:
        """Return the parsed URL. Raises Blocked for another scheme than https, or a port that no server uses."""
        try:
            parsed = parse_url(url)
        except BadUrl as error:
            raise Blocked(str(error)) from None
        usual = parsed.scheme == "https" and parsed.port in PORTS
        if not usual and not self.any_port and not self.allows(parsed):
            raise Blocked("only https on port 443 or 8443 is connected to")
        return parsed

    def allows(self, url: Url) -> bool:
        """Return whether the host of this URL may have a private address."""
        return url.host in self.allowed or f"{url.host}:{url.port}" in self.allowed


def parse_allowed(entries: Iterable[str]) -> frozenset[str]:
    """Return the hosts in `name[:port]` entries. Raises ValueError for a typo, which must not allow any host."""
    allowed = set()
    for entry in entries:
        name = entry.strip().lower()
        try:
            url = parse_url(f"http://{name}")
        except BadUrl as error:
            raise ValueError(f"not a host or host:port: {entry!r}") from error
        # `authority` drops the scheme's default port, but here it was written on purpose
        if name not in {url.host, f"{url.host}:{url.port}"}:
            raise ValueError(f"not a host or host:port: {entry!r}")
        allowed.add(name)
    return frozenset(allowed)


def is_public(text: str) -> bool:
    """Return whether the text is a unicast address of the public internet: IPv4, or IPv6 with or without a zone."""
    try:
        address: IPAddress = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    address = _embedded(address)
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not any(address in network for network in _NEVER if network.version == address.version)


def make_socket(info: tuple[Any, ...]) -> socket.socket:
    """Make the socket for one result of getaddrinfo, for `aiohttp.TCPConnector(socket_factory=...)`. Raises Blocked."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        # The same text for each address: the connector turns several different errors into one, without their class.
        raise Blocked("the host has an address that is not public")
    return socket.socket(family, kind, protocol)


def _embedded(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that an IPv6 address stands for: IPv4-mapped, or by NAT64 in a network without IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


assert DEFAULT_PORTS["https"] in PORTS

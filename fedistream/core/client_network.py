"""The addresses that count as one client in rate limits and bans."""

import ipaddress

PREFIX = 64  # bits of an IPv6 address that one subscriber has; the rest may change daily (RFC 8981)

# not `is_private` of the standard library, which has the documentation networks and not that of RFC 6598
SHARED = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),  # RFC 1918
        "100.64.0.0/10",  # RFC 6598
        *("127.0.0.0/8", "169.254.0.0/16"),
        *("::1/128", "fe80::/10", "fc00::/7"),
    )
)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_network(address: str) -> str:
    """Return the client at this address: an IPv4 address itself, an IPv6 address's /64. Any other text is returned
    unchanged."""
    try:
        return name(network_of(address))
    except ValueError:
        return address


def network_of(address: str) -> Network:
    """Return the client at this address as a network. Raises ValueError for a text that is not an address."""
    found = plain(ipaddress.ip_address(address))
    # ::1 is one client, not a /64
    whole = found.version == 4 or found.is_loopback
    return ipaddress.ip_network((found, found.max_prefixlen if whole else PREFIX), strict=False)


def is_shared(address: str) -> bool:
    """Return whether independent clients may be seen at this address.

    That is so for a proxy that does not forward addresses, a container bridge and a carrier's NAT (RFC 6598). A text
    that is not an address counts as shared.
    """
    try:
        found = plain(ipaddress.ip_address(address))
    except ValueError:
        return True
    return any(found.version == network.version and found in network for network in SHARED)


def plain(address: Address) -> Address:
    """Return the address, with ::ffff:192.0.2.1 as 192.0.2.1: dual-stack sockets show IPv4 clients in that form."""
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def name(network: Network) -> str:
    """Return the network in its usual notation; a network of one address without the prefix length."""
    whole = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if whole else str(network)


def many_share(address: str) -> bool:
    """Return whether many clients may be behind an address that is not global.

    That is this machine, a private network or a carrier's (a proxy, a container bridge), or no address at all (a Unix
    socket).
    """
    try:
        return not plain(ipaddress.ip_address(address)).is_global
    except ValueError:
        return True

"""Who is counted as one behind an address, wherever somebody may do only so much, or is kept out."""

import ipaddress

PREFIX = 64  # bits of an IPv6 address that a household shares; the rest, everybody changes daily

# not `is_private` of the standard library, which has the documentation's networks, and not those of RFC 6598
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
    """The household at this address: of IPv4 the address, of IPv6 the network. What is no address stands for itself."""
    try:
        return name(network_of(address))
    except ValueError:
        return address


def network_of(address: str) -> Network:
    """The household as a network. Raises ValueError for what is no address."""
    found = plain(ipaddress.ip_address(address))
    # of this machine's own network no two addresses are one household
    whole = found.version == 4 or found.is_loopback
    return ipaddress.ip_network((found, found.max_prefixlen if whole else PREFIX), strict=False)


def is_shared(address: str) -> bool:
    """Whether people who are not one household may all be seen at this address: a proxy's that does not say for whom it
    asks, a container bridge's, a phone company's (RFC 6598). What is no address is nobody's."""
    try:
        found = plain(ipaddress.ip_address(address))
    except ValueError:
        return True
    return any(found.version == network.version and found in network for network in SHARED)


def plain(address: Address) -> Address:
    """A socket that takes both versions shows 192.0.2.1 as ::ffff:192.0.2.1."""
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def name(network: Network) -> str:
    """As people write it: an address that is a network of its own without the length of its prefix."""
    whole = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if whole else str(network)


def many_share(address: str) -> bool:
    """Whether many people may stand behind an address that belongs to no household: of this machine, of a private or
    carrier's network (a proxy's, a container's bridge), or none at all (a socket of the file system)."""
    try:
        return not plain(ipaddress.ip_address(address)).is_global
    except ValueError:
        return True

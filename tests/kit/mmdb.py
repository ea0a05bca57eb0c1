"""A writer of small databases in MaxMind's MMDB format, version 2.0, for IPv4 networks."""

import ipaddress
from collections.abc import Mapping

MARK = b"\xab\xcd\xefMaxMind.com"
NOTHING = 16  # zero bytes between the tree and the data


def mmdb(networks: Mapping[str, object]) -> bytes:
    """Return a database with a record for each of the networks, which do not overlap."""
    data, offsets = b"", {}
    for name, record in networks.items():
        offsets[name] = len(data)
        data += _value(record)
    nodes: list[list[int | str | None]] = [[None, None]]
    for name in networks:
        network = ipaddress.IPv4Network(name)
        at, address = 0, int(network.network_address)
        for depth in range(network.prefixlen):
            bit = address >> (31 - depth) & 1
            if depth == network.prefixlen - 1:
                nodes[at][bit] = name
                break
            child = nodes[at][bit]
            if not isinstance(child, int):
                nodes.append([None, None])
                child = nodes[at][bit] = len(nodes) - 1
            at = child
    count = len(nodes)
    tree = b"".join(
        (count if child is None else child if isinstance(child, int) else count + NOTHING + offsets[child]).to_bytes(
            3, "big"
        )
        for node in nodes
        for child in node
    )
    metadata = {
        "node_count": _Number(6, count),
        "record_size": _Number(5, 24),
        "ip_version": _Number(5, 4),
        "database_type": "Test-City",
        "languages": ["en"],
        "binary_format_major_version": _Number(5, 2),
        "binary_format_minor_version": _Number(5, 0),
        "build_epoch": _Number(9, 1_777_636_800),
        "description": {"en": "a test"},
    }
    return tree + bytes(NOTHING) + data + MARK + _value(metadata)


class _Number:
    """An unsigned number of one of the format's types."""

    def __init__(self, kind: int, value: int) -> None:
        self.kind, self.value = kind, value


def _value(value: object) -> bytes:
    if isinstance(value, str):
        encoded = value.encode()
        return _head(2, len(encoded)) + encoded
    if isinstance(value, dict):
        return _head(7, len(value)) + b"".join(_value(name) + _value(member) for name, member in value.items())
    if isinstance(value, list):
        return _head(11, len(value)) + b"".join(map(_value, value))
    if isinstance(value, _Number):
        size = (value.value.bit_length() + 7) // 8
        return _head(value.kind, size) + value.value.to_bytes(size, "big")
    raise TypeError(value)


def _head(kind: int, size: int) -> bytes:
    """Return the control bytes: the type and a size below 285."""
    extra = b"" if size < 29 else bytes((size - 29,))
    low = min(size, 29)
    return (bytes((kind << 5 | low,)) if kind <= 7 else bytes((low, kind - 7))) + extra

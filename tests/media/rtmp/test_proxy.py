"""The PROXY protocol as HAProxy's specification has it, whole, in halves and byte by byte."""

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtmp.errors import BadProxyHeader
from media.rtmp.proxy import MAX_BINARY, MAX_TEXT, SIGNATURE, ProxyHeader
from tests.kit.examples import examples
from tests.kit.rtmp import pieces

REST = b"\x03" + bytes(50)
V4 = ipaddress.IPv4Address("192.0.2.7").packed + ipaddress.IPv4Address("198.51.100.1").packed
V6 = ipaddress.IPv6Address("2001:db8::7").packed + ipaddress.IPv6Address("2001:db8::1").packed
PORTS = struct.pack("!HH", 56324, 1935)


def binary(block: bytes, *, command: int = 0x21, family: int = 0x11, length: int | None = None) -> bytes:
    size = len(block) if length is None else length
    return SIGNATURE + bytes((command, family)) + size.to_bytes(2, "big") + block


GOOD = {
    "text, IPv4": (b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 1935\r\n", "192.0.2.7"),
    "text, longest IPv4": (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"),
    "text, IPv6": (b"PROXY TCP6 2001:db8::7 2001:db8::1 0 65535\r\n", "2001:db8::7"),
    "text, longest IPv6": (
        b"PROXY TCP6 %b %b 65535 65535\r\n" % ((b"ffff:" * 8)[:-1], (b"ffff:" * 8)[:-1]),
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ),
    "text, mapped": (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", "192.0.2.7"),
    "text, unknown": (b"PROXY UNKNOWN\r\n", ""),
    "text, unknown with anything": (b"PROXY UNKNOWN what \n ever\r\n", ""),
    "binary, IPv4": (binary(V4 + PORTS), "192.0.2.7"),
    "binary, IPv4 over UDP": (binary(V4 + PORTS, family=0x12), "192.0.2.7"),
    "binary, IPv6": (binary(V6 + PORTS, family=0x21), "2001:db8::7"),
    "binary, mapped": (
        binary(ipaddress.IPv6Address("::ffff:192.0.2.7").packed * 2 + PORTS, family=0x21),
        "192.0.2.7",
    ),
    "binary, with TLVs": (binary(V4 + PORTS + b"\x02\x00\x04live\x04\x00\x01x"), "192.0.2.7"),
    "binary, with as many as may be": (binary(V4 + PORTS + bytes(MAX_BINARY - 12)), "192.0.2.7"),
    "binary, UNIX": (binary(bytes(216), family=0x31), ""),
    "binary, unspecified": (binary(b"", family=0x00), ""),
    "binary, unspecified with addresses": (binary(V4 + PORTS, family=0x00), ""),
    "binary, transport unspecified": (binary(V4 + PORTS, family=0x10), ""),
    "binary, local": (binary(b"", command=0x20, family=0x00), ""),
    "binary, local with addresses": (binary(V4 + PORTS, command=0x20), ""),
}
BAD = {
    "RTMP": REST,
    "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "small letters": b"proxy TCP4 192.0.2.7 198.51.100.1 56324 1935\r\n",
    "two blanks": b"PROXY  TCP4 192.0.2.7 198.51.100.1 56324 1935\r\n",
    "a blank more": b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 1935 \r\n",
    "another protocol": b"PROXY UDP4 192.0.2.7 198.51.100.1 56324 1935\r\n",
    "nothing": b"PROXY \r\n",
    "no ports": b"PROXY TCP4 192.0.2.7 198.51.100.1\r\n",
    "LF alone": b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 1935\n" + REST * 2,
    "CR alone": b"PROXY TCP4 192.0.2.7 198.51.100.1 56324\r1935\r\n",
    "other family": b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
    "other family, 6": b"PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n",
    "heading zero": b"PROXY TCP4 192.0.02.7 198.51.100.1 1 2\r\n",
    "heading zero in a port": b"PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n",
    "port too large": b"PROXY TCP4 192.0.2.7 198.51.100.1 1 65536\r\n",
    "port with a sign": b"PROXY TCP4 192.0.2.7 198.51.100.1 +1 2\r\n",
    "port in other digits": "PROXY TCP4 192.0.2.7 198.51.100.1 \u0661 2\r\n".encode(),
    "a name": b"PROXY TCP4 localhost 198.51.100.1 1 2\r\n",
    "a zone": b"PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n",
    "no end": b"PROXY UNKNOWN " + b"x" * MAX_TEXT,
    "version 1 in binary": binary(V4 + PORTS, command=0x11),
    "version 3": binary(V4 + PORTS, command=0x31),
    "command 2": binary(V4 + PORTS, command=0x22),
    "family 4": binary(V4 + PORTS, family=0x41),
    "transport 3": binary(V4 + PORTS, family=0x13),
    "too short for IPv4": binary(V4),
    "too short for IPv6": binary(V4 + PORTS, family=0x21),
    "too short for UNIX": binary(bytes(215), family=0x31),
    "too long": binary(V4 + PORTS, length=MAX_BINARY + 1),
}


def feed(data: bytes, size: int) -> tuple[str, bytes | None]:
    """The source, and what was behind the header."""
    header, rest = ProxyHeader(), None
    for piece in pieces(data, size):
        if rest is None:
            rest = header.receive(piece)
        else:
            rest += piece
    return header.source, rest


@pytest.mark.parametrize("size", [1 << 20, 40, 1], ids=["whole", "in pieces", "byte by byte"])
@pytest.mark.parametrize(("header", "source"), GOOD.values(), ids=GOOD)
def test_a_header_names_the_client_and_nothing_behind_it_is_lost(header: bytes, source: str, size: int) -> None:
    assert feed(header + REST, size) == (source, REST)
    assert feed(header, size) == (source, b"")
    assert feed(header[:-1], size) == ("", None)


@pytest.mark.parametrize("size", [1 << 20, 40, 1], ids=["whole", "in pieces", "byte by byte"])
@pytest.mark.parametrize("header", BAD.values(), ids=BAD)
def test_what_is_not_exactly_a_header_is_refused(header: bytes, size: int) -> None:
    with pytest.raises(BadProxyHeader):
        feed(header, size)


@pytest.mark.parametrize("start", [b"PROXY ", SIGNATURE + b"\x21\x11\xff\xff"], ids=["text", "binary"])
def test_no_more_is_kept_of_a_header_than_one_can_have(start: bytes) -> None:
    with pytest.raises(BadProxyHeader):
        feed(start + b"x" * MAX_TEXT, 1)


@examples(100)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda tail: b"PROXY TCP4 " + tail + b"\r\n")))
def test_no_bytes_break_the_parser(data: bytes) -> None:
    for size in (1 << 20, 7):
        try:
            source, _ = feed(data, size)
        except BadProxyHeader:
            continue
        assert not source or ipaddress.ip_address(source)


@examples(100)
@given(st.binary(max_size=300), st.integers(0, 255), st.integers(0, 255))
def test_no_binary_block_breaks_the_parser(block: bytes, command: int, family: int) -> None:
    outcomes = []
    for size in (1 << 20, 1):
        try:
            outcomes.append(feed(binary(block, command=command, family=family) + REST, size))
        except BadProxyHeader as error:
            outcomes.append((str(error), None))
    assert outcomes[0] == outcomes[1]


@examples(100)
@given(st.ip_addresses(), st.integers(0, 65_535))
def test_every_address_comes_through_in_both_versions(address: ipaddress.IPv4Address, port: int) -> None:
    name = b"TCP%d" % address.version
    written = f"{address}".encode()
    line = b"PROXY %b %b %b %d 1935\r\n" % (name, written, written, port)
    block = binary(address.packed * 2 + PORTS, family=0x11 if address.version == 4 else 0x21)
    for header in (line, block):
        source, rest = feed(header + REST, 1 << 20)
        assert ipaddress.ip_address(source) in (address, getattr(address, "ipv4_mapped", None))
        assert rest == REST

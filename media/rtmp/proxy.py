"""The PROXY protocol, versions 1 and 2: the header in which a TCP proxy names the client that it connects for.

The specification is doc/proxy-protocol.txt of HAProxy, whose sections are cited. The caller has to know which peers are
proxies: the receiver must not guess whether there is a header (section 2).
"""

import ipaddress
from typing import Final

from media.rtmp.errors import BadProxyHeader

SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"  # section 2.2
TEXT: Final = b"PROXY "
MAX_TEXT: Final = 107  # bytes of a line with its CRLF (section 2.1)
FIXED: Final = 16  # bytes of version 2 in front of the addresses
MAX_BINARY: Final = 4096  # bytes of addresses and TLVs; HAProxy sends some hundred with everything that it knows of TLS

_LOCAL, _PROXY = 0, 1
_SIZES: Final = {1: 4, 2: 16, 3: 108}  # of an address, by family: IPv4, IPv6, UNIX
_FAMILIES, _TRANSPORTS = 4, 3  # known ones, UNSPEC included; others "must be rejected" (section 2.2)
_PORTS: Final = 2 * 2


class ProxyHeader:
    """Reads the header at the beginning of a connection. `source` is the client's address; "" until it is known, and
    when the proxy connects for itself (LOCAL) or does not know the address (UNKNOWN, UNSPEC)."""

    def __init__(self) -> None:
        self.source = ""
        self._held = b""

    def receive(self, data: bytes) -> bytes | None:
        """Take bytes. Return None while some are missing, then those after the header. Raises BadProxyHeader."""
        self._held += data
        head = self._held
        if head.startswith(SIGNATURE):
            return self._binary(head)
        if head.startswith(TEXT):
            return self._text(head)
        if SIGNATURE.startswith(head) or TEXT.startswith(head):
            return None
        raise BadProxyHeader("there is none, although the address is that of a proxy which sends one")

    def _text(self, head: bytes) -> bytes | None:
        end = head.find(b"\r\n", 0, MAX_TEXT)
        if end < 0:
            if len(head) >= MAX_TEXT:
                raise BadProxyHeader(f"the line does not end by CRLF within {MAX_TEXT} bytes")
            return None
        self.source = _source_of_line(head[len(TEXT) : end])
        return head[end + 2 :]

    def _binary(self, head: bytes) -> bytes | None:
        if len(head) < FIXED:
            return None
        version, command = divmod(head[12], 16)
        family, transport = divmod(head[13], 16)
        length = int.from_bytes(head[14:FIXED], "big")
        if version != 2 or command not in (_LOCAL, _PROXY):
            raise BadProxyHeader(f"version {version}, command {command}")
        if family >= _FAMILIES or transport >= _TRANSPORTS:
            raise BadProxyHeader(f"address family {family}, transport {transport}")
        if length > MAX_BINARY:
            raise BadProxyHeader(f"{length} bytes, more than {MAX_BINARY}")
        if len(head) < FIXED + length:
            return None
        if command == _PROXY and family and transport:
            self.source = _source_of_block(head[FIXED : FIXED + length], family)
        return head[FIXED + length :]


def _source_of_line(line: bytes) -> str:
    kind, *rest = line.split(b" ")
    if kind == b"UNKNOWN":
        return ""  # "the receiver must ignore anything presented before the CRLF"
    if kind not in (b"TCP4", b"TCP6") or len(rest) != 4:
        raise BadProxyHeader("the line is neither TCP4, TCP6 nor UNKNOWN with its fields")
    source, _ = (_address(text, kind) for text in rest[:2])
    for port in rest[2:]:
        if not port.isdigit() or len(port) > 5 or int(port) > 65_535 or (port[:1] == b"0" and port != b"0"):
            raise BadProxyHeader("a port is no number from 0 to 65535")
    return source


def _address(text: bytes, kind: bytes) -> str:
    try:
        written = text.decode("ascii")
        if kind == b"TCP4":
            return str(ipaddress.IPv4Address(written))
        if "%" in written:
            raise ValueError("a zone is none of the address")
        return _plain(ipaddress.IPv6Address(written))
    except ValueError as error:
        raise BadProxyHeader(f"an address is none of {kind.decode()}") from error


def _source_of_block(block: bytes, family: int) -> str:
    size = _SIZES[family]
    ports = _PORTS if family < 3 else 0
    if len(block) < 2 * size + ports:
        raise BadProxyHeader(f"{len(block)} bytes are too few for two addresses")
    if family == 1:
        return str(ipaddress.IPv4Address(block[:size]))
    # a UNIX socket has no address that could be counted: as if the proxy spoke for itself
    return _plain(ipaddress.IPv6Address(block[:size])) if family == 2 else ""


def _plain(address: ipaddress.IPv6Address) -> str:
    return str(address.ipv4_mapped or address)

"""TLS without a socket: a client's MemoryBIO against ours."""

import ssl

import pytest

from media.rtmp.errors import BadTls
from media.rtmp.tls import Tls
from tests.kit.certificates import client_context, server_context
from tests.kit.rtmp import pieces


class Client:
    def __init__(self, context: ssl.SSLContext) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")


def join(server: Tls, peer: Client, size: int) -> None:
    """Carry the handshake both ways in pieces of `size`."""
    while True:
        try:
            peer.tls.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            done = False
        for piece in pieces(peer.outgoing.read(), size):
            assert server.receive(piece) == b""
        answer = server.outgoing()
        peer.incoming.write(answer)
        if done and server.open and not answer:
            return


@pytest.mark.parametrize("size", [1 << 20, 100, 1], ids=["whole", "in pieces", "byte by byte"])
def test_what_is_said_within_tls_arrives_both_ways_and_ends_in_order(size: int) -> None:
    server, peer = Tls(server_context()), Client(client_context())
    assert server.send(b"too early") == b""
    join(server, peer, size)
    said = bytes(range(256)) * 1000
    peer.tls.write(said)
    assert b"".join(server.receive(piece) for piece in pieces(peer.outgoing.read(), size)) == said
    peer.incoming.write(server.send(said) + server.close())
    heard = b""
    while part := peer.tls.read(65_536):
        heard += part
    assert heard == said


def test_what_is_no_tls_is_an_error_with_an_alert_for_the_peer() -> None:
    server = Tls(server_context())
    with pytest.raises(BadTls):
        server.receive(b"\x03" + bytes(1536))


def test_a_peer_that_does_not_trust_the_certificate_is_an_error() -> None:
    server, peer = Tls(server_context()), Client(ssl.create_default_context())
    with pytest.raises(BadTls, match=r"(?i)unknown.ca"):  # noqa: PT012 the handshake takes several steps
        while True:
            try:
                peer.tls.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError:
                server.receive(peer.outgoing.read())
            server.receive(peer.outgoing.read())
            peer.incoming.write(server.outgoing())


def test_saying_goodbye_before_the_handshake_is_harmless() -> None:
    assert Tls(server_context()).close() == b""

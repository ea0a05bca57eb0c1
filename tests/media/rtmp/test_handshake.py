import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtmp.errors import BadHandshake, NotRtmp, ProtocolError
from media.rtmp.handshake import DIGEST_SIZE, NONCE_SIZE, SIZE, ClientHandshake, ServerHandshake, digest_at, sign
from tests.kit.examples import examples
from tests.kit.rtmp import NONCE, pieces

PLAIN_C1 = b"\x00\x00\x12\x34" + bytes(4) + NONCE
CLIENT_KEY = b"Genuine Adobe Flash Player 001"


@pytest.mark.parametrize("size", [1, 700, 1537, 1 << 20])
@pytest.mark.parametrize("scheme", [None, 0, 1])
def test_two_ends_agree_in_any_form_and_any_pieces(scheme: int | None, size: int) -> None:
    client, server = ClientHandshake(NONCE[::-1], scheme=scheme), ServerHandshake(NONCE)
    assert not any(server.receive(data) for data in pieces(client.outgoing(), size))
    heard = [client.receive(data) for data in pieces(server.outgoing(), size)]
    assert heard == [None] * (len(heard) - 1) + [b""]
    heard = [server.receive(data) for data in pieces(client.outgoing(), size)]
    assert heard == [None] * (len(heard) - 1) + [b""]
    assert server.digest is (scheme is not None)


def test_a_plain_client_is_answered_with_its_own_bytes() -> None:
    server = ServerHandshake(NONCE)
    assert server.receive(b"\x03" + PLAIN_C1) is None
    answer = server.outgoing()
    assert (answer[:1], answer[1:9], answer[9 : 1 + SIZE]) == (b"\x03", bytes(8), NONCE)
    assert answer[1 + SIZE :] == PLAIN_C1
    assert server.outgoing() == b""


def test_the_server_waits_for_all_of_c1_and_c2_and_hands_on_what_is_behind() -> None:
    server = ServerHandshake(NONCE)
    assert server.receive(b"\x03" + PLAIN_C1[:-1]) is None
    assert server.outgoing() == b""
    assert server.receive(PLAIN_C1[-1:] + bytes(SIZE - 1)) is None
    assert server.receive(b"\x00connect") == b"connect"


def test_a_client_that_sends_all_at_once_is_answered_too() -> None:
    server = ServerHandshake(NONCE)
    assert server.receive(b"\x03" + PLAIN_C1 + bytes(SIZE)) == b""
    assert len(server.outgoing()) == 1 + 2 * SIZE


def test_c2_is_not_looked_at() -> None:
    assert ServerHandshake(NONCE).receive(b"\x03" + PLAIN_C1 + b"\xff" * SIZE + b"x") == b"x"


def test_a_version_without_a_valid_digest_gets_the_plain_form() -> None:
    """Some clients name a Flash version and do not sign."""
    server = ServerHandshake(NONCE)
    c1 = bytes(4) + b"\x09\x00\x7c\x02" + NONCE
    server.receive(b"\x03" + c1)
    assert server.outgoing()[1 + SIZE :] == c1
    assert not server.digest


@pytest.mark.parametrize("scheme", [0, 1])
def test_the_digests_are_those_adobe_signs_with(scheme: int) -> None:
    """Written out again from the description, apart from the module's own way of doing it."""
    c1 = sign(bytes(4) + b"\x09\x00\x7c\x02" + NONCE, scheme, CLIENT_KEY)
    field = (8, 772)[scheme]
    at = sum(c1[field : field + 4]) % 728 + field + 4
    assert digest_at(c1, scheme) == at
    digest = hmac.new(CLIENT_KEY, c1[:at] + c1[at + 32 :], hashlib.sha256).digest()
    assert c1[at : at + 32] == digest

    server = ServerHandshake(NONCE)
    server.receive(b"\x03" + c1)
    answer = server.outgoing()
    s1, s2 = answer[1 : 1 + SIZE], answer[1 + SIZE :]
    assert s1[4] >= 3  # what makes ffmpeg look for a digest
    at = digest_at(s1, scheme)
    assert (
        s1[at : at + 32]
        == hmac.new(b"Genuine Adobe Flash Media Server 001", s1[:at] + s1[at + 32 :], hashlib.sha256).digest()
    )
    secret = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")
    key = hmac.new(b"Genuine Adobe Flash Media Server 001" + secret, digest, hashlib.sha256).digest()
    assert s2[-32:] == hmac.new(key, s2[:-32], hashlib.sha256).digest()


@examples(40)
@given(st.binary(min_size=NONCE_SIZE, max_size=NONCE_SIZE), st.sampled_from((0, 1)))
def test_a_digest_fits_wherever_the_random_bytes_place_it(nonce: bytes, scheme: int) -> None:
    at = digest_at(bytes(8) + nonce, scheme)
    assert (12, 776)[scheme] <= at <= SIZE - DIGEST_SIZE
    server = ServerHandshake(NONCE)
    server.receive(ClientHandshake(nonce, scheme=scheme).outgoing())
    assert server.digest


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"GET / HTTP/1.1\r\n", "HTTP"),
        (b"POST /fcs/ident2 HTTP/1.1\r\n", "HTTP"),
        (b"G", "HTTP"),
        (b"PRI * HTTP/2.0\r\n", "HTTP"),
        (b"\x16\x03\x01\x02\x00\x01", "TLS"),
        (b"SSH-2.0-OpenSSH", "text"),
        (b"\xff\xfe", "text"),
    ],
)
def test_something_else_on_the_port_is_named(data: bytes, what: str) -> None:
    with pytest.raises(NotRtmp) as caught:
        ServerHandshake(NONCE).receive(data)
    assert caught.value.what == what
    assert bool(caught.value.answer) is (what == "HTTP")


def test_http_is_answered_by_http() -> None:
    with pytest.raises(NotRtmp) as caught:
        ServerHandshake(NONCE).receive(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = caught.value.answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"RTMP" in body


@pytest.mark.parametrize("version", [0, 2, 6, 31])
def test_another_version_is_refused(version: int) -> None:
    with pytest.raises(BadHandshake):
        ServerHandshake(NONCE).receive(bytes([version]))


def test_the_client_refuses_a_server_of_another_version() -> None:
    with pytest.raises(BadHandshake):
        ClientHandshake(NONCE).receive(b"HTTP/1.1 400 Bad Request")


def test_the_client_sends_back_what_a_plain_server_sent() -> None:
    client = ClientHandshake(NONCE)
    c1 = client.outgoing()[1:]
    s1 = bytes(8) + bytes(range(191)) * 8
    assert client.receive(b"\x03" + s1 + c1 + b"more") == b"more"
    assert client.outgoing() == s1


def test_the_client_that_asked_for_a_digest_takes_a_plain_answer() -> None:
    client = ClientHandshake(NONCE, scheme=1)
    c1 = client.outgoing()[1:]
    s1 = bytes(8) + NONCE
    assert client.receive(b"\x03" + s1 + c1) == b""
    assert client.outgoing() == s1


def test_the_client_refuses_a_digest_that_does_not_prove_it_was_read() -> None:
    client, server = ClientHandshake(NONCE, scheme=0), ServerHandshake(NONCE)
    server.receive(client.outgoing())
    answer = server.outgoing()
    with pytest.raises(BadHandshake):
        client.receive(answer[:-1] + bytes([answer[-1] ^ 1]))


def test_bytes_trickling_in_are_not_kept_beyond_the_handshake() -> None:
    server = ServerHandshake(NONCE)
    wire = b"\x03" + PLAIN_C1 + bytes(SIZE)
    assert [server.receive(data) for data in pieces(wire, 1)] == [None] * 2 * SIZE + [b""]


@examples(150)
@given(st.lists(st.binary(max_size=1700), max_size=3), st.booleans())
def test_noise_gives_an_answer_or_a_protocol_error(noise: list[bytes], polite: bool) -> None:
    server = ServerHandshake(NONCE)
    try:
        for data in [b"\x03"] * polite + noise:
            if server.receive(data) is not None:
                break
    except ProtocolError:
        return
    assert len(server.outgoing()) in (0, 1 + 2 * SIZE)

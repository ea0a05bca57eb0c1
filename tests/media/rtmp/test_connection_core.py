from dataclasses import replace

import pytest

from media.rtmp import messages
from media.rtmp.chunks import ChunkReader, Message
from media.rtmp.connection_core import ConnectionCore
from media.rtmp.errors import BadMessage, MessageTooBig, NotRtmp, TooMuchEarly
from media.rtmp.handshake import SIZE, ClientHandshake, ServerHandshake
from media.rtmp.limits import DEFAULT, Limits
from tests.kit.rtmp import NONCE, Head, chunk


def links(limits: Limits = DEFAULT) -> tuple[ConnectionCore, ConnectionCore]:
    """A client's and a server's link, past the handshake."""
    client, server = ConnectionCore(ClientHandshake(NONCE), limits), ConnectionCore(ServerHandshake(NONCE), limits)
    while not (client.open and server.open):
        server.put(client.outgoing())
        client.put(server.outgoing())
    return client, server


def carry(sender: ConnectionCore, receiver: ConnectionCore) -> list[Message]:
    receiver.put(sender.outgoing())
    return list(receiver.messages())


def control(message: Message) -> bytes:
    return chunk(Head(0, 2, length=len(message.body), kind=message.kind, stream=0), message.body)


def sent(connection_core: ConnectionCore) -> list[Message]:
    """Return what the link sends, read."""
    return ChunkReader(max_message=1 << 24, max_streams=64).receive(connection_core.outgoing())


def test_messages_pass_both_ways_once_the_handshake_is_done() -> None:
    client, server = links()
    there, back = Message(9, 5, 1, b"frame" * 100), Message(20, 0, 0, b"answer")
    client.send(there)
    server.send(back, back)
    assert carry(client, server) == [there]
    assert carry(server, client) == [back, back]


def test_bytes_behind_the_handshake_are_read_as_messages() -> None:
    server = ConnectionCore(ServerHandshake(NONCE), DEFAULT)
    server.put(b"\x03" + bytes(2 * SIZE) + chunk(Head(0, 3, length=1, kind=20), b"x"))
    assert [message.body for message in server.messages()] == [b"x"]


def test_no_message_is_read_before_the_handshake() -> None:
    server = ConnectionCore(ServerHandshake(NONCE), DEFAULT)
    server.put(b"\x03" + bytes(SIZE))
    assert list(server.messages()) == []
    assert not server.open


def test_each_window_of_bytes_is_acknowledged() -> None:
    client, server = links(replace(DEFAULT, window=10_000))
    for _ in range(2):
        client.send(Message(9, 0, 1, bytes(9_000)))
    carry(client, server)
    acknowledged = server.received
    assert acknowledged > 18_000
    carry(server, client)
    assert client.acknowledged == acknowledged


def test_below_the_window_nothing_is_acknowledged() -> None:
    client, server = links(replace(DEFAULT, window=10_000))
    client.send(Message(9, 0, 1, bytes(1000)))
    carry(client, server)
    assert server.outgoing() == b""


def test_the_window_is_the_one_the_peer_names() -> None:
    client, server = links()
    client.send(messages.write_window_size(1000), Message(9, 0, 1, bytes(900)))
    assert len(carry(client, server)) == 1
    client.send(Message(9, 0, 1, bytes(900)))
    carry(client, server)
    assert [message.kind for message in sent(server)] == [messages.ACKNOWLEDGEMENT]


def test_a_window_of_zero_wants_no_acknowledgements() -> None:
    client, server = links(replace(DEFAULT, window=4000))
    client.send(messages.write_window_size(0))
    carry(client, server)
    client.send(Message(9, 0, 1, bytes(9000)))
    carry(client, server)
    assert server.outgoing() == b""


def test_a_ping_is_answered_with_its_time() -> None:
    client, server = links()
    client.send(messages.write_user_control(messages.PING_REQUEST, b"\x01\x02\x03\x04"))
    assert carry(client, server) == []
    assert sent(server) == [messages.write_user_control(messages.PING_RESPONSE, b"\x01\x02\x03\x04")]


@pytest.mark.parametrize("event", [0, 3, 7, 31, 32, 0xFFFF])
def test_other_user_control_events_are_taken_in_silence(event: int) -> None:
    """Set Buffer Length (3) comes from players and from some encoders."""
    client, server = links()
    client.send(messages.write_user_control(event, bytes(8)))
    assert carry(client, server) == []
    assert server.outgoing() == b""


def test_a_peer_bandwidth_is_answered_by_a_window_when_that_is_news() -> None:
    client, server = links()
    server.send(messages.write_peer_bandwidth(5000))
    carry(server, client)
    assert sent(client) == [messages.write_window_size(5000)]
    server.send(messages.write_peer_bandwidth(5000))
    carry(server, client)
    assert client.outgoing() == b""


@pytest.mark.parametrize("kind", [3, 4, 5, 6])
def test_a_control_message_that_is_too_short_is_refused(kind: int) -> None:
    _, server = links()
    server.put(control(Message(kind, 0, 0, b"\x00")))
    with pytest.raises(BadMessage):
        list(server.messages())


def test_a_restricted_link_reads_only_so_many_bytes_in_small_messages() -> None:
    client, server = links()
    server.restrict(1000)
    client.send(Message(9, 0, 1, bytes(1001)))
    with pytest.raises(MessageTooBig):
        carry(client, server)
    client, server = links()
    server.restrict(1000)
    client.send(*[Message(20, 0, 0, b"x" * 20)] * 100)
    server.put(client.outgoing())
    taken = server.messages()
    assert len([message for message, _ in zip(taken, range(20), strict=False)]) == 20
    with pytest.raises(TooMuchEarly):
        list(taken)


@pytest.mark.parametrize("junk", [messages.write_abort(9), messages.write_acknowledgement(0), Message(0, 0, 0, b"")])
def test_messages_that_the_link_keeps_to_itself_use_up_the_budget_too(junk: Message) -> None:
    client, server = links()
    server.restrict(1000)
    client.send(*[junk] * 300)
    with pytest.raises(TooMuchEarly):
        carry(client, server)


def test_a_relaxed_link_reads_what_it_held() -> None:
    client, server = links()
    server.restrict(100)
    large = Message(9, 0, 1, bytes(5000))
    client.send(Message(20, 0, 0, b"publish"), large, large)
    server.put(client.outgoing())
    taking = server.messages()
    assert next(taking).body == b"publish"
    assert server.buffered > 10_000
    server.relax(5000)
    assert list(taking) == [large, large]
    client.send(Message(9, 0, 1, bytes(5001)))
    with pytest.raises(MessageTooBig):
        carry(client, server)


def test_what_http_is_answered_waits_to_be_sent() -> None:
    server = ConnectionCore(ServerHandshake(NONCE), DEFAULT)
    with pytest.raises(NotRtmp):
        server.put(b"GET / HTTP/1.1\r\n\r\n")
    assert server.outgoing().startswith(b"HTTP/1.1 400 ")


def test_the_reader_of_a_link_says_how_much_it_holds() -> None:
    client, server = links()
    client.send(Message(20, 0, 0, b"x"))
    data = client.outgoing()
    server.put(data)
    assert server.buffered == len(data)

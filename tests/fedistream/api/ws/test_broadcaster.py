"""The broadcaster: one text for all sockets of a channel, pass by pass. Real sockets are in test_uvicorn_protocol."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from fedistream.api.ws.broadcaster import MAX_WAITING, SLICE, Broadcaster, InProcess
from fedistream.api.ws.connection import Frames
from fedistream.chat.values import Event, Shown

AT = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass(eq=False, slots=True)
class RecordingSocket:
    """A socket that keeps what is written to it."""

    received: list[bytes] = field(default_factory=list)
    pieces: int = 0

    def write(self, encoded: Frames) -> bool:
        self.received.extend(encoded.texts)
        self.pieces += 1
        return True

    def close(self, code: int, reason: str = "") -> None:
        raise AssertionError("a broadcaster closes no socket")

    async def drained(self) -> None:
        raise AssertionError("a broadcaster waits for no socket")


def event(name: str) -> Event:
    return Shown(("m",), True, name, AT)


def shape(channel_id: int, said: Event) -> bytes:
    if said.id == "broken":
        raise ValueError(said.id)
    return f"{channel_id} {said.id}".encode()


def broadcaster() -> Broadcaster:
    return Broadcaster(shape, InProcess())


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_an_event_reaches_all_sockets_of_its_channel_and_no_others() -> None:
    sender, here, there = broadcaster(), [RecordingSocket(), RecordingSocket()], RecordingSocket()
    for socket in here:
        sender.join(1, socket)
    sender.join(2, there)
    sender.send(1, event("a"))
    sender.send(3, event("b"))
    await turns(2)
    assert [socket.received for socket in (*here, there)] == [[b"1 a"], [b"1 a"], []]


async def test_events_of_one_turn_are_written_at_once_and_in_order() -> None:
    sender, socket = broadcaster(), RecordingSocket()
    sender.join(1, socket)
    for name in "abc":
        sender.send(1, event(name))
    await turns(2)
    assert (socket.received, socket.pieces) == ([b"1 a", b"1 b", b"1 c"], 1)


async def test_other_work_is_done_between_two_slices_of_a_large_audience() -> None:
    sender, sockets = broadcaster(), [RecordingSocket() for _ in range(3 * SLICE + 1)]
    for socket in sockets:
        sender.join(1, socket)
    sender.send(1, event("a"))
    reached = []
    for _ in range(5):
        await turns(1)
        reached.append(sum(1 for socket in sockets if socket.received))
    assert reached == [SLICE, 2 * SLICE, 3 * SLICE, 3 * SLICE + 1, 3 * SLICE + 1]


async def test_no_socket_is_always_written_to_last() -> None:
    sender, told = broadcaster(), list[int]()

    class Numbered(RecordingSocket):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

        def write(self, encoded: Frames) -> bool:
            told.append(self.number)
            return super().write(encoded)

    sockets = [Numbered(number) for number in range(16)]
    for socket in sockets:
        sender.join(1, socket)
    passes = []
    for number in range(16):
        sender.send(1, event(f"{number}"))
        await turns(3)
        passes.append(tuple(told))
        told.clear()
    assert all(sorted(each) == list(range(16)) for each in passes)
    assert len({each[-1] for each in passes}) >= 8
    assert all(socket.received == [f"1 {number}".encode() for number in range(16)] for socket in sockets)


async def test_events_during_a_pass_reach_all_sockets_in_the_next() -> None:
    sender, sockets = broadcaster(), [RecordingSocket() for _ in range(2 * SLICE)]
    for socket in sockets:
        sender.join(1, socket)
    sender.send(1, event("a"))
    await turns(1)
    sender.send(1, event("b"))
    sender.send(1, event("c"))
    await turns(6)
    assert all(socket.received == [b"1 a", b"1 b", b"1 c"] for socket in sockets)
    assert all(socket.pieces == 2 for socket in sockets)


async def test_a_socket_that_joins_during_a_pass_gets_its_events() -> None:
    sender, sockets, late = broadcaster(), [RecordingSocket() for _ in range(2 * SLICE)], RecordingSocket()
    for socket in sockets:
        sender.join(1, socket)
    sender.send(1, event("a"))
    await turns(1)
    sender.join(1, late)
    sender.send(1, event("b"))
    await turns(6)
    assert late.received == [b"1 a", b"1 b"]


async def test_a_socket_that_left_gets_nothing_more() -> None:
    sender, sockets = broadcaster(), [RecordingSocket(), RecordingSocket()]
    for socket in sockets:
        sender.join(1, socket)
    sender.send(1, event("a"))
    await turns(2)
    sender.leave(1, sockets[0])
    sender.leave(1, sockets[0])
    sender.leave(7, sockets[0])
    sender.send(1, event("b"))
    await turns(2)
    assert [socket.received for socket in sockets] == [[b"1 a"], [b"1 a", b"1 b"]]
    assert sender.count(1) == 1
    sender.leave(1, sockets[1])
    assert (sender.count(1), sender.count(9)) == (0, 0)


async def test_a_socket_that_joins_again_gets_events_again() -> None:
    sender, socket = broadcaster(), RecordingSocket()
    for name in ("a", "b"):
        sender.join(1, socket)
        sender.send(1, event(name))
        await turns(2)
        sender.leave(1, socket)
    sender.join(1, socket)
    sender.send(1, event("c"))
    sender.leave(1, socket)
    await turns(2)
    sender.join(1, socket)
    sender.send(1, event("d"))
    await turns(3)
    assert socket.received == [b"1 a", b"1 b", b"1 d"]


async def test_an_event_that_cannot_be_encoded_is_skipped_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    sender, socket = broadcaster(), RecordingSocket()
    sender.join(1, socket)
    with caplog.at_level(logging.ERROR):
        sender.send(1, event("broken"))
    sender.send(1, event("a"))
    await turns(2)
    assert socket.received == [b"1 a"]
    assert "could not encode a chat event of type Shown" in caplog.text


async def test_a_flood_is_bounded_and_counted() -> None:
    sender, socket = broadcaster(), RecordingSocket()
    sender.join(1, socket)
    for number in range(MAX_WAITING + 3):
        sender.send(1, event(str(number)))
    await turns(2)
    assert (len(socket.received), sender.dropped) == (MAX_WAITING, 3)


async def test_a_socket_that_follows_the_backlog_gets_all_without_gap_or_echo() -> None:
    for follows_after in range(7):
        sender, sockets, late = broadcaster(), [RecordingSocket() for _ in range(2 * SLICE)], RecordingSocket()
        for socket in sockets:
            sender.join(1, socket)
        sender.send(1, event("a"))
        for turn in range(7):
            if turn == follows_after:
                texts, behind, _ = sender.recent(1).since(0, "", 1000)
                late.received += texts
                assert behind == sender.recent(1).end
                sender.follow(1, late)
            if turn == 2:
                sender.send(1, event("b"))
            await turns(1)
        await turns(7)
        assert late.received == [b"1 a", b"1 b"], follows_after


async def test_events_without_an_audience_are_kept_for_returning_clients() -> None:
    sender = broadcaster()
    sender.send(1, event("a"))
    sender.send(2, event("b"))
    await turns(2)
    assert sender.recent(1).since(0, "", 1000) == ([b"1 a"], 1, "")


async def test_a_socket_that_followed_and_left_gets_nothing_more() -> None:
    sender, socket = broadcaster(), RecordingSocket()
    sender.leave(1, socket)
    sender.follow(1, socket)
    sender.leave(1, socket)
    sender.send(1, event("a"))
    await turns(2)
    assert (sender.count(1), socket.received) == (0, [])


async def test_two_nodes_on_one_relay_reach_each_others_sockets() -> None:
    relay = InProcess()
    one, other = Broadcaster(shape, relay), Broadcaster(shape, relay)
    sockets = [RecordingSocket(), RecordingSocket()]
    one.join(1, sockets[0])
    other.join(1, sockets[1])
    other.send(1, event("a"))
    await turns(2)
    assert [socket.received for socket in sockets] == [[b"1 a"], [b"1 a"]]

"""One text for all lines of a room, round by round; real sockets are in test_fanout."""

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
class Ear:
    """A line that remembers."""

    heard: list[bytes] = field(default_factory=list)
    pieces: int = 0

    def push(self, said: Frames) -> bool:
        self.heard.extend(said.texts)
        self.pieces += 1
        return True

    def shut(self, code: int, reason: str = "") -> None:
        raise AssertionError("a loudspeaker closes nobody")

    async def drained(self) -> None:
        raise AssertionError("a loudspeaker waits for nobody")


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


async def test_everybody_in_the_room_hears_it_and_nobody_elsewhere() -> None:
    voice, here, there = broadcaster(), [Ear(), Ear()], Ear()
    for ear in here:
        voice.join(1, ear)
    voice.join(2, there)
    voice.say(1, event("a"))
    voice.say(3, event("b"))
    await turns(2)
    assert [ear.heard for ear in (*here, there)] == [[b"1 a"], [b"1 a"], []]


async def test_what_is_said_in_one_turn_is_written_in_one_piece_and_in_order() -> None:
    voice, ear = broadcaster(), Ear()
    voice.join(1, ear)
    for name in "abc":
        voice.say(1, event(name))
    await turns(2)
    assert (ear.heard, ear.pieces) == ([b"1 a", b"1 b", b"1 c"], 1)


async def test_other_work_is_done_between_two_slices_of_a_large_room() -> None:
    voice, ears = broadcaster(), [Ear() for _ in range(3 * SLICE + 1)]
    for ear in ears:
        voice.join(1, ear)
    voice.say(1, event("a"))
    reached = []
    for _ in range(5):
        await turns(1)
        reached.append(sum(1 for ear in ears if ear.heard))
    assert reached == [SLICE, 2 * SLICE, 3 * SLICE, 3 * SLICE + 1, 3 * SLICE + 1]


async def test_nobody_is_always_the_last_to_hear() -> None:
    voice, told = broadcaster(), list[int]()

    class Numbered(Ear):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

        def push(self, said: Frames) -> bool:
            told.append(self.number)
            return super().push(said)

    ears = [Numbered(number) for number in range(16)]
    for ear in ears:
        voice.join(1, ear)
    rounds = []
    for number in range(16):
        voice.say(1, event(f"{number}"))
        await turns(3)
        rounds.append(tuple(told))
        told.clear()
    assert all(sorted(each) == list(range(16)) for each in rounds)
    assert len({each[-1] for each in rounds}) >= 8
    assert all(ear.heard == [f"1 {number}".encode() for number in range(16)] for ear in ears)


async def test_what_is_said_during_a_round_comes_to_all_in_the_next() -> None:
    voice, ears = broadcaster(), [Ear() for _ in range(2 * SLICE)]
    for ear in ears:
        voice.join(1, ear)
    voice.say(1, event("a"))
    await turns(1)
    voice.say(1, event("b"))
    voice.say(1, event("c"))
    await turns(6)
    assert all(ear.heard == [b"1 a", b"1 b", b"1 c"] for ear in ears)
    assert all(ear.pieces == 2 for ear in ears)


async def test_who_comes_in_during_a_round_hears_what_is_being_said() -> None:
    voice, ears, late = broadcaster(), [Ear() for _ in range(2 * SLICE)], Ear()
    for ear in ears:
        voice.join(1, ear)
    voice.say(1, event("a"))
    await turns(1)
    voice.join(1, late)
    voice.say(1, event("b"))
    await turns(6)
    assert late.heard == [b"1 a", b"1 b"]


async def test_who_has_left_hears_nothing_more() -> None:
    voice, ears = broadcaster(), [Ear(), Ear()]
    for ear in ears:
        voice.join(1, ear)
    voice.say(1, event("a"))
    await turns(2)
    voice.leave(1, ears[0])
    voice.leave(1, ears[0])
    voice.leave(7, ears[0])
    voice.say(1, event("b"))
    await turns(2)
    assert [ear.heard for ear in ears] == [[b"1 a"], [b"1 a", b"1 b"]]
    assert voice.count(1) == 1
    voice.leave(1, ears[1])
    assert (voice.count(1), voice.count(9)) == (0, 0)


async def test_an_empty_room_that_is_entered_again_hears_again() -> None:
    voice, ear = broadcaster(), Ear()
    for name in ("a", "b"):
        voice.join(1, ear)
        voice.say(1, event(name))
        await turns(2)
        voice.leave(1, ear)
    voice.join(1, ear)
    voice.say(1, event("c"))
    voice.leave(1, ear)
    await turns(2)
    voice.join(1, ear)
    voice.say(1, event("d"))
    await turns(3)
    assert ear.heard == [b"1 a", b"1 b", b"1 d"]


async def test_what_has_no_shape_is_not_said(caplog: pytest.LogCaptureFixture) -> None:
    voice, ear = broadcaster(), Ear()
    voice.join(1, ear)
    with caplog.at_level(logging.ERROR):
        voice.say(1, event("broken"))
    voice.say(1, event("a"))
    await turns(2)
    assert ear.heard == [b"1 a"]
    assert "no words for Shown" in caplog.text


async def test_a_flood_is_bounded_and_counted() -> None:
    voice, ear = broadcaster(), Ear()
    voice.join(1, ear)
    for number in range(MAX_WAITING + 3):
        voice.say(1, event(str(number)))
    await turns(2)
    assert (len(ear.heard), voice.dropped) == (MAX_WAITING, 3)


async def test_a_line_that_follows_what_was_said_last_hears_all_without_gap_or_echo() -> None:
    for follows_after in range(7):
        voice, ears, late = broadcaster(), [Ear() for _ in range(2 * SLICE)], Ear()
        for ear in ears:
            voice.join(1, ear)
        voice.say(1, event("a"))
        for turn in range(7):
            if turn == follows_after:
                texts, behind, _ = voice.recent(1).since(0, "", 1000)
                late.heard += texts
                assert behind == voice.recent(1).end
                voice.follow(1, late)
            if turn == 2:
                voice.say(1, event("b"))
            await turns(1)
        await turns(7)
        assert late.heard == [b"1 a", b"1 b"], follows_after


async def test_what_is_said_to_an_empty_room_is_kept_for_those_who_come_back() -> None:
    voice = broadcaster()
    voice.say(1, event("a"))
    voice.say(2, event("b"))
    await turns(2)
    assert voice.recent(1).since(0, "", 1000) == ([b"1 a"], 1, "")


async def test_who_followed_and_left_hears_nothing_more() -> None:
    voice, ear = broadcaster(), Ear()
    voice.leave(1, ear)
    voice.follow(1, ear)
    voice.leave(1, ear)
    voice.say(1, event("a"))
    await turns(2)
    assert (voice.count(1), ear.heard) == (0, [])


async def test_two_nodes_on_one_relay_hear_each_other() -> None:
    relay = InProcess()
    one, other = Broadcaster(shape, relay), Broadcaster(shape, relay)
    ears = [Ear(), Ear()]
    one.join(1, ears[0])
    other.join(1, ears[1])
    other.say(1, event("a"))
    await turns(2)
    assert [ear.heard for ear in ears] == [[b"1 a"], [b"1 a"]]

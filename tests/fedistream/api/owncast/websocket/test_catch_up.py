"""Catching up after an absence: each message in order, once, in bounded memory, and without delaying other clients."""

import asyncio
import secrets
from dataclasses import dataclass, field

import orjson
import pytest

from fedistream.api.owncast.websocket.catch_up import AT_ONCE, OF_ONE_NETWORK, Absence, CatchingUp
from fedistream.api.owncast.websocket.history_slices import LINES, SLICE, Stretches
from fedistream.api.ws.connection import TRY_AGAIN_LATER, Frames
from fedistream.chat import message_ids
from fedistream.chat.models import MessageRow
from fedistream.chat.values import Message
from fedistream.db import atomic
from tests.kit.chatclient import ServerEvent, chatting
from tests.kit.faces import Faces
from tests.kit.webserver import serving


@dataclass(eq=False, slots=True)
class Reader:
    """A line whose other end reads when it `may`."""

    heard: list[ServerEvent] = field(default_factory=list)
    owed: int = 0
    most_owed: int = 0
    may: asyncio.Event = field(default_factory=asyncio.Event)
    closed: int = 0
    gone: bool = False

    def write(self, said: Frames) -> bool:
        if self.closed or self.gone:
            return False
        self.heard += [orjson.loads(text) for text in said.texts]
        self.owed += len(said.wire)
        self.most_owed = max(self.most_owed, self.owed)
        return True

    def close(self, code: int, reason: str = "") -> None:
        self.closed = code

    async def drained(self) -> None:
        await self.may.wait()
        self.owed = 0

    @property
    def bodies(self) -> list[str]:
        return [told["body"] for told in self.heard if told["type"] == "CHAT"]

    async def caught_up(self) -> ServerEvent:
        async with asyncio.timeout(30):
            while not self.heard or self.heard[-1]["type"] != "CAUGHT-UP":
                await asyncio.sleep(0)
        return self.heard[-1]


@pytest.fixture
async def bot(faces: Faces) -> str:
    return (await faces.chat.visitors.make_bot("Bot")).id


async def written(faces: Faces, bot: str, count: int, body: str = "line {}") -> list[str]:
    """Write messages into the log that the broadcaster does not have, as after a restart. Return their ids."""
    made = message_ids.Ids(faces.clock.now, secrets.token_bytes)
    numbers = [message_ids.number(made.next()) for _ in range(count)]
    rows = [
        MessageRow(
            id=number,
            channel_id=faces.channels.home().id,
            visitor_id=bot,
            kind="chat",
            origin="integration",
            body="",
            html=body.format(n),
        )
        for n, number in enumerate(numbers)
    ]
    await atomic(MessageRow.bulk_create, rows)
    faces.clock.advance(10)
    return [message_ids.text(number) for number in numbers]


def service(faces: Faces) -> CatchingUp:
    messages, broadcaster = faces.chat.messages, faces.broadcaster
    stretches = Stretches(messages, broadcaster, faces.clock.monotonic)
    return CatchingUp(messages, broadcaster, stretches, faces.clock.now)


def back(faces: Faces, reader: Reader, since: str, *, most: int = 5000, network: str = "") -> Absence:
    return Absence(reader, faces.channels.home().id, since, most, network)


def reading() -> Reader:
    reader = Reader()
    reader.may.set()
    return reader


async def test_a_long_absence_is_told_in_order_and_in_slices(faces: Faces, bot: str) -> None:
    there = await written(faces, bot, 3 * LINES + 7, "line {} " + "x" * 300)
    reader = reading()
    service(faces).begin(back(faces, reader, there[4]))
    end = await reader.caught_up()
    assert [body.split()[1] for body in reader.bodies] == [str(n) for n in range(5, len(there))]
    assert end == {"type": "CAUGHT-UP", "since": there[4], "first": there[5], "complete": True}
    assert reader.most_owed <= SLICE + 64 * LINES


async def test_a_client_that_missed_too_much_gets_the_newest_messages_and_the_first_id(faces: Faces, bot: str) -> None:
    there = await written(faces, bot, 50)
    for since, most, complete in ((there[9], 10, False), (there[39], 10, True), (there[39], 9, False)):
        reader = reading()
        service(faces).begin(back(faces, reader, since, most=most))
        end = await reader.caught_up()
        assert reader.bodies == [f"line {n}" for n in range(50 - most, 50)]
        assert (end["complete"], end["first"]) == (complete, there[50 - most])


async def test_a_client_that_missed_nothing_is_told_that_it_is_complete(faces: Faces, bot: str) -> None:
    there = await written(faces, bot, 3)
    reader = reading()
    service(faces).begin(back(faces, reader, there[-1]))
    assert await reader.caught_up() == {"type": "CAUGHT-UP", "since": there[-1], "first": "", "complete": True}
    assert len(reader.heard) == 1


async def test_what_is_said_meanwhile_comes_once_and_in_order(faces: Faces, bot: str) -> None:
    """New messages come while the log is read, while a slice is sent, and while a pass is under way."""
    there = await written(faces, bot, LINES + 20)
    home, poster = faces.channels.home().id, faces.chat.poster
    speaker = await faces.chat.visitors.get(bot)
    readers, catching = [reading() for _ in range(40)], service(faces)
    said = []
    for n, reader in enumerate(readers):
        catching.begin(back(faces, reader, there[n * 5]))
        said.append(asyncio.ensure_future(poster.bot_says(home, speaker, f"live {n}")))
        await asyncio.sleep(0)
    await asyncio.gather(*said)
    await poster.bot_says(home, speaker, "last")
    expected = [f"line {n}" for n in range(LINES + 20)] + [f"<p>live {n}</p>" for n in range(40)] + ["<p>last</p>"]
    async with asyncio.timeout(30):
        while not all(reader.bodies and reader.bodies[-1] == "<p>last</p>" for reader in readers):
            await asyncio.sleep(0)
    for n, reader in enumerate(readers):
        assert reader.bodies == expected[n * 5 + 1 :], n
        assert [told["type"] for told in reader.heard].count("CAUGHT-UP") == 1


async def test_a_slow_reader_delays_nobody_and_is_disconnected_with_what_is_sent(faces: Faces, bot: str) -> None:
    there = await written(faces, bot, LINES, "line {} " + "x" * 1000)
    slow, quick, catching = Reader(), reading(), service(faces)
    catching.slice_s = 1.0
    catching.begin(back(faces, slow, there[0]))
    catching.begin(back(faces, quick, there[0]))
    assert (await quick.caught_up())["complete"]
    assert 0 < len(slow.heard) < len(quick.heard)
    assert slow.most_owed <= SLICE + 2000
    async with asyncio.timeout(30):
        while not slow.closed:
            await asyncio.sleep(0.1)
    assert slow.closed == TRY_AGAIN_LATER
    assert len({told["id"] for told in slow.heard}) == len(slow.heard)


async def served(readers: list[Reader], count: int) -> None:
    """Wait until so many of them hear something, and a while longer."""
    async with asyncio.timeout(30):
        while len([reader for reader in readers if reader.heard]) < count:
            await asyncio.sleep(0)
    for _ in range(200):
        await asyncio.sleep(0)
    assert len([reader for reader in readers if reader.heard]) == count


async def test_a_few_are_served_at_a_time_and_fewer_of_one_network(faces: Faces, bot: str) -> None:
    there = await written(faces, bot, LINES, "line {} " + "x" * 1000)
    catching = service(faces)
    attackers, others = [Reader() for _ in range(100)], [Reader() for _ in range(60)]
    for reader in attackers:
        catching.begin(back(faces, reader, there[0], network="203.0.113.9"))
    await served(attackers, OF_ONE_NETWORK)
    for n, reader in enumerate(others):
        catching.begin(back(faces, reader, there[0], network=f"198.51.100.{n}"))
    await served(others, AT_ONCE - OF_ONE_NETWORK)
    await served(attackers, OF_ONE_NETWORK)
    for reader in (*attackers, *others):
        reader.may.set()
    for reader in (*attackers, *others):
        assert (await reader.caught_up())["complete"]


async def test_a_client_that_leaves_while_it_catches_up_leaves_nothing_behind(faces: Faces, bot: str) -> None:
    there = await written(faces, bot, LINES, "line {} " + "x" * 1000)
    home, catching = faces.channels.home().id, service(faces)
    readers = [Reader() for _ in range(AT_ONCE + 5)]
    absences = [back(faces, reader, there[0]) for reader in readers]
    for absence in absences:
        catching.begin(absence)
    await served(readers, AT_ONCE)
    for absence, reader in zip(absences, readers, strict=True):
        catching.end(absence)
        reader.gone = True
        reader.may.set()
    assert catching.waiting == 0
    last = reading()
    catching.begin(back(faces, last, there[0]))
    await last.caught_up()
    assert faces.broadcaster.count(home) == 1
    assert all("CAUGHT-UP" not in [told["type"] for told in reader.heard] for reader in readers)


async def test_a_client_that_leaves_the_queue_behind_slow_readers_is_forgotten(faces: Faces, bot: str) -> None:
    there = await written(faces, bot, LINES, "line {} " + "x" * 1000)
    catching, network = service(faces), "203.0.113.9"
    slow = [Reader() for _ in range(OF_ONE_NETWORK + 1)]
    for reader in slow:
        catching.begin(back(faces, reader, there[0], network=network))
    await served(slow, OF_ONE_NETWORK)
    for _ in range(100):
        absence = back(faces, Reader(), there[0], network=network)
        catching.begin(absence)
        catching.end(absence)
        catching.end(absence)
    assert catching.waiting == 1
    for reader in slow:
        reader.may.set()
        assert (await reader.caught_up())["complete"]


async def said(faces: Faces, bot: str, count: int, body: str) -> list[str]:
    """Send messages through the broadcaster. Return their ids."""
    speaker, home = await faces.chat.visitors.get(bot), faces.channels.home().id
    told = await asyncio.gather(*(faces.chat.poster.bot_says(home, speaker, body.format(n)) for n in range(count)))
    async with asyncio.timeout(30):
        while faces.broadcaster.recent(home).behind(told[-1].id) is None:
            await asyncio.sleep(0)
    return [message.id for message in told]


async def test_a_slow_reader_beyond_the_backlog_gets_no_message_twice(faces: Faces, bot: str) -> None:
    there = await said(faces, bot, 60, "early {} " + "x" * 1000)
    slow = Reader()
    service(faces).begin(back(faces, slow, there[0]))
    await served([slow], 1)
    home = faces.channels.home().id
    there += await said(faces, bot, 300, "late {} " + "x" * 1000)
    assert faces.broadcaster.recent(home).behind(there[59]) is None
    slow.may.set()
    assert (await slow.caught_up())["complete"]
    assert [told["id"] for told in slow.heard if told["type"] == "CHAT"] == there[1:]


async def test_no_more_than_is_wanted_is_told_of_what_was_said_a_moment_ago(faces: Faces, bot: str) -> None:
    there = await said(faces, bot, 30, "line {}")
    for since, most, complete in ((there[9], 10, False), (there[19], 10, True)):
        reader = reading()
        service(faces).begin(back(faces, reader, since, most=most))
        assert (await reader.caught_up())["complete"] is complete
        assert [told["id"] for told in reader.heard if told["type"] == "CHAT"] == there[20:]


async def test_what_was_hidden_or_reworded_is_not_told_from_a_stretch_that_was_read_before(
    faces: Faces, bot: str
) -> None:
    there = await written(faces, bot, 5)
    catching = service(faces)
    first = reading()
    catching.begin(back(faces, first, there[0]))
    await first.caught_up()
    await faces.chat.moderation.set_visible([there[2]], False, "admin")

    def reword(message: Message) -> Message:
        return Message(**{name: getattr(message, name) for name in message.__slots__} | {"html": "else"})

    await faces.chat.messages.rewrite(there[3], reword)
    second = reading()
    catching.begin(back(faces, second, there[0]))
    await second.caught_up()
    assert second.bodies == ["line 1", "else", "line 4"]


async def test_the_log_is_read_once_for_clients_that_missed_the_same(faces: Faces, bot: str) -> None:
    there = await written(faces, bot, 4 * LINES)
    stretches = Stretches(faces.chat.messages, faces.broadcaster, faces.clock.monotonic)
    home = faces.channels.home().id
    one = await stretches.behind(home, there[10])
    assert one.last == there[10 + LINES]
    assert await stretches.behind(home, there[15]) is one
    assert await stretches.behind(home, there[9]) is not one
    faces.clock.advance(60)
    assert await stretches.behind(home, there[15]) is not one


async def test_a_real_socket_hears_it_and_says_how_many_lines_it_wants(faces: Faces, bot: str) -> None:
    there = await written(faces, bot, 700)
    _, token = await faces.visitor("Ann")
    async with serving(faces.app()) as port:
        for most, first in (("", 1), ("200", 500), ("nonsense", 1), ("0", 699), ("99999999999", 1)):
            async with chatting(port, token, since=there[0], most=most) as ann:
                told = []
                while (one := await ann.next())["type"] != "CAUGHT-UP":
                    told.append(one)
                assert [each["body"] for each in told[1:]] == [f"line {n}" for n in range(first, 700)]
                assert one["complete"] is (first == 1)
        async with chatting(port, f"{token}&since=") as ann:
            assert [(await ann.next())["type"] for _ in range(2)] == ["CONNECTED_USER_INFO", "CAUGHT-UP"]

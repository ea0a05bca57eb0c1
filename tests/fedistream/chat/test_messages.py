"""The log of messages: nothing is heard before it is on disk, and pages are found again."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from fedistream.channels.models import ChannelRow
from fedistream.chat import messages
from fedistream.chat.messages import MAX_IDS, MAX_PAGE, MAX_WAITING, MessageLog, retention
from fedistream.chat.models import MessageRow, VisitorRow
from fedistream.chat.values import Kind, Message, Origin, RemoteAuthor, Visitor
from fedistream.chat.visitors import Visitors
from fedistream.core.bus import Bus, Reaction
from fedistream.core.errors import Invalid, TooMany
from fedistream.core.events import ChatMessageSent, Fact, MessagesHidden
from fedistream.db import Database
from fedistream.jobs.handlers import enqueue
from fedistream.jobs.models import OutboxRow
from tests.kit.chatroom import Chatroom, Timers
from tests.kit.invalid import invalid
from tests.kit.jobs import OutboxKit

BEN = RemoteAuthor("Ben", "ben@social.example", "https://social.example/@ben", "https://social.example/ben.png")


def made(room: Chatroom, body: str, visitor: Visitor | None = None, channel_id: int = 0) -> Message:
    log = room.feature.messages
    at = room.clock.now()
    return Message(
        log.next_id(), channel_id or room.home, Kind.CHAT, Origin.WEB, body, f"<p>{body}</p>", at, visitor=visitor
    )


def nobody(message: Message) -> None:
    """Ignore the message."""


async def say(room: Chatroom, *bodies: str, visitor: Visitor | None = None) -> list[Message]:
    """One second after the other."""
    said = []
    for body in bodies:
        room.clock.advance(1)
        said.append(made(room, body, visitor))
        room.feature.messages.append(said[-1], nobody)
    await room.feature.messages.settle()
    return said


async def test_a_message_is_on_disk_before_anybody_hears_it(room: Chatroom) -> None:
    on_disk: list[asyncio.Task[bool]] = []

    async def stored(body: str) -> bool:
        return await MessageRow.exists(body=body)

    def heard(message: Message) -> None:
        on_disk.append(asyncio.create_task(stored(message.body)))

    assert await room.feature.messages.append(made(room, "hello"), heard)
    assert [await each for each in on_disk] == [True]


async def test_messages_are_heard_in_the_order_of_their_ids_with_those_that_are_not_kept(room: Chatroom) -> None:
    heard: list[str] = []
    log = room.feature.messages
    futures = [
        log.append(made(room, str(n)), lambda message: heard.append(message.body), keep=n % 3 != 0) for n in range(20)
    ]
    assert all(await asyncio.gather(*futures))
    assert heard == [str(n) for n in range(20)]
    assert await room.bodies() == [str(n) for n in range(20) if n % 3]


async def test_a_message_comes_back_as_it_was(room: Chatroom) -> None:
    ann = await room.visitor("Ann")
    log = room.feature.messages

    def one(kind: Kind, origin: Origin, body: str, **more: Any) -> Message:
        return Message(log.next_id(), room.home, kind, origin, body, "<p>hi</p>", room.clock.now(), **more)

    several = [
        one(Kind.CHAT, Origin.WEB, "hi\n\u2028 日本 🎬", visitor=ann),
        one(Kind.CHAT, Origin.FEDIVERSE, "hi", remote=BEN),
        one(Kind.SYSTEM, Origin.NODE, "hi"),
        one(
            Kind.LIKE,
            Origin.FEDIVERSE,
            "Ben",
            remote=BEN,
            title="Ben",
            image="https://x.example/b",
            link="https://x.example",
        ),
    ]
    for each in several:
        assert await log.append(each, nobody)
    assert list(await log.history(room.home)) == several
    assert list(await log.by_ids([each.id for each in several] + ["nonsense", "0" * 13])) == several


async def test_an_old_message_shows_the_present_name_of_its_author(room: Chatroom) -> None:
    ann = await room.visitor("Ann")
    await say(room, "hi", visitor=ann)
    await room.feature.visitors.rename(ann.id, "Anna")
    (message,) = await room.feature.messages.history(room.home)
    assert message.visitor is not None
    assert (message.visitor.name, message.visitor.previous_names) == ("Anna", ("Ann",))


async def test_history_is_read_in_pages_backwards_and_forwards_without_a_gap(room: Chatroom) -> None:
    said = await say(room, *(str(n) for n in range(25)))
    log = room.feature.messages
    newest = await log.history(room.home, limit=10)
    older = await log.history(room.home, before=newest[0].id, limit=10)
    oldest = await log.history(room.home, before=older[0].id, limit=10)
    assert [*oldest, *older, *newest] == said
    assert list(await log.history(room.home, after=said[3].id, limit=5)) == said[4:9]
    assert await log.history(room.home, after=said[-1].id) == ()
    assert await log.history(room.home, before=said[0].id) == ()


@pytest.mark.parametrize("limit", [0, -1, MAX_PAGE + 1])
async def test_a_page_has_its_limits(room: Chatroom, limit: int) -> None:
    with invalid("between 1 and 500"):
        await room.feature.messages.history(room.home, limit=limit)


async def test_a_cursor_that_is_no_id_is_refused(room: Chatroom) -> None:
    for cursor in ("", "yesterday", "' OR 1=1", "z" * 13):
        with invalid("message id"):
            await room.feature.messages.history(room.home, before=cursor)
        with invalid("message id"):
            await room.feature.messages.history(room.home, after=cursor)


async def test_channels_have_logs_of_their_own(room: Chatroom) -> None:
    other = await room.channels.make("other")
    await room.feature.messages.append(made(room, "there", channel_id=other.id), nobody)
    await say(room, "here")
    assert await room.bodies() == ["here"]
    assert [message.body for message in await room.feature.messages.history(other.id)] == ["there"]


async def test_a_hidden_message_is_for_moderators_until_it_is_shown_again(room: Chatroom) -> None:
    ann = await room.visitor("Ann")
    one, two = await say(room, "one", "two", visitor=ann)
    await say(room, "from the node")
    log = room.feature.messages
    assert await log.set_visible([one.id, "nonsense"], False) == {room.home: (one.id,)}
    assert await log.set_visible([one.id], False) == {}
    assert await room.bodies() == ["two", "from the node"]
    newest, hidden = await log.moderated(room.home)
    assert (newest.id, newest.hidden_at) == (two.id, None)
    assert (hidden.id, hidden.hidden_at) == (one.id, room.clock.now())
    assert [each.id for each in await log.moderated(room.home, before=two.id)] == [one.id]
    assert await log.set_visible([one.id, two.id], True) == {room.home: (one.id,)}
    assert await room.bodies() == ["one", "two", "from the node"]


async def test_a_returning_client_learns_of_hidden_messages(room: Chatroom) -> None:
    one, two, three = await say(room, "one", "two", "three", visitor=await room.visitor("Ann"))
    log = room.feature.messages
    await log.set_visible([one.id], False)
    room.clock.advance(1)
    (seen_last,) = await say(room, "four")
    room.clock.advance(1)
    await log.set_visible([two.id], False)
    assert await log.hidden_since(room.home, seen_last.id) == (two.id,)
    assert await log.hidden_since(room.home, three.id) == (two.id,)
    assert await log.hidden_since(room.home, one.id) == (one.id,), "two had not been said yet"
    await log.set_visible([two.id], True)
    assert await log.hidden_since(room.home, seen_last.id) == ()
    with pytest.raises(Invalid):
        await log.hidden_since(room.home, "yesterday")


async def test_a_returning_client_is_told_of_the_newest_changes_that_fit_one_event(room: Chatroom) -> None:
    ann, ben = await room.visitor("Ann"), await room.visitor("Ben")
    long_hidden = await say(room, *(str(n) for n in range(300)), visitor=ann)
    many = await say(room, *(str(n) for n in range(MAX_IDS + 50)), visitor=ann)
    (slip,) = await say(room, "slip", visitor=ben)
    log = room.feature.messages
    await log.set_visible([each.id for each in long_hidden], False)
    (away,) = await say(room, "still here", visitor=ben)
    room.clock.advance(1)
    assert await log.hidden_since(room.home, away.id) == ()
    await log.set_visible([many[0].id], False)
    assert await log.hidden_since(room.home, away.id) == (many[0].id,), "however much was hidden before"
    await log.set_visible([slip.id], False)
    room.clock.advance(1)
    await log.hide_all_of(ann.id)
    await say(room, *(str(n) for n in range(300)), visitor=ann)
    await log.hide_all_of(ann.id)
    newest = [each.id for each in (*many[-MAX_IDS + 1 :], slip)]
    assert await log.hidden_since(room.home, away.id) == tuple(newest), "what he never saw takes nobody's place"


async def test_too_many_ids_at_once_are_refused(room: Chatroom) -> None:
    with invalid(f"{MAX_IDS} at most"):
        await room.feature.messages.set_visible(["0" * 13] * (MAX_IDS + 1), False)


async def test_all_of_a_visitor_is_hidden_and_nothing_else(room: Chatroom) -> None:
    ann, ben = await room.visitor("Ann"), await room.visitor("Ben")
    hers = await say(room, *"abc", visitor=ann)
    await say(room, "mine", visitor=ben)
    log = room.feature.messages
    assert await log.hide_all_of(ann.id) == {room.home: tuple(each.id for each in hers)}
    assert await room.bodies() == ["mine"]
    assert [each.body for each in await log.of_visitor(ann.id)] == ["c", "b", "a"]


async def test_more_than_is_told_of_is_hidden_all_the_same(room: Chatroom) -> None:
    ann = await room.visitor("Ann")
    await say(room, *(str(n) for n in range(MAX_IDS + 3)), visitor=ann)
    changed = await room.feature.messages.hide_all_of(ann.id)
    assert len(changed[room.home]) == MAX_IDS
    assert await room.bodies() == []


async def test_what_is_too_old_is_deleted_in_bites(room: Chatroom) -> None:
    assert retention(0, room.clock.now()) is None
    await say(room, *(str(n) for n in range(messages.PRUNED_AT_ONCE + 10)))
    limit = room.clock.now() - timedelta(seconds=4)
    assert await room.feature.messages.prune(room.home, limit) == messages.PRUNED_AT_ONCE + 5
    assert len(await room.bodies()) == 5
    assert await room.feature.messages.prune(room.home, limit) == 0


async def test_a_message_that_cannot_be_written_does_not_take_the_others_along(room: Chatroom) -> None:
    ann, gone = await room.visitor("Ann"), await room.visitor("Gone")
    await VisitorRow.filter(id=gone.id).delete()
    heard: list[str] = []
    log = room.feature.messages
    futures = [
        log.append(made(room, body, visitor), lambda message: heard.append(message.body))
        for body, visitor in (("one", ann), ("lost", gone), ("three", ann))
    ]
    stored = [await future for future in futures]
    assert (stored, heard) == ([True, False, True], ["one", "three"])
    assert await room.bodies() == ["one", "three"]


async def test_what_is_promised_of_a_message_is_committed_with_it_or_neither_is(database: Database) -> None:
    class Promises(Bus):
        """Emits inside the transaction, where the message is to be seen already; one of them cannot be kept."""

        def __init__(self) -> None:
            super().__init__()
            self.emitted: list[Fact] = []

        async def emit_all(self, facts: Sequence[Fact]) -> None:
            for fact in facts:
                assert isinstance(fact, MessagesHidden)
                assert await MessageRow.filter(body=fact.actor).exists()
                if fact.actor == "two":
                    raise ValueError("no such promise")
                self.emitted.append(fact)

    clock, promises = Timers(), Promises()
    channel = await ChannelRow.create(slug="home", created_at=clock.now())
    log = MessageLog(clock.clocks(), Visitors(clock.clocks()), promises)
    futures = []
    for body in ("one", "two", "three"):
        message = Message(log.next_id(), channel.id, Kind.SYSTEM, Origin.NODE, body, body, clock.now())
        fact = MessagesHidden(channel.id, (message.id,), body, clock.now())
        futures.append(log.append(message, nobody, fact=fact))
    log.close()
    await log.run()
    assert [await future for future in futures] == [True, False, True]
    assert [message.body for message in await log.history(channel.id)] == ["one", "three"]


@pytest.mark.usefixtures("database")
async def test_jobs_of_messages_are_put_once_for_each_batch() -> None:
    clock, kit = Timers(), OutboxKit()

    async def forward(fact: ChatMessageSent) -> None:
        raise AssertionError("nobody works here")

    bus = Bus(enqueue(kit.outbox))
    bus.attach([Reaction("test.forward", ChatMessageSent, "job", forward)])
    channel = await ChannelRow.create(slug="home", created_at=clock.now())
    log = MessageLog(clock.clocks(), Visitors(clock.clocks()), bus)
    said = []
    for number in range(20):
        message = Message(log.next_id(), channel.id, Kind.SYSTEM, Origin.NODE, f"{number}", "", clock.now())
        fact = ChatMessageSent(channel.id, message.id, "system", "node", "", None, message.body, "", message.at)
        said.append(log.append(message, nobody, fact=fact))
    log.close()
    await log.run()
    assert all([await each for each in said])
    assert kit.nudges == 1
    rows = await OutboxRow.all().order_by("id")
    assert [json.loads(row.body)["fact"]["body"] for row in rows] == [f"{number}" for number in range(20)]


async def test_a_listener_that_raises_harms_nobody(room: Chatroom) -> None:
    def deaf(message: Message) -> None:
        raise OSError("no ears")

    heard: list[str] = []
    log = room.feature.messages
    first = log.append(made(room, "one"), deaf)
    second = log.append(made(room, "two"), lambda message: heard.append(message.body))
    assert (await first, await second) == (True, True)
    assert heard == ["two"]


async def test_a_message_is_stored_although_its_sender_stopped_waiting(room: Chatroom) -> None:
    future = room.feature.messages.append(made(room, "hello"), nobody)
    future.cancel()
    await say(room, "and")
    assert await room.bodies() == ["hello", "and"]


async def test_what_waits_at_the_end_is_written_and_what_waits_too_long_refused(database: Database) -> None:
    clock = Timers()
    log = MessageLog(clock.clocks(), Visitors(clock.clocks()), Bus())
    for _ in range(MAX_WAITING):
        log.append(Message(log.next_id(), 1, Kind.CHAT, Origin.WEB, "", "", clock.now()), nobody, keep=False)
    with pytest.raises(TooMany):
        log.append(Message(log.next_id(), 1, Kind.CHAT, Origin.WEB, "", "", clock.now()), nobody, keep=False)
    log.close()
    await log.run()
    await log.settle()


async def test_ids_go_on_after_those_stored_though_the_clock_was_set_back(room: Chatroom) -> None:
    (said,) = await say(room, "hello")
    early = Timers()
    log = MessageLog(early.clocks(), room.feature.visitors, room.bus)
    early.advance(-3600)
    await log.open()
    assert log.next_id() > said.id
    early.advance(-10 * 365 * 86400)
    distant = MessageLog(early.clocks(), room.feature.visitors, room.bus)
    await distant.open()
    assert distant.next_id() > said.id, "the order is kept, however far the clock was off"


async def test_what_is_said_after_a_clock_was_set_back_comes_later_and_has_the_true_time(room: Chatroom) -> None:
    log, poster, clock = room.feature.messages, room.feature.poster, room.clock
    clock.advance(365 * 86400)
    early = await poster.system(room.home, "said while the clock is a year ahead")
    clock.advance(-365 * 86400)
    late = [await poster.system(room.home, text) for text in ("set right", "a moment later")]
    assert [message.at for message in late] == [clock.now()] * 2
    assert await log.history(room.home) == (early, *late)
    assert await log.history(room.home, after=early.id) == tuple(late)
    # and those who were away hear of what was hidden meanwhile
    await log.set_visible([early.id, late[0].id], False)
    assert await log.hidden_since(room.home, late[1].id) == (early.id, late[0].id)
    # what was said while the clock was ahead is as old as what was said next
    clock.advance(86400)
    last = await poster.system(room.home, "a day later")
    await log.prune(room.home, clock.now() - timedelta(hours=1))
    assert await log.history(room.home) == (last,)

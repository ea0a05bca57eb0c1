"""Chat messages that no visitor wrote."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedistream.chat.poster import Engagement
from fedistream.chat.rules import MAX_BYTES
from fedistream.chat.values import Event, Kind, Message, Origin, RemoteAuthor
from fedistream.core.errors import Invalid, NotAllowed, NotFound
from fedistream.core.events import BroadcastEnded, BroadcastStarted, ChatMessageSent, TitleChanged
from fedistream.db import Database
from tests.kit.chatroom import Chatroom, chatroom

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
BEN = RemoteAuthor("Ben <b>", "ben@social.example", "https://social.example/@ben", "https://social.example/ben.png")


async def test_what_the_node_says_for_good_is_in_the_history_and_a_fact(room: Chatroom) -> None:
    _, listener = await room.guest("Ann")
    system = await room.feature.poster.system(room.home, "**mind** the gap")
    action = await room.feature.poster.action(room.home, "the curtain rises")
    assert listener.of(Message) == [system, action] == list(await room.feature.messages.history(room.home))
    assert (system.kind, system.origin, system.visitor) == (Kind.SYSTEM, Origin.INTEGRATION, None)
    assert (action.kind, action.html) == (Kind.ACTION, "<p>the curtain rises</p>")
    assert [fact.kind for fact in room.facts if isinstance(fact, ChatMessageSent)] == ["system", "action"]


async def test_a_bot_speaks_under_its_name_as_fast_as_it_likes(room: Chatroom) -> None:
    bot = await room.feature.visitors.make_bot("Score")
    _, listener = await room.guest("Ann")
    for n in range(10):
        await room.feature.poster.bot_says(room.home, bot, f"{n}:0")
    assert listener.lines == [f"{n}:0" for n in range(10)]
    assert {message.visitor for message in listener.of(Message)} == {bot}
    disabled = await room.feature.moderation.set_enabled(bot.id, False, "admin")
    with pytest.raises(NotAllowed):
        await room.feature.poster.bot_says(room.home, disabled, "psst")


@pytest.mark.parametrize("body", ["", " \n", "\u200b", "x" * (2 * MAX_BYTES + 1)])
async def test_an_integration_that_says_nothing_or_too_much_is_refused(room: Chatroom, body: str) -> None:
    bot = await room.feature.visitors.make_bot("Score")
    _, listener = await room.guest("Ann")
    with pytest.raises(Invalid):
        await room.feature.poster.system(room.home, body)
    with pytest.raises(Invalid):
        await room.feature.poster.bot_says(room.home, bot, body)
    with pytest.raises(Invalid):
        room.feature.poster.system_to(0, body)
    assert listener.lines == []


async def test_one_socket_can_be_spoken_to_alone(room: Chatroom) -> None:
    ann, hers = await room.guest("Ann")
    _, his = await room.guest("Ben")
    room.feature.poster.system_to(ann.id, "only **you**")
    assert [(message.kind, message.html) for message in hers.of(Message)] == [
        (Kind.SYSTEM, "<p>only <strong>you</strong></p>")
    ]
    assert his.lines == []
    assert await room.bodies() == []
    with pytest.raises(NotFound):
        room.feature.poster.system_to(99, "hello?")


async def test_people_from_elsewhere_speak_and_like_under_their_own_names(room: Chatroom) -> None:
    said = await room.feature.poster.remote_says(room.home, Origin.FEDIVERSE, BEN, "<p>hi</p>")
    what = Engagement(Kind.LIKE, BEN, "Ben <b> liked *that* this stream went live.", "Ben", BEN.avatar, BEN.url)
    liked = room.feature.poster.engagement(room.home, what)
    await room.feature.messages.settle()
    assert (said.remote, said.visitor, said.html) == (BEN, None, "<p>hi</p>")
    assert liked.html == "<p>Ben &lt;b&gt; liked *that* this stream went live.</p>"
    assert (liked.kind, liked.title, liked.image, liked.link) == (Kind.LIKE, "Ben", BEN.avatar, BEN.url)
    assert await room.feature.messages.history(room.home) == (said, liked)
    # only what somebody said
    assert await room.feature.messages.moderated(room.home) == (said,)


async def test_the_turns_of_a_broadcast_are_told_and_not_kept(room: Chatroom) -> None:
    await room.settings.change("chat.welcome", "Be kind", room.home)
    _, listener = await room.guest("Ann")
    poster = room.feature.poster
    await poster.announce_start(BroadcastStarted(room.home, 1, "Clay", AT))
    await poster.announce_title(TitleChanged(room.home, "A *new* title", AT))
    await poster.announce_title(TitleChanged(room.home, "", AT))
    await poster.announce_end(BroadcastEnded(room.home, 1, "finished", AT))
    await room.feature.messages.settle()
    assert [message.html for message in listener.of(Message)] == [
        "<p>Stay tuned, the stream is <strong>starting</strong>!</p>",
        "<p>Be kind</p>",
        "<p>Stream title changed to <strong>A *new* title</strong></p>",
        "<p>The stream is ending.</p>",
    ]
    assert await room.bodies() == []


async def test_a_chat_that_is_off_says_nothing(room: Chatroom) -> None:
    _, listener = await room.guest("Ann")
    await room.settings.change("chat.enabled", False, room.home)
    poster = room.feature.poster
    await poster.announce_start(BroadcastStarted(room.home, 1, "Clay", AT))
    await poster.announce_title(TitleChanged(room.home, "New", AT))
    await poster.announce_end(BroadcastEnded(room.home, 1, "finished", AT))
    await room.feature.messages.settle()
    assert listener.lines == []


async def test_a_loudspeaker_is_given_each_event_once(database: Database, tmp_path: Path) -> None:
    heard: list[tuple[int, Event]] = []

    class RecordingBroadcaster:
        def send(self, channel_id: int, event: Event) -> None:
            heard.append((channel_id, event))

    async with chatroom(tmp_path, RecordingBroadcaster()) as room:
        ann, hers = await room.guest("Ann")
        _, his = await room.guest("Ben")
        await room.feature.chat.say(ann, "hello")
        assert [(channel_id, event.body) for channel_id, event in heard if isinstance(event, Message)] == [
            (room.home, "hello")
        ]
        assert (hers.heard, his.heard) == ([], [])

"""Moderation, and its effects on the visitors concerned."""

import asyncio
from functools import partial

import pytest

from fedistream.chat.moderation import ADMIN, GOODBYE_S
from fedistream.chat.values import ActionKind, CloseReason, Disabled, Message, Role, Shown
from fedistream.chat.wording import because
from fedistream.core.errors import Conflict, Invalid, NotAllowed, NotFound
from fedistream.core.events import MessagesHidden, MessagesShown, VisitorDisabled, VisitorEnabled
from tests.kit.chatroom import Chatroom

LOUD = "198.51.100.9"


async def actions(room: Chatroom) -> list[tuple[str, str, str, str]]:
    return [
        (each.what, each.actor, each.target, because(each.cause, each.why))
        for each in await room.feature.moderation.actions()
    ]


async def test_a_hidden_message_vanishes_for_all_and_can_come_back(room: Chatroom) -> None:
    ann, hers = await room.guest("Ann")
    message = await room.feature.chat.say(ann, "rude")
    assert message is not None
    moderation = room.feature.moderation
    assert await moderation.set_visible([message.id, "nonsense"], False, ADMIN, "rude") == 1
    assert await moderation.set_visible([message.id], False, ADMIN) == 0
    assert await room.bodies() == []
    assert await moderation.set_visible([message.id], True, "mod") == 1
    assert await room.bodies() == ["rude"]
    assert [(event.ids, event.visible) for event in hers.of(Shown)] == [((message.id,), False), ((message.id,), True)]
    told = [fact for fact in room.facts if isinstance(fact, MessagesHidden | MessagesShown)]
    assert [(type(fact), fact.message_ids, fact.actor) for fact in told] == [
        (MessagesHidden, (message.id,), ADMIN),
        (MessagesShown, (message.id,), "mod"),
    ]
    assert await actions(room) == [("show message", "mod", message.id, ""), ("hide message", ADMIN, message.id, "rude")]
    with pytest.raises(Invalid):
        await moderation.set_visible(["0" * 13] * 1001, False, ADMIN)


async def test_a_disabled_visitor_is_disconnected_and_their_messages_are_hidden_everywhere(room: Chatroom) -> None:
    visitor, token = await room.feature.chat.register(room.home, "*Troll*", LOUD)
    connection, listener = room.connect(visitor, LOUD)
    _, second = room.connect(visitor, "127.0.0.1")
    _, his = await room.guest("Ben")
    said = [await room.feature.chat.say(connection, body) for body in ("one", "two")]
    late = asyncio.ensure_future(room.feature.chat.say(connection, "a last word"))
    await asyncio.sleep(0)
    disabled = await room.feature.moderation.set_enabled(visitor.id, False, ADMIN, "again")
    await late
    assert not disabled.enabled
    assert await room.feature.chat.say(connection, "me again") is None
    assert await room.bodies() == []
    (shown,) = his.of(Shown)
    assert set(shown.ids) > {message.id for message in said if message}
    assert his.of(Message)[-1].html == "<p><strong>*Troll*</strong> has been removed from chat.</p>"
    assert (len(listener.of(Disabled)), len(second.of(Disabled)), len(his.of(Disabled))) == (1, 1, 0)
    room.clock.advance(GOODBYE_S - 0.1)
    assert [each.closed for each in (listener, second, his)] == [None] * 3
    room.clock.advance(0.1)
    assert [each.closed for each in (listener, second, his)] == [CloseReason.DISABLED, CloseReason.DISABLED, None]
    known = await room.feature.visitors.by_token(token)
    assert known is not None
    assert not known.enabled
    with pytest.raises(NotAllowed):
        room.connect(known)
    assert [ban.address for ban in room.feature.bans.all()] == [LOUD]
    assert [(fact.actor, fact.why) for fact in room.facts if isinstance(fact, VisitorDisabled)] == [(ADMIN, "again")]
    assert await actions(room) == [
        ("ban address", ADMIN, LOUD, f"{visitor.id} was disabled"),
        ("disable visitor", ADMIN, visitor.id, "again"),
    ]


async def test_a_visitor_who_is_enabled_again_may_chat_when_the_ban_is_lifted(room: Chatroom) -> None:
    ann, _ = await room.guest("Ann", LOUD)
    await room.feature.chat.say(ann, "hi")
    moderation = room.feature.moderation
    await moderation.set_enabled(ann.visitor.id, False, ADMIN)
    assert (await moderation.set_enabled(ann.visitor.id, False, ADMIN)).enabled is False
    enabled = await moderation.set_enabled(ann.visitor.id, True, ADMIN)
    assert await room.bodies() == []
    with pytest.raises(NotAllowed):
        room.connect(enabled, LOUD)
    await moderation.lift_ban(LOUD)
    connection, _ = room.connect(enabled, LOUD)
    room.clock.advance(10)
    assert await room.feature.chat.say(connection, "I am back") is not None
    assert sum(isinstance(fact, VisitorEnabled) for fact in room.facts) == 1
    assert sum(isinstance(fact, VisitorDisabled) for fact in room.facts) == 1


async def test_moderators_are_made_and_cannot_disable_each_other(room: Chatroom) -> None:
    ann, _ = await room.guest("Ann")
    ben, _ = await room.guest("Ben")
    moderation = room.feature.moderation
    for connection in (ann, ben):
        await moderation.set_moderator(connection.visitor.id, True)
    assert ann.visitor.role is Role.MODERATOR
    with pytest.raises(NotAllowed):
        await moderation.set_enabled(ann.visitor.id, False, ben.visitor.id)
    with pytest.raises(NotAllowed):
        await moderation.set_enabled(ben.visitor.id, False, ben.visitor.id)
    await moderation.set_moderator(ann.visitor.id, False)
    await moderation.set_enabled(ann.visitor.id, False, ben.visitor.id)
    await moderation.set_enabled(ben.visitor.id, False, ADMIN)
    bot = await room.feature.visitors.make_bot("Score")
    with pytest.raises(Conflict):
        await moderation.set_moderator(bot.id, True)


@pytest.mark.parametrize("visitor_id", ["", "nobody", "\0", "x" * 10_000, "\ud800" * 10])
async def test_an_unknown_account_is_not_found(room: Chatroom, visitor_id: str) -> None:
    moderation = room.feature.moderation
    for call in (
        moderation.set_enabled(visitor_id, False, ADMIN),
        moderation.set_moderator(visitor_id, True),
        moderation.delete(visitor_id),
        moderation.details(visitor_id),
    ):
        with pytest.raises(NotFound):
            await call
    assert await actions(room) == []


async def test_a_deleted_visitor_leaves_nothing_but_the_note_of_it(room: Chatroom) -> None:
    ann, listener = await room.guest("Ann")
    _, his = await room.guest("Ben")
    message = await room.feature.chat.say(ann, "hi")
    assert message is not None
    await room.feature.moderation.delete(ann.visitor.id, why="on request")
    assert listener.closed is CloseReason.DISABLED
    assert [event.ids for event in his.of(Shown)] == [(message.id,)]
    assert await room.feature.messages.moderated(room.home) == ()
    assert await room.feature.chat.say(ann, "still here?") is None
    assert await actions(room) == [("delete visitor", ADMIN, ann.visitor.id, "on request")]


async def test_a_banned_address_loses_its_sockets(room: Chatroom) -> None:
    _, listener = await room.guest("Ann", LOUD)
    _, his = await room.guest("Ben")
    await room.feature.moderation.ban("198.51.100.0/24", why="a botnet")
    assert (listener.closed, his.closed) == (CloseReason.DISABLED, None)
    assert [(ban.address, ban.notes) for ban in room.feature.bans.all()] == [("198.51.100.0/24", "a botnet")]
    with pytest.raises(Invalid):
        await room.feature.moderation.ban("somewhere")
    with pytest.raises(NotFound):
        await room.feature.moderation.lift_ban(LOUD)


async def test_a_moderator_sees_a_visitors_sockets_and_messages(room: Chatroom) -> None:
    ann, _ = await room.guest("Ann", LOUD)
    for body in ("one", "two"):
        message = await room.feature.chat.say(ann, body)
    assert message is not None
    await room.feature.moderation.set_visible([message.id], False, ADMIN)
    details = await room.feature.moderation.details(ann.visitor.id)
    assert details.visitor == ann.visitor
    assert [(client.address, client.messages) for client in details.clients] == [(LOUD, 2)]
    assert [(said.body, said.hidden_at is None) for said in details.messages] == [("two", False), ("one", True)]


async def test_what_is_done_elsewhere_and_the_note_of_it_are_there_together_or_not_at_all(room: Chatroom) -> None:
    ann, moderation = await room.visitor("Ann"), room.feature.moderation

    async def rename(fails: bool) -> None:
        await room.feature.visitors.rename(ann.id, "Anna")
        assert await actions(room) == [("answer", ADMIN, ann.id, "too short")]
        if fails:
            raise ValueError("as planned")

    with pytest.raises(ValueError, match="planned"):
        await moderation.carry_out(partial(rename, True), ActionKind.ANSWER, ADMIN, [ann.id], "too short")
    assert (await room.feature.visitors.get(ann.id), await actions(room)) == (ann, [])
    await moderation.carry_out(partial(rename, False), ActionKind.ANSWER, ADMIN, [ann.id], "too short")
    assert (await room.feature.visitors.get(ann.id)).name == "Anna"
    assert await actions(room) == [("answer", ADMIN, ann.id, "too short")]

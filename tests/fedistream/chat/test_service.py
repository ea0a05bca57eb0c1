"""The chat as those who are in it know it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fedistream.broadcasts.values import LiveStatus, State
from fedistream.chat import rules
from fedistream.chat.service import LARGE_CHAT, MAX_UNSTORED, REGISTRATIONS, REGISTRATIONS_S, SHARED_BY, WELCOME_S
from fedistream.chat.values import (
    Accepted,
    CloseReason,
    Joined,
    Kind,
    Message,
    Parted,
    Recoloured,
    Refused,
    Renamed,
    Role,
    UserInfo,
)
from fedistream.core.errors import NotAllowed, TooMany
from fedistream.core.events import ChatMessageSent, VisitorJoined, VisitorParted, VisitorRenamed, VisitorSignedIn
from fedistream.db import Database, atomic
from tests.kit.chatroom import HOME_ADDRESS, Chatroom, chatroom
from tests.kit.database import empty_database, opened

LOUD = "198.51.100.9"


async def set_to(room: Chatroom, **values: object) -> None:
    for name, value in values.items():
        await room.settings.change(f"chat.{name}", value, room.home)


async def test_a_message_reaches_all_sockets_and_the_history(room: Chatroom) -> None:
    ann, hers = await room.guest("Ann")
    _, his = await room.guest("Ben")
    message = await room.feature.chat.say(ann, " hello **you** ")
    assert message is not None
    assert (message.body, message.html) == ("hello **you**", "<p>hello <strong>you</strong></p>")
    assert message.visitor == ann.visitor
    assert hers.of(Message) == his.of(Message) == [message]
    assert await room.feature.messages.history(room.home) == (message,)
    fact = next(fact for fact in room.facts if isinstance(fact, ChatMessageSent))
    assert (fact.message_id, fact.visitor_id, fact.client_id) == (message.id, ann.visitor.id, ann.id)
    assert (fact.kind, fact.origin, fact.body, fact.html) == ("chat", "web", message.body, message.html)
    assert [client.messages for client in room.feature.chat.clients(room.home)] == [1, 0]


async def test_a_blank_text_is_ignored_without_a_word(room: Chatroom) -> None:
    ann, listener = await room.guest("Ann")
    for text in ("", " \n ", "\u200b"):
        assert await room.feature.chat.say(ann, text) is None
        room.clock.advance(5)
    assert listener.lines == []
    assert room.feature.chat.clients(room.home)[0].messages == 0


async def test_a_message_is_stored_although_its_sender_disconnected(room: Chatroom) -> None:
    ann, _ = await room.guest("Ann")
    _, his = await room.guest("Ben")
    saying = room.feature.chat.say(ann, "bye")
    room.feature.chat.leave(ann)
    saying.cancel()
    await room.feature.messages.settle()
    assert his.lines == ["bye"]
    assert await room.feature.chat.say(ann, "am I here?") is None


async def test_the_fourth_message_in_two_seconds_mutes_for_ten_and_the_sender_is_told_once(room: Chatroom) -> None:
    ann, listener = await room.guest("Ann")
    _, his = await room.guest("Ben")
    for n in range(8):
        await room.feature.chat.say(ann, f"line {n}")
    assert his.lines == ["line 0", "line 1", "line 2"]
    assert listener.lines == [*his.lines, rules.TOO_FAST.words]
    assert listener.of(Message)[-1].kind is Kind.ACTION
    room.clock.advance(10)
    await room.feature.chat.say(ann, "sorry")
    assert his.lines[-1] == "sorry"
    assert await room.bodies() == his.lines


async def test_a_client_that_names_its_lines_hears_of_each_what_became_of_it(room: Chatroom) -> None:
    ann, listener = await room.guest("Ann")
    _, his = await room.guest("Ben")
    said = [await room.feature.chat.say(ann, f"line {n}", ref=f"r{n}") for n in range(6)]
    assert [(told.ref, told.message_id) for told in listener.of(Accepted)] == [
        (f"r{n}", message.id) for n, message in enumerate(said[:3]) if message
    ]
    refused = listener.of(Refused)
    assert [told.ref for told in refused] == ["r3", "r4", "r5"]
    assert {told.reason for told in refused} == {"too-fast"}
    assert "too fast" in refused[0].html
    assert {told.retry_s for told in refused} == {rules.MUTE_S}
    room.clock.advance(4)
    await room.feature.chat.say(ann, "again", ref="r6")
    assert (listener.of(Refused)[-1].ref, listener.of(Refused)[-1].retry_s) == ("r6", rules.MUTE_S - 4)
    assert listener.lines == his.lines == ["line 0", "line 1", "line 2"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "blank"),
        (" \n ", "blank"),
        ("x" * (rules.MAX_BYTES + 1), "too-long"),
        ("spoiler", "unwelcome-words"),
        ("a" * 99, "stretched"),
    ],
)
async def test_every_refusal_names_the_line(room: Chatroom, text: str, reason: str) -> None:
    await set_to(room, blocked_words=["spoiler"])
    ann, listener = await room.guest("Ann")
    assert await room.feature.chat.say(ann, text, ref="mine") is None
    assert [(told.ref, told.reason) for told in listener.of(Refused)] == [("mine", reason)]
    assert listener.lines == []


async def test_names_and_colours_are_answered_too(room: Chatroom) -> None:
    ann, listener = await room.guest("Ann")
    await room.feature.chat.rename(ann, "admin", "r1")
    await room.feature.chat.rename(ann, " ", "r2")
    await room.feature.chat.rename(ann, "Anna", "r3")
    await room.feature.chat.rename(ann, "Anna", "r4")
    await room.feature.chat.recolour(ann, (ann.visitor.colour + 1) % 8, "r5")
    await room.feature.chat.recolour(ann, ann.visitor.colour, "r6")
    await room.feature.chat.rename(ann, "Annabel", "r7")
    assert [(told.ref, told.reason) for told in listener.of(Refused)] == [
        ("r1", "name-not-allowed"),
        ("r2", "blank-name"),
        ("r7", "too-often"),
    ]
    assert [told.ref for told in listener.of(Accepted)] == ["r3", "r4", "r5", "r6"]
    assert listener.lines == []


async def test_lines_that_pile_up_while_the_database_is_slow_are_no_flood(room: Chatroom) -> None:
    ann, listener = await room.guest("Ann")
    free = asyncio.Event()
    stall = asyncio.create_task(atomic(free.wait))
    await asyncio.sleep(0)
    saying = []
    for n in range(12):
        saying.append(room.feature.chat.say(ann, f"line {n}", ref=f"r{n}"))
        room.clock.advance(1)
    free.set()
    assert all(await asyncio.gather(*saying))
    await stall
    assert await room.bodies() == listener.lines == [f"line {n}" for n in range(12)]
    assert listener.of(Refused) == []


async def test_of_one_socket_only_so_many_lines_wait_for_the_database(tmp_path: Path) -> None:
    async with opened(empty_database(tmp_path)), chatroom(tmp_path) as room:  # on SQLite, where one writer stops all
        ann, listener = await room.guest("Ann")
        ben, his = await room.guest("Ben", LOUD)
        free = asyncio.Event()
        stall = asyncio.create_task(atomic(free.wait))
        await asyncio.sleep(0)
        saying = []
        for n in range(MAX_UNSTORED + 5):
            saying.append(room.feature.chat.say(ann, f"line {n}", ref=f"r{n}"))
            room.clock.advance(1)
        others = room.feature.chat.say(ben, "me too")
        assert [(told.ref, told.reason) for told in listener.of(Refused)] == [
            (f"r{n}", "not-stored") for n in range(MAX_UNSTORED, MAX_UNSTORED + 5)
        ]
        free.set()
        await stall
        assert len([message for message in await asyncio.gather(*saying) if message]) == MAX_UNSTORED
        assert await others
        room.clock.advance(10)
        assert await room.feature.chat.say(ann, "and on")
        assert his.lines[-1] == "and on"


async def test_a_crowd_at_one_address_has_its_limit_too_and_others_do_not_suffer(room: Chatroom) -> None:
    crowd = [await room.guest(f"N{n}", LOUD) for n in range(16)]
    room.clock.advance(60)
    ben, his = await room.guest("Ben")
    for _ in range(3):
        for connection, _ in crowd:
            await room.feature.chat.say(connection, f"noise {connection.id} {len(his.lines)}")
    assert len(his.lines) == rules.ADDRESS_FLOOD
    assert sum(listener.lines.count(rules.TOO_FAST.words) for _, listener in crowd) == 16
    assert await room.feature.chat.say(ben, "hm") is not None


async def test_without_spam_protection_one_may_write_faster(room: Chatroom) -> None:
    await set_to(room, spam_protection=False)
    ann, listener = await room.guest("Ann")
    for n in range(6):
        await room.feature.chat.say(ann, f"line {n}")
    assert listener.lines == [f"line {n}" for n in range(6)]


async def test_a_refusal_is_a_line_for_the_sender_alone(room: Chatroom) -> None:
    await set_to(room, blocked_words=["spoiler"], slow_s=30)
    ann, hers = await room.guest("Ann")
    _, his = await room.guest("Ben")
    await room.feature.chat.say(ann, "a spoiler!")
    await room.feature.chat.say(ann, "fine")
    room.clock.advance(5)
    await room.feature.chat.say(ann, "too soon")
    room.clock.advance(30)
    await room.feature.chat.say(ann, "x" * (rules.MAX_BYTES + 1))
    assert his.lines == ["fine"]
    assert len(hers.lines) == 4
    assert "not welcome" in hers.lines[0]
    assert "Slow mode" in hers.lines[2]
    assert hers.lines[3] == rules.TOO_LONG.words
    assert await room.bodies() == ["fine"]


async def test_newcomers_wait_in_established_mode_and_a_moderator_does_not(room: Chatroom) -> None:
    await set_to(room, established_only=True)
    ann, listener = await room.guest("Ann")
    assert await room.feature.chat.say(ann, "hi") is None
    assert "You are new here" in listener.lines[0]
    await room.feature.moderation.set_moderator(ann.visitor.id, True)
    assert ann.visitor.role is Role.MODERATOR
    assert await room.feature.chat.say(ann, "hi") is not None
    ben, _ = await room.guest("Ben")
    room.clock.advance(15 * 60)
    assert await room.feature.chat.say(ben, "hi") is not None


async def test_signing_in_opens_a_chat_for_the_signed_in(room: Chatroom) -> None:
    await set_to(room, signed_in_only=True)
    ann, listener = await room.guest("Ann")
    assert await room.feature.chat.say(ann, "hi") is None
    assert "sign in" in listener.lines[0]
    await room.feature.chat.authenticate(ann.visitor.id, "indieauth", "https://ann.example/")
    assert await room.feature.chat.say(ann, "hi") is not None


async def test_signing_in_with_a_known_identity_switches_to_its_visitor(room: Chatroom) -> None:
    known, _ = await room.guest("Ann")
    await room.feature.chat.authenticate(known.visitor.id, "indieauth", "https://ann.example/")
    connection, listener = await room.guest("*shy* newt")
    before = connection.visitor.id
    visitor = await room.feature.chat.authenticate(connection.visitor.id, "indieauth", "https://ann.example/")
    await room.feature.messages.settle()
    assert visitor.id == connection.visitor.id == known.visitor.id
    assert [told.visitor for told in listener.of(UserInfo)] == [visitor]
    assert [(fact.visitor_id, fact.former_id) for fact in room.facts if isinstance(fact, VisitorSignedIn)] == [
        (visitor.id, visitor.id),
        (visitor.id, before),
    ]
    assert listener.of(Message)[-1].html == (
        "<p><strong>*shy* newt</strong> is now authenticated as <strong>Ann</strong></p>"
    )
    assert await room.bodies() == []


async def test_all_connections_are_told_of_a_sign_in_from_another_page(room: Chatroom) -> None:
    known, listener = await room.guest("Ann")
    await room.feature.chat.authenticate(known.visitor.id, "indieauth", "https://ann.example/")
    phone = await room.visitor("Phone")
    await room.feature.chat.authenticate(phone.id, "indieauth", "https://ann.example/")
    await room.feature.messages.settle()
    assert listener.lines[-1] == "**Phone** is now authenticated as **Ann**"


async def test_the_chat_is_open_while_live_and_five_minutes_longer(room: Chatroom) -> None:
    ann, listener = await room.guest("Ann")
    ended_at = room.clock.now()
    room.live_status[room.home] = LiveStatus(room.home, State.OFFLINE, last_ended_at=ended_at)
    room.clock.advance(300)
    assert await room.feature.chat.say(ann, "that was good") is not None
    room.clock.advance(1)
    assert await room.feature.chat.say(ann, "hello?") is None
    assert listener.lines[-1] == rules.CLOSED.words
    await set_to(room, offline_s=3600)
    assert room.feature.chat.open(room.home)
    room.live_status[room.home] = LiveStatus(room.home, State.OFFLINE)
    assert not room.feature.chat.open(room.home)
    room.live_status[room.home] = LiveStatus(room.home, State.LIVE, last_ended_at=ended_at - timedelta(days=1))
    assert room.feature.chat.open(room.home)


async def test_switching_the_chat_off_sends_everybody_away(room: Chatroom) -> None:
    ann, listener = await room.guest("Ann")
    await set_to(room, enabled=False)
    room.feature.chat.on_setting_changed(next(fact for fact in room.facts if fact.name() == "setting.changed"))  # type: ignore[arg-type]
    assert listener.closed is CloseReason.CHAT_DISABLED
    assert await room.feature.chat.say(ann, "hello?") is None
    with pytest.raises(NotAllowed):
        room.connect(ann.visitor)


async def test_arrivals_are_told_while_live_and_the_welcome_comes_seven_seconds_later(room: Chatroom) -> None:
    await set_to(room, welcome="Be **kind**", join_messages=True)
    ann, hers = await room.guest("Ann")
    second, again = room.connect(ann.visitor)
    assert [event.visitor.name for event in hers.of(Joined)] == ["Ann"]
    assert again.of(Joined) == []
    room.clock.advance(WELCOME_S - 0.1)
    room.feature.chat.leave(second)
    assert hers.lines == []
    room.clock.advance(0.1)
    assert [(message.kind, message.html) for message in hers.of(Message)] == [
        (Kind.SYSTEM, "<p>Be <strong>kind</strong></p>")
    ]
    assert again.lines == []
    _, his = await room.guest("Ben")
    room.feature.chat.leave(ann)
    room.clock.advance(10)
    assert [event.visitor.name for event in his.of(Parted)] == ["Ann"]
    parted = [(fact.visitor_id, fact.client_id) for fact in room.facts if isinstance(fact, VisitorParted)]
    assert parted == [(ann.visitor.id, ann.id)]


@pytest.mark.parametrize("quiet", ["offline", "switched off"])
async def test_arrivals_are_not_told_when_nobody_wants_to_know(room: Chatroom, quiet: str) -> None:
    if quiet == "offline":
        room.live_status[room.home] = LiveStatus(room.home, State.OFFLINE, last_ended_at=room.clock.now())
        await set_to(room, welcome="Hello")
    else:
        await set_to(room, join_messages=False)
    _, listener = await room.guest("Ann")
    room.clock.advance(WELCOME_S)
    assert listener.heard == []
    assert sum(isinstance(fact, VisitorJoined) for fact in room.facts) == 1


async def test_joins_are_announced_only_by_the_setting(room: Chatroom) -> None:
    _, listener = await room.guest("Ann")
    await room.guest("Ben")
    assert listener.of(Joined) == []


async def test_joins_are_not_announced_in_a_large_chat(room: Chatroom) -> None:
    await set_to(room, join_messages=True)
    _, listener = await room.guest("Ann")
    someone = await room.visitor("Ben")
    for n in range(LARGE_CHAT):
        room.connect(replace(someone, id=f"v{n}"))
    assert len(listener.of(Joined)) == LARGE_CHAT
    assert sum(isinstance(fact, VisitorJoined) for fact in room.facts) == LARGE_CHAT + 1


async def test_a_new_name_is_told_to_all_and_stays(room: Chatroom) -> None:
    ann, hers = await room.guest("Ann")
    _, his = await room.guest("Ben")
    renamed = await room.feature.chat.rename(ann, "  Anna\u202e ")
    assert renamed is not None
    assert (renamed.name, ann.visitor) == ("Anna", renamed)
    for listener in (hers, his):
        assert [(event.visitor, event.old_name) for event in listener.of(Renamed)] == [(renamed, "Ann")]
    fact = next(fact for fact in room.facts if isinstance(fact, VisitorRenamed))
    assert (fact.old_name, fact.new_name, fact.client_id) == ("Ann", "Anna", ann.id)
    assert await room.feature.chat.rename(ann, "Anna") is None
    assert len(hers.of(Renamed)) == 1


@pytest.mark.parametrize("name", ["", " \u200b", "аdmin", "SYSTEM", "Zoë"])
async def test_a_name_that_is_blank_forbidden_or_somebodys_is_refused(room: Chatroom, name: str) -> None:
    zoe = await room.visitor("Zoe")
    await room.feature.chat.authenticate(zoe.id, "indieauth", "https://zoe.example/")
    ann, listener = await room.guest("Ann")
    assert await room.feature.chat.rename(ann, name) is None
    assert len(listener.lines) == 1
    assert ann.visitor.name == "Ann"


async def test_names_and_colours_change_only_so_often(room: Chatroom) -> None:
    ann, listener = await room.guest("Ann")
    for n in range(rules.RENAMES + 3):
        await room.feature.chat.rename(ann, f"Ann {n}")
    assert len(listener.of(Renamed)) == rules.RENAMES
    assert listener.lines == ["You are changing too often: try again in a minute."]
    room.clock.advance(60)
    colour = (ann.visitor.colour + 1) % 8
    assert await room.feature.chat.recolour(ann, colour) is not None
    assert [event.visitor.colour for event in listener.of(Recoloured)] == [colour]
    assert await room.feature.chat.recolour(ann, colour) is None
    assert await room.feature.chat.recolour(ann, 8) is None
    assert "0 to 7" in listener.lines[-1]


async def test_a_visitor_with_an_unavailable_name_gets_another(room: Chatroom) -> None:
    for name in ("", "admin", "\u200b", "OPERATOR"):
        visitor = await room.visitor(name)
        assert visitor.name
        assert visitor.name.lower() != name.lower()
    await set_to(room, suggested_names=[f"potter {n}" for n in range(10)])
    assert (await room.visitor("")).name.startswith("potter ")
    assert (await room.visitor("x" * 10_000)).name == "x" * 30


async def test_an_address_makes_only_so_many_visitors(room: Chatroom) -> None:
    for n in range(REGISTRATIONS):
        await room.visitor(f"N{n}", LOUD)
    with pytest.raises(TooMany):
        await room.visitor("one more", LOUD)
    await room.visitor("Ann", HOME_ADDRESS)
    room.clock.advance(REGISTRATIONS_S)
    await room.visitor("later", LOUD)


async def test_a_banned_address_gets_no_visitor_and_no_seat(room: Chatroom) -> None:
    ann = await room.visitor("Ann", LOUD)
    await room.feature.moderation.ban(LOUD)
    with pytest.raises(NotAllowed):
        await room.visitor("Ben", LOUD)
    with pytest.raises(NotAllowed):
        room.connect(ann, LOUD)
    room.connect(ann, HOME_ADDRESS)


async def test_old_messages_are_deleted_when_the_setting_says_so(room: Chatroom) -> None:
    ann, _ = await room.guest("Ann")
    await room.feature.chat.say(ann, "old")
    room.clock.advance(86_400)
    await room.feature.chat.say(ann, "new")
    room.clock.advance(3600)
    await set_to(room, retention_days=0)
    await room.feature.chat.prune()
    assert await room.bodies() == ["old", "new"]
    gone, here = await room.visitor("Gone"), ann.visitor
    room.clock.advance(86_401)
    await set_to(room, retention_days=1)
    await room.feature.chat.prune()
    assert await room.bodies() == []
    assert (await room.feature.visitors.by_ids({gone.id, here.id})).keys() == {here.id}


async def test_a_clock_that_is_far_ahead_deletes_nothing_before_it_is_believed(room: Chatroom) -> None:
    ann, _ = await room.guest("Ann")
    await room.feature.chat.say(ann, "kept")
    await room.feature.chat.prune()
    room.clock.set(timedelta(days=400))
    await room.feature.chat.prune()
    assert await room.bodies() == ["kept"]
    room.clock.set(timedelta(days=-400))
    await room.feature.chat.prune()
    assert await room.bodies() == ["kept"]
    room.clock.set(timedelta(days=400))
    await room.feature.chat.prune()
    room.clock.advance(86_401)
    await room.feature.chat.prune()
    assert await room.bodies() == []


async def test_a_node_that_starts_with_its_clock_ahead_deletes_nothing(database: Database, tmp_path: Path) -> None:
    async with chatroom(tmp_path) as before:
        ann, _ = await before.guest("Ann")
        await before.feature.chat.say(ann, "kept")
    async with chatroom(tmp_path, ahead=timedelta(days=400)) as after:
        await after.feature.chat.prune()
        assert await after.bodies() == ["kept"]
        after.clock.advance(86_401)
        await after.feature.chat.prune()
        assert await after.bodies() == []


async def test_behind_a_private_address_a_crowd_may_register_and_talk(room: Chatroom) -> None:
    bridge = "172.17.0.1"
    crowd = [await room.guest(f"N{n}", bridge) for n in range(2 * REGISTRATIONS)]
    for connection, _ in crowd:
        assert await room.feature.chat.say(connection, f"hello {connection.id}")
    for n in range(2 * REGISTRATIONS, SHARED_BY * REGISTRATIONS):
        await room.visitor(f"N{n}", bridge)
    with pytest.raises(TooMany):
        await room.visitor("one more", bridge)


async def test_a_troll_behind_a_private_address_is_sent_away_alone(room: Chatroom) -> None:
    bridge = "172.17.0.1"
    (troll, _), (ann, _) = await room.guest("Troll", bridge), await room.guest("Ann", bridge)
    await room.feature.moderation.set_enabled(troll.visitor.id, False, "admin")
    assert await room.feature.chat.say(troll, "ha") is None
    assert await room.feature.chat.say(ann, "phew")
    assert room.feature.bans.all() == ()
    await room.guest("Ben", bridge)

"""Incoming events of a chat socket, and the answers to its client."""

import asyncio

from fedistream.api.owncast.websocket.incoming import MAX_REF, MAX_WAITING
from fedistream.chat.service import WELCOME_S
from fedistream.core.events import SettingChanged
from fedistream.db import atomic
from tests.kit.chatclient import ChatClient, ServerEvent, chatting, ready
from tests.kit.faces import Faces


async def taken(client: ChatClient) -> list[ServerEvent]:
    """Wait until the node has read all that was sent. Returns what the client was told meanwhile."""
    await client.tell({"type": "PING"})
    told: list[ServerEvent] = []
    while (last := await client.next())["type"] != "PONG":
        told.append(last)
    return told


def line(body: str, ref: str) -> ServerEvent:
    return {"type": "CHAT", "body": body, "ref": ref}


async def test_a_line_with_a_name_is_answered_by_it(faces: Faces, port: int) -> None:
    (_, anns), (_, bobs) = await faces.visitor("Ann"), await faces.visitor("Bob")
    async with chatting(port, anns) as ann, chatting(port, bobs) as bob:
        await ready(ann)
        await ready(bob)
        await ann.tell(line("one", "a-1"))
        told = {each["type"]: each for each in [await ann.next(), await ann.next()]}
        assert (told["ACCEPTED"]["ref"], told["ACCEPTED"]["messageId"]) == ("a-1", told["CHAT"]["id"])
        await ann.tell(*(line(f"more {n}", f"b-{n}") for n in range(4)))
        refused = await ann.until("REFUSED")
        assert {name: refused[name] for name in ("ref", "reason", "retryAfter")} == {
            "ref": "b-2",
            "reason": "too-fast",
            "retryAfter": 10,
        }
        assert "too fast" in refused["body"]
        assert (await ann.until("REFUSED"))["ref"] == "b-3"
        # it is nobody else's business
        assert [(await bob.next())["type"] for _ in range(3)] == ["CHAT"] * 3
        assert await taken(bob) == []


async def test_a_line_without_one_is_answered_as_other_clients_know_it(faces: Faces, port: int) -> None:
    _, token = await faces.visitor("Ann")
    async with chatting(port, token) as ann:
        await ready(ann)
        odd: tuple[object, ...] = (1, None, [], {})
        await ann.tell(*({"type": "CHAT", "body": f"line {n}", "ref": ref} for n, ref in enumerate(odd)))
        await ann.tell(line("more", "x" * (MAX_REF + 1)))
        told = [await ann.next() for _ in range(4)]
        assert sorted(each["type"] for each in told) == ["CHAT", "CHAT", "CHAT", "CHAT_ACTION"]
        assert await taken(ann) == []


async def test_too_long_a_line_is_named_too(faces: Faces, port: int) -> None:
    _, token = await faces.visitor("Ann")
    async with chatting(port, token) as ann:
        await ready(ann)
        await ann.tell(line("x" * 3000, "long"))
        refused = await ann.next()
        assert (refused["type"], refused["ref"], refused["reason"]) == ("REFUSED", "long", "too-long")
        assert refused["retryAfter"] is None


async def test_lines_that_come_while_the_database_is_slow_are_judged_by_when_they_came(faces: Faces, port: int) -> None:
    _, token = await faces.visitor("Ann")
    async with chatting(port, token) as ann:
        await ready(ann)
        free = asyncio.Event()
        stall = asyncio.create_task(atomic(free.wait))
        await ann.tell({"type": "NAME_CHANGE", "newName": "Anna", "ref": "name"})
        for n in range(8):
            await ann.tell(line(f"line {n}", f"r{n}"))
            assert await taken(ann) == []
            faces.clock.advance(1)
        free.set()
        await stall
        told = [await ann.next() for _ in range(19)]
        assert {"NAME_CHANGE", "CONNECTED_USER_INFO"} == {each["type"] for each in told} - {"CHAT", "ACCEPTED"}
        assert [each["body"] for each in told if each["type"] == "CHAT"] == [f"<p>line {n}</p>" for n in range(8)]
        assert {each["user"]["displayName"] for each in told if each["type"] == "CHAT"} == {"Anna"}
        assert [each["ref"] for each in told if each["type"] == "ACCEPTED"] == ["name", *(f"r{n}" for n in range(8))]


async def test_what_waits_behind_a_change_of_name_has_a_bound(faces: Faces, port: int) -> None:
    _, token = await faces.visitor("Ann")
    async with chatting(port, token) as ann:
        await ready(ann)
        free = asyncio.Event()
        stall = asyncio.create_task(atomic(free.wait))
        await ann.tell({"type": "NAME_CHANGE", "newName": "Anna"})
        for n in range(MAX_WAITING + 3):
            await ann.tell(line(f"line {n}", f"r{n}"))
        assert [(told["ref"], told["reason"]) for told in await taken(ann)] == [
            (f"r{MAX_WAITING + n}", "not-stored") for n in range(3)
        ]
        free.set()
        await stall
        told = [await ann.until("REFUSED") for _ in range(MAX_WAITING - 3)]
        assert {each["reason"] for each in told} == {"too-fast"}


async def test_what_was_begun_is_done_when_the_socket_closes(faces: Faces, port: int) -> None:
    visitor, token = await faces.visitor("Ann")
    free = asyncio.Event()
    async with chatting(port, token) as ann:
        await ready(ann)
        stall = asyncio.create_task(atomic(free.wait))
        await ann.tell({"type": "NAME_CHANGE", "newName": "Anna"}, line("too late", "r"))
        await taken(ann)
    free.set()
    await stall
    async with asyncio.timeout(20):
        while (await faces.chat.visitors.get(visitor.id)).name != "Anna":
            await asyncio.sleep(0.01)
    await faces.chat.messages.settle()
    assert await faces.chat.messages.history(faces.channels.home().id) == ()


async def test_a_chat_that_is_switched_off_says_so_to_sockets_and_in_the_status(faces: Faces, port: int) -> None:
    home = faces.channels.home().id
    _, token = await faces.visitor("Ann")
    async with faces.client() as http, chatting(port, token) as ann:
        await ready(ann)
        assert (await http.get("/api/status")).json()["chatDisabled"] is False
        await faces.settings.change("chat.enabled", False, home)
        faces.chat.chat.on_setting_changed(SettingChanged("chat.enabled", home, faces.clock.now()))
        assert await ann.next() == {"type": "ERROR_CHAT_DISABLED"}
        assert await ann.closed() == 4002
        assert (await http.get("/api/status")).json()["chatDisabled"] is True


async def test_only_new_connections_get_the_welcome(faces: Faces, port: int) -> None:
    await faces.settings.change("chat.welcome", "Ahoy", faces.channels.home().id)
    (_, anns), (_, bobs), (_, cids) = [await faces.visitor(name) for name in ("Ann", "Bob", "Cid")]
    bot = await faces.chat.visitors.make_bot("Bot")
    said = await faces.chat.poster.bot_says(faces.channels.home().id, bot, "hi")
    async with (
        chatting(port, bobs, since=said.id) as bob,
        chatting(port, f"{cids}&since=") as cid,  # was here, and has seen no line
        chatting(port, anns) as ann,
    ):
        for client in (ann, bob, cid):
            await ready(client)
        faces.clock.advance(WELCOME_S)
        assert (await ann.until("SYSTEM"))["body"] == "<p>Ahoy</p>"
        for client in (bob, cid):
            assert [told["type"] for told in await taken(client)] == ["CAUGHT-UP"]

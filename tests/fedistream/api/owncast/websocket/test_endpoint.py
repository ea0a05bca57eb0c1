"""The chat's socket on a real server: what a client hears, in which order, and what becomes of those who misbehave."""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest
from starlette.types import ASGIApp, Message, Scope
from websockets.exceptions import InvalidStatus

from fedistream.api.owncast.websocket.endpoint import AT_ONCE, Limits
from fedistream.chat.moderation import ADMIN, GOODBYE_S
from fedistream.chat.presence import PARTED_S
from fedistream.chat.rules import TOO_LONG
from fedistream.chat.service import WELCOME_S
from tests.kit.chatclient import ChatClient, chatting, ready
from tests.kit.faces import Faces
from tests.kit.webserver import serving


async def test_the_first_event_is_the_user_of_the_connection(faces: Faces, port: int) -> None:
    visitor, token = await faces.visitor("Ann")
    for path in ("/ws", "/entry"):
        async with chatting(port, token, path) as ann:
            told = await ann.next()
            assert (told["type"], told["user"]["id"]) == ("CONNECTED_USER_INFO", visitor.id)
            assert told["user"] == {
                "id": visitor.id,
                "displayName": "Ann",
                "displayColor": visitor.colour,
                "createdAt": "2026-05-01T12:00:00Z",
                "previousNames": ["Ann"],
                "nameChangedAt": "0001-01-01T00:00:00Z",
                "isBot": False,
                "authenticated": False,
            }


async def test_a_message_reaches_all_sockets_and_the_history(faces: Faces, port: int) -> None:
    (_, anns), (_, bobs) = await faces.visitor("Ann"), await faces.visitor("Bob")
    async with chatting(port, anns) as ann, chatting(port, bobs) as bob:
        await ready(ann)
        await ready(bob)
        await ann.say("**hi** there")
        heard = [await client.until("CHAT") for client in (ann, bob)]
        assert heard[0] == heard[1]
        assert heard[0]["body"] == "<p><strong>hi</strong> there</p>"
        assert heard[0]["user"]["displayName"] == "Ann"
        async with faces.client() as http:
            history = (await http.get("/api/chat", params={"accessToken": bobs})).json()
        assert [line | {"visible": True} for line in history] == [heard[0]]


async def test_joins_and_renames_are_announced(faces: Faces, port: int) -> None:
    await faces.settings.change("chat.join_messages", True, faces.channels.home().id)
    (_, anns), (_, bobs) = await faces.visitor("Ann"), await faces.visitor("Bob")
    async with chatting(port, anns) as ann:
        assert (await ann.until("USER_JOINED"))["user"]["displayName"] == "Ann"
        async with chatting(port, bobs) as bob:
            assert (await ann.until("USER_JOINED"))["user"]["displayName"] == "Bob"
            await ready(bob)
            await bob.tell({"type": "NAME_CHANGE", "newName": "Bobby"}, {"type": "COLOR_CHANGE", "newColor": 7})
            told = await ann.until("NAME_CHANGE")
            assert (told["oldName"], told["user"]["displayName"], told["user"]["previousNames"]) == (
                "Bob",
                "Bobby",
                ["Bob"],
            )
            if told["user"]["displayColor"] != 7:
                assert (await ann.until("COLOR_CHANGE"))["user"]["displayColor"] == 7
            # the one whose name it is gets the whole state, as from Owncast
            assert (await bob.until("CONNECTED_USER_INFO"))["user"]["displayName"] == "Bobby"
            assert (await bob.until("CONNECTED_USER_INFO"))["user"]["displayColor"] == 7
            await bob.tell({"type": "NAME_CHANGE", "newName": "admin"})
            refused = await bob.until("CHAT_ACTION")
            assert refused["body"] == "<p>You cannot change your name to <strong>admin</strong>.</p>"
            assert (await bob.until("CONNECTED_USER_INFO"))["user"]["displayName"] == "Bobby"


async def test_a_new_moderator_is_told_so(faces: Faces, port: int) -> None:
    visitor, token = await faces.visitor("Ann")
    async with chatting(port, token) as ann:
        await ready(ann)
        await faces.chat.moderation.set_moderator(visitor.id, True)
        assert (await ann.until("CONNECTED_USER_INFO"))["user"]["scopes"] == ["MODERATOR"]
        await faces.chat.moderation.set_moderator(visitor.id, False)
        assert "scopes" not in (await ann.until("CONNECTED_USER_INFO"))["user"]


async def until_clients(faces: Faces, count: int) -> None:
    async with asyncio.timeout(30):
        while len(faces.chat.chat.clients(faces.channels.home().id)) != count:
            await asyncio.sleep(0.005)


async def test_the_welcome_is_delayed_and_a_visitor_without_a_socket_parts(faces: Faces, port: int) -> None:
    await faces.settings.change("chat.join_messages", True, faces.channels.home().id)
    await faces.settings.change("chat.welcome", "Ahoy, be **kind**", faces.channels.home().id)
    (_, anns), (_, bobs), (_, cids) = [await faces.visitor(name) for name in ("Ann", "Bob", "Cid")]
    async with chatting(port, anns) as ann, chatting(port, cids):
        async with chatting(port, cids) as cid, chatting(port, bobs) as bob:
            await ready(cid)
            await ready(bob)
        await until_clients(faces, 2)
        await ann.tell({"type": "PING"})
        await ann.until("PONG")
        # Cid closed one of two windows, and is still there
        faces.clock.advance(WELCOME_S - 0.1)
        await pong(ann)
        faces.clock.advance(0.2)
        assert (await ann.next())["body"] == "<p>Ahoy, be <strong>kind</strong></p>"
        faces.clock.advance(PARTED_S - WELCOME_S - 0.3)
        await pong(ann)
        faces.clock.advance(0.3)
        parted = await ann.next()
        assert (parted["type"], parted["user"]["displayName"]) == ("USER_PARTED", "Bob")
        # and nobody else has
        await pong(ann)


async def pong(client: ChatClient) -> None:
    """Ask for a PONG, which has to be the next event."""
    await client.tell({"type": "PING"})
    assert (await client.next())["type"] == "PONG"


async def test_several_events_in_one_frame_are_heard_one_after_the_other(faces: Faces, port: int) -> None:
    _, token = await faces.visitor("Ann")
    async with chatting(port, token) as ann:
        await ready(ann)
        await ann.tell({"type": "CHAT", "body": "one"}, {"type": "PING"}, {"type": "CHAT", "body": "two"})
        assert await ann.bodies(2) == ["<p>one</p>", "<p>two</p>"]


@pytest.mark.slow
async def test_a_returning_client_gets_missed_messages_once_and_in_order(faces: Faces, port: int) -> None:
    (_, anns), (_, bobs) = await faces.visitor("Ann"), await faces.visitor("Bob")
    async with chatting(port, anns) as ann:
        await ready(ann)
        async with chatting(port, bobs) as bob:
            await ready(bob)
            await ann.say("before")
            last = (await bob.until("CHAT"))["id"]
        bot = await faces.chat.visitors.make_bot("Bot")
        home = faces.channels.home().id
        for number in range(20):
            await faces.chat.poster.bot_says(home, bot, f"missed {number}")
        going_on = [asyncio.create_task(faces.chat.poster.bot_says(home, bot, f"live {n}")) for n in range(20)]
        async with chatting(port, bobs, since=last) as bob:
            await ready(bob)
            await asyncio.gather(*going_on)
            expected = [f"<p>missed {n}</p>" for n in range(20)] + [f"<p>live {n}</p>" for n in range(20)]
            assert await bob.bodies(40) == expected
            await ann.say("after")
            assert await bob.bodies(1) == ["<p>after</p>"]


async def test_a_cursor_that_is_none_is_passed_over(faces: Faces, port: int) -> None:
    _, token = await faces.visitor("Ann")
    for since in ("nonsense", "%00", "9" * 500):
        async with chatting(port, token, since=since) as ann:
            await ready(ann)
            await ann.tell({"type": "PING"})
            assert (await ann.until("PONG"))["type"] == "PONG"


async def test_tokens_of_nobody_and_of_the_disabled_are_told_so_and_closed(faces: Faces, port: int) -> None:
    visitor, token = await faces.visitor("Ann")
    async with chatting(port, "nobodys") as client:
        assert (await client.next())["type"] == "ERROR_NEEDS_REGISTRATION"
        assert await client.closed() == 1000
    async with chatting(port, "") as client:
        assert await client.closed() == 1000
    await faces.chat.moderation.set_enabled(visitor.id, False, ADMIN)
    async with chatting(port, token) as client:
        assert (await client.next())["type"] == "ERROR_USER_DISABLED"
        assert await client.closed() == 1000


async def test_a_disabled_visitor_is_disconnected_and_their_messages_are_hidden(faces: Faces, port: int) -> None:
    (annie, anns), (_, bobs) = await faces.visitor("Ann"), await faces.visitor("Bob")
    async with chatting(port, anns) as ann, chatting(port, bobs) as bob:
        await ready(ann)
        await ready(bob)
        await ann.say("spam")
        said = await bob.until("CHAT")
        await faces.chat.moderation.set_enabled(annie.id, False, ADMIN)
        told = await bob.until("VISIBILITY-UPDATE")
        assert (told["ids"], told["visible"]) == ([said["id"]], False)
        assert (await ann.until("ERROR_USER_DISABLED"))["type"] == "ERROR_USER_DISABLED"
        faces.clock.advance(GOODBYE_S)
        assert await ann.closed() == 4001


async def test_a_full_node_and_a_chat_that_is_off_give_no_socket(faces: Faces, port: int) -> None:
    _, token = await faces.visitor("Ann")
    faces.limits = Limits(all=0)
    async with serving(faces.app()) as full:
        with pytest.raises(InvalidStatus) as refused:
            await chatting(full, token).__aenter__()
        assert refused.value.response.status_code == 503
        assert refused.value.response.body == b"there are too many chat clients"
    await faces.settings.change("chat.enabled", False, faces.channels.home().id)
    with pytest.raises(InvalidStatus) as refused:
        await chatting(port, token).__aenter__()
    assert (refused.value.response.status_code, refused.value.response.body) == (503, b"the chat is disabled")


async def test_a_flood_is_answered_once_and_then_not_heard(faces: Faces, port: int) -> None:
    (_, anns), (_, bobs) = await faces.visitor("Ann"), await faces.visitor("Bob")
    async with chatting(port, anns) as ann, chatting(port, bobs) as bob:
        await ready(ann)
        await ready(bob)
        for number in range(30):
            await ann.say(f"flood {number}")
        notice = await ann.until("CHAT_ACTION")
        assert "too fast" in notice["body"]
        await bob.say("quiet please")
        heard = []
        while "quiet" not in (body := (await bob.bodies(1))[0]):
            heard.append(body)
        assert heard == [f"<p>flood {n}</p>" for n in range(len(heard))]
        assert len(heard) == 3


async def test_too_long_a_message_is_answered_and_a_far_too_long_one_ends_the_socket(faces: Faces, port: int) -> None:
    _, token = await faces.visitor("Ann")
    async with chatting(port, token) as ann:
        await ready(ann)
        await ann.say("x" * 3000)
        assert TOO_LONG.words in (await ann.until("CHAT_ACTION"))["body"]
        await ann.say("x" * 5000)
        assert await ann.closed() == 1009


ODD = (
    "",
    "\n\n\n",
    "null",
    "NaN",
    "[]",
    "{}",
    '{"type":"CHAT"}',
    '{"type":"CHAT","body":null}',
    '{"type":"CHAT","body":{"a":1}}',
    '{"type":"CHAT","body":"   "}',
    '{"type":"CHAT","body":"\\u0000"}',
    '{"type":"NAME_CHANGE","newName":7}',
    '{"type":"NAME_CHANGE","newName":"\\u200b"}',
    '{"type":"COLOR_CHANGE","newColor":true}',
    '{"type":"COLOR_CHANGE","newColor":1e400}',
    '{"type":"COLOR_CHANGE","newColor":-9223372036854775809}',
    '{"type":["CHAT"],"body":"x"}',
    '{"type":"USER_JOINED","user":{}}',
    "[" * 2000,
    '{"a":' * 400,
    '{"type":"CHAT","body":NaN}',
    "\ud7ff\ue000",
)


async def test_odd_events_harm_nobody(faces: Faces, port: int, caplog: pytest.LogCaptureFixture) -> None:
    _, token = await faces.visitor("Ann")
    async with chatting(port, token) as ann:
        await ready(ann)
        for text in ODD:
            await ann.socket.send(text)
        await ann.socket.send(b"\x00\xff")
        await ann.tell({"type": "PING"})
        assert (await ann.until("PONG"))["type"] == "PONG"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_connections_are_freed_when_sockets_close(faces: Faces, port: int) -> None:
    _, token = await faces.visitor("Ann")
    home = faces.channels.home().id
    async with chatting(port, token) as one, chatting(port, token) as two:
        await ready(one)
        await ready(two)
        assert len(faces.chat.chat.clients(home)) == faces.broadcaster.count(home) == 2
    async with asyncio.timeout(20):
        while faces.chat.chat.clients(home) or faces.broadcaster.count(home):
            await asyncio.sleep(0.01)


async def test_a_returning_client_is_told_of_hidden_messages(faces: Faces, port: int) -> None:
    _, token = await faces.visitor("Ann")
    bot, home = await faces.chat.visitors.make_bot("Bot"), faces.channels.home().id
    poster, moderation = faces.chat.poster, faces.chat.moderation
    early, rude, last = [await poster.bot_says(home, bot, text) for text in ("early", "rude", "last")]
    await moderation.set_visible([early.id], False, ADMIN)
    faces.clock.advance(1)
    seen = await poster.bot_says(home, bot, "seen by Ann, who leaves")
    faces.clock.advance(1)
    await moderation.set_visible([rude.id], False, ADMIN)
    missed = await poster.bot_says(home, bot, "missed")
    async with chatting(port, token, since=seen.id) as ann:
        await ready(ann)
        told = {each["type"]: each for each in [await ann.next(), await ann.next()]}
        assert told["CHAT"]["id"] == missed.id
        hidden = told["VISIBILITY-UPDATE"]
        assert (hidden["ids"], hidden["visible"]) == ([rude.id], False), "what she knows of already is not told again"
        await moderation.set_visible([last.id], False, ADMIN)
        assert (await ann.until("VISIBILITY-UPDATE"))["ids"] == [last.id]


async def test_a_returning_client_is_told_of_all_messages_of_a_disabled_visitor(faces: Faces, port: int) -> None:
    _, token = await faces.visitor("Ann")
    bot, troll = [await faces.chat.visitors.make_bot(name) for name in ("Bot", "Troll")]
    home, poster, moderation = faces.channels.home().id, faces.chat.poster, faces.chat.moderation
    said = await asyncio.gather(*(poster.bot_says(home, troll, f"spam {n}") for n in range(300)))
    seen = await poster.bot_says(home, bot, "seen by Ann, who leaves")
    faces.clock.advance(1)
    await moderation.set_enabled(troll.id, False, ADMIN)
    async with chatting(port, token, since=seen.id) as ann:
        await ready(ann)
        assert (await ann.until("VISIBILITY-UPDATE"))["ids"] == [each.id for each in said]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "elsewhere"),
    [(lambda n: "203.0.113.9", "203.0.113.10"), (lambda n: f"2001:db8:1:2::{n:x}", "2001:db8:1:3::1")],
)
async def test_ten_thousand_sockets_of_one_household_take_nobodys_place(
    faces: Faces, address: Callable[[int], str], elsewhere: str
) -> None:
    (_, token), (_, other) = await faces.visitor("Ann"), await faces.visitor("Bob")
    app = faces.app()
    crowd = [Caller(app, address(n), token) for n in range(10_000)]
    await asyncio.gather(*(each.answered() for each in crowd))
    answers = Counter(each.status for each in crowd)
    assert answers == {"open": Limits().per_address, "429 there are too many chat clients at this address": 9_900}
    neighbour = Caller(app, elsewhere, other)
    await neighbour.answered()
    assert neighbour.status == "open"
    await next(each for each in crowd if each.status == "open").hang_up()
    again = Caller(app, address(0), token)
    await again.answered()
    assert again.status == "open"
    for each in (*crowd, neighbour, again):
        await each.hang_up()


async def test_returning_clients_are_served_a_few_at_a_time(faces: Faces) -> None:
    _, token = await faces.visitor("Ann")
    app, door = faces.app(), asyncio.Event()
    crowd = [Caller(app, "203.0.113.9", token, door) for _ in range(5 * AT_ONCE)]
    async with asyncio.timeout(20):
        while len([each for each in crowd if each.status == "open"]) < AT_ONCE:
            await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    assert Counter(each.status for each in crowd) == {"open": AT_ONCE, "": 4 * AT_ONCE}
    door.set()
    await asyncio.gather(*(each.answered() for each in crowd))
    assert Counter(each.status for each in crowd) == {"open": 5 * AT_ONCE}
    for each in crowd:
        await each.hang_up()


class Caller:
    """A browser that asks for a socket, as the web server hands it on; `address` is where it asks from. An answer is
    taken when the `door` is open."""

    def __init__(self, app: ASGIApp, address: str, token: str, door: asyncio.Event | None = None) -> None:
        self.status = ""
        self._door = door
        self._gone = asyncio.Event()
        self._told, self._asked = asyncio.Event(), False
        scope: Scope = {
            "type": "websocket",
            "path": "/ws",
            "query_string": f"accessToken={token}".encode(),
            "headers": [],
            "client": (address, 40_000),
            "extensions": {"websocket.http.response": {}},
        }
        self._call = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def answered(self) -> None:
        await asyncio.wait_for(self._told.wait(), 60)

    async def hang_up(self) -> None:
        self._gone.set()
        await self._call

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "websocket.connect"}
        await self._gone.wait()
        return {"type": "websocket.disconnect", "code": 1001}

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self.status = "open"
        elif message["type"] == "websocket.http.response.start":
            self.status = str(message["status"])
        elif message["type"] == "websocket.http.response.body":
            self.status += f" {message['body'].decode()}"
        if self._door is not None:
            await self._door.wait()
        if self.status and message["type"] != "websocket.http.response.start":
            self._told.set()

"""Webhooks of a whole node: a real encoder, real chat sockets, a worker process, and a receiver on a port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from standardwebhooks import Webhook

from fedistream.core.api_version import API_VERSION
from fedistream.webhooks.signing import new_secret
from tests.kit.asking import basic
from tests.kit.chatclient import ChatClient, chatting
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import PASSWORD, LiveNode, live_node
from tests.kit.neighbourhood import change, kill_worker
from tests.kit.webhook_receiver import Receiver, deliveries, receiver, subscribe

ADMIN = basic(PASSWORD)
CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=30)
ALL = (
    *("CHAT", "NAME_CHANGED", "USER_JOINED", "USER_PARTED", "VISIBILITY-UPDATE", "STREAM_STARTED", "STREAM_STOPPED"),
    *("STREAM_TITLE_UPDATED", "FEDISTREAM_ENCODER_LOST", "FEDISTREAM_ENCODER_RETURNED"),
)


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[tuple[LiveNode, Receiver]]:
    async with receiver() as bot, live_node(folder, federation_allow="127.0.0.1") as node:
        yield node, bot


@asynccontextmanager
async def visitor(node: LiveNode, name: str) -> AsyncIterator[ChatClient]:
    answer = await node.http.post("/api/chat/register", json={"displayName": name})
    async with chatting(node.web_port, answer.json()["accessToken"]) as client:
        await client.until("CONNECTED_USER_INFO")
        yield client


async def test_a_bot_hears_of_a_whole_broadcast(tmp_path: Path) -> None:
    async with stage(tmp_path) as (node, bot):
        await subscribe(node, bot.url(), *ALL)
        encoder = await Encoder.start(node.publish_url, CLIP)
        started = (await bot.until("STREAM_STARTED"))[0]
        assert started.headers["content-type"] == "application/json"
        assert started.headers["user-agent"].startswith("Fedistream/")
        assert started.data["status"]["versionNumber"] == API_VERSION
        assert (started.data["status"]["online"], started.data["status"]["lastDisconnectTime"]) == (True, None)
        async with visitor(node, "alice") as alice:
            joined = (await bot.until("USER_JOINED"))[0]
            assert joined.data["user"]["displayName"] == "alice"
            await alice.say("hello **you**")
            said = (await bot.until("CHAT"))[0].data
            assert (said["body"], said["rawBody"]) == ("<p>hello <strong>you</strong></p>", "hello **you**")
            assert (said["user"], said["visible"]) == (joined.data["user"], True)
            await alice.tell({"type": "NAME_CHANGE", "newName": "alison"})
            renamed = (await bot.until("NAME_CHANGE"))[0].data
            assert (renamed["newName"], renamed["user"]["previousNames"]) == ("alison", ["alice"])
            body = {"idArray": [said["id"]], "visible": False}
            await node.http.post("/api/admin/chat/messagevisibility", json=body, headers=ADMIN)
            hidden = (await bot.until("VISIBILITY-UPDATE"))[0].data
            assert (hidden["ids"], hidden["visible"], hidden["MessageIDs"]) == ([said["id"]], False, [said["id"]])
            await change(node, "streamtitle", "Evening locks")
            title = (await bot.until("STREAM_TITLE_UPDATED"))[0].data
            assert (title["streamTitle"], title["status"]["streamTitle"]) == ("Evening locks", "Evening locks")
        await encoder.die()
        await bot.until("FEDISTREAM_ENCODER_LOST")
        encoder = await Encoder.start(node.publish_url, CLIP)
        await bot.until("FEDISTREAM_ENCODER_RETURNED")
        await encoder.stop()
        stopped = (await bot.until("STREAM_STOPPED"))[0].data["status"]
        assert (stopped["online"], stopped["lastConnectTime"]) == (False, None)
        assert stopped["lastDisconnectTime"] is not None
        await bot.until("USER_PARTED")  # ten seconds after the socket was closed


async def test_nothing_is_lost_while_the_worker_is_killed_and_the_receiver_is_away(tmp_path: Path) -> None:
    async with stage(tmp_path) as (node, bot):
        secret = new_secret(bytes(range(24)))
        await subscribe(node, bot.url(), "CHAT", secret=secret)
        await change(node, "chat/spamprotectionenabled", False)
        encoder = await Encoder.start(node.publish_url, CLIP)
        await node.until("live")
        async with visitor(node, "alice") as alice:

            async def say(first: int, last: int) -> None:
                for number in range(first, last):
                    await alice.say(f"line {number}")
                    assert (await alice.until("CHAT"))["body"] == f"<p>line {number}</p>"

            await say(0, 5)
            await bot.until("CHAT", 5)
            for round_ in range(2):
                await say(5 + 10 * round_, 10 + 10 * round_)
                assert kill_worker()
                await say(10 + 10 * round_, 15 + 10 * round_)
                await bot.until("CHAT", 15 + 10 * round_)
            await bot.close()
            await say(25, 30)
            async with asyncio.timeout(30):
                while not any(each["error"] for each in await deliveries(node)):
                    await asyncio.sleep(0.05)
            kill_worker()
            await say(30, 35)
            await bot.open()
            lines = await bot.until("CHAT", 35)
        # one that came twice has the same id, and counts where it came first
        assert [each.data["rawBody"] for each in lines] == [f"line {number}" for number in range(35)]
        for each in lines:
            assert Webhook(secret).verify(each.body, each.headers) == each.json
        async with asyncio.timeout(30):  # the outcomes are stored after the answers
            while {each["state"] for each in await deliveries(node)} != {"delivered"}:
                await asyncio.sleep(0.05)
        await encoder.stop()


async def test_nobody_hears_of_what_bots_and_the_node_say_and_nothing_is_stored(tmp_path: Path) -> None:
    async with stage(tmp_path) as (node, bot):
        await subscribe(node, bot.url(), "CHAT", "SYSTEM", "CHAT_ACTION")
        scopes = ["CAN_SEND_MESSAGES", "CAN_SEND_SYSTEM_MESSAGES"]
        made = await node.http.post(
            "/api/admin/accesstokens/create", json={"name": "Bot", "scopes": scopes}, headers=ADMIN
        )
        key = {"Authorization": f"Bearer {made.json()['accessToken']}"}
        for call in ("send", "system", "action"):
            answer = await node.http.post(f"/api/integrations/chat/{call}", json={"body": "beep"}, headers=key)
            assert answer.status_code == 200
        answer = await node.http.get("/api/admin/federation/queue", headers=ADMIN)
        assert [answer.json()[name] for name in ("queued", "leased", "done", "dead")] == [0, 0, 0, 0]
        assert bot.received == []

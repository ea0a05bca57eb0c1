"""Owlbot, a bot that was written for Owncast, against a whole node: each of its calls, and its chat commands."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.kit.asking import basic
from tests.kit.chatclient import ChatClient, ServerEvent, chatting
from tests.kit.encoder import Encoder
from tests.kit.federating import free_port
from tests.kit.footage import Recipe
from tests.kit.livenode import KEY, PASSWORD, LiveNode, live_node
from tests.kit.owlbot import SOURCE, needed
from tests.kit.webhook_receiver import subscribe

ADMIN = basic(PASSWORD)
CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=30)
SCOPES = ["CAN_SEND_MESSAGES", "CAN_SEND_SYSTEM_MESSAGES", "HAS_ADMIN_ACCESS"]
# what Owncast refuses too
REFUSED = {
    "admin.disconnect_stream": "Owncast error 400: no inbound stream connected",
    "admin.approve_follower": "Owncast error 404",
    "bot.send_user_message": "Owncast error 400",
}
CONFIG = """
owncast:
  url: "{url}"
  access_token: "{token}"
  admin:
    enabled: true
    username: "admin"
    password: "{password}"
owlbot:
  host: "127.0.0.1"
  port: {port}
  webhook_secret: "secret"
"""


async def token(node: LiveNode, name: str) -> str:
    body = {"name": name, "scopes": SCOPES}
    answer = await node.http.post("/api/admin/accesstokens/create", headers=ADMIN, json=body)
    return str(answer.json()["accessToken"])


async def moderator(node: LiveNode) -> tuple[str, str]:
    """Return the id and the token of a visitor who moderates."""
    shape = (await node.http.post("/api/chat/register", json={"displayName": "Mod"})).json()
    body = {"userId": shape["id"], "isModerator": True}
    await node.http.post("/api/admin/chat/users/setmoderator", headers=ADMIN, json=body)
    return shape["id"], shape["accessToken"]


async def test_every_call_of_owlbot_succeeds_that_succeeds_with_owncast(tmp_path: Path) -> None:
    python = needed()
    async with live_node(tmp_path) as node:
        user, _ = await moderator(node)
        key = await token(node, "Owl")
        bearer = {"Authorization": f"Bearer {key}"}
        await node.http.post("/api/integrations/chat/send", headers=bearer, json={"body": "hello"})
        messages = (await node.http.get("/api/admin/chat/messages", headers=ADMIN)).json()
        hook = {"url": "https://bot.example/old", "events": ["CHAT"]}
        webhook = (await node.http.post("/api/admin/webhooks/create", headers=ADMIN, json=hook)).json()
        given = {
            "url": node.url.rstrip("/"),
            "password": PASSWORD,
            "key": KEY,
            "token": key,
            "old_token": await token(node, "Old"),
            "user": user,
            "message": messages[0]["id"],
            "webhook": webhook["id"],
        }
        calls = await asyncio.create_subprocess_exec(
            python, SOURCE / "calls.py", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(60):
            out, _ = await calls.communicate(json.dumps(given).encode())
        said: dict[str, str] = json.loads(out)
        assert len(said) > 80, "calls are missing"
        failed = {name: error for name, error in said.items() if error}
        assert failed.keys() == REFUSED.keys(), failed
        assert all(failed[name].startswith(error) for name, error in REFUSED.items()), failed
        config = (await node.http.get("/api/admin/serverconfig", headers=ADMIN)).json()
        assert (config["instanceDetails"]["name"], config["rtmpServerPort"]) == ("Locks", 1935)


async def heard(chat: ChatClient, part: str) -> ServerEvent:
    """Return the next message of a bot that has this text."""
    while True:
        told = await chat.until("CHAT")
        if told["user"]["isBot"] and part in told["body"]:
            return told


@asynccontextmanager
async def running(python: Path, folder: Path, config: str) -> AsyncIterator[None]:
    """Run the bot until it listens, and stop it at the end."""
    folder.mkdir()
    (folder / "config.yaml").write_text(config)
    bot = await asyncio.create_subprocess_exec(
        python, "-m", "owlbot", cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    assert bot.stderr is not None
    read = b""
    try:
        async with asyncio.timeout(60):
            while b"Owlbot start complete" not in read:
                line = await bot.stderr.readline()
                assert line, read.decode()
                read += line
        rest = asyncio.create_task(bot.stderr.read())
        try:
            yield
        finally:
            bot.terminate()
            read += await asyncio.wait_for(rest, 20)
    finally:
        if bot.returncode is None:
            bot.kill()
        await bot.wait()
        sys.stderr.write(read.decode())


async def test_owlbot_learns_a_command_from_a_moderator_in_the_chat_and_answers_it(tmp_path: Path) -> None:
    python, port = needed(), free_port()
    async with live_node(tmp_path / "data", federation_allow="127.0.0.1") as node:
        _, visitor = await moderator(node)
        config = CONFIG.format(url=node.url.rstrip("/"), token=await token(node, "Owl"), password=PASSWORD, port=port)
        async with running(python, tmp_path / "bot", config), chatting(node.web_port, visitor) as chat:
            await subscribe(node, f"http://127.0.0.1:{port}/webhook/secret", "CHAT", "USER_JOINED")
            await chat.until("CONNECTED_USER_INFO")
            encoder = await Encoder.start(node.publish_url, CLIP)  # the chat is open while there is a broadcast
            await node.until("live")
            await chat.say("!addcommand !greet Good evening")
            await heard(chat, "greet")
            await chat.say("!greet")
            answer = await heard(chat, "Good evening")
            await encoder.stop()
    assert answer["user"]["displayName"] == "Owl"
    assert answer["user"]["isBot"] is True

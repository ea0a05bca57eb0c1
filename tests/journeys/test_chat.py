"""The chat of a whole node: Node's `ws` as a client nobody here wrote, raw sockets that misbehave, a restart."""

import asyncio
import json
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.chat_fanout import package
from tests.kit.asking import basic
from tests.kit.chatclient import chatting
from tests.kit.livenode import PASSWORD, LiveNode, live_node

ADMIN = basic(PASSWORD)
SCOPES = ["CAN_SEND_MESSAGES", "CAN_SEND_SYSTEM_MESSAGES", "HAS_ADMIN_ACCESS"]

# reads the events of one client, prints them, and closes after the one that says "over"
WS_CLIENT = """
const WebSocket = require("ws");
const socket = new WebSocket(process.argv[1]);
socket.on("message", (data) => {
  for (const line of data.toString().split("\\n")) {
    console.log(line);
    const told = JSON.parse(line);
    if (told.type === "CONNECTED_USER_INFO") socket.send(JSON.stringify({ type: "NAME_CHANGE", newName: "Nodella" }));
    if (told.type === "CHAT" && told.body.includes("over")) socket.close(1000);
  }
});
socket.on("close", (code) => console.log(JSON.stringify({ type: "closed", code, extensions: socket.extensions })));
"""


def port(node: LiveNode) -> int:
    found = node.http.base_url.port
    assert found is not None
    return found


async def join(node: LiveNode, name: str) -> str:
    """The token of a new visitor."""
    answer = await node.http.post("/api/chat/register", json={"displayName": name})
    assert answer.status_code == 200
    return str(answer.json()["accessToken"])


async def bot(node: LiveNode) -> dict[str, str]:
    body = {"name": "Bot", "scopes": SCOPES}
    answer = await node.http.post("/api/admin/accesstokens/create", headers=ADMIN, json=body)
    return {"Authorization": f"Bearer {answer.json()['accessToken']}"}


async def bot_says(node: LiveNode, key: dict[str, str], text: str) -> None:
    answer = await node.http.post("/api/integrations/chat/send", headers=key, json={"body": text})
    assert answer.status_code == 200


async def until_clients(node: LiveNode, count: int) -> None:
    async with asyncio.timeout(20):
        while len((await node.http.get("/api/admin/chat/clients", headers=ADMIN)).json()) != count:
            await asyncio.sleep(0.05)


async def test_a_client_from_npm_joins_is_renamed_and_hears_what_a_bot_says(tmp_path: Path) -> None:
    modules = package()
    if modules is None:
        pytest.skip("there is no npm, or it could not get the package ws")
    async with live_node(tmp_path / "data") as node:
        token, key = await join(node, "Nod"), await bot(node)
        url = f"ws://127.0.0.1:{port(node)}/ws?accessToken={token}"
        client = await asyncio.create_subprocess_exec(
            *("env", f"NODE_PATH={modules}", "node", "-e", WS_CLIENT, url), stdout=subprocess.PIPE
        )
        assert client.stdout is not None
        told = []
        async with asyncio.timeout(30):
            while line := await client.stdout.readline():
                told.append(json.loads(line))
                if told[-1]["type"] == "NAME_CHANGE":
                    await bot_says(node, key, "it is over")
            await client.wait()
    kinds = [each["type"] for each in told]
    assert kinds[0] == "CONNECTED_USER_INFO"
    assert kinds[-3:] == ["NAME_CHANGE", "CHAT", "closed"]
    assert (told[-3]["oldName"], told[-3]["user"]["displayName"]) == ("Nod", "Nodella")
    assert told[-2]["user"]["isBot"] is True
    assert (told[-1]["code"], told[-1]["extensions"]) == (1000, "")


def rude_socket(node: LiveNode, token: str) -> socket.socket:
    """A socket that has shaken hands, and will not read another byte."""
    rude = socket.create_connection(("127.0.0.1", port(node)), timeout=20)
    rude.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    rude.sendall(
        f"GET /ws?accessToken={token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    # what comes before the answer to the handshake is no frame yet, and the server drops it
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += rude.recv(1)
    return rude


async def test_sockets_that_never_read_and_frames_of_a_megabyte_are_noticed_by_nobody(tmp_path: Path) -> None:
    async with live_node(tmp_path / "data") as node:
        token, key = await join(node, "Ann"), await bot(node)
        with ExitStack() as rude:
            for _ in range(20):
                rude.enter_context(await asyncio.to_thread(rude_socket, node, token))
            shouting = [await asyncio.to_thread(rude_socket, node, token) for _ in range(3)]
            for each, raw in zip(
                shouting,
                (b"\x81\xff" + (1 << 20).to_bytes(8, "big") + bytes(1000), b"\x81\x82\0\0\0\0\xff\xfe", b"\xff" * 100),
                strict=True,
            ):
                rude.enter_context(each)
                each.sendall(raw)
            await until_clients(node, 20)
            async with chatting(port(node), token) as ann:
                await ann.until("CONNECTED_USER_INFO")
                for number in range(60):
                    await bot_says(node, key, f"{number} " + "x" * 2000)
                bodies = await ann.bodies(60)
            assert [body.split()[0] for body in bodies] == [f"<p>{number}" for number in range(60)]
        await until_clients(node, 0)
        assert (await node.http.get("/healthz")).status_code == 200


async def test_what_was_said_and_who_may_say_it_outlive_a_restart(tmp_path: Path) -> None:
    async with live_node(tmp_path / "data") as node:
        token, key = await join(node, "Ann"), await bot(node)
        async with chatting(port(node), token) as ann:
            await ann.until("CONNECTED_USER_INFO")
            await bot_says(node, key, "first")
            last = (await ann.until("CHAT"))["id"]
        await bot_says(node, key, "second")
    async with live_node(tmp_path / "data") as node:
        await bot_says(node, key, "third")
        async with chatting(port(node), token, since=last) as ann:
            assert (await ann.until("CONNECTED_USER_INFO"))["user"]["displayName"] == "Ann"
            assert await ann.bodies(2) == ["<p>second</p>", "<p>third</p>"]


async def test_a_banned_address_gets_no_socket_behind_a_proxy_either(tmp_path: Path) -> None:
    async with live_node(tmp_path / "data") as node:
        token = await join(node, "Ann")
        elsewhere = "198.51.100.7"
        body = {"value": elsewhere}
        answer = await node.http.post("/api/admin/chat/users/ipbans/create", headers=ADMIN, json=body)
        assert answer.status_code == 200
        assert await handshake(node, token, elsewhere) == 403
        assert await handshake(node, token, "198.51.100.8") == 101


async def handshake(node: LiveNode, token: str, address: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port(node))
    writer.write(
        f"GET /ws?accessToken={token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"X-Forwarded-For: {address}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    line = await asyncio.wait_for(reader.readline(), 20)
    writer.close()
    return int(line.split()[1])

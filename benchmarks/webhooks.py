"""A chat line to 20 webhooks on a node that is live: `python -m benchmarks.webhooks`.

How long after it was said it is received, and what that does to the video. Visitors say lines over sockets; the
receiver is a server of few lines in this process. Beside it aiohttp alone sends the same bodies to the same receiver.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.clip import FULL_HD
from benchmarks.edge import percentile
from benchmarks.encoder import publisher
from benchmarks.processes import Failed, folder
from benchmarks.reading import Reading
from benchmarks.servers import PASSWORD, Server, node
from benchmarks.watching import watching

WEBHOOKS, VISITORS, RATE, SECONDS = 20, 20, 10, 12.0
WARM_S, BEFORE_S, MOST_S = 4, 8.0, 60.0
ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Receiver:
    """Receives on one port. `got` is when each line came to each path."""

    port: int = 0
    got: dict[tuple[str, str], float] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
                body = await reader.readexactly(length)
                at = time.time()
                writer.write(ANSWER)
                self.bodies.append(body)
                self.got.setdefault((path, json.loads(body)["eventData"]["rawBody"]), at)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def ages_ms(self, said: dict[str, float]) -> list[float]:
        return [1000 * (at - said[line]) for (_, line), at in self.got.items() if line in said]


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


async def join(client: aiohttp.ClientSession, ours: Server, name: str) -> ClientConnection:
    async with client.post(f"http://127.0.0.1:{ours.port}/api/chat/register", json={"displayName": name}) as answer:
        token = (await answer.json())["accessToken"]
    return await connect(f"ws://127.0.0.1:{ours.port}/ws?accessToken={token}", max_size=None)


async def subscribe(client: aiohttp.ClientSession, ours: Server, port: int, number: int) -> None:
    body = {"url": f"http://127.0.0.1:{port}/{number}", "events": ["CHAT"], "secret": "a secret"}
    address = f"http://127.0.0.1:{ours.port}/api/admin/webhooks/create"
    key = {"Authorization": aiohttp.encode_basic_auth("admin", PASSWORD)}
    async with client.post(address, json=body, headers=key) as answer:
        if answer.status != 200:
            raise Failed(f"no webhook: {await answer.text()}")


async def drain(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


async def talk(ours: Server, got: Receiver) -> tuple[float, float, dict[str, float]]:
    """Say lines, and wait until all are received. Returns when that was, and when each line was said."""
    said: dict[str, float] = {}
    async with aiohttp.ClientSession() as client:
        for number in range(WEBHOOKS):
            await subscribe(client, ours, got.port, number)
        sockets = [await join(client, ours, f"visitor {number:02}") for number in range(VISITORS)]
        reading = [asyncio.create_task(drain(socket)) for socket in sockets]
        await socket_says(sockets[0], "the first line, which begins the worker", {})
        await until(lambda: len(got.got) == WEBHOOKS)
        begin = time.time()
        for number in range(round(RATE * SECONDS)):
            await socket_says(sockets[number % VISITORS], f"line {number}", said)
            await asyncio.sleep(max(0.0, begin + (number + 1) / RATE - time.time()))
        await until(lambda: len(got.ages_ms(said)) == WEBHOOKS * len(said))
        end = time.time()
        for task in reading:
            task.cancel()
        for socket in sockets:
            await socket.close()
    return begin, end, said


async def socket_says(socket: ClientConnection, line: str, said: dict[str, float]) -> None:
    said[line] = time.time()
    await socket.send(json.dumps({"type": "CHAT", "body": line}))


async def until(true: object) -> None:
    assert callable(true)
    deadline = time.monotonic() + MOST_S
    while not true():
        if time.monotonic() > deadline:
            raise Failed("not all was received")
        await asyncio.sleep(0.02)


async def alone(got: Receiver, bodies: list[bytes]) -> list[float]:
    """The same bodies by aiohttp alone, 20 at a time: how long each took until it was received."""
    said: dict[str, float] = {}
    async with aiohttp.ClientSession() as client:

        async def send(number: int, body: bytes) -> None:
            async with client.post(f"http://127.0.0.1:{got.port}/{number}", data=body) as answer:
                await answer.read()

        for body in bodies:
            said[json.loads(body)["eventData"]["rawBody"]] = time.time()
            await asyncio.gather(*(send(number, body) for number in range(WEBHOOKS)))
            await asyncio.sleep(1 / RATE)
    return got.ages_ms(said)


async def measure(ours: Server) -> tuple[float, float, list[float], list[float]]:
    async with receiver() as got:
        begin, end, said = await talk(ours, got)
        ages, bodies = got.ages_ms(said), list(dict.fromkeys(got.bodies))
    async with receiver() as other:
        return begin, end, ages, await alone(other, bodies[-50:])


def main() -> None:
    with folder() as place:
        data = Path(place) / "data"
        with (
            node("--federation-allow", "127.0.0.1", data=data) as ours,
            publisher(ours, seconds=MOST_S * 2) as encoder,
            watching(ours, encoder) as watch,
        ):
            encoder.wait_for_frames(WARM_S * FULL_HD.fps)
            quiet = time.time()
            time.sleep(BEFORE_S)
            quiet_end = time.time()
            begin, end, ages, theirs = asyncio.run(measure(ours))
            before, then = watch.p99_ms(quiet, quiet_end), watch.p99_ms(begin, end)
    p95 = percentile(ages, 95)
    what = f"{RATE} lines/s to {WEBHOOKS} webhooks for {SECONDS:.0f} s"
    note = f"{what}; p50 {percentile(ages, 50):.0f} ms, most {max(ages):.0f} ms"
    peer_value = round(percentile(theirs, 95), 1)
    print(
        Reading("webhook_p95", round(p95, 1), "ms", reach=250, peer="aiohttp alone", peer_value=peer_value, note=note)
    )
    note = f"p99 {before:.0f} ms without webhooks, {then:.0f} ms with them"
    print(Reading("webhook_edge", round(max(0.0, then - before), 1), "ms", reach=50, note=note))


if __name__ == "__main__":
    main()

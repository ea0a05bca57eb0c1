"""Signed activities that come to the inbox of a real node: `python -m benchmarks.inbox`.

Likes of the channel's posts by 400 actors of as many servers, whose keys the node has seen before. Each becomes rows
and is told in the chat. First 500 a second, whether the node has answered the ones before or not; then as many as it
takes. All are signed before the clock starts.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from activitypub import strictjson
from activitypub.signatures import Scheme, sign
from activitypub.signatures.keys import SigningKey, make_rsa
from activitypub.signatures.request import outgoing_request
from activitypub.vocabulary import compose as documents
from activitypub.webfinger import ACTIVITY_JSON
from benchmarks import followed
from benchmarks.edge import percentile
from benchmarks.processes import Failed, cpu_s, folder
from benchmarks.reading import Reading
from benchmarks.servers import Server, node

ACTORS, POSTS = 400, 20
RATE, STEADY_S, MOST_S = 500, 6, 4.0
CONNECTIONS = 32
INBOX = f"{followed.ORIGIN}/federation/inbox"


async def prepare(data: Path, key: SigningKey) -> list[str]:
    """A node that knows the actors. Returns the URLs of its posts."""
    async with followed.written(data) as channel_id:
        await followed.add_actors([followed.actor(n, f"h{n}.example", key) for n in range(ACTORS)])
        return await followed.add_posts(channel_id, POSTS)


def likes(key: SigningKey, posts: Sequence[str]) -> Iterator[bytes]:
    """Each actor likes each post, as a whole HTTP request."""
    for post in posts:
        for number in range(ACTORS):
            actor = followed.actor(number, f"h{number}.example").id
            body = strictjson.write(documents.activity("Like", f"{actor}#like/{post[-6:]}", actor, post))
            request = outgoing_request("POST", INBOX, [("Content-Type", ACTIVITY_JSON)], body)
            by = SigningKey(f"{actor}#main-key", key.key)
            headers = (*request.headers, *sign(Scheme.CAVAGE, request, by, now=time.time()))
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
            yield f"POST {request.target} HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Sender:
    """A pool of connections to one node. `ages` are seconds from when a request was due to its answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self.ages: list[float] = []

    async def open(self) -> None:
        for _ in range(CONNECTIONS):
            self._free.put_nowait(await asyncio.open_connection("127.0.0.1", self._port))

    async def send(self, request: bytes, due: float) -> None:
        """Raises Failed for any answer but a 202."""
        connection = await self._free.get()
        reader, writer = connection
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        self.ages.append(time.perf_counter() - due)
        if not head.startswith(b"HTTP/1.1 202"):
            raise Failed(f"an activity was refused: {head[:200]!r}")
        self._free.put_nowait(connection)

    async def steadily(self, requests: Sequence[bytes], rate: float) -> None:
        """One after the other at their times, whatever became of the ones before."""
        begin = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number, request in enumerate(requests):
                due = begin + number / rate
                if (wait := due - time.perf_counter()) > 0:
                    await asyncio.sleep(wait)
                tasks.create_task(self.send(request, due))

    async def eagerly(self, requests: Sequence[bytes], seconds: float) -> float:
        """Send as many requests as are answered in this time. Return the number per second."""
        left, begin = deque(requests), time.perf_counter()

        async def go_on() -> None:
            while left and time.perf_counter() < begin + seconds:
                await self.send(left.popleft(), time.perf_counter())

        await asyncio.gather(*(go_on() for _ in range(CONNECTIONS)))
        return (len(requests) - len(left)) / (time.perf_counter() - begin)


async def measure(ours: Server, requests: Sequence[bytes]) -> None:
    sender = Sender(ours.port)
    await sender.open()
    await sender.steadily(requests[:ACTORS], RATE / 2)  # each key is read from its row once
    sender.ages.clear()
    cpu, steady = cpu_s(ours.pid), RATE * STEADY_S
    await sender.steadily(requests[ACTORS : ACTORS + steady], RATE)
    each = (cpu_s(ours.pid) - cpu) / steady
    note = (
        f"{RATE} Likes a second for {STEADY_S} s, by {ACTORS} actors; p50 {percentile(sender.ages, 50) * 1000:.1f} ms"
    )
    print(Reading("inbox_p99", round(percentile(sender.ages, 99) * 1000, 1), "ms", reach=50, note=note))
    print(Reading("inbox_cpu", round(each * 1e6), "us", reach=1600, note="of the node, with its database"))
    most = await sender.eagerly(requests[ACTORS + steady :], MOST_S)
    print(
        Reading("inbox_most", round(most), "1/s", reach=RATE, better="higher", note=f"over {CONNECTIONS} connections")
    )


def main() -> None:
    key = SigningKey("", make_rsa())
    with folder() as place:
        (place / "data").mkdir()
        posts = asyncio.run(prepare(place / "data", key))
        requests = [*likes(key, posts)]
        with node(data=place / "data") as ours:
            asyncio.run(measure(ours, requests))


if __name__ == "__main__":
    main()

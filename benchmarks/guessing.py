"""The admin's password while others guess at it: `python -m benchmarks.guessing`.

2,000 wrong passwords from 200 addresses, ten each, all addresses at once. Meanwhile a program with the right password
asks from an address of its own, for the first time since the node was started (so that its password has to be hashed),
and then again and again.
"""

import asyncio
import base64
import time
from collections import Counter
from pathlib import Path

from benchmarks.followed import now
from benchmarks.processes import Failed, folder
from benchmarks.reading import Reading
from benchmarks.servers import node
from fedistream.db import Database
from fedistream.people.service import People

ADDRESSES, EACH = 200, 10
PASSWORD = "a short password"
PAUSE_S = 0.2
MOST_S = 60.0  # the last of the wrong ones wait for their hashes longer than that


async def prepare(data: Path) -> None:
    """A database in which the admin has a password: one that is given at the start would be known without a hash."""
    database = Database(f"sqlite://{data / 'fedistream.db'}")
    await database.open()
    try:
        await People(now).set_admin_password(PASSWORD)
    finally:
        await database.close()


class Asker:
    """One connection of a proxy, for one client behind it."""

    def __init__(self, port: int, address: str) -> None:
        self._port, self._address = port, address

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, password: str) -> int:
        """The status of the answer."""
        basic = base64.b64encode(f"admin:{password}".encode()).decode()
        self._writer.write(
            f"GET /api/admin/status HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {self._address}\r\n"
            f"Authorization: Basic {basic}\r\n\r\n".encode()
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length))
        return int(head[9:12])


async def guess(asker: Asker, answers: Counter[int]) -> None:
    for number in range(EACH):
        answers[await asker.ask(f"wrong {number}")] += 1


async def measure(port: int) -> None:
    guessers = [Asker(port, f"198.51.100.{number}") for number in range(ADDRESSES)]
    admin = Asker(port, "192.0.2.1")
    for asker in (*guessers, admin):
        await asker.open()
    waits: list[float] = []
    answers: Counter[int] = Counter()
    guessing = asyncio.gather(*(guess(asker, answers) for asker in guessers))
    await asyncio.sleep(PAUSE_S)
    until = time.perf_counter() + MOST_S
    while not waits or (not guessing.done() and time.perf_counter() < until):
        begun = time.perf_counter()
        if (status := await admin.ask(PASSWORD)) != 200:
            raise Failed(f"the right password was answered {status}")
        waits.append(time.perf_counter() - begun)
        await asyncio.sleep(PAUSE_S)
    guessing.cancel()
    await asyncio.gather(guessing, return_exceptions=True)
    if answers[200]:
        raise Failed("a wrong password was let in")
    note = f"{answers.total()} wrong ones answered, {answers[401]} of them hashed; {len(waits)} right ones"
    print(Reading("guessing_first", round(waits[0], 3), "s", reach=2, note=note))
    print(Reading("guessing_most", round(max(waits), 3), "s", reach=2))


def main() -> None:
    with folder() as place:
        data = place / "data"
        data.mkdir()
        asyncio.run(prepare(data))
        with node("--admin-password", "", data=data) as ours:
            asyncio.run(measure(ours.port))


if __name__ == "__main__":
    main()

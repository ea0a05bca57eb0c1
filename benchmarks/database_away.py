"""The database goes away for 30 s in the middle of starts, ends and chat: `python -m benchmarks.database_away`.

What is lost? Once on SQLite, whose file somebody else holds, as for a backup or a VACUUM, and once on PostgreSQL, whose
server is stopped and started again. Meanwhile broadcasts begin and end every few seconds, five people talk, and the
worker is killed (9). The video has to be playable all the time.
"""

import asyncio
import contextlib
import re
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import psutil

from benchmarks.processes import folder, free_port
from benchmarks.reading import Reading
from benchmarks.servers import Server, node
from fedistream.broadcasts.models import BroadcastRow
from fedistream.channels.service import Channels
from fedistream.chat.models import MessageRow
from fedistream.core.bus import Bus
from fedistream.notices.models import NoticeRow
from fedistream.settings.service import Settings
from tests.kit.chatclient import ChatClient, chatting
from tests.kit.database import opened
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.outage import held, stopped
from tests.kit.postgres import binaries, running

AWAY_S = 30.0
PEOPLE, EVERY_S = 5, 2.0
ON_AIR_S = 1.5
PATIENCE_S = 60.0
CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=15)

TAG = re.compile(r"<[^>]*>")

Away = Callable[[], AbstractContextManager[object]]


@dataclass(slots=True)
class Found:
    """`dark` broadcasts had no playlist. `unheard` lines were never told to anybody, `unstored` ones were told and are
    not in the database, `doubled` ones are there twice. `refused` is how a call that needs the database was answered,
    `slowest_s` how long one that does not need it took at the most.
    """

    begun: int = 0
    dark: int = 0
    lost_starts: int = 0
    lost_ends: int = 0
    lost_notices: int = 0
    lost_lines: int = 0
    said: int = 0
    unheard: int = 0
    unstored: int = 0
    doubled: int = 0
    refused: int = 0
    refused_s: float = 0.0
    slowest_s: float = 0.0
    killed: bool = False
    caught_up_s: float = 0.0

    @property
    def lost_broadcasts(self) -> int:
        return self.lost_starts + self.lost_ends + self.lost_lines


def now() -> datetime:
    return datetime.now(UTC)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    while True:
        if await true():
            return
        await asyncio.sleep(0.05)


async def prepare(url: str) -> None:
    """A database with federation on, so that broadcasts have notices."""
    async with opened(url, wait_s=30):
        channels, settings = Channels(now, secrets.token_urlsafe), Settings(Bus(), now)
        await channels.open()
        for name, value in {"node.public_url": "https://node.example", "federation.enabled": True}.items():
            await settings.change(name, value)


@dataclass(slots=True)
class Scene:
    """A node in the middle of it."""

    server: Server
    http: httpx2.AsyncClient
    people: list[ChatClient]
    found: Found = field(default_factory=Found)
    bodies: list[str] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self) -> Encoder:
        """A broadcast, which can be watched before this returns."""
        encoder = await Encoder.start(self.server.publish_url, CLIP)
        self.found.begun += 1
        try:
            async with asyncio.timeout(10):
                await until(self._is_playable)
        except TimeoutError:
            self.found.dark += 1
        return encoder

    async def broadcast(self, end: float) -> Encoder:
        """Broadcasts come and go until that (monotonic) moment; the last one stays."""
        while True:
            encoder = await self.begin()
            await asyncio.sleep(ON_AIR_S)
            if time.monotonic() >= end:
                return encoder
            await encoder.stop()
            await self.offline()

    async def offline(self) -> None:
        await until(self._is_offline)

    async def _is_playable(self) -> bool:
        return b"#EXT-X-PART:" in (await self.http.get(self.server.playlist)).content

    async def _is_offline(self) -> bool:
        return not (await self.http.get("/api/status")).json()["online"]

    async def talk(self, end: float) -> None:
        number = 0
        while time.monotonic() < end:
            for who, person in enumerate(self.people):
                body = f"person {who} says line {number} of many"
                self.bodies.append(body)
                await person.say(body)
            number += 1
            await asyncio.sleep(EVERY_S)

    async def listen(self, person: ChatClient) -> None:
        while True:
            try:
                told = await person.next()
            except TimeoutError:
                continue  # nobody is heard while the database is away
            text = TAG.sub("", str(told.get("body", "")))
            if told["type"] == "CHAT":
                self.heard[text] += 1
            self.starts += "starting" in text and told["type"] != "CHAT"

    async def refused(self) -> None:
        """A call that needs the database, while it is away."""
        began = time.monotonic()
        answer = await self.http.post("/api/chat/register", json={"displayName": "Late"})
        self.found.refused, self.found.refused_s = answer.status_code, time.monotonic() - began

    async def pulse(self) -> None:
        """Ask what needs no database, again and again: who waits for it in the loop holds up this too."""
        while True:
            began = time.monotonic()
            await self.http.get("/healthz")
            self.found.slowest_s = max(self.found.slowest_s, time.monotonic() - began)
            await asyncio.sleep(0.1)

    def kill_the_worker(self) -> None:
        for child in psutil.Process(self.server.pid).children():
            if "fedistream.app.worker_command" in " ".join(child.cmdline()):
                child.kill()
                self.found.killed = True


async def play(url: str, server: Server, away: Away, away_s: float) -> Found:
    """The whole of it, on a node that has just been started on the database with this URL."""
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx2.AsyncClient(base_url=server.url, timeout=PATIENCE_S))
        people = []
        for number in range(PEOPLE + 1):
            answer = await http.post("/api/chat/register", json={"displayName": f"Person {number}"})
            people.append(await stack.enter_async_context(chatting(server.port, answer.json()["accessToken"])))
        listener = people.pop()
        scene = Scene(server, http, people)
        listening = asyncio.create_task(scene.listen(listener))
        stack.callback(listening.cancel)
        encoder = await scene.begin()
        await written(url, scene)
        with away():
            end = time.monotonic() + away_s
            await encoder.stop()
            await scene.offline()
            asking = asyncio.create_task(scene.refused())
            pulse = asyncio.create_task(scene.pulse())
            stack.callback(pulse.cancel)
            asyncio.get_running_loop().call_later(away_s / 2, scene.kill_the_worker)
            encoder, _ = await asyncio.gather(scene.broadcast(end), scene.talk(end))
        back = time.monotonic()
        await asking
        await encoder.stop()
        await written(url, scene, ended=True)
        scene.found.caught_up_s = time.monotonic() - back
    await count(url, scene)
    return scene.found


async def written(url: str, scene: Scene, *, ended: bool = False) -> None:
    """Wait until all is in the database that should be, or for too long."""
    begun, deadline = scene.found.begun, time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        async with opened(url, wait_s=30):
            ends = await BroadcastRow.exclude(ended_at=None).count() if ended else begun
            found = (await BroadcastRow.all().count(), ends, await NoticeRow.all().count())
        if found == (begun, begun, begun) and len(scene.heard) == len(scene.bodies) and scene.starts >= begun:
            return
        await asyncio.sleep(0.2)


async def count(url: str, scene: Scene) -> None:
    found = scene.found
    async with opened(url, wait_s=30):
        found.lost_starts = found.begun - await BroadcastRow.all().count()
        found.lost_ends = await BroadcastRow.filter(ended_at=None).count()
        found.lost_notices = found.begun - await NoticeRow.all().count()
        stored = Counter([str(row.body) for row in await MessageRow.all()])
    found.lost_lines = max(0, found.begun - scene.starts)
    found.said = len(scene.bodies)
    found.unheard = len(set(scene.bodies) - set(scene.heard))
    found.unstored = len(set(scene.heard) - set(stored))
    found.doubled = sum(stored[body] > 1 or scene.heard[body] > 1 for body in scene.bodies)


def on_sqlite(away_s: float) -> Found:
    with folder() as place:
        (place / "data").mkdir()
        file = place / "data" / "fedistream.db"
        asyncio.run(prepare(f"sqlite://{file}"))
        with node(data=place / "data") as server:
            return asyncio.run(play(f"sqlite://{file}", server, lambda: held(file), away_s))


def on_postgres(away_s: float) -> Found:
    with folder() as place, running(free_port()) as database:
        url = database.make()
        asyncio.run(prepare(url))
        with node("--database-url", url, data=Path(place / "data")) as server:
            return asyncio.run(play(url, server, lambda: stopped(database), away_s))


def main() -> None:
    runs = {"SQLite": on_sqlite(AWAY_S)}
    if binaries() is not None:
        runs["PostgreSQL"] = on_postgres(AWAY_S)
    all_of = runs.values()
    what = "; ".join(
        f"{name}: {each.begun} begun and ended, caught up {each.caught_up_s:.1f} s after it was back, "
        f"/healthz answered within {each.slowest_s * 1000:.0f} ms"
        for name, each in runs.items()
    )
    print(Reading("away_broadcasts", sum(each.lost_broadcasts for each in all_of), "broadcasts", reach=0, note=what))
    print(Reading("away_notices", sum(each.lost_notices for each in all_of), "notices", reach=0))
    what = f"of {sum(each.said for each in all_of)} lines; {sum(each.unheard for each in all_of)} were not heard, "
    what += f"{sum(each.doubled for each in all_of)} came twice"
    print(Reading("away_lines", sum(each.unstored for each in all_of), "lines", reach=0, note=what))
    what = "of broadcasts that began meanwhile, those without a playlist within 10 s"
    print(Reading("away_dark", sum(each.dark for each in all_of), "broadcasts", reach=0, note=what))
    what = f"how late a call is refused that needs the database, with {'/'.join(str(each.refused) for each in all_of)}"
    print(Reading("away_refused", round(max(each.refused_s for each in all_of), 1), "s", reach=30, note=what))


if __name__ == "__main__":
    main()

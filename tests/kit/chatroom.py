"""The chat on a real database, with a clock that is moved by hand and listeners that record their events."""

import asyncio
import heapq
import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from fedistream.broadcasts.values import LiveStatus, State
from fedistream.channels.service import Channels
from fedistream.chat.context import ChatContext
from fedistream.chat.feature import ChatFeature, build
from fedistream.chat.presence import ChatConnection
from fedistream.chat.values import Broadcaster, CloseReason, Event, Message, Visitor
from fedistream.core.bus import Bus, Reaction
from fedistream.core.clocks import Clocks
from fedistream.core.events import FACTS, Fact
from fedistream.settings.service import Settings
from tests.kit.asking import Clock

HOME_ADDRESS = "203.0.113.7"


@dataclass
class Timer:
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class Timers(Clock):
    """Both clocks and the timers set on them: `advance` calls those that are due."""

    def __init__(self) -> None:
        super().__init__()
        self._order = itertools.count()
        self._due: list[tuple[float, int, Timer, Callable[[], None]]] = []

    def set(self, by: timedelta) -> None:
        """Set the wall clock, as an operator or NTP does."""
        self._now += by

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = Timer()
        heapq.heappush(self._due, (self.monotonic() + seconds, next(self._order), timer, call))
        return timer

    def advance(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        while self._due and self._due[0][0] <= until:
            at, _, timer, call = heapq.heappop(self._due)
            super().advance(at - self.monotonic())
            if not timer.cancelled:
                call()
        super().advance(until - self.monotonic())

    def clocks(self) -> Clocks:
        return Clocks(self.now, self.monotonic, secrets.token_bytes, self.later)


class RecordingListener:
    """A socket's listener that keeps the events and the reason of its end."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.closed: CloseReason | None = None

    def send(self, event: Event) -> None:
        self.heard.append(event)

    def close(self, why: CloseReason) -> None:
        self.closed = why

    @property
    def lines(self) -> list[str]:
        """Return the bodies of the messages in the order of their arrival."""
        return [event.body for event in self.heard if isinstance(event, Message)]

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.heard if isinstance(event, kind)]


@dataclass
class Chatroom:
    """`feature` with the parts around it. A channel is live unless `live_status` says otherwise."""

    feature: ChatFeature
    settings: Settings
    channels: Channels
    bus: Bus
    clock: Timers
    facts: list[Fact]
    running: asyncio.Task[None]
    live_status: dict[int, LiveStatus] = field(default_factory=dict)

    @property
    def home(self) -> int:
        return self.channels.home().id

    async def visitor(self, name: str, address: str = HOME_ADDRESS) -> Visitor:
        return (await self.feature.chat.register(self.home, name, address))[0]

    async def guest(self, name: str, address: str = HOME_ADDRESS) -> tuple[ChatConnection, RecordingListener]:
        """Register a visitor and connect them."""
        return self.connect(await self.visitor(name, address), address)

    def connect(self, visitor: Visitor, address: str = HOME_ADDRESS) -> tuple[ChatConnection, RecordingListener]:
        listener = RecordingListener()
        connection = self.feature.chat.enter(self.home, visitor, listener, address, "test")
        self.feature.chat.greet(connection)
        return connection, listener

    async def bodies(self) -> list[str]:
        """Return the bodies of the stored messages, once all that were sent are stored."""
        await self.feature.messages.settle()
        return [message.body for message in await self.feature.messages.history(self.home)]


def shown(url: str) -> str:
    return f"/shown?{url}" if url else ""


@asynccontextmanager
async def chatroom(
    folder: Path, broadcaster: Broadcaster | None = None, ahead: timedelta = timedelta()
) -> AsyncIterator[Chatroom]:
    """Yield a chat on the open database; the wall clock is `ahead`."""
    clock, facts = Timers(), list[Fact]()
    clock.set(ahead)
    bus = Bus()

    def note(fact: Fact) -> None:
        facts.append(fact)

    bus.attach(Reaction("kit.note", kind, "now", note) for kind in FACTS.values())
    settings, channels = Settings(bus, clock.now), Channels(clock.now, secrets.token_urlsafe)
    await settings.load()
    await channels.open()
    live_status: dict[int, LiveStatus] = {}

    def on_air(channel_id: int) -> LiveStatus:
        return live_status.get(channel_id, LiveStatus(channel_id, State.LIVE))

    def channel_ids() -> tuple[int, ...]:
        return tuple(channel.id for channel in channels.all())

    context = ChatContext(settings, bus, clock.clocks(), on_air, channel_ids, broadcaster, shown)
    feature = await build(context, folder / "emoji")
    running = asyncio.create_task(feature.chat.run())
    try:
        yield Chatroom(feature, settings, channels, bus, clock, facts, running, live_status)
    finally:
        feature.chat.close()
        await asyncio.gather(running, return_exceptions=running.cancelled() or running.cancelling() > 0)

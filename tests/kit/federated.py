"""Federation on a database, with a peer that is allowed to be on 127.0.0.1, and the facts it emits kept in a list."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_bytes, token_urlsafe
from typing import Any

from activitypub.network.guard import Guard
from activitypub.network.http_client import HttpClient
from activitypub.refusal import Refused
from activitypub.signatures import Scheme, sign
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request, outgoing_request
from activitypub.strictjson import Json
from fedistream.channels.service import Channels
from fedistream.channels.values import Channel
from fedistream.core.bus import Bus
from fedistream.core.clocks import Clocks
from fedistream.core.events import Fact
from fedistream.federation.directory.announcing import RunningNow, nothing_running
from fedistream.federation.feature import FederationFeature, Outbound, build
from fedistream.federation.replies.chat_port import NO_CHAT, ChatPort
from fedistream.jobs.job import Job
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Outbox
from fedistream.settings.service import Settings
from tests.kit.fediverse import Peer, peer
from tests.kit.made_once import give_keys
from tests.kit.signing import ACTIVITY_JSON

ORIGIN = "https://node.example"
LIVE = f"{ORIGIN}/federation/user/streamer"


class Facts(Bus):
    """A bus that keeps what was emitted."""

    def __init__(self) -> None:
        super().__init__()
        self.emitted: list[Fact] = []

    async def emit_all(self, facts: Sequence[Fact]) -> None:
        self.emitted += facts
        await super().emit_all(facts)


@dataclass
class Federated:
    """`at` is the time that requests are signed and checked at."""

    feature: FederationFeature
    settings: Settings
    channels: Channels
    facts: Facts
    ann: Peer
    clock: "AdvancedClocks" = field(repr=False)

    @property
    def home(self) -> Channel:
        return self.channels.home()

    async def take(
        self, document: Json, *, by: SigningKey | None = None, scheme: Scheme = Scheme.CAVAGE, **more: Any
    ) -> str:
        """Send to the shared inbox; returns "taken", or the reason why not."""
        body = more.get("body") or json.dumps(document).encode()
        request = outgoing_request("POST", f"{ORIGIN}/federation/inbox", [("Content-Type", ACTIVITY_JSON)], body)
        headers = (*request.headers, *sign(scheme, request, by or self.ann.key, now=self.clock.unix()))
        try:
            await self.feature.federation.take(Request("POST", ORIGIN, request.target, headers, body))
        except Refused as refused:
            return refused.reason.value
        return "taken"

    async def sent(self) -> list[tuple[str, Json]]:
        """Return the outbox: inbox and activity, the oldest first."""
        rows = await OutboxRow.all().order_by("id")
        return [(row.target, json.loads(row.body)["activity"]) for row in rows]

    async def follow(self, **more: Any) -> Json:
        follow = self.ann.activity("Follow", LIVE, **more)
        assert await self.take(follow) == "taken"
        return follow

    def names(self) -> list[str]:
        """Return the names of the facts since the last call."""
        names = [fact.name() for fact in self.facts.emitted]
        self.facts.emitted.clear()
        return names


class AdvancedClocks:
    """Clocks that go on by `ahead` seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def unix(self) -> float:
        return time.time() + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.unix(), UTC)


@asynccontextmanager
async def federated(
    guard: Guard | None = None, room: ChatPort | None = None, running: RunningNow = nothing_running
) -> AsyncIterator[Federated]:
    """Yield federation on the open database, on and at ORIGIN. Only the peer, or what `guard` allows, may be private.
    Without a `room` there is no chat, and without `running` nothing is live."""
    facts, clock = Facts(), AdvancedClocks()
    settings, channels = Settings(facts, clock.now), Channels(clock.now, token_urlsafe)
    await settings.load()
    await channels.open()
    await settings.change("node.public_url", ORIGIN)
    await settings.change("federation.enabled", True)
    async with HttpClient(Guard(), "test") as nowhere, peer(nowhere, clock.unix) as ann:
        outbound = Outbound(Outbox(clock.unix), guard or Guard(frozenset({ann.server.authority})))
        clocks = Clocks(clock.now, clock.monotonic, token_bytes, asyncio.get_running_loop().call_later)
        await give_keys((channels.home().id,), clock.now())
        feature = await build(settings, channels, facts, clocks, outbound, room or NO_CHAT, running)
        facts.emitted.clear()
        try:
            yield Federated(feature, settings, channels, facts, ann, clock)
        finally:
            await feature.close()


async def waiting_jobs(kind: str) -> list[Job]:
    """Return the jobs of a kind in the outbox, as a worker would get them."""
    rows = await OutboxRow.filter(kind=kind).order_by("id")
    return [Job(row.id, row.kind, row.target, row.host, row.body, 1, row.created_at) for row in rows]

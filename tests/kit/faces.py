"""Every face of a node as one application, in process: real services on a database of its own, no media behind them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory

from httpx2 import AsyncClient
from starlette.types import ASGIApp

from activitypub.network.guard import Guard
from fedistream.access_tokens.service import Integrations, Scope
from fedistream.api.http.listening import Listening
from fedistream.api.owncast.websocket.endpoint import Limits
from fedistream.api.ws.broadcaster import Broadcaster
from fedistream.app.config import Config
from fedistream.app.platform import Platform
from fedistream.app.services import Services, join, open_base
from fedistream.app.web import Process, face_services, join_faces
from fedistream.channels.service import Channels
from fedistream.chat.feature import ChatFeature
from fedistream.chat.values import Visitor
from fedistream.core.bus import Bus
from fedistream.core.clocks import Clocks
from fedistream.core.log_buffer import LogBuffer
from fedistream.db import Database
from fedistream.federation.feature import FederationFeature
from fedistream.jobs.admin import OutboxAdmin
from fedistream.jobs.outbox import Outbox
from fedistream.notices.service import Notices
from fedistream.people.service import People
from fedistream.remote_media.service import MediaProxy
from fedistream.settings.service import Settings
from fedistream.signin.feature import SignInFeature
from fedistream.thumbnails.service import Thumbnails
from fedistream.viewers.service import Viewers
from tests.kit import notices_kit
from tests.kit.asking import ADDRESS, Clock, basic, client
from tests.kit.database import empty_database
from tests.kit.made_once import give_keys, give_password, pages
from tests.kit.onair import Broadcasts
from tests.kit.quick_hashes import quick_passwords

PASSWORD = "correct horse battery"
RIGHT = basic(PASSWORD)
LISTENING = Listening("0.0.0.0", 8080, "0.0.0.0", 1935)

Changes = tuple[tuple[str, object], ...]  # settings by their names
FEDERATING: Changes = (("node.public_url", "https://node.example"), ("federation.enabled", True))
_started: dict[Changes, bytes] = {}  # the database of a node that was started with these changes


def zeros(length: int) -> bytes:
    return bytes(length)


class NoStills(Thumbnails):
    """Nothing was ever seen."""

    def __init__(self) -> None:
        """Nothing is looked at either."""

    def latest(self, channel_id: int) -> None:
        return None

    def recent(self, channel_id: int) -> tuple[()]:
        return ()

    async def of(self, broadcast_id: int) -> None:
        return None


@dataclass(slots=True)
class Faces:
    """`app` is the whole application; the services are those behind it."""

    clock: Clock
    made: Services
    settings: Settings
    channels: Channels
    people: People
    viewers: Viewers
    chat: ChatFeature
    access_tokens: Integrations
    federation: FederationFeature
    pictures: MediaProxy
    sign_in: SignInFeature
    broadcaster: Broadcaster
    broadcasts: Broadcasts
    limits: Limits = field(default_factory=Limits)
    log_buffer: LogBuffer = field(default_factory=LogBuffer)
    listening: Listening = LISTENING

    @property
    def notices(self) -> Notices:
        return notices_kit.make(self.settings, self.federation, self.clock.now)

    @property
    def outbox(self) -> Outbox:
        return Outbox(lambda: self.clock.now().timestamp())

    def app(self) -> ASGIApp:
        made = replace(self.made, notices=self.notices, stills=NoStills(), secret=b"secret")
        process = Process(OutboxAdmin(self.outbox), self.log_buffer, self.listening, {})
        clocks = Clocks(self.clock.now, self.clock.monotonic, zeros, self.clock.later)
        return join_faces(made, face_services(made, process, clocks, pages()), clocks, self.limits)

    async def visitor(self, name: str, *, moderator: bool = False) -> tuple[Visitor, str]:
        """Return a new visitor and their token."""
        visitor, token = await self.chat.visitors.make(name)
        if moderator:
            visitor = await self.chat.moderation.set_moderator(visitor.id, True)
        return visitor, token

    async def bearer(self, *scopes: Scope) -> dict[str, str]:
        """The header of an integration with these scopes."""
        _, token = await self.access_tokens.make("Bot", [scope.value for scope in scopes])
        return {"Authorization": f"Bearer {token}"}

    def client(self, address: str = ADDRESS, agent: str = "test") -> AsyncClient:
        return client(self.app(), address=address, agent=agent)


@asynccontextmanager
async def open_faces(folder: Path, guard: Guard | None = None, changes: Changes = ()) -> AsyncIterator[Faces]:
    """Faces in `folder` of a node that was started before, with nothing in its database but the `changes` of settings.

    The admin's password is PASSWORD. `guard` says whom they may ask.
    """
    database, clock = Database(await _database(folder, changes)), Clock()
    await database.open()
    try:
        platform = _platform(clock, guard)
        options, broadcasts = Config(data_dir=folder), Broadcasts()
        base = await open_base(options, platform, quick_passwords())
        made = await join(options, platform, base, broadcasts)
        writing = asyncio.create_task(made.chat.chat.run())
        yield Faces(
            clock,
            made,
            made.settings,
            made.channels,
            made.people,
            made.viewers,
            made.chat,
            made.access_tokens,
            made.federation,
            made.pictures,
            made.sign_in,
            made.broadcaster,
            broadcasts,
        )
        await made.federation.close()
        made.chat.chat.close()
        await writing
    finally:
        await database.close()


@asynccontextmanager
async def federating_faces(folder: Path) -> AsyncIterator[Faces]:
    """Faces of https://node.example, with federation on."""
    async with open_faces(folder, changes=FEDERATING) as opened:
        yield opened


async def _database(folder: Path, changes: Changes) -> str:
    """Return the URL of a database in `folder`. The first start of a node makes twenty rows, which are copied."""
    if changes not in _started:
        with TemporaryDirectory() as first:
            await _start(Path(first), changes)
            _started[changes] = (Path(first) / "test.db").read_bytes()
    path = folder / "test.db"
    path.write_bytes(_started[changes])
    return f"sqlite://{path}"


async def _start(folder: Path, changes: Changes) -> None:
    """Start a node for the first time, and stop it."""
    database, clock = Database(empty_database(folder)), Clock()
    await database.open()
    try:
        await give_password(PASSWORD, clock.now())
        base = await open_base(Config(data_dir=folder), _platform(clock), quick_passwords())
        await give_keys(base.channel_ids(), clock.now())
        for name, value in changes:
            await base.settings.change(name, value)
    finally:
        await database.close()


def _platform(clock: Clock, guard: Guard | None = None) -> Platform:
    clocks = Clocks(clock.now, clock.monotonic, token_bytes, clock.later)
    return Platform(clocks, Bus(), Outbox(clocks.unix), guard or Guard())

"""Every face of a node as one application, in process: real services on a database of its own, no media behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe

from httpx2 import AsyncClient
from starlette.types import ASGIApp

from fedistream.api.application import application
from fedistream.api.attempts import Attempts
from fedistream.api.gates import gates
from fedistream.api.hls import HlsFace
from fedistream.api.owncast.needs import Listening
from fedistream.api.pages.admin import Desk
from fedistream.api.pages.envelope import PagesEnvelope
from fedistream.api.pages.forms import Tickets
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.static import Static
from fedistream.bus import Bus
from fedistream.channels.service import Channels
from fedistream.db import Database
from fedistream.logbook import Logbook
from fedistream.people.service import People
from fedistream.places import STATIC, TEMPLATES
from fedistream.settings_store import Settings
from fedistream.viewers.service import Viewers
from tests.kit.asking import ADDRESS, Clock, basic, client
from tests.kit.database import empty_database
from tests.kit.onair import Broadcasts

PASSWORD = "correct horse battery"
RIGHT = basic(PASSWORD)
LISTENING = Listening("0.0.0.0", 8080, "0.0.0.0", 1935)


def zeros(length: int) -> bytes:
    return bytes(length)


@dataclass(slots=True)
class Faces:
    """`app` is the whole application; the services are those behind it."""

    clock: Clock
    settings: Settings
    channels: Channels
    people: People
    viewers: Viewers
    broadcasts: Broadcasts = field(default_factory=Broadcasts)
    logbook: Logbook = field(default_factory=Logbook)
    listening: Listening = LISTENING

    def app(self) -> ASGIApp:
        static = Static(STATIC)
        pages = Pages(TEMPLATES, static, zeros)
        desk = Desk(
            pages=pages,
            tickets=Tickets(b"secret", self.clock.now),
            channels=self.channels,
            broadcasts=self.broadcasts,
            viewers=self.viewers,
            settings=self.settings,
            people=self.people,
            logbook=self.logbook,
            listening=self.listening,
            chance=zeros,
        )
        services = {
            "channels": self.channels,
            "people": self.people,
            "settings": self.settings,
            "broadcasts": self.broadcasts,
            "viewers": self.viewers,
            "logbook": self.logbook,
            "listening": self.listening,
            "now": self.clock.now,
            "checks": {},
            "pages": pages,
            "static": static,
            "desk": desk,
        }
        doors = gates(self.people, Attempts(self.clock.monotonic), b"secret", zeros)
        hls = HlsFace(self.channels, self.broadcasts, self.viewers)
        return application(hls, services, doors, PagesEnvelope(pages))

    def client(self, address: str = ADDRESS, agent: str = "test") -> AsyncClient:
        return client(self.app(), address=address, agent=agent)


@asynccontextmanager
async def open_faces(folder: Path) -> AsyncIterator[Faces]:
    """Faces with an empty database in `folder`; the admin's password is PASSWORD."""
    database, clock = Database(empty_database(folder)), Clock()
    await database.open()
    try:
        settings = Settings(Bus(), clock.now)
        await settings.load()
        channels, people = Channels(clock.now, token_urlsafe), People(clock.now)
        await channels.open()
        await people.set_admin_password(PASSWORD)
        viewers = Viewers(clock.monotonic, clock.now, bytes(16))
        yield Faces(clock, settings, channels, people, viewers)
    finally:
        await database.close()

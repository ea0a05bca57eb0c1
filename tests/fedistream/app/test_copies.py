"""Two front processes on one database: what one decides holds in the other after a moment, and both sign alike.

They are two compositions in one process, each with a bus, a data folder and copies of its own.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from httpx2 import AsyncClient, Response
from starlette.types import ASGIApp

from fedistream.api.http.known_browsers import COOKIE
from fedistream.api.http.listening import Listening
from fedistream.app.config import Config
from fedistream.app.copies import VERSIONS, front_copies
from fedistream.app.platform import platform
from fedistream.app.services import Services, build
from fedistream.app.web import Process, face_services, join_faces
from fedistream.channels.service import Channels
from fedistream.chat.presence import ChatConnection
from fedistream.chat.values import CloseReason, Role
from fedistream.core.clocks import Clocks
from fedistream.core.errors import NotAllowed
from fedistream.core.log_buffer import LogBuffer
from fedistream.db import Database
from fedistream.db.versions import versions
from fedistream.jobs.admin import OutboxAdmin
from fedistream.jobs.outbox import Outbox
from tests.kit.adminpages import HTML, csrf_token
from tests.kit.asking import basic, client
from tests.kit.chatroom import RecordingListener
from tests.kit.following import follower
from tests.kit.made_once import give_keys, pages
from tests.kit.talking import until

PASSWORD, LATER = "correct horse battery", "another horse battery"
REFRESH_S = 0.02
ADDRESS = "203.0.113.9"


@dataclass
class Front:
    """One composition, whose copies are refreshed every REFRESH_S."""

    made: Services
    clocks: Clocks

    @property
    def home(self) -> int:
        return self.made.channels.home().id

    def app(self) -> ASGIApp:
        outbox = OutboxAdmin(Outbox(time.time))
        process = Process(outbox, LogBuffer(), Listening("0.0.0.0", 8080, "0.0.0.0", 1935), {})
        return join_faces(self.made, face_services(self.made, process, self.clocks, pages()), self.clocks)

    def admin(self, password: str = PASSWORD) -> AsyncClient:
        web = client(self.app())
        web.headers.update(basic(password) | HTML)
        return web

    async def guest(self, name: str) -> tuple[ChatConnection, RecordingListener]:
        chat, listener = self.made.chat.chat, RecordingListener()
        visitor, _ = await chat.register(self.home, name, ADDRESS)
        return chat.enter(self.home, visitor, listener, ADDRESS, "test"), listener


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Front]:
    async with AsyncExitStack() as undo:
        base = platform(Config(data_dir=folder), Outbox(time.time))
        before = await versions(*VERSIONS)
        made = await build(Config(data_dir=folder), base)
        undo.push_async_callback(made.federation.close)
        undo.push_async_callback(made.pictures.close)
        refreshing = asyncio.create_task(front_copies(made, base.facts, before).run(REFRESH_S))
        try:
            yield Front(made, base.clocks)
        finally:
            refreshing.cancel()
            await asyncio.gather(refreshing, return_exceptions=True)


@pytest.fixture
async def fronts(database: Database, tmp_path: Path) -> AsyncIterator[tuple[Front, Front]]:
    channels = Channels(lambda: platform(Config(), Outbox(time.time)).clocks.now(), lambda length: "k" * length)
    await channels.open("first-stream-key")
    await give_keys((channels.home().id,), platform(Config(), Outbox(time.time)).clocks.now())
    async with opened(tmp_path / "one") as one:
        await one.made.people.set_admin_password(PASSWORD)
        async with opened(tmp_path / "two") as two:
            yield one, two


async def test_a_ban_made_in_one_holds_in_the_other_until_it_is_lifted(fronts: tuple[Front, Front]) -> None:
    one, two = fronts
    connection, listener = await two.guest("Ann")
    await one.made.chat.moderation.ban(ADDRESS)
    await until(lambda: _is(listener.closed is CloseReason.DISABLED))
    assert two.made.chat.bans.holds(ADDRESS)
    assert [ban.address for ban in two.made.chat.bans.all()] == [ADDRESS]
    with pytest.raises(NotAllowed):
        two.made.chat.chat.enter(two.home, connection.visitor, RecordingListener(), ADDRESS, "test")
    await two.made.chat.moderation.lift_ban(ADDRESS)
    await until(lambda: _is(not one.made.chat.bans.holds(ADDRESS)))


async def test_what_is_decided_about_a_visitor_in_one_holds_for_the_sockets_of_the_other(
    fronts: tuple[Front, Front],
) -> None:
    one, two = fronts
    (ann, hers), (ben, his), (cem, _) = [await two.guest(name) for name in ("Ann", "Ben", "Cem")]
    await one.made.chat.moderation.set_moderator(cem.visitor.id, True)
    await one.made.chat.moderation.set_enabled(ann.visitor.id, False, "admin")
    await one.made.chat.moderation.delete(ben.visitor.id)
    await until(lambda: _is(hers.closed is his.closed is CloseReason.DISABLED))
    assert (ann.visitor.enabled, ben.visitor.enabled, cem.visitor.role) == (False, False, Role.MODERATOR)


async def test_a_block_made_in_one_holds_in_the_other_until_it_is_undone(fronts: tuple[Front, Front]) -> None:
    one, two = fronts
    await one.made.settings.change("node.public_url", "https://node.example")
    await one.made.settings.change("federation.enabled", True)
    await until(lambda: _is(two.made.federation.addresses.on))
    ann = await follower("ann")
    inbox = one.made.federation.federation
    await inbox.block(one.made.channels.home(), ann)
    await until(lambda: _is(two.made.federation.remote_actors.is_blocked(ann)))
    await two.made.federation.federation.approve(two.made.channels.home(), ann)
    await until(lambda: _is(not one.made.federation.remote_actors.is_blocked(ann)))


async def test_settings_and_domain_blocks_of_one_hold_in_the_other(fronts: tuple[Front, Front]) -> None:
    one, two = fronts
    ann = "https://bad.example/ann"
    await one.made.settings.change("federation.blocked_domains", ["bad.example"])
    await one.made.settings.change("channel.name", "Quiet Waters")
    await until(lambda: _is(two.made.federation.remote_actors.is_blocked(ann)))
    await until(lambda: _is(two.made.settings.value("channel.name") == "Quiet Waters"))
    _, listener = await two.guest("Ann")
    await one.made.settings.change("chat.enabled", False, one.home)
    await until(lambda: _is(listener.closed is not None))


async def test_a_stream_key_and_a_channel_made_in_one_are_known_to_the_other(fronts: tuple[Front, Front]) -> None:
    one, two = fronts
    await one.made.channels.make("second")
    await one.made.channels.replace_stream_keys(one.home, [("another-stream-key", "studio")])
    await until(lambda: _is(two.made.channels.find_by_key("another-stream-key") is not None))
    assert two.made.channels.by_slug("second") is not None


async def test_a_password_that_was_changed_in_one_is_forgotten_by_the_other(fronts: tuple[Front, Front]) -> None:
    one, two = fronts
    assert await two.made.people.check_admin(PASSWORD)
    assert two.made.people.recall(PASSWORD)
    await one.made.people.set_admin_password(LATER)
    await until(lambda: _is(not two.made.people.recall(PASSWORD)))
    assert await two.made.people.check_admin(LATER)
    assert not await two.made.people.check_admin(PASSWORD)
    assert one.made.people.recall(LATER), "the one that changed it has nothing to forget"


async def test_a_form_of_one_is_taken_by_the_other_and_a_wrong_token_is_refused(fronts: tuple[Front, Front]) -> None:
    one, two = fronts
    page = "/admin/chat/bans"
    async with one.admin() as first, two.admin() as second:
        token = csrf_token((await first.get(page)).text)
        right = {"csrf_token": token, "address": "198.51.100.1"}
        for wrong in (token[:-1] + ("0" if token[-1] != "0" else "1"), "", token.partition(".")[0]):
            refused = await second.post(page, data={**right, "csrf_token": wrong})
            assert refused.status_code == 403, wrong
        assert not two.made.chat.bans.holds("198.51.100.1")
        taken = await second.post(page, data=right)
        assert taken.status_code == 303, taken.text
        assert two.made.chat.bans.holds("198.51.100.1")


async def test_a_browser_that_one_knows_is_known_to_the_other(fronts: tuple[Front, Front]) -> None:
    one, two = fronts
    async with one.admin() as first, two.admin() as second:
        (known,) = known_cookies(await first.get("/admin/"))
        assert not known_cookies(await second.get("/admin/", headers={"cookie": known}))
        forged = known[:-1] + ("0" if known[-1] != "0" else "1")
        assert known_cookies(await second.get("/admin/", headers={"cookie": forged}))


def known_cookies(answer: Response) -> list[str]:
    """Return the cookies by which the browser is known; a session has another."""
    cookies = [each.partition(";")[0] for each in answer.headers.get_list("set-cookie")]
    return [each for each in cookies if each.startswith(f"{COOKIE}=")]


async def _is(true: bool) -> bool:
    return true

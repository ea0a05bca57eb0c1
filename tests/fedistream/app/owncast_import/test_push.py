"""The browsers that subscribed to Owncast's notifications, and the key that they know it by."""

import asyncio
import contextlib
import io
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fedistream.app.config import Config
from fedistream.app.owncast_import.command import take_over
from fedistream.notifications.models import PushSubscriptionRow, VapidKeyRow
from fedistream.notifications.vapid import VapidKey, make, vapid_key
from tests.kit.database import opened
from tests.kit.owncast_folder import BORN, OwncastFolder, make_folder, stamp
from tests.kit.push_service import Browser, b64, unb64

PUSH = "BROWSER_PUSH_NOTIFICATION"


@pytest.fixture
def source(tmp_path: Path) -> OwncastFolder:
    return make_folder(tmp_path / "owncast")


def stored(source: OwncastFolder, key: VapidKey) -> None:
    source.set(browser_push_private_key=key.private, browser_push_public_key=key.public)


def subscribed(source: OwncastFolder, *destinations: str, channel: str = PUSH) -> None:
    rows = [{"channel": channel, "destination": each, "created_at": stamp(BORN)} for each in destinations]
    source.add("notifications", *rows)


def imported(source: OwncastFolder, data: Path, url: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        asyncio.run(take_over(source.path, Config(data_dir=data, database_url=url)))
    return said.getvalue()


def then(url: str, look: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        async with opened(url):
            await look()

    asyncio.run(run())


def test_browsers_and_the_key_are_taken_over(source: OwncastFolder, tmp_path: Path, database_url: str) -> None:
    key, browsers = make(), [Browser(), Browser()]
    stored(source, key)
    first, second = (each.subscription(f"https://push.example/{n}") for n, each in enumerate(browsers))
    subscribed(source, first, second, first, "{}", browsers[0].subscription("http://push.example/3"))
    subscribed(source, "someone@example.org", channel="EMAIL")
    said = imported(source, tmp_path / "data", database_url)
    assert " 2  browsers that get notifications\n" in said
    assert "another kind of notification" in said

    async def look() -> None:
        assert await vapid_key() == key
        rows = await PushSubscriptionRow.all().order_by("id")
        assert [(row.endpoint, row.created_at) for row in rows] == [
            ("https://push.example/0", BORN),
            ("https://push.example/1", BORN),
        ]
        assert [(unb64(row.p256dh), unb64(row.auth)) for row in rows] == [(each.public, each.auth) for each in browsers]

    then(database_url, look)


@pytest.mark.parametrize("wrong", ["none", "another", "damaged"])
def test_without_the_key_the_browsers_are_reported(
    source: OwncastFolder, tmp_path: Path, database_url: str, wrong: str
) -> None:
    key = make()
    if wrong == "another":
        stored(source, VapidKey(key.private, make().public))
    elif wrong == "damaged":
        stored(source, VapidKey(b64(b"short"), key.public))
    subscribed(source, Browser().subscription("https://push.example/1"))
    said = imported(source, tmp_path / "data", database_url)
    assert "the key that they subscribed with is missing or damaged" in said

    async def look() -> None:
        assert not await PushSubscriptionRow.exists()
        assert not await VapidKeyRow.exists()

    then(database_url, look)

"""The registration with a directory, which is a real receiver on a port."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
from aiohttp import web

from activitypub.network.guard import Guard, parse_allowed
from activitypub.network.http_client import HttpClient, HttpLimits
from fedistream.broadcasts.values import BroadcastRecord
from fedistream.core.events import BroadcastStarted
from fedistream.db import Database
from fedistream.listing.service import MAX_KEY, Listing, read_answer
from tests.kit.onair import written
from tests.kit.webhook_receiver import Receiver, receiver

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ADDRESS = "https://node.example"


class Given:
    """Settings that a test turns."""

    def __init__(self, url: str) -> None:
        self.values: dict[str, object] = {
            "directory.enabled": True,
            "directory.url": url,
            "node.public_url": ADDRESS,
        }

    def value(self, name: str, channel_id: int | None = None) -> object:
        return self.values[name]


class ListingKit:
    """A worker with a directory."""

    def __init__(self, directory: Receiver, http_client: HttpClient) -> None:
        self.directory = directory
        self.settings = Given(directory.url(""))
        self.live: list[BroadcastRecord] = [written()]
        self.listing = Listing(self.settings, http_client, self.running, lambda: NOW)

    async def running(self) -> Sequence[BroadcastRecord]:
        return self.live

    def answers(self, body: object, status: int = 200) -> None:
        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            text = body if isinstance(body, str) else json.dumps(body)
            return web.Response(text=text, status=status, content_type="application/json")

        self.directory.answer = answer


@pytest.fixture
async def kit(database: Database) -> AsyncIterator[ListingKit]:
    async with receiver() as directory, client_of(directory) as http_client:
        yield ListingKit(directory, http_client)


def client_of(directory: Receiver, within_s: float = 30.0) -> HttpClient:
    guard = Guard(parse_allowed([f"127.0.0.1:{directory.port}"]))
    return HttpClient(guard, "test", limits=HttpLimits(total_s=within_s, connect_s=within_s))


async def test_the_key_of_the_first_answer_is_sent_from_then_on(kit: ListingKit) -> None:
    kit.answers({"key": "k1", "success": True, "error": "", "errorCode": 0})
    assert await kit.listing.registration() is None
    await kit.listing.ping()
    await kit.listing.begin(BroadcastStarted(1, 7, "Evening", NOW))
    assert [(each.path, each.json) for each in kit.directory.received] == [
        ("/api/ping", {"key": "", "url": ADDRESS}),
        ("/api/ping", {"key": "k1", "url": ADDRESS}),
    ]
    found = await kit.listing.registration()
    assert found is not None
    assert (found.key, found.success, found.error, found.error_code, found.at) == ("k1", True, "", 0, NOW)
    await kit.listing.reset()
    assert await kit.listing.registration() is None
    await kit.listing.ping()
    assert kit.directory.received[-1].json["key"] == ""


@pytest.mark.parametrize("name", ["directory.enabled", "directory.url", "node.public_url"])
async def test_nothing_is_sent_unless_all_of_it_is_set(kit: ListingKit, name: str) -> None:
    kit.settings.values[name] = False if name == "directory.enabled" else ""
    assert not kit.listing.applies_to(BroadcastStarted(1, 7, "Evening", NOW))
    await kit.listing.ping()
    assert kit.directory.received == []


async def test_nothing_is_sent_while_nothing_is_live(kit: ListingKit) -> None:
    kit.live.clear()
    assert kit.listing.applies_to(BroadcastStarted(1, 7, "Evening", NOW))
    await kit.listing.ping()
    assert kit.directory.received == []


async def test_an_error_is_kept_with_the_key(kit: ListingKit) -> None:
    kit.answers({"key": "k1", "success": True})
    await kit.listing.ping()
    kit.answers({"key": "", "success": False, "error": "Not reachable.", "errorCode": 7})
    await kit.listing.ping()
    found = await kit.listing.registration()
    assert found is not None
    assert (found.key, found.success, found.error, found.error_code) == ("k1", False, "Not reachable.", 7)


async def test_a_directory_that_hangs_redirects_or_sends_too_much_is_an_error(kit: ListingKit) -> None:
    async def hang(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    kit.directory.answer = hang
    async with client_of(kit.directory, within_s=1.0) as http_client:
        await Listing(kit.settings, http_client, kit.running, lambda: NOW).ping()
    errors = [await kit.listing.registration()]
    for body, status in (("{}", 302), ("[" * 20_000, 200), ("not json", 200), ("[]", 200)):
        kit.answers(body, status)
        await kit.listing.ping()
        errors.append(await kit.listing.registration())
    for found in errors:
        assert found is not None
        assert not found.success
        assert found.error


async def test_a_private_address_is_refused_unless_it_is_allowed(kit: ListingKit) -> None:
    async with HttpClient(Guard(), "test") as http_client:
        listing = Listing(kit.settings, http_client, kit.running, lambda: NOW)
        await listing.ping()
        found = await listing.registration()
    assert found is not None
    assert not found.success
    assert kit.directory.received == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'{"key": 1, "success": "yes", "error": 5, "errorCode": "x"}',
        b'{"success": 1}',
        b'{"key": "' + b"x" * (MAX_KEY + 1) + b'", "error": "\\u0000' + b"y" * 999 + b'", "errorCode": 1e30}',
    ],
)
def test_an_odd_answer_leaves_the_key_and_is_no_success(body: bytes) -> None:
    found = read_answer("https://directory.example", "k1", 200, body, NOW)
    assert (found.key, found.success, found.error_code) == ("k1", False, None)
    assert 0 < len(found.error) <= 300

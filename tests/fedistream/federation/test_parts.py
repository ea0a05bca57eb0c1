"""The parts that need no peer: addresses, blocks, pace, keys, posts."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.network.guard import Guard
from fedistream.channels.values import Channel
from fedistream.core.errors import TooMany
from fedistream.core.rate_limit import RateLimiter
from fedistream.db import Database
from fedistream.federation.blocks import MAX_NAMED, Blocks
from fedistream.federation.feature import guard
from fedistream.federation.keys import NODE, Keys
from fedistream.federation.models import FederationKeyRow
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import Off, Site
from tests.kit.examples import examples
from tests.kit.federated import LIVE, ORIGIN
from tests.kit.invalid import invalid

BORN = datetime(2026, 5, 1, tzinfo=UTC)


class Settings:
    def __init__(self, **values: object) -> None:
        self.values = {
            "federation.enabled": True,
            "node.public_url": ORIGIN,
            "federation.username": "streamer",
            **values,
        }

    def value(self, name: str, channel_id: int | None = None) -> object:
        return self.values[name]


class Channels:
    made = (Channel(1, "home", BORN), Channel(2, "pots", BORN), Channel(3, "streamer", BORN))

    def home(self) -> Channel:
        return self.made[0]

    def by_slug(self, slug: str) -> Channel | None:
        return next((each for each in self.made if each.slug == slug), None)

    def all(self) -> tuple[Channel, ...]:
        return self.made


def addresses(**values: object) -> ActorUrls:
    return ActorUrls(Settings(**values), Channels())


def test_the_home_channel_is_called_by_its_setting_and_others_by_their_slugs() -> None:
    found = addresses()
    assert [found.by_name(name) for name in ("streamer", "STREAMER", "pots", "home", "none")] == [
        *(Channels.made[0], Channels.made[0], Channels.made[1], None, None)
    ]
    assert found.by_actor(LIVE) == Channels.made[0]
    assert found.by_page(f"{ORIGIN}/c/pots") == Channels.made[1]
    for url in (LIVE + "/", LIVE.upper(), "https://other.example/federation/user/pots", ORIGIN, "", None):
        assert found.by_actor(url) is None


def test_a_proxys_path_is_part_of_every_url() -> None:
    found = addresses(**{"node.public_url": "https://node.example:8443/live/"})
    assert found.site() == Site("https://node.example:8443", "/live")
    assert found.actor(Channels.made[1]) == "https://node.example:8443/live/federation/user/pots"


@pytest.mark.parametrize(
    "values", [{"federation.enabled": False}, {"node.public_url": ""}, {"node.public_url": "https://a b"}]
)
def test_without_an_address_or_when_switched_off_nothing_has_a_url(values: dict[str, object]) -> None:
    with pytest.raises(Off):
        addresses(**values).site()


@examples(100)
@given(st.text(alphabet="abz019", min_size=1, max_size=24))
def test_a_posts_url_leads_back_to_its_id(post_id: str) -> None:
    assert addresses().post_id(Site(ORIGIN).post(post_id)) == post_id


@pytest.mark.parametrize(
    "url", [LIVE, f"{ORIGIN}/federation/", f"{ORIGIN}/federation/{25 * 'a'}", "https://b.example/1"]
)
def test_other_urls_are_of_no_post(url: str) -> None:
    assert addresses().post_id(url) is None


def test_a_blocked_domain_blocks_all_under_it_and_nothing_beside_it() -> None:
    blocks = Blocks()
    blocks.set_domains(["bad.example", "Worse.example"])
    assert all(f"https://{host}/x" in blocks for host in ("bad.example", "a.b.bad.example:8443", "worse.example"))
    assert not any(f"https://{host}/x" in blocks for host in ("notbad.example", "example", "bad.example.org"))
    assert "bad.example" not in blocks
    blocks.block([LIVE])
    assert LIVE in blocks
    blocks.unblock(LIVE)
    assert LIVE not in blocks


def test_anybody_may_say_that_a_blocked_handle_is_theirs_and_fills_no_memory() -> None:
    blocks = Blocks()
    for number in range(MAX_NAMED + 10):
        blocks.block_named(f"https://b.example/{number}")
    assert "https://b.example/1" in blocks
    assert f"https://b.example/{MAX_NAMED}" not in blocks


@examples(50)
@given(st.lists(st.floats(0, 5), max_size=60))
def test_nobody_comes_more_often_than_the_pace(pauses: list[float]) -> None:
    now, passed = 0.0, 0
    pace = RateLimiter(lambda: now, burst=3, per_s=0.5)
    for pause in pauses:
        now += pause
        with suppress(TooMany):
            pace.acquire("a.example")
            passed += 1
    assert passed <= 3 + now * 0.5 + 1e-6


def test_each_host_has_a_pace_of_its_own() -> None:
    pace = RateLimiter(lambda: 0.0, burst=1, per_s=1)
    pace.acquire("a.example")
    pace.acquire("b.example")
    with pytest.raises(TooMany) as refused:
        pace.acquire("a.example")
    assert refused.value.after_s == 1


def test_private_hosts_are_allowed_by_name_only() -> None:
    assert guard(" peer.example:8080, ,127.0.0.1") == Guard(frozenset({"peer.example:8080", "127.0.0.1"}))
    with invalid("--federation-allow"):
        guard("https://peer.example")


async def test_keys_are_made_once_and_found_by_their_urls(database: Database) -> None:
    first, second = Keys(addresses(), lambda: BORN), Keys(addresses(), lambda: BORN)
    await first.open([1])
    assert {row.channel_id for row in await FederationKeyRow.all()} == {NODE, 1}
    found = await second.signing_key(f"{LIVE}#main-key")
    assert found is not None
    assert found.key.public() == (await first.of(1)).public()
    assert (await second.node()).key_id == f"{ORIGIN}/federation/node#main-key"
    assert await second.signing_key(f"{ORIGIN}/federation/user/nobody#main-key") is None


async def test_two_that_make_a_key_at_once_have_the_same_one(database: Database) -> None:
    first, second = Keys(addresses(), lambda: BORN), Keys(addresses(), lambda: BORN)
    made = [await first._make(7), await second._make(7)]
    assert made[0] == made[1]


async def test_a_key_that_many_want_at_once_is_loaded_once(database: Database) -> None:
    """A burst's first deliveries do."""
    await Keys(addresses(), lambda: BORN).of(1)
    later = Keys(addresses(), lambda: BORN)
    found = await asyncio.gather(*(later.of(1) for _ in range(20)))
    assert len({id(key) for key in found}) == 1

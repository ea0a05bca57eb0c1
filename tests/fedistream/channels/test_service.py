"""Channels and their stream keys: who may publish where."""

import asyncio
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fedistream.channels.models import ChannelRow, StreamKeyRow
from fedistream.channels.service import ALPHABET, Channels
from fedistream.channels.values import Channel
from fedistream.core.errors import Conflict, NotFound
from fedistream.db.transaction import settle
from tests.kit.invalid import invalid

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


async def opened(override: str = "", clock: Clock | None = None) -> Channels:
    channels = Channels(clock or Clock(), secrets.token_urlsafe)
    await channels.open(override)
    return channels


async def test_the_first_start_makes_the_home_channel_and_a_key_that_opens_it() -> None:
    channels = Channels(Clock(), secrets.token_urlsafe)
    key = await channels.open()
    assert len(key) == 24
    assert set(key) <= set(ALPHABET)
    assert not set(ALPHABET) & set("0Oo1lI-_")
    assert channels.find_by_key(key) == channels.home() == channels.by_slug("home")
    assert channels.home().created_at == NOW
    assert [(each.key, each.created_at) for each in await channels.stream_keys(channels.home().id)] == [(key, NOW)]


async def test_later_starts_make_nothing_and_tell_nothing() -> None:
    key = await Channels(Clock(), secrets.token_urlsafe).open()
    again = Channels(Clock(), secrets.token_urlsafe)
    assert await again.open() == ""
    assert again.find_by_key(key) == again.home()
    assert await StreamKeyRow.all().count() == await ChannelRow.all().count() == 1


async def test_a_key_is_long_enough_even_if_chance_gives_few_letters() -> None:
    given = iter(["0O" * 40, "ab-_" * 10, "1l" * 40, "c" * 40])
    channels = Channels(Clock(), lambda n: next(given))
    assert await channels.open() == "ab" * 10 + "cccc"


@pytest.mark.parametrize("key", ["", "wrong", "x" * 10_000, "ключ", "half \ud83d", "\0"])
async def test_a_key_that_nobody_has_opens_nothing(key: str) -> None:
    assert (await opened()).find_by_key(key) is None


async def test_each_key_opens_its_own_channel() -> None:
    channels = await opened()
    other = await channels.make("other")
    await channels.replace_stream_keys(channels.home().id, [("home-key-1", "OBS"), ("home-key-2", "phone")])
    await channels.replace_stream_keys(other.id, [("other-key", "OBS")])
    for each in (channels, await opened()):
        assert [each.find_by_key(key) for key in ("home-key-1", "home-key-2", "other-key", "Other-key")] == [
            *(each.home(), each.home(), other, None)
        ]
        assert [(key.key, key.comment) for key in await each.stream_keys(each.home().id)] == [
            *(("home-key-1", "OBS"), ("home-key-2", "phone"))
        ]


async def test_the_right_key_is_compared_with_all_the_others_too() -> None:
    channels = await opened()
    await channels.replace_stream_keys(channels.home().id, [(f"key-number-{n}", "x") for n in range(9)])
    looked_at: list[int] = []

    class Counted(tuple[tuple[bytes, Channel], ...]):
        def __iter__(self) -> Iterator[tuple[bytes, Channel]]:
            for n, door in enumerate(super().__iter__()):
                looked_at.append(n)
                yield door

    channels._by_digest = Counted(channels._by_digest)
    assert channels.find_by_key("key-number-0") == channels.home()
    assert looked_at == list(range(9))


async def test_keys_that_are_replaced_open_nothing_any_more_and_those_that_stay_keep_their_date() -> None:
    clock = Clock()
    channels = Channels(clock, secrets.token_urlsafe)
    first = await channels.open()
    clock.now = LATER
    home = channels.home().id
    await channels.replace_stream_keys(home, [("second-key", "new"), (first, "renamed")])
    assert [(each.key, each.comment, each.created_at) for each in await channels.stream_keys(home)] == [
        *(("second-key", "new", LATER), (first, "renamed", NOW))
    ]
    await channels.replace_stream_keys(home, [])
    assert channels.find_by_key(first) is None
    assert (await opened()).find_by_key("second-key") is None


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ([("short", "x")], "6 to 200"),
        ([("x" * 201, "x")], "6 to 200"),
        ([("with a blank", "x")], "no blank"),
        ([("with/slash", "x")], "no blank, slash"),
        ([("with?mark", "x")], "no blank, slash"),
        ([("schlüssel", "x")], "Latin letters"),
        ([("good-key\n", "x")], "Latin letters"),
        ([("good-key", "")], "1 to 200"),
        ([("good-key", "  ")], "1 to 200"),
        ([("good-key", "x" * 201)], "1 to 200"),
        ([("good-key", "a\nb")], "on one line"),
        ([("good-key", "a\0b")], "on one line"),
        ([("good-key", "half \ud83d")], "on one line"),
        ([("good-key", "x"), ("good-key", "y")], "differ"),
        ([(f"good-key-{n}", "x") for n in range(101)], "100 at most"),
    ],
)
async def test_keys_that_cannot_be_are_refused_and_the_old_ones_stay(keys: list[tuple[str, str]], why: str) -> None:
    channels = Channels(Clock(), secrets.token_urlsafe)
    first = await channels.open()
    with invalid(why):
        await channels.replace_stream_keys(channels.home().id, [("another-good-key", "x"), *keys])
    assert channels.find_by_key(first) == channels.home()
    assert channels.find_by_key("another-good-key") is None


async def test_signs_that_other_servers_put_into_keys_are_taken() -> None:
    channels = await opened()
    await channels.replace_stream_keys(channels.home().id, [("aB3!@#$^&*%=+-_.~", "made elsewhere")])
    assert channels.find_by_key("aB3!@#$^&*%=+-_.~") == channels.home()


async def test_a_key_of_another_channel_is_refused() -> None:
    channels = await opened()
    other = await channels.make("other")
    await channels.replace_stream_keys(other.id, [("other-key", "x")])
    with pytest.raises(Conflict, match="key-taken"):
        await channels.replace_stream_keys(channels.home().id, [("other-key", "x")])
    assert channels.find_by_key("other-key") == other


async def test_a_channel_that_is_not_there_has_no_keys() -> None:
    channels = await opened()
    with pytest.raises(NotFound):
        await channels.stream_keys(4711)
    with pytest.raises(NotFound):
        await channels.replace_stream_keys(4711, [])
    assert channels.by_slug("nowhere") is None


async def test_a_key_from_the_command_line_holds_in_place_of_the_stored_ones_of_home() -> None:
    channels = Channels(Clock(), secrets.token_urlsafe)
    stored = await channels.open()
    other = await channels.make("other")
    await channels.replace_stream_keys(other.id, [("other-key", "x")])

    overridden = await opened("from-the-flag")
    assert overridden.key_overridden
    assert overridden.find_by_key("from-the-flag") == overridden.home()
    assert overridden.find_by_key(stored) is None
    assert overridden.find_by_key("other-key") == other
    await overridden.replace_stream_keys(overridden.home().id, [("next-time", "x")])
    assert overridden.find_by_key("next-time") is None

    later = await opened()
    assert not later.key_overridden
    assert later.find_by_key("next-time") == later.home()
    assert later.find_by_key("from-the-flag") is None


async def test_a_key_from_the_command_line_at_the_first_start_is_the_only_one_and_not_stored() -> None:
    channels = Channels(Clock(), secrets.token_urlsafe)
    assert await channels.open("from-the-flag") == ""
    assert channels.find_by_key("from-the-flag") == channels.home()
    assert not await StreamKeyRow.exists()


async def test_a_key_from_the_command_line_wins_over_another_channels() -> None:
    channels = await opened()
    other = await channels.make("other")
    await channels.replace_stream_keys(other.id, [("the-same-key", "x")])
    overridden = await opened("the-same-key")
    assert overridden.find_by_key("the-same-key") == overridden.home()


async def test_a_key_from_the_command_line_that_cannot_be_is_refused() -> None:
    with invalid("6 to 200"):
        await Channels(Clock(), secrets.token_urlsafe).open("abc")
    assert not await ChannelRow.exists()


async def test_channels_are_made_once_each() -> None:
    channels = await opened()
    other = await channels.make("other-1")
    assert channels.by_slug("other-1") == other
    assert [each.slug for each in (await opened()).all()] == ["home", "other-1"]
    with pytest.raises(Conflict, match="other-1"):
        await channels.make("other-1")
    with pytest.raises(Conflict):
        await channels.make("home")


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a b", "a.b", "stream.m3u8", "a/b", "ü", "a" * 41, "a\n"])
async def test_a_slug_that_cannot_stand_in_a_path_is_refused(slug: str) -> None:
    with invalid("slug"):
        await (await opened()).make(slug)


async def test_an_exchange_of_keys_whose_caller_went_away_is_whole() -> None:
    channels = await opened()
    task = asyncio.create_task(channels.replace_stream_keys(channels.home().id, [("second-key", "x")]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settle()
    assert [each.key for each in await channels.stream_keys(channels.home().id)] == [
        row.key for row in await StreamKeyRow.all()
    ]
    assert (channels.find_by_key("second-key") is None) == (not await StreamKeyRow.filter(key="second-key").exists())

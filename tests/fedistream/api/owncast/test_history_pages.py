"""GET /api/chat, for very many and for very long messages."""

import asyncio

import orjson
import pytest

from fedistream.api.owncast.history_pages import MAX_BYTES, HistoryPages
from fedistream.chat.rules import MAX_BYTES as LONGEST
from fedistream.core.errors import Invalid
from tests.kit.faces import Faces


async def said(faces: Faces, *bodies: str) -> list[str]:
    bot, home = await faces.chat.visitors.make_bot("Bot"), faces.channels.home().id
    return [(await faces.chat.poster.bot_says(home, bot, body)).id for body in bodies]


def ids(page: bytes) -> list[str]:
    return [each["id"] for each in orjson.loads(page)]


async def test_concurrent_requests_share_a_fresh_page(faces: Faces) -> None:
    history_pages, key = HistoryPages(faces.chat.messages), (faces.channels.home().id, "", "", 100)
    (first,) = await said(faces, "one")
    pages = await asyncio.gather(*(history_pages.page(key, "Node") for _ in range(100)))
    assert len({id(page) for page in pages}) <= 2, "for who came first, and for all who came while that was read"
    assert ids(pages[0]) == [first]
    (second,) = await said(faces, "two")
    assert ids(await history_pages.page(key, "Node")) == [first, second]


async def test_different_pages_at_once_do_not_mix(faces: Faces) -> None:
    history_pages, home = HistoryPages(faces.chat.messages), faces.channels.home().id
    there = await said(faces, *(f"line {n}" for n in range(9)))
    keys = [(home, there[n], "", 2) for n in range(2, 9)] + [(home, "", there[n], 2) for n in range(7)]
    pages = await asyncio.gather(*(history_pages.page(key, "Node") for key in keys))
    assert [ids(page) for page in pages] == [there[n - 2 : n] for n in range(2, 9)] + [
        there[n + 1 : n + 3] for n in range(7)
    ]


async def test_a_page_that_cannot_be_read_hinders_nobody(faces: Faces) -> None:
    history_pages, home = HistoryPages(faces.chat.messages), faces.channels.home().id
    (one,) = await said(faces, "one")
    bad, good = (home, "nonsense", "", 10), (home, "", "", 10)
    found = await asyncio.gather(*(history_pages.page(key, "Node") for key in (bad, good, bad)), return_exceptions=True)
    assert isinstance(found[0], Invalid)
    assert isinstance(found[1], bytes)
    assert ids(found[1]) == [one]
    with pytest.raises(Invalid):
        await history_pages.page(bad, "Node")


async def test_a_page_of_very_long_messages_has_fewer_of_them(faces: Faces) -> None:
    history_pages, home = HistoryPages(faces.chat.messages), faces.channels.home().id
    there = await said(faces, *("&" * LONGEST for _ in range(80)))
    newest = await history_pages.page((home, "", "", 500), "Node")
    count = len(ids(newest))
    assert 10 < count < 80
    assert len(newest) <= MAX_BYTES + 2
    assert ids(newest) == there[-count:]
    oldest = await history_pages.page((home, "", there[0], 500), "Node")
    assert ids(oldest) == there[1 : count + 1]

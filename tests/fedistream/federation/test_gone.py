"""What the chat told of somebody elsewhere goes with him, name and all."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedistream.chat.engagements import EngagementAnnouncer
from fedistream.chat.messages import GONE
from fedistream.chat.models import MessageRow
from fedistream.core.events import PostLiked
from fedistream.db import Database
from fedistream.federation.remote_actors import drop_inbox
from tests.kit.talking import Talking, talking

AT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
async def talk(database: Database, tmp_path: Path) -> AsyncIterator[Talking]:
    async with talking(tmp_path) as made:
        yield made


async def test_who_deletes_himself_takes_along_what_the_chat_told_of_him(talk: Talking) -> None:
    chorus, ann = EngagementAnnouncer(talk.room.feature.herald, talk.room.settings), talk.node.ann
    await talk.node.follow()
    await talk.say("1", "hello")
    await talk.shows("hello")
    for actor, name in ((ann.id, "Ann"), ("https://b.example/bob", "Bob")):
        await chorus.announce_like(PostLiked(talk.room.home, "", actor, name, "x@y.example", "", "", AT))
    told = [f"{name} liked a post from Fedistream." for name in ("Ann", "Bob")]
    await talk.shows("hello", *told)
    await talk.delete(ann.id)
    await talk.shows(told[1])
    rows = await MessageRow.filter(visible=False)
    assert len(rows) == 2
    assert all(row.body == GONE and not row.more and row.author is None for row in rows)


async def test_lines_of_who_was_found_gone_by_the_worker_go_with_the_next_sweep(talk: Talking) -> None:
    chorus, ann = EngagementAnnouncer(talk.room.feature.herald, talk.room.settings), talk.node.ann
    await talk.node.follow()
    await talk.say("1", "hello")
    await talk.shows("hello")
    await chorus.announce_like(PostLiked(talk.room.home, "", ann.id, "Ann", "x@y.example", "", "", AT))
    await talk.shows("hello", "Ann liked a post from Fedistream.")
    await talk.node.feature.federation.sweep()
    assert len(await talk.lines()) == 2
    await drop_inbox(f"{ann.id}/inbox")
    await talk.node.feature.federation.sweep()
    await talk.shows()

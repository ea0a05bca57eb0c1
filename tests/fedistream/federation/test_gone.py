"""When a remote actor is deleted, the chat's lines by and about the actor are deleted too."""

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
async def replies(database: Database, tmp_path: Path) -> AsyncIterator[Talking]:
    async with talking(tmp_path) as made:
        yield made


async def test_a_deleted_actor_is_removed_with_their_lines_in_the_chat(replies: Talking) -> None:
    announcer, ann = EngagementAnnouncer(replies.room.feature.poster, replies.room.settings), replies.node.ann
    await replies.node.follow()
    await replies.say("1", "hello")
    await replies.shows("hello")
    for actor, name in ((ann.id, "Ann"), ("https://b.example/bob", "Bob")):
        await announcer.announce_like(PostLiked(replies.room.home, "", actor, name, "x@y.example", "", "", AT))
    told = [f"{name} liked a post from Fedistream." for name in ("Ann", "Bob")]
    await replies.shows("hello", *told)
    await replies.delete(ann.id)
    await replies.shows(told[1])
    rows = await MessageRow.filter(visible=False)
    assert len(rows) == 2
    assert all(row.body == GONE and not row.more and row.author is None for row in rows)


async def test_lines_of_who_was_found_gone_by_the_worker_go_with_the_next_sweep(replies: Talking) -> None:
    announcer, ann = EngagementAnnouncer(replies.room.feature.poster, replies.room.settings), replies.node.ann
    await replies.node.follow()
    await replies.say("1", "hello")
    await replies.shows("hello")
    await announcer.announce_like(PostLiked(replies.room.home, "", ann.id, "Ann", "x@y.example", "", "", AT))
    await replies.shows("hello", "Ann liked a post from Fedistream.")
    await replies.node.feature.federation.prune()
    assert len(await replies.lines()) == 2
    await drop_inbox(f"{ann.id}/inbox")
    await replies.node.feature.federation.prune()
    await replies.shows()

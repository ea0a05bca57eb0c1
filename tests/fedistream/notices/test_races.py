"""Notices that an admin and the scheduler change at the same moment, on both databases: exactly one succeeds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest

from fedistream.broadcasts.values import BroadcastEndReason
from fedistream.core.errors import Conflict, Refusal
from fedistream.db import Database
from fedistream.federation.models import PostRow
from fedistream.notices.values import State
from tests.kit.noticed import Noticed, noticed

ROUNDS = 12


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Noticed]:
    async with noticed() as node:
        yield node


async def after(turns: int, act: Callable[[], Awaitable[object]]) -> object:
    """Let the others have so many turns before."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return await act()


@pytest.mark.parametrize("cooldown_s", [0, 3600])
async def test_of_who_posts_who_cancels_and_the_clock_at_once_one_has_its_way(node: Noticed, cooldown_s: int) -> None:
    await node.near.settings.change("notice.cooldown_s", cooldown_s)
    await node.near.settings.change("notice.at_end", "leave")
    posted = 0
    for number in range(ROUNDS):
        broadcast_id = await node.start()
        notice = await node.newest()
        node.near.clock.ahead += 121
        await node.log.seen(broadcast_id, node.now())
        by_hand, cancelled, clock = await asyncio.gather(
            node.another().post_now(node.channel_id, notice.id),
            # the quickest of them, so that it has to begin later to be late now and then
            after(3 * number, partial(node.another().cancel, node.channel_id, notice.id)),
            after(number % 3, node.another().tend),
            return_exceptions=True,
        )
        assert clock is None
        assert all(isinstance(each, Conflict) for each in (by_hand, cancelled) if isinstance(each, Exception))
        state = (await node.newest()).state
        posted += state is State.POSTED
        assert state in (State.POSTED, State.CANCELLED, State.SKIPPED)
        # nobody was told of anything that did not come about; what was cancelled may still be posted after that
        assert isinstance(by_hand, Conflict) or state is State.POSTED
        assert isinstance(cancelled, Conflict) or isinstance(by_hand, Conflict) is (state is State.CANCELLED)
        assert (len(await node.kinds()), await PostRow.all().count()) == (posted, posted)
        await node.end(broadcast_id)


@pytest.mark.parametrize("state", ["planned", "cancelled"])
async def test_what_ends_while_others_are_asked_is_not_posted_any_more(node: Noticed, state: str) -> None:
    broadcast_id = await node.start()
    notice = await node.newest()
    if state == "cancelled":
        await node.notices.cancel(node.channel_id, notice.id)

    async def end() -> None:
        await node.log.end(broadcast_id, node.now(), BroadcastEndReason.FINISHED, 0)

    with pytest.raises(Conflict, match="over"):
        await node.meddled(end).post_now(node.channel_id, notice.id)
    assert (await node.states(), await node.kinds(), await PostRow.all().count()) == ([state], [], 0)


async def test_of_an_admin_and_a_worker_at_once_one_posts(node: Noticed) -> None:
    await node.start()
    notice = await node.newest()
    node.near.clock.ahead += 121
    await node.log.seen(notice.broadcast_id, node.now())
    found = await asyncio.gather(
        node.another().tend(),
        *(node.another().post_now(node.channel_id, notice.id) for _ in range(3)),
        return_exceptions=True,
    )
    assert all(isinstance(each, Refusal) for each in found if isinstance(each, BaseException))
    assert (await node.kinds(), await node.states()) == (["Create"], ["posted"])


async def test_who_is_slower_is_told_so_and_changes_nothing(node: Noticed) -> None:
    await node.start()
    notice = await node.newest()

    async def post() -> object:
        return await node.another().post_now(node.channel_id, notice.id)

    async def edit() -> object:
        return await node.another().edit(node.channel_id, notice.id, "First")

    await node.later(119)
    with pytest.raises(Conflict, match="somebody else"):
        await node.meddled(post).post_now(node.channel_id, notice.id)
    with pytest.raises(Conflict, match="somebody else"):
        await node.meddled(edit).edit(node.channel_id, notice.id, "Second")
    assert (await node.kinds(), (await node.newest()).text) == (["Create", "Update"], "First")


@pytest.mark.parametrize("how", ["update", "delete", "leave"])
async def test_a_worker_that_is_slower_at_the_end_does_nothing(node: Noticed, how: str) -> None:
    await node.near.settings.change("notice.at_end", how)
    notice = await node.live()
    await node.log.end(notice.broadcast_id, node.now(), BroadcastEndReason.FINISHED, 0)
    await asyncio.gather(*(each.tend() for each in (node.notices, node.another(), node.another())))
    assert len(await node.kinds()) == (1 if how == "leave" else 2)

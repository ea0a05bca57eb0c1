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
from tests.kit.notices_kit import NoticesKit, notices_kit

ROUNDS = 12


@pytest.fixture
async def kit(database: Database) -> AsyncIterator[NoticesKit]:
    async with notices_kit() as kit:
        yield kit


async def after(turns: int, act: Callable[[], Awaitable[object]]) -> object:
    """Let the others have so many turns before."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return await act()


@pytest.mark.parametrize("cooldown_s", [0, 3600])
async def test_of_a_concurrent_post_cancel_and_tick_exactly_one_wins(kit: NoticesKit, cooldown_s: int) -> None:
    await kit.node.settings.change("notice.cooldown_s", cooldown_s)
    await kit.node.settings.change("notice.at_end", "leave")
    posted = 0
    for number in range(ROUNDS):
        broadcast_id = await kit.start()
        notice = await kit.newest()
        kit.node.clock.ahead += 121
        await kit.log.seen(broadcast_id, kit.now())
        by_hand, cancelled, clock = await asyncio.gather(
            kit.another().post_now(kit.channel_id, notice.id),
            # the quickest of them, so that it has to begin later to be late now and then
            after(3 * number, partial(kit.another().cancel, kit.channel_id, notice.id)),
            after(number % 3, kit.another().tend),
            return_exceptions=True,
        )
        assert clock is None
        assert all(isinstance(each, Conflict) for each in (by_hand, cancelled) if isinstance(each, Exception))
        state = (await kit.newest()).state
        posted += state is State.POSTED
        assert state in (State.POSTED, State.CANCELLED, State.SKIPPED)
        # nobody was told of anything that did not come about; what was cancelled may still be posted after that
        assert isinstance(by_hand, Conflict) or state is State.POSTED
        assert isinstance(cancelled, Conflict) or isinstance(by_hand, Conflict) is (state is State.CANCELLED)
        assert (len(await kit.kinds()), await PostRow.all().count()) == (posted, posted)
        await kit.end(broadcast_id)


@pytest.mark.parametrize("state", ["planned", "cancelled"])
async def test_what_ends_while_others_are_asked_is_not_posted_any_more(kit: NoticesKit, state: str) -> None:
    broadcast_id = await kit.start()
    notice = await kit.newest()
    if state == "cancelled":
        await kit.notices.cancel(kit.channel_id, notice.id)

    async def end() -> None:
        await kit.log.end(broadcast_id, kit.now(), BroadcastEndReason.FINISHED, 0)

    with pytest.raises(Conflict, match="over"):
        await kit.interrupted(end).post_now(kit.channel_id, notice.id)
    assert (await kit.states(), await kit.kinds(), await PostRow.all().count()) == ([state], [], 0)


async def test_of_an_admin_and_a_worker_at_once_one_posts(kit: NoticesKit) -> None:
    await kit.start()
    notice = await kit.newest()
    kit.node.clock.ahead += 121
    await kit.log.seen(notice.broadcast_id, kit.now())
    found = await asyncio.gather(
        kit.another().tend(),
        *(kit.another().post_now(kit.channel_id, notice.id) for _ in range(3)),
        return_exceptions=True,
    )
    assert all(isinstance(each, Refusal) for each in found if isinstance(each, BaseException))
    assert (await kit.kinds(), await kit.states()) == (["Create"], ["posted"])


async def test_a_change_based_on_an_old_version_is_refused(kit: NoticesKit) -> None:
    await kit.start()
    notice = await kit.newest()

    async def post() -> object:
        return await kit.another().post_now(kit.channel_id, notice.id)

    async def edit() -> object:
        return await kit.another().edit(kit.channel_id, notice.id, "First")

    await kit.later(119)
    with pytest.raises(Conflict, match="notice-changed"):
        await kit.interrupted(post).post_now(kit.channel_id, notice.id)
    with pytest.raises(Conflict, match="notice-changed"):
        await kit.interrupted(edit).edit(kit.channel_id, notice.id, "Second")
    assert (await kit.kinds(), (await kit.newest()).text) == (["Create", "Update"], "First")


@pytest.mark.parametrize("how", ["update", "delete", "leave"])
async def test_a_worker_that_is_slower_at_the_end_does_nothing(kit: NoticesKit, how: str) -> None:
    await kit.node.settings.change("notice.at_end", how)
    notice = await kit.live()
    await kit.log.end(notice.broadcast_id, kit.now(), BroadcastEndReason.FINISHED, 0)
    await asyncio.gather(*(each.tend() for each in (kit.notices, kit.another(), kit.another())))
    assert len(await kit.kinds()) == (1 if how == "leave" else 2)

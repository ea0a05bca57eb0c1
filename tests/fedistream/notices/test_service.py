"""Notices on real databases: one per broadcast, whatever drops, restarts, races or crashes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from activitypub.addressing import PUBLIC
from fedistream.api.wording import skipped
from fedistream.broadcasts.values import BroadcastEndReason
from fedistream.core.errors import Conflict, Gone, Invalid, NotFound
from fedistream.core.events import BroadcastStarted, TitleChanged
from fedistream.db import Database, atomic
from fedistream.federation.models import PostRow
from fedistream.federation.values import Off
from fedistream.jobs.models import OutboxRow
from fedistream.notices.models import NoticeRow
from fedistream.notices.service import waiting
from fedistream.notices.values import SkipReason, State
from tests.kit.federated import LIVE, ORIGIN
from tests.kit.noticed import Noticed, noticed


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Noticed]:
    async with noticed() as node:
        yield node


class Crash(Exception):
    """Stands for a kill of the process before the commit."""


async def test_a_notice_is_posted_once_after_a_delay(node: Noticed) -> None:
    await node.near.settings.change("channel.tags", ["clay", "slow tv"])
    await node.near.settings.change("notice.language", "en")
    broadcast_id = await node.start("Locks & *keys*")
    assert node.run_in() == pytest.approx(timedelta(seconds=120), abs=timedelta(seconds=5))
    await node.later(110)
    assert (await node.states(), await node.kinds()) == (["planned"], [])
    for _ in range(3):
        await node.later(60)
    ((kind, note),) = await node.sent()
    assert (kind, note["to"], note["attributedTo"]) == ("Create", [PUBLIC], LIVE)
    link = f"{ORIGIN}/live/{broadcast_id}"
    for part in ("I've gone live!", "<strong>Locks &amp; *keys*</strong>", f'<a href="{link}"', "#<span>SlowTv</span>"):
        assert part in note["content"]
    assert [tag["name"] for tag in note["tag"]] == ["#clay", "#SlowTv"]
    assert (note["contentMap"].keys(), note["attachment"], note["sensitive"]) == ({"en"}, [], False)
    notice = await node.newest()
    assert (notice.state, notice.post, notice.closed_at) == (State.POSTED, note["id"], None)
    row = await OutboxRow.filter(kind="activity").order_by("-id").first()
    assert row is not None
    assert row.expires_at is not None
    assert row.expires_at - row.created_at == pytest.approx(1800, abs=5)


async def test_a_picture_in_place_of_the_card_has_words_and_is_that_of_the_broadcast_for_good(node: Noticed) -> None:
    await node.near.settings.change("notice.picture", "picture")
    await node.near.settings.change("channel.nsfw", True)
    broadcast_id = (await node.live("Locks")).broadcast_id
    ((_, note),) = await node.sent()
    (picture,) = note["attachment"]
    still = f"{ORIGIN}/live/{broadcast_id}/still.jpg"
    assert (picture["url"], picture["mediaType"]) == (still, "image/jpeg")
    assert note["url"] == f"{ORIGIN}/live/{broadcast_id}"
    await node.end(broadcast_id)
    _, ended = (await node.sent())[-1]
    assert "ended" in ended["content"]
    assert (ended["attachment"], ended["url"]) == (note["attachment"], note["url"])
    assert (picture["name"], note["sensitive"]) == ("Locks (Fedistream)", True)


async def test_two_workers_post_one(node: Noticed) -> None:
    await node.start()
    node.near.clock.ahead += 121
    await node.log.seen((await node.newest()).broadcast_id, node.now())
    await asyncio.gather(*(each.tend() for each in (node.notices, node.another(), node.another(), node.another())))
    assert (await node.kinds(), await PostRow.all().count()) == (["Create"], 1)


async def test_the_plan_is_made_once_also_when_it_is_made_twice(node: Noticed) -> None:
    broadcast_id = await node.start()
    fact = BroadcastStarted(node.channel_id, broadcast_id, "x", node.now())
    await asyncio.gather(node.another().plan(fact), node.another().plan(fact))
    assert await node.states() == ["planned"]
    await node.later(121)
    await node.another().plan(fact)
    assert (await node.states(), await node.kinds()) == (["posted"], ["Create"])


async def test_a_crash_before_the_commit_loses_and_doubles_nothing(node: Noticed) -> None:
    async def crash() -> None:
        await node.notices.tend()
        raise Crash

    async def crashed() -> None:
        with pytest.raises(Crash):
            await atomic(crash)

    broadcast_id = await node.start()
    node.near.clock.ahead += 121
    await node.log.seen(broadcast_id, node.now())
    await crashed()
    assert (await node.states(), await node.kinds(), await PostRow.all().count()) == (["planned"], [], 0)
    await node.later(1)
    assert (await node.states(), await node.kinds()) == (["posted"], ["Create"])
    await node.log.end(broadcast_id, node.now(), BroadcastEndReason.FINISHED, 0)
    await crashed()
    assert (await node.states(), await node.kinds()) == (["posted"], ["Create"])
    await node.later(1)
    assert (await node.states(), await node.kinds()) == (["updated"], ["Create", "Update"])


async def test_a_broadcast_that_was_over_by_then_has_none(node: Noticed) -> None:
    broadcast_id = await node.start()
    await node.later(60)
    await node.end(broadcast_id)
    await node.later(120)
    assert (await node.states(), await node.kinds()) == (["skipped: the broadcast was over by then"], [])
    assert not await waiting()


async def test_a_lost_encoder_is_waited_for_and_makes_no_second_notice(node: Noticed) -> None:
    broadcast_id = await node.start()
    await node.log.lost(broadcast_id, node.now())
    await node.later(121)
    assert await node.states() == ["planned"]
    assert node.run_in() == pytest.approx(timedelta(seconds=10), abs=timedelta(seconds=5))
    await node.log.returned(broadcast_id)
    await node.later(10)
    await node.log.lost(broadcast_id, node.now())
    await node.log.returned(broadcast_id)
    await node.later(60)
    assert (await node.states(), await node.kinds()) == (["posted"], ["Create"])


async def test_the_cool_down_begins_at_the_end_of_what_was_announced(node: Noticed) -> None:
    first = await node.live()
    await node.later(3600)
    await node.end(first.broadcast_id)
    await node.later(599)
    second = await node.start()
    await node.later(121)
    await node.end(second)
    # the second one had no notice, so its end counts for nothing
    await node.later(60)
    await node.live()
    assert await node.states() == ["posted", "skipped: the last notice is too recent", "updated"]
    assert await node.kinds() == ["Create", "Update", "Create"]


async def test_without_a_text_or_federation_there_is_none(node: Noticed) -> None:
    await node.near.settings.change("federation.live_message", "")
    await node.live()
    await node.near.settings.change("federation.live_message", "Live")
    await node.start()
    await node.near.settings.change("federation.enabled", False)
    assert not node.notices.applies_to(BroadcastStarted(1, 1, "", node.now()))
    await node.later(121)
    assert await node.states() == ["skipped: federation is off", "skipped: there is no text for it"]
    assert await node.kinds() == []


async def test_in_private_mode_it_is_for_followers(node: Noticed) -> None:
    await node.near.settings.change("federation.private", True)
    await node.live()
    ((_, note),) = await node.sent()
    assert (note["to"], note["cc"]) == ([f"{LIVE}/followers"], [])


async def test_a_new_title_is_told_once_it_stays(node: Noticed) -> None:
    notice = await node.live("One")
    for title in ("Two", "Three"):
        await node.near.settings.change("channel.title", title)
        await node.notices.rename(TitleChanged(node.channel_id, title, node.now()))
        await node.later(10)
    assert node.run_in() < timedelta(seconds=31)
    assert await node.kinds() == ["Create"]
    await node.later(20)
    await node.later(60)
    assert await node.kinds() == ["Create", "Update"]
    (_, note) = (await node.sent())[-1]
    assert "Three" in note["content"]
    assert (note["id"], "updated" in note) == (notice.post, True)
    assert (await node.newest()).state is State.UPDATED


async def test_a_title_that_is_taken_back_in_time_is_not_told(node: Noticed) -> None:
    await node.live("One")
    for title in ("Two", "One"):
        await node.near.settings.change("channel.title", title)
        await node.later(10)
    await node.later(60)
    # and the wait begins anew when it changes again
    await node.near.settings.change("channel.title", "Two")
    await node.later(1)
    assert await node.kinds() == ["Create"]


@pytest.mark.parametrize(
    ("how", "state", "kinds"),
    [
        ("update", "updated", ["Create", "Update"]),
        ("delete", "withdrawn", ["Create", "Delete"]),
        ("leave", "posted", ["Create"]),
    ],
)
async def test_at_the_end_it_is_updated_deleted_or_left(node: Noticed, how: str, state: str, kinds: list[str]) -> None:
    await node.near.settings.change("notice.at_end", how)
    notice = await node.live("One")
    pinned = await node.near.feature.posts.pinned(node.channel_id)
    assert [post.url for post in pinned] == [notice.post]
    await node.end(notice.broadcast_id)
    await node.near.settings.change("channel.title", "Next week")
    await node.later(600)
    assert (await node.states(), await node.kinds()) == ([state], kinds)
    assert await node.near.feature.posts.pinned(node.channel_id) == ()
    assert not await waiting()
    if how == "update":
        (_, note) = (await node.sent())[-1]
        assert "The stream has ended." in note["content"]
        assert "One" in note["content"]
        assert f"/live/{notice.broadcast_id}" in note["content"]


async def test_an_end_that_was_missed_is_seen_at_the_next_look(node: Noticed) -> None:
    notice = await node.live()
    assert await waiting()
    await node.log.end(notice.broadcast_id, node.now(), BroadcastEndReason.FINISHED, 0)
    await node.later(60)
    assert await node.kinds() == ["Create", "Update"]


async def test_the_words_can_be_changed_before_and_after(node: Noticed) -> None:
    await node.start("One")
    planned = await node.newest()
    assert planned.text.startswith("I've gone live!\n\n**One**")
    edited = await node.notices.edit(node.channel_id, planned.id, "Come *in*")
    assert (edited.state, edited.text) == (State.PLANNED, "Come *in*")
    await node.later(121)
    await node.near.settings.change("channel.title", "Two")
    await node.later(60)
    await node.later(60)
    assert await node.kinds() == ["Create"]
    assert (await node.sent())[0][1]["content"] == "<p>Come <em>in</em></p>"
    again = await node.notices.edit(node.channel_id, planned.id, "")
    assert again.text.startswith("I've gone live!\n\n**Two**")
    assert await node.kinds() == ["Create", "Update"]
    await node.end(planned.broadcast_id)
    with pytest.raises(Conflict):
        await node.notices.edit(node.channel_id, planned.id, "Too late")


async def test_a_text_that_cannot_be_posted_is_refused_at_once(node: Noticed) -> None:
    await node.start()
    notice = await node.newest()
    with pytest.raises(Invalid):
        await node.notices.edit(node.channel_id, notice.id, "x" * 5001)
    assert (await node.newest()).text == notice.text


async def test_what_is_cancelled_is_not_posted_but_can_be_still(node: Noticed) -> None:
    await node.start()
    notice = await node.newest()
    assert (await node.notices.cancel(node.channel_id, notice.id)).state is State.CANCELLED
    await node.later(300)
    assert await node.kinds() == []
    with pytest.raises(Conflict):
        await node.notices.cancel(node.channel_id, notice.id)
    posted = await node.notices.post_now(node.channel_id, notice.id)
    assert (posted.state, await node.kinds()) == (State.POSTED, ["Create"])
    with pytest.raises(Conflict):
        await node.notices.post_now(node.channel_id, notice.id)


async def test_it_can_be_posted_now_within_the_cool_down_and_without_a_plan(node: Noticed) -> None:
    first = await node.live()
    await node.end(first.broadcast_id)
    second = await node.start()
    await node.later(130)
    assert (await node.states())[0] == "skipped: the last notice is too recent"
    assert (await node.notices.post_now(node.channel_id)).broadcast_id == second
    await node.end(second)
    with pytest.raises(Conflict, match="nothing is live"):
        await node.notices.post_now(node.channel_id)
    with pytest.raises(Conflict, match="over"):
        await node.notices.post_now(node.channel_id, (await node.newest()).id)
    third = await node.log.start(node.channel_id, "One", node.now(), {})
    posted = await node.notices.post_now(node.channel_id)
    assert (posted.broadcast_id, posted.state) == (third, State.POSTED)
    await node.later(300)
    assert await node.kinds() == ["Create", "Update", "Create", "Update", "Create"]


async def test_what_is_withdrawn_is_deleted_for_good(node: Noticed) -> None:
    notice = await node.live()
    assert (await node.notices.withdraw(node.channel_id, notice.id)).state is State.WITHDRAWN
    with pytest.raises(Gone):
        await node.near.feature.posts.get(notice.post.rpartition("/")[2])
    for act in (node.notices.withdraw, node.notices.post_now, node.notices.cancel):
        with pytest.raises(Conflict):
            await act(node.channel_id, notice.id)
    await node.end(notice.broadcast_id)
    assert (await node.states(), await node.kinds()) == (["withdrawn"], ["Create", "Delete"])


async def test_a_post_that_somebody_deleted_is_left_alone(node: Noticed) -> None:
    notice = await node.live("One")
    await node.near.feature.posts.delete(notice.post.rpartition("/")[2])
    await node.near.settings.change("channel.title", "Two")
    await node.later(1)
    await node.later(60)
    assert await node.states() == ["withdrawn"]
    await node.end(notice.broadcast_id)
    assert await node.kinds() == ["Create", "Delete"]


@pytest.mark.parametrize("how", ["update", "delete", "leave"])
async def test_a_notice_whose_post_has_no_row_any_more_is_closed_at_the_end(node: Noticed, how: str) -> None:
    await node.near.settings.change("notice.at_end", how)
    notice = await node.live("One")
    await PostRow.filter(id=notice.post.rpartition("/")[2]).delete()
    await node.end(notice.broadcast_id)
    assert (await node.newest()).closed_at is not None
    assert (await node.states(), await node.kinds()) == (["posted" if how == "leave" else "withdrawn"], ["Create"])
    assert not await waiting()


@pytest.mark.parametrize("how", ["update", "delete", "leave"])
async def test_a_notice_whose_post_was_deleted_by_hand_is_closed_at_the_end(node: Noticed, how: str) -> None:
    await node.near.settings.change("notice.at_end", how)
    notice = await node.live("One")
    await node.near.feature.posts.delete(notice.post.rpartition("/")[2])
    await node.end(notice.broadcast_id)
    closed_at = (await node.newest()).closed_at
    assert closed_at is not None
    assert not await waiting()
    await node.later(600)
    assert (await node.newest()).closed_at == closed_at
    assert await node.kinds() == ["Create", "Delete"]


async def test_a_notice_that_cannot_go_on_is_tried_again(node: Noticed, caplog: pytest.LogCaptureFixture) -> None:
    async def stumble() -> object:
        raise LookupError("over a cable")

    await node.start()
    node.near.clock.ahead += 121
    await node.log.seen((await node.newest()).broadcast_id, node.now())
    await node.meddled(stumble).tend()
    assert "failed and is tried again" in caplog.text
    assert await node.states() == ["planned"]
    await node.later(1)
    assert await node.states() == ["posted"]


async def test_a_text_that_became_impossible_is_skipped_with_the_reason(node: Noticed) -> None:
    await node.near.settings.change("federation.live_message", "***")
    await node.near.settings.change("channel.tags", [])
    await node.start("")
    await NoticeRow.all().update(custom="***")
    await node.later(121)
    (state,) = await node.states()
    assert state.startswith("skipped: value has nothing to show")


async def test_a_title_that_is_taken_back_at_the_very_end_does_not_hold_up_the_end(node: Noticed) -> None:
    notice = await node.live("One")
    await node.near.settings.change("channel.title", "Two")
    await node.later(1)
    await node.near.settings.change("channel.title", "One")
    await node.end(notice.broadcast_id)
    assert await node.kinds() == ["Create", "Update"]


async def test_what_is_turned_off_meanwhile_is_said_when_it_is_on_again(node: Noticed) -> None:
    notice = await node.live()
    await node.near.settings.change("federation.enabled", False)
    await node.end(notice.broadcast_id)
    assert (await node.newest()).post == ""
    with pytest.raises(Off):
        await node.notices.post_now(node.channel_id)
    await node.near.settings.change("federation.enabled", True)
    await node.later(60)
    assert (await node.states(), await node.kinds()) == (["updated"], ["Create", "Update"])


async def test_a_preview_shows_what_would_be_said(node: Noticed) -> None:
    await node.near.settings.change("channel.title", "Locks")
    shown = await node.notices.preview(node.channel_id)
    assert (shown.text.splitlines()[-1], "<strong>Locks</strong>" in shown.html) == (f"{ORIGIN}/", True)
    broadcast_id = await node.start("Locks")
    notice = await node.newest()
    assert (await node.notices.preview(node.channel_id, notice.id)).text.endswith(f"/live/{broadcast_id}")
    assert (await node.notices.preview(node.channel_id, text="*x*")).html == "<p><em>x</em></p>"
    await node.near.settings.change("federation.live_message", "")
    shown = await node.notices.preview(node.channel_id)
    assert (shown.text, shown.html) == ("", "")
    with pytest.raises(Conflict, match="no text"):
        await node.notices.post_now(node.channel_id, notice.id)


async def test_notices_are_found_in_their_channel_alone(node: Noticed) -> None:
    notice = await node.live()
    for number, channel_id in ((notice.id + 1, node.channel_id), (notice.id, node.channel_id + 1)):
        for act in (node.notices.cancel, node.notices.withdraw, node.notices.post_now, node.notices.preview):
            with pytest.raises(NotFound):
                await act(channel_id, number)
    assert (await node.notices.page(node.channel_id + 1)).total == 0
    with pytest.raises(NotFound):
        await node.notices.preview(node.channel_id + 1)


async def test_a_notice_of_a_channel_that_is_gone_is_skipped(node: Noticed) -> None:
    await NoticeRow.create(broadcast_id=99, channel_id=99, state="planned", due=node.now())
    await node.notices.tend()
    assert (await NoticeRow.get(broadcast_id=99)).why == "no-channel"
    (notice,) = (await node.notices.page(99)).items
    assert skipped(notice) == "there is no such channel"


@pytest.mark.parametrize("reason", SkipReason)
async def test_a_skipped_notice_says_why(node: Noticed, reason: SkipReason) -> None:
    await NoticeRow.create(
        broadcast_id=99, channel_id=7, state="skipped", due=node.now(), why=reason.value, why_detail="{it} failed"
    )
    (notice,) = (await node.notices.page(7)).items
    assert notice.why is reason
    assert (skipped(notice) == "{it} failed") == (reason in (SkipReason.INVALID, SkipReason.REFUSED, SkipReason.OTHER))


async def test_a_reason_that_another_version_wrote_stays_readable(node: Noticed) -> None:
    await NoticeRow.create(broadcast_id=99, channel_id=7, state="skipped", due=node.now(), why="the cat said so")
    (notice,) = (await node.notices.page(7)).items
    assert (notice.why, skipped(notice)) == (SkipReason.OTHER, "the cat said so")


async def test_a_text_that_is_not_accepted_is_stored_as_a_code_and_told_as_a_sentence(node: Noticed) -> None:
    await node.start("")
    await NoticeRow.filter().update(custom="x" * 9_999)
    await node.later(121)
    row = await NoticeRow.get()
    assert (row.why, row.why_detail) == (
        "invalid",
        '{"field": "value", "problem": "post-length", "values": {"most": 5000}}',
    )
    assert await node.states() == ["skipped: value must have 1 to 5000 characters"]


async def test_a_problem_that_only_a_newer_version_knows_stays_readable(node: Noticed) -> None:
    detail = '{"field": "value", "problem": "post-smell", "values": {}}'
    await NoticeRow.create(
        broadcast_id=99, channel_id=7, state="skipped", due=node.now(), why="invalid", why_detail=detail
    )
    (notice,) = (await node.notices.page(7)).items
    assert skipped(notice) == detail

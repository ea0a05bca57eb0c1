"""Notices on real databases: one per broadcast, whatever drops, restarts, races or crashes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from tests.kit.notices_kit import NoticesKit, notices_kit


@pytest.fixture
async def kit(database: Database) -> AsyncIterator[NoticesKit]:
    async with notices_kit() as kit:
        yield kit


@dataclass(frozen=True, slots=True)
class Scheduled:
    id: str
    name: str


class Crash(Exception):
    """Stands for a kill of the process before the commit."""


async def test_a_notice_is_posted_once_after_a_delay(kit: NoticesKit) -> None:
    await kit.node.settings.change("channel.tags", ["clay", "slow tv"])
    await kit.node.settings.change("notice.language", "en")
    broadcast_id = await kit.start("Locks & *keys*")
    assert kit.run_in() == pytest.approx(timedelta(seconds=120), abs=timedelta(seconds=5))
    await kit.later(110)
    assert (await kit.states(), await kit.kinds()) == (["planned"], [])
    for _ in range(3):
        await kit.later(60)
    ((kind, note),) = await kit.sent()
    assert (kind, note["to"], note["attributedTo"]) == ("Create", [PUBLIC], LIVE)
    link = f"{ORIGIN}/live/{broadcast_id}"
    for part in ("I've gone live!", "<strong>Locks &amp; *keys*</strong>", f'<a href="{link}"', "#<span>SlowTv</span>"):
        assert part in note["content"]
    assert [tag["name"] for tag in note["tag"]] == ["#clay", "#SlowTv"]
    assert (note["contentMap"].keys(), note["attachment"], note["sensitive"]) == ({"en"}, [], False)
    notice = await kit.newest()
    assert (notice.state, notice.post, notice.closed_at) == (State.POSTED, note["id"], None)
    row = await OutboxRow.filter(kind="activity").order_by("-id").first()
    assert row is not None
    assert row.expires_at is not None
    assert row.expires_at - row.created_at == pytest.approx(1800, abs=5)


async def test_a_picture_in_place_of_the_card_has_words_and_is_that_of_the_broadcast_for_good(kit: NoticesKit) -> None:
    await kit.node.settings.change("notice.picture", "picture")
    await kit.node.settings.change("channel.nsfw", True)
    broadcast_id = (await kit.live("Locks")).broadcast_id
    ((_, note),) = await kit.sent()
    (picture,) = note["attachment"]
    still = f"{ORIGIN}/live/{broadcast_id}/still.jpg"
    assert (picture["url"], picture["mediaType"]) == (still, "image/jpeg")
    assert note["url"] == f"{ORIGIN}/live/{broadcast_id}"
    await kit.end(broadcast_id)
    _, ended = (await kit.sent())[-1]
    assert "ended" in ended["content"]
    assert (ended["attachment"], ended["url"]) == (note["attachment"], note["url"])
    assert (picture["name"], note["sensitive"]) == ("Locks (Fedistream)", True)


async def test_a_notice_names_the_scheduled_event_that_the_broadcast_belongs_to(kit: NoticesKit) -> None:
    asked: list[tuple[int, datetime]] = []

    async def event_at(channel_id: int, at: datetime) -> Scheduled:
        asked.append((channel_id, at))
        return Scheduled("ev1", "Lock week")

    kit.notices = kit.with_events(event_at)
    began = kit.now()
    notice = await kit.live("Evening locks")
    assert [(channel_id, at - began < timedelta(seconds=5)) for channel_id, at in asked] == [(kit.channel_id, True)]
    assert (notice.event_id, notice.event_name) == ("ev1", "Lock week")
    ((_, note),) = await kit.sent()
    assert "\N{CALENDAR} Lock week" in note["content"]
    await kit.end(notice.broadcast_id)
    assert "\N{CALENDAR} Lock week" in (await kit.sent())[-1][1]["content"]


async def test_a_notice_that_is_posted_by_hand_names_its_event_too(kit: NoticesKit) -> None:
    began = kit.now()
    await kit.log.start(kit.channel_id, "Evening locks", began, {})

    async def event_at(channel_id: int, at: datetime) -> Scheduled | None:
        return Scheduled("ev1", "Lock week") if abs(at - began) < timedelta(seconds=1) else None

    kit.node.clock.ahead += 3600
    await kit.log.seen(1, kit.now())
    kit.notices = kit.with_events(event_at)
    assert (await kit.notices.post_now(kit.channel_id)).event_name == "Lock week"


async def test_two_workers_post_one(kit: NoticesKit) -> None:
    await kit.start()
    kit.node.clock.ahead += 121
    await kit.log.seen((await kit.newest()).broadcast_id, kit.now())
    await asyncio.gather(*(each.tend() for each in (kit.notices, kit.another(), kit.another(), kit.another())))
    assert (await kit.kinds(), await PostRow.all().count()) == (["Create"], 1)


async def test_the_plan_is_made_once_also_when_it_is_made_twice(kit: NoticesKit) -> None:
    broadcast_id = await kit.start()
    fact = BroadcastStarted(kit.channel_id, broadcast_id, "x", kit.now())
    await asyncio.gather(kit.another().plan(fact), kit.another().plan(fact))
    assert await kit.states() == ["planned"]
    await kit.later(121)
    await kit.another().plan(fact)
    assert (await kit.states(), await kit.kinds()) == (["posted"], ["Create"])


async def test_a_crash_before_the_commit_loses_and_doubles_nothing(kit: NoticesKit) -> None:
    async def crash() -> None:
        await kit.notices.tend()
        raise Crash

    async def crashed() -> None:
        with pytest.raises(Crash):
            await atomic(crash)

    broadcast_id = await kit.start()
    kit.node.clock.ahead += 121
    await kit.log.seen(broadcast_id, kit.now())
    await crashed()
    assert (await kit.states(), await kit.kinds(), await PostRow.all().count()) == (["planned"], [], 0)
    await kit.later(1)
    assert (await kit.states(), await kit.kinds()) == (["posted"], ["Create"])
    await kit.log.end(broadcast_id, kit.now(), BroadcastEndReason.FINISHED, 0)
    await crashed()
    assert (await kit.states(), await kit.kinds()) == (["posted"], ["Create"])
    await kit.later(1)
    assert (await kit.states(), await kit.kinds()) == (["updated"], ["Create", "Update"])


async def test_a_broadcast_that_was_over_by_then_has_none(kit: NoticesKit) -> None:
    broadcast_id = await kit.start()
    await kit.later(60)
    await kit.end(broadcast_id)
    await kit.later(120)
    assert (await kit.states(), await kit.kinds()) == (["skipped: the broadcast was over by then"], [])
    assert not await waiting()


async def test_a_lost_encoder_is_waited_for_and_makes_no_second_notice(kit: NoticesKit) -> None:
    broadcast_id = await kit.start()
    await kit.log.lost(broadcast_id, kit.now())
    await kit.later(121)
    assert await kit.states() == ["planned"]
    assert kit.run_in() == pytest.approx(timedelta(seconds=10), abs=timedelta(seconds=5))
    await kit.log.returned(broadcast_id)
    await kit.later(10)
    await kit.log.lost(broadcast_id, kit.now())
    await kit.log.returned(broadcast_id)
    await kit.later(60)
    assert (await kit.states(), await kit.kinds()) == (["posted"], ["Create"])


async def test_the_cool_down_begins_at_the_end_of_what_was_announced(kit: NoticesKit) -> None:
    first = await kit.live()
    await kit.later(3600)
    await kit.end(first.broadcast_id)
    await kit.later(599)
    second = await kit.start()
    await kit.later(121)
    await kit.end(second)
    # the second one had no notice, so its end counts for nothing
    await kit.later(60)
    await kit.live()
    assert await kit.states() == ["posted", "skipped: the last notice is too recent", "updated"]
    assert await kit.kinds() == ["Create", "Update", "Create"]


async def test_without_a_text_or_federation_there_is_none(kit: NoticesKit) -> None:
    await kit.node.settings.change("federation.live_message", "")
    await kit.live()
    await kit.node.settings.change("federation.live_message", "Live")
    await kit.start()
    await kit.node.settings.change("federation.enabled", False)
    assert not kit.notices.applies_to(BroadcastStarted(1, 1, "", kit.now()))
    await kit.later(121)
    assert await kit.states() == ["skipped: federation is off", "skipped: there is no text for it"]
    assert await kit.kinds() == []


async def test_in_private_mode_it_is_for_followers(kit: NoticesKit) -> None:
    await kit.node.settings.change("federation.private", True)
    await kit.live()
    ((_, note),) = await kit.sent()
    assert (note["to"], note["cc"]) == ([f"{LIVE}/followers"], [])


async def test_a_new_title_is_told_once_it_stays(kit: NoticesKit) -> None:
    notice = await kit.live("One")
    for title in ("Two", "Three"):
        await kit.node.settings.change("channel.title", title)
        await kit.notices.rename(TitleChanged(kit.channel_id, title, kit.now()))
        await kit.later(10)
    assert kit.run_in() < timedelta(seconds=31)
    assert await kit.kinds() == ["Create"]
    await kit.later(20)
    await kit.later(60)
    assert await kit.kinds() == ["Create", "Update"]
    (_, note) = (await kit.sent())[-1]
    assert "Three" in note["content"]
    assert (note["id"], "updated" in note) == (notice.post, True)
    assert (await kit.newest()).state is State.UPDATED


async def test_a_title_that_is_taken_back_in_time_is_not_told(kit: NoticesKit) -> None:
    await kit.live("One")
    for title in ("Two", "One"):
        await kit.node.settings.change("channel.title", title)
        await kit.later(10)
    await kit.later(60)
    # and the wait begins anew when it changes again
    await kit.node.settings.change("channel.title", "Two")
    await kit.later(1)
    assert await kit.kinds() == ["Create"]


@pytest.mark.parametrize(
    ("how", "state", "kinds"),
    [
        ("update", "updated", ["Create", "Update"]),
        ("delete", "withdrawn", ["Create", "Delete"]),
        ("leave", "posted", ["Create"]),
    ],
)
async def test_at_the_end_it_is_updated_deleted_or_left(
    kit: NoticesKit, how: str, state: str, kinds: list[str]
) -> None:
    await kit.node.settings.change("notice.at_end", how)
    notice = await kit.live("One")
    pinned = await kit.node.feature.posts.pinned(kit.channel_id)
    assert [post.url for post in pinned] == [notice.post]
    await kit.end(notice.broadcast_id)
    await kit.node.settings.change("channel.title", "Next week")
    await kit.later(600)
    assert (await kit.states(), await kit.kinds()) == ([state], kinds)
    assert await kit.node.feature.posts.pinned(kit.channel_id) == ()
    assert not await waiting()
    if how == "update":
        (_, note) = (await kit.sent())[-1]
        assert "The stream has ended." in note["content"]
        assert "One" in note["content"]
        assert f"/live/{notice.broadcast_id}" in note["content"]


async def test_an_end_that_was_missed_is_seen_at_the_next_look(kit: NoticesKit) -> None:
    notice = await kit.live()
    assert await waiting()
    await kit.log.end(notice.broadcast_id, kit.now(), BroadcastEndReason.FINISHED, 0)
    await kit.later(60)
    assert await kit.kinds() == ["Create", "Update"]


async def test_the_words_can_be_changed_before_and_after(kit: NoticesKit) -> None:
    await kit.start("One")
    planned = await kit.newest()
    assert planned.text.startswith("I've gone live!\n\n**One**")
    edited = await kit.notices.edit(kit.channel_id, planned.id, "Come *in*")
    assert (edited.state, edited.text) == (State.PLANNED, "Come *in*")
    await kit.later(121)
    await kit.node.settings.change("channel.title", "Two")
    await kit.later(60)
    await kit.later(60)
    assert await kit.kinds() == ["Create"]
    assert (await kit.sent())[0][1]["content"] == "<p>Come <em>in</em></p>"
    again = await kit.notices.edit(kit.channel_id, planned.id, "")
    assert again.text.startswith("I've gone live!\n\n**Two**")
    assert await kit.kinds() == ["Create", "Update"]
    await kit.end(planned.broadcast_id)
    with pytest.raises(Conflict):
        await kit.notices.edit(kit.channel_id, planned.id, "Too late")


async def test_a_text_that_cannot_be_posted_is_refused_at_once(kit: NoticesKit) -> None:
    await kit.start()
    notice = await kit.newest()
    with pytest.raises(Invalid):
        await kit.notices.edit(kit.channel_id, notice.id, "x" * 5001)
    assert (await kit.newest()).text == notice.text


async def test_what_is_cancelled_is_not_posted_but_can_be_still(kit: NoticesKit) -> None:
    await kit.start()
    notice = await kit.newest()
    assert (await kit.notices.cancel(kit.channel_id, notice.id)).state is State.CANCELLED
    await kit.later(300)
    assert await kit.kinds() == []
    with pytest.raises(Conflict):
        await kit.notices.cancel(kit.channel_id, notice.id)
    posted = await kit.notices.post_now(kit.channel_id, notice.id)
    assert (posted.state, await kit.kinds()) == (State.POSTED, ["Create"])
    with pytest.raises(Conflict):
        await kit.notices.post_now(kit.channel_id, notice.id)


async def test_it_can_be_posted_now_within_the_cool_down_and_without_a_plan(kit: NoticesKit) -> None:
    first = await kit.live()
    await kit.end(first.broadcast_id)
    second = await kit.start()
    await kit.later(130)
    assert (await kit.states())[0] == "skipped: the last notice is too recent"
    assert (await kit.notices.post_now(kit.channel_id)).broadcast_id == second
    await kit.end(second)
    with pytest.raises(Conflict, match="nothing-live"):
        await kit.notices.post_now(kit.channel_id)
    with pytest.raises(Conflict, match="over"):
        await kit.notices.post_now(kit.channel_id, (await kit.newest()).id)
    third = await kit.log.start(kit.channel_id, "One", kit.now(), {})
    posted = await kit.notices.post_now(kit.channel_id)
    assert (posted.broadcast_id, posted.state) == (third, State.POSTED)
    await kit.later(300)
    assert await kit.kinds() == ["Create", "Update", "Create", "Update", "Create"]


async def test_what_is_withdrawn_is_deleted_for_good(kit: NoticesKit) -> None:
    notice = await kit.live()
    assert (await kit.notices.withdraw(kit.channel_id, notice.id)).state is State.WITHDRAWN
    with pytest.raises(Gone):
        await kit.node.feature.posts.get(notice.post.rpartition("/")[2])
    for act in (kit.notices.withdraw, kit.notices.post_now, kit.notices.cancel):
        with pytest.raises(Conflict):
            await act(kit.channel_id, notice.id)
    await kit.end(notice.broadcast_id)
    assert (await kit.states(), await kit.kinds()) == (["withdrawn"], ["Create", "Delete"])


async def test_a_post_that_somebody_deleted_is_left_alone(kit: NoticesKit) -> None:
    notice = await kit.live("One")
    await kit.node.feature.posts.delete(notice.post.rpartition("/")[2])
    await kit.node.settings.change("channel.title", "Two")
    await kit.later(1)
    await kit.later(60)
    assert await kit.states() == ["withdrawn"]
    await kit.end(notice.broadcast_id)
    assert await kit.kinds() == ["Create", "Delete"]


@pytest.mark.parametrize("how", ["update", "delete", "leave"])
async def test_a_notice_whose_post_has_no_row_any_more_is_closed_at_the_end(kit: NoticesKit, how: str) -> None:
    await kit.node.settings.change("notice.at_end", how)
    notice = await kit.live("One")
    await PostRow.filter(id=notice.post.rpartition("/")[2]).delete()
    await kit.end(notice.broadcast_id)
    assert (await kit.newest()).closed_at is not None
    assert (await kit.states(), await kit.kinds()) == (["posted" if how == "leave" else "withdrawn"], ["Create"])
    assert not await waiting()


@pytest.mark.parametrize("how", ["update", "delete", "leave"])
async def test_a_notice_whose_post_was_deleted_by_hand_is_closed_at_the_end(kit: NoticesKit, how: str) -> None:
    await kit.node.settings.change("notice.at_end", how)
    notice = await kit.live("One")
    await kit.node.feature.posts.delete(notice.post.rpartition("/")[2])
    await kit.end(notice.broadcast_id)
    closed_at = (await kit.newest()).closed_at
    assert closed_at is not None
    assert not await waiting()
    await kit.later(600)
    assert (await kit.newest()).closed_at == closed_at
    assert await kit.kinds() == ["Create", "Delete"]


async def test_a_notice_that_cannot_go_on_is_tried_again(kit: NoticesKit, caplog: pytest.LogCaptureFixture) -> None:
    async def stumble() -> object:
        raise LookupError("over a cable")

    await kit.start()
    kit.node.clock.ahead += 121
    await kit.log.seen((await kit.newest()).broadcast_id, kit.now())
    await kit.interrupted(stumble).tend()
    assert "failed and is tried again" in caplog.text
    assert await kit.states() == ["planned"]
    await kit.later(1)
    assert await kit.states() == ["posted"]


async def test_a_text_that_became_impossible_is_skipped_with_the_reason(kit: NoticesKit) -> None:
    await kit.node.settings.change("federation.live_message", "***")
    await kit.node.settings.change("channel.tags", [])
    await kit.start("")
    await NoticeRow.all().update(custom="***")
    await kit.later(121)
    (state,) = await kit.states()
    assert state.startswith("skipped: value has nothing to show")


async def test_a_title_that_is_taken_back_at_the_very_end_does_not_hold_up_the_end(kit: NoticesKit) -> None:
    notice = await kit.live("One")
    await kit.node.settings.change("channel.title", "Two")
    await kit.later(1)
    await kit.node.settings.change("channel.title", "One")
    await kit.end(notice.broadcast_id)
    assert await kit.kinds() == ["Create", "Update"]


async def test_what_is_turned_off_meanwhile_is_said_when_it_is_on_again(kit: NoticesKit) -> None:
    notice = await kit.live()
    await kit.node.settings.change("federation.enabled", False)
    await kit.end(notice.broadcast_id)
    assert (await kit.newest()).post == ""
    with pytest.raises(Off):
        await kit.notices.post_now(kit.channel_id)
    await kit.node.settings.change("federation.enabled", True)
    await kit.later(60)
    assert (await kit.states(), await kit.kinds()) == (["updated"], ["Create", "Update"])


async def test_a_preview_shows_what_would_be_said(kit: NoticesKit) -> None:
    await kit.node.settings.change("channel.title", "Locks")
    shown = await kit.notices.preview(kit.channel_id)
    assert (shown.text.splitlines()[-1], "<strong>Locks</strong>" in shown.html) == (f"{ORIGIN}/", True)
    broadcast_id = await kit.start("Locks")
    notice = await kit.newest()
    assert (await kit.notices.preview(kit.channel_id, notice.id)).text.endswith(f"/live/{broadcast_id}")
    assert (await kit.notices.preview(kit.channel_id, text="*x*")).html == "<p><em>x</em></p>"
    await kit.node.settings.change("federation.live_message", "")
    shown = await kit.notices.preview(kit.channel_id)
    assert (shown.text, shown.html) == ("", "")
    with pytest.raises(Conflict, match="no-text"):
        await kit.notices.post_now(kit.channel_id, notice.id)


async def test_notices_are_found_in_their_channel_alone(kit: NoticesKit) -> None:
    notice = await kit.live()
    for number, channel_id in ((notice.id + 1, kit.channel_id), (notice.id, kit.channel_id + 1)):
        for act in (kit.notices.cancel, kit.notices.withdraw, kit.notices.post_now, kit.notices.preview):
            with pytest.raises(NotFound):
                await act(channel_id, number)
    assert (await kit.notices.page(kit.channel_id + 1)).total == 0
    with pytest.raises(NotFound):
        await kit.notices.preview(kit.channel_id + 1)


async def test_a_notice_of_a_channel_that_is_gone_is_skipped(kit: NoticesKit) -> None:
    await NoticeRow.create(broadcast_id=99, channel_id=99, state="planned", due=kit.now())
    await kit.notices.tend()
    assert (await NoticeRow.get(broadcast_id=99)).why == "no-channel"
    (notice,) = (await kit.notices.page(99)).items
    assert skipped(notice) == "there is no such channel"


@pytest.mark.parametrize("reason", SkipReason)
async def test_a_skipped_notice_says_why(kit: NoticesKit, reason: SkipReason) -> None:
    await NoticeRow.create(
        broadcast_id=99, channel_id=7, state="skipped", due=kit.now(), why=reason.value, why_detail="{it} failed"
    )
    (notice,) = (await kit.notices.page(7)).items
    assert notice.why is reason
    assert (skipped(notice) == "{it} failed") == (reason in (SkipReason.INVALID, SkipReason.REFUSED, SkipReason.OTHER))


async def test_a_reason_that_another_version_wrote_stays_readable(kit: NoticesKit) -> None:
    await NoticeRow.create(broadcast_id=99, channel_id=7, state="skipped", due=kit.now(), why="the cat said so")
    (notice,) = (await kit.notices.page(7)).items
    assert (notice.why, skipped(notice)) == (SkipReason.OTHER, "the cat said so")


async def test_a_text_that_is_not_accepted_is_stored_as_a_code_and_told_as_a_sentence(kit: NoticesKit) -> None:
    await kit.start("")
    await NoticeRow.filter().update(custom="x" * 9_999)
    await kit.later(121)
    row = await NoticeRow.get()
    assert (row.why, row.why_detail) == (
        "invalid",
        '{"field": "value", "problem": "post-length", "values": {"most": 5000}}',
    )
    assert await kit.states() == ["skipped: value must have 1 to 5000 characters"]


async def test_a_problem_that_only_a_newer_version_knows_stays_readable(kit: NoticesKit) -> None:
    detail = '{"field": "value", "problem": "post-smell", "values": {}}'
    await NoticeRow.create(
        broadcast_id=99, channel_id=7, state="skipped", due=kit.now(), why="invalid", why_detail=detail
    )
    (notice,) = (await kit.notices.page(7)).items
    assert skipped(notice) == detail

"""Replies to a channel, from a signed request to the line in the chat, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activitypub.addressing import PUBLIC
from activitypub.network.guard import Guard
from fedistream.chat.values import Edited, Kind, Message, Origin, Shown
from fedistream.core.errors import Conflict, NotFound, TooMany
from fedistream.db import Database
from fedistream.federation.inbox.moves import AGAIN
from fedistream.federation.models import EngagementRow, FollowerRow, RemoteActorRow, RemoteNoteRow
from fedistream.federation.replies.service import MAX_HELD_OF_ONE
from fedistream.federation.values import FederationProblem, ReplyState, State
from tests.kit.federated import LIVE, ORIGIN, federated
from tests.kit.talking import Talking, note, talking


@pytest.fixture
async def replies(database: Database, tmp_path: Path) -> AsyncIterator[Talking]:
    async with talking(tmp_path) as made:
        yield made


async def states(replies: Talking) -> list[str]:
    return [str(row.state) for row in await RemoteNoteRow.all().order_by("id")]


async def test_a_mention_stands_in_the_chat_with_its_author_and_where_it_is_from(replies: Talking) -> None:
    said = await replies.say("1", '<p><a href="https://node.example/" class="mention">@streamer</a> <b>hi</b></p>')
    (line,) = await replies.shows("hi")
    assert (line.html, line.kind, line.origin) == ("<p><strong>hi</strong></p>", Kind.CHAT, Origin.FEDIVERSE)
    assert line.link == said["id"]
    author = line.remote
    assert author is not None
    assert (author.name, author.address) == ("Ann <b>of</b> elsewhere", f"ann@{replies.node.ann.server.authority}")
    assert author.url == replies.node.ann.id
    assert [event.id for event in await replies.hears(Message)] == [line.id]
    assert replies.node.names() == ["reply.received"]
    (row,) = await RemoteNoteRow.all()
    assert (row.message_id, row.state) == (line.id, "shown")


async def test_below_a_post_of_ours_no_mention_is_needed_and_below_that_neither(replies: Talking) -> None:
    post = await replies.node.feature.posts.publish(replies.node.home, "On air")
    unmentioned: dict[str, Any] = {"cc": [], "tag": []}
    first = await replies.say("1", "first", inReplyTo=post.document["id"], **unmentioned)
    await replies.say("2", "second", inReplyTo=first["id"], **unmentioned)
    await replies.say("3", "elsewhere", inReplyTo="https://other.example/1", **unmentioned)
    await replies.say("4", "of a thread that is not there", inReplyTo=f"{ORIGIN}/federation/none", **unmentioned)
    await replies.shows("first", "second")
    below = await replies.replies.replies_to(post.id)
    assert (below.total, below.items) == (2, (first["id"], f"{replies.node.ann.id}/notes/2"))


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public"])
@pytest.mark.parametrize("unlisted", [True, False])
async def test_public_is_spelled_in_three_ways(replies: Talking, public: str, unlisted: bool) -> None:
    to = {"to": [LIVE], "cc": [public]} if unlisted else {"to": public, "cc": LIVE}
    await replies.say("1", "hi", **to)
    await replies.shows("hi")


@pytest.mark.parametrize("to", [[LIVE], [LIVE, "{ann}/followers"], ["{ann}/followers"]])
async def test_letters_are_neither_shown_nor_kept(replies: Talking, to: list[str]) -> None:
    await replies.mode("held")
    await replies.say("1", "for you alone", to=[each.format(ann=replies.node.ann.id) for each in to], cc=[])
    assert (await replies.held(), await RemoteNoteRow.all().count(), replies.node.names()) == (
        [],
        0,
        ["setting.changed"],
    )


async def test_what_is_addressed_by_the_activity_alone_is_public_too(replies: Talking) -> None:
    said = note(replies.node.ann, "1", "hi")
    to, cc = said.pop("to"), said.pop("cc")
    assert await replies.node.take(replies.node.ann.activity("Create", said, to=to, cc=cc)) == "taken"
    await replies.shows("hi")


@pytest.mark.parametrize(
    "change", [{"attributedTo": "https://other.example/bo"}, {"id": "https://other.example/1"}], ids=["author", "host"]
)
async def test_nobody_speaks_for_others(replies: Talking, change: dict[str, str]) -> None:
    said = note(replies.node.ann, "1", "hi") | change
    assert await replies.node.take(replies.node.ann.activity("Create", said)) == "foreign"
    assert await states(replies) == []


async def test_the_same_note_comes_once_by_whatever_way(replies: Talking) -> None:
    said = await replies.say("1", "hi")
    await replies.shows("hi")
    for again in ("Create", "Announce"):
        assert await replies.node.take(replies.node.ann.activity(again, said)) == "taken"
    both = [replies.node.ann.activity("Create", note(replies.node.ann, "2", "two")) for _ in range(2)]
    assert await asyncio.gather(*map(replies.node.take, both)) == ["taken", "taken"]
    await replies.shows("hi", "two")


async def test_other_things_than_notes_are_shown_as_text(replies: Talking) -> None:
    await replies.say("1", "<p>Once</p>", type="Article", name="A tale")
    await replies.say("2", "Which?", type="Question")
    await replies.shows("A tale\nOnce", "Which?")


async def test_a_warning_stands_before_what_is_said(replies: Talking) -> None:
    await replies.say("1", "he dies", summary="the <i>end</i>", sensitive=True)
    (line,) = await replies.shows("he dies")
    assert line.warning == "the <i>end</i>"


# who may talk


async def test_what_is_held_waits_for_the_admin_and_comes_into_the_chat_then(replies: Talking) -> None:
    await replies.mode("held")
    said = await replies.say("1", "hi")
    (reply,) = await replies.held()
    assert (reply.note, reply.text, reply.state, reply.message_id) == (said["id"], "hi", ReplyState.HELD, None)
    assert (reply.name, reply.handle) == ("Ann <b>of</b> elsewhere", f"ann@{replies.node.ann.server.authority}")
    assert await replies.lines() == ()
    await replies.replies.approve(replies.node.home.id, said["id"])
    (line,) = await replies.shows("hi")
    assert (await replies.replies.of_message(line.id)).note == said["id"]
    assert await replies.held() == []
    assert replies.node.names() == ["setting.changed", "reply.received", "reply.changed"]
    for decide in (replies.replies.approve, replies.replies.refuse):
        with pytest.raises(Conflict, match="shown"):
            await decide(replies.node.home.id, said["id"])
        with pytest.raises(NotFound):
            await decide(replies.node.home.id, "https://nobody.example/1")


async def test_what_is_refused_is_forgotten_and_does_not_come_back(replies: Talking) -> None:
    await replies.mode("held")
    said = await replies.say("1", "hi")
    await replies.replies.refuse(replies.node.home.id, said["id"])
    (row,) = await RemoteNoteRow.all()
    assert (row.state, row.html, row.body) == ("refused", "", "")
    await replies.edit(said, content="hi again")
    await replies.say("1", "hi")
    assert (await replies.held(), await states(replies)) == ([], ["refused"])
    assert replies.node.names()[-1] == "reply.withdrawn"


async def test_off_is_off_and_so_is_a_chat_that_is_disabled(replies: Talking) -> None:
    await replies.mode("off")
    await replies.say("1", "hi")
    await replies.mode("on")
    await replies.room.settings.change("chat.enabled", False)
    await replies.say("2", "hi")
    assert await states(replies) == []


@pytest.mark.parametrize(("setting", "value"), [("federation.replies_from", "followers"), ("federation.private", True)])
async def test_in_private_or_if_it_is_set_only_followers_talk(replies: Talking, setting: str, value: object) -> None:
    await replies.node.settings.change(setting, value)
    await replies.say("1", "a stranger")
    await replies.node.follow()
    if setting == "federation.private":
        await replies.say("2", "one who waits")
        await replies.node.feature.federation.approve(replies.node.home, replies.node.ann.id)
    await replies.say("3", "a follower")
    await replies.shows("a follower")


async def test_words_that_are_not_welcome_are_held_also_where_others_are_shown(replies: Talking) -> None:
    await replies.room.settings.change("chat.blocked_words", ["fudge"])
    await replies.say("1", "f<b>u</b>dge!")
    await replies.say("2", "hi", summary="fudge")
    await replies.say("3", "fine")
    await replies.shows("fine")
    assert [reply.text for reply in await replies.held()] == ["fudge!", "hi"]


async def test_a_rate_limited_server_may_retry_and_loses_nothing(replies: Talking) -> None:
    for number in range(5):
        await replies.say(str(number), str(number))
    late = replies.node.ann.activity("Create", note(replies.node.ann, "late", "late"))
    with pytest.raises(TooMany):
        await replies.node.take(late)
    replies.node.clock.ahead += 10
    assert await replies.node.take(late) == "taken"
    await replies.shows("0", "1", "2", "3", "4", "late")


async def test_nobody_fills_the_queue_of_what_is_held_alone(replies: Talking) -> None:
    await replies.mode("held")
    for number in range(MAX_HELD_OF_ONE + 1):
        replies.node.clock.ahead += 10
        await replies.say(str(number), "hi")
    assert (await replies.replies.held(replies.node.home.id, 5, 10)).total == MAX_HELD_OF_ONE


# what becomes of it


async def test_an_edit_changes_the_line_where_it_stands(replies: Talking) -> None:
    said = await replies.say("1", "teh end")
    (before,) = await replies.shows("teh end")
    await replies.edit(said, content="the end", updated="2030-05-01T12:00:00Z")
    (line,) = await replies.shows("the end")
    assert (line.id, line.edited_at) == (before.id, datetime(2030, 5, 1, 12, tzinfo=UTC))
    (told,) = await replies.hears(Edited)
    assert told.message == line
    # what is older has come late, and what is the same is no edit
    await replies.edit(said, content="teh very end", updated="2030-05-01T11:00:00Z")
    await replies.edit(said, content="the end", updated="2030-05-02T11:00:00Z")
    await replies.shows("the end")
    assert replies.node.names() == ["reply.received", "reply.changed"]


async def test_what_is_edited_to_mention_us_is_heard_then(replies: Talking) -> None:
    await replies.edit(note(replies.node.ann, "1", "now with a mention"))
    await replies.shows("now with a mention")


async def test_held_replies_need_approval_again_after_each_edit(replies: Talking) -> None:
    await replies.mode("held")
    said = await replies.say("1", "nice")
    await replies.replies.approve(replies.node.home.id, said["id"])
    (line,) = await replies.shows("nice")
    await replies.edit(said, content="buy this")
    await replies.shows()
    assert [told.visible for told in await replies.hears(Shown)] == [False]
    (reply,) = await replies.held()
    assert (reply.text, reply.message_id) == ("buy this", line.id)
    await replies.edit(said, content="buy that")
    await replies.replies.approve(replies.node.home.id, said["id"])
    (again,) = await replies.shows("buy that")
    assert again.id == line.id
    await replies.hears(Edited)
    assert [type(event) for event in replies.listener.heard[-2:]] == [Shown, Edited]


async def test_what_a_moderator_has_hidden_an_edit_does_not_bring_back(replies: Talking) -> None:
    said = await replies.say("1", "nice")
    (line,) = await replies.shows("nice")
    await replies.room.feature.moderation.set_visible([line.id], False, "admin")
    await replies.edit(said, content="nicer")
    await replies.shows()
    assert replies.listener.of(Edited) == []
    (moderated,) = await replies.room.feature.messages.moderated(replies.room.home)
    assert (moderated.body, moderated.hidden_at is None) == ("nicer", False)


async def test_what_is_not_for_all_any_more_is_taken_back(replies: Talking) -> None:
    said = await replies.say("1", "oops")
    await replies.shows("oops")
    await replies.edit(said, to=[LIVE], cc=[])
    await replies.shows()
    assert await states(replies) == ["deleted"]


@pytest.mark.parametrize("bare", [True, False])
async def test_what_is_deleted_is_hidden_and_forgotten_and_stays_away(replies: Talking, bare: bool) -> None:
    said = await replies.say("1", "oops")
    (line,) = await replies.shows("oops")
    await replies.delete(said["id"] if bare else {"id": said["id"], "type": "Tombstone"})
    await replies.shows()
    (shown,) = await replies.hears(Shown)
    assert (shown.ids, shown.visible) == ((line.id,), False)
    (left,) = await replies.room.feature.messages.by_ids([line.id])
    assert (left.body, left.remote, left.link) == ("…", None, "")
    await replies.say("1", "oops")
    await replies.edit(said, content="oops!")
    assert await states(replies) == ["deleted"]
    assert replies.node.names() == ["reply.received", "reply.withdrawn"]


async def test_a_copy_that_comes_after_the_delete_is_not_shown(replies: Talking) -> None:
    said = note(replies.node.ann, "1", "oops")
    await replies.delete(said["id"])
    await replies.delete(said["id"])
    await replies.say("1", "oops")
    assert await states(replies) == []


async def test_a_copy_that_comes_after_the_delete_and_a_restart_is_not_shown(
    database: Database, tmp_path: Path
) -> None:
    async with talking(tmp_path) as before:
        await before.delete(f"{before.node.ann.id}/notes/1")
        ann = before.node.ann
        # of one who has forgotten everything but the rows
        async with federated(Guard(frozenset({ann.server.authority})), before.room.feature.remote_messages) as after:
            await after.settings.change("federation.replies", "on")
            for number, content in (("1", "oops"), ("2", "hi")):
                said = ann.activity("Create", note(ann, number, content))
                assert await after.take(said, by=ann.key) == "taken"
        assert await states(before) == ["shown"]


async def test_only_its_author_deletes_and_edits(replies: Talking) -> None:
    said = await replies.say("1", "hi")
    await replies.shows("hi")
    await RemoteNoteRow.all().update(actor=f"{replies.node.ann.id}-twin")  # on the same server
    await replies.delete(said["id"])
    await replies.edit(said, content="ho")
    await replies.shows("hi")
    assert await replies.node.take(replies.node.ann.activity("Delete", "https://other.example/1")) == "foreign"


async def test_with_the_actor_all_it_said_is_gone(replies: Talking) -> None:
    await replies.say("1", "one")
    await replies.say("2", "two")
    await replies.shows("one", "two")
    replies.node.ann.gone = True
    await RemoteActorRow.all().delete()  # its inbox may have been gone before
    await replies.delete(replies.node.ann.id)
    await replies.shows()
    assert await states(replies) == ["deleted", "deleted"]
    assert replies.node.names()[-2:] == ["reply.withdrawn", "reply.withdrawn"]


async def test_an_actor_found_gone_by_another_process_leaves_nothing(replies: Talking) -> None:
    await replies.node.follow()
    post = await replies.node.feature.posts.publish(replies.node.home, "Hello")
    assert await replies.node.take(replies.node.ann.activity("Like", post.url)) == "taken"
    await replies.say("1", "shown")
    (line,) = await replies.shows("shown")
    await replies.mode("held")
    await replies.say("2", "held")
    replies.node.names()
    replies.node.ann.gone = True
    async with federated(Guard(frozenset({replies.node.ann.server.authority}))) as worker:
        worker.clock.ahead += (AGAIN + timedelta(hours=1)).total_seconds()
        await worker.feature.policies.moves.validate()
        assert worker.names() == ["follower.removed"]
    # what the rows tell is right at once, and the chat follows
    assert (await replies.held(), await states(replies)) == ([], ["gone", "gone"])
    with pytest.raises(Conflict, match="gone"):
        await replies.replies.approve(replies.node.home.id, f"{replies.node.ann.id}/notes/2")
    await replies.replies.prune()
    await replies.shows()
    (left,) = await replies.room.feature.messages.by_ids([line.id])
    assert (left.body, left.remote) == ("…", None)
    assert (await states(replies), replies.node.names()) == (
        ["deleted", "deleted"],
        ["reply.withdrawn", "reply.withdrawn"],
    )
    assert [await rows.all().count() for rows in (RemoteActorRow, FollowerRow, EngagementRow)] == [0, 0, 0]
    await replies.replies.prune()
    assert replies.node.names() == []


async def test_what_a_blocked_actor_has_said_is_hidden(replies: Talking) -> None:
    await replies.node.follow()
    await replies.say("1", "shown")
    await replies.shows("shown")
    await replies.mode("held")
    await replies.say("2", "held")
    await replies.node.feature.federation.block(replies.node.home, replies.node.ann.id)
    await replies.shows()
    assert (await replies.held(), await states(replies)) == ([], ["refused", "refused"])


async def test_what_was_said_from_a_blocked_domain_is_hidden(replies: Talking) -> None:
    await replies.say("1", "shown")
    await replies.shows("shown")
    await replies.node.settings.change("federation.blocked_domains", ["127.0.0.1"])
    replies.node.feature.federation.on_setting_changed(replies.node.facts.emitted[-1])  # type: ignore[arg-type]
    await replies.shows()
    assert await states(replies) == ["refused"]


# nothing is lost, nothing comes twice


async def test_what_a_kill_has_kept_out_of_the_chat_comes_at_the_next_start(database: Database, tmp_path: Path) -> None:
    async with talking(tmp_path, "held") as before:
        for name in "123":
            await before.say(name, name)
        # as it is after a kill between the transaction of the inbox and the line in the chat
        await RemoteNoteRow.exclude(body="2").update(state="shown")
    async with talking(tmp_path) as after:
        await after.shows("1", "3")


async def test_what_is_withdrawn_while_it_is_written_is_not_shown(replies: Talking) -> None:
    """The line waits in the log while the row changes under it."""
    await replies.mode("held")
    said = await replies.say("1", "oops")
    (reply,) = await replies.held()

    async def in_transaction(message_id: str) -> None:
        raise Conflict(FederationProblem.REPLY_CHANGED)

    with pytest.raises(TooMany):
        await replies.room.feature.remote_messages.say(replace(reply, state=ReplyState.SHOWN), in_transaction)
    await replies.delete(said["id"])
    await replies.shows()


async def test_an_edit_that_comes_while_the_line_is_written_is_what_is_shown(replies: Talking) -> None:
    for number in range(4):
        said = await replies.say(str(number), "teh")
        await replies.edit(said, content="the")
    await replies.shows("the", "the", "the", "the")


async def test_what_is_old_is_forgotten_with_the_chat(replies: Talking) -> None:
    await replies.say("1", "old")
    await replies.shows("old")
    await replies.mode("held")
    second = await replies.say("2", "refused")
    await replies.replies.refuse(replies.node.home.id, second["id"])
    await replies.replies.prune()
    assert await states(replies) == ["shown", "refused"]
    replies.node.clock.ahead += timedelta(days=9).total_seconds()
    await replies.replies.prune()
    assert await states(replies) == ["shown"]
    replies.node.clock.ahead += timedelta(days=30).total_seconds()
    await replies.replies.prune()
    assert await states(replies) == []


async def test_a_line_that_nobody_said_elsewhere_is_no_reply(replies: Talking) -> None:
    said = await replies.room.feature.poster.system(replies.room.home, "hello")
    with pytest.raises(NotFound):
        await replies.replies.of_message(said.id)


# what the channel answers


async def test_the_author_of_a_reply_can_be_blocked_and_unblocked(replies: Talking) -> None:
    await replies.say("1", "spam")
    await replies.shows("spam")
    federation, ann = replies.node.feature.federation, replies.node.ann
    await federation.block(replies.node.home, ann.id)
    await federation.block(replies.node.home, ann.id)
    await replies.shows()
    assert await replies.node.take(ann.activity("Create", note(ann, "2", "more"))) == "blocked"
    listed = await replies.node.feature.followers.page(replies.node.home.id, State.BLOCKED)
    assert [each.actor for each in listed.items] == [ann.id]
    for let_in in (federation.approve, federation.remove):
        await let_in(replies.node.home, ann.id)
        assert (await replies.node.feature.followers.page(replies.node.home.id, State.BLOCKED)).total == 0
        assert await replies.node.sent() == []
        await replies.node.feature.federation.block(replies.node.home, ann.id)
    with pytest.raises(NotFound):
        await federation.block(replies.node.home, "https://nobody.example/")

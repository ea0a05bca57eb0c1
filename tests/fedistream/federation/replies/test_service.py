"""What people elsewhere say to a channel, from a signed request to the line in the chat, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activitypub.addressing import PUBLIC
from activitypub.guard import Guard
from fedistream.chat.values import Edited, Kind, Message, Origin, Shown
from fedistream.core.errors import Conflict, NotFound, TooMany
from fedistream.db import Database
from fedistream.federation.inbox.moves import AGAIN
from fedistream.federation.models import EngagementRow, FollowerRow, RemoteActorRow, RemoteNoteRow
from fedistream.federation.replies.service import MAX_HELD_OF_ONE
from fedistream.federation.values import ReplyState, State
from tests.kit.federated import LIVE, ORIGIN, federated
from tests.kit.talking import Talking, note, talking


@pytest.fixture
async def talk(database: Database, tmp_path: Path) -> AsyncIterator[Talking]:
    async with talking(tmp_path) as made:
        yield made


async def states(talk: Talking) -> list[str]:
    return [str(row.state) for row in await RemoteNoteRow.all().order_by("id")]


async def test_a_mention_stands_in_the_chat_with_its_author_and_where_it_is_from(talk: Talking) -> None:
    said = await talk.say("1", '<p><a href="https://node.example/" class="mention">@streamer</a> <b>hi</b></p>')
    (line,) = await talk.shows("hi")
    assert (line.html, line.kind, line.origin) == ("<p><strong>hi</strong></p>", Kind.CHAT, Origin.FEDIVERSE)
    assert line.link == said["id"]
    author = line.remote
    assert author is not None
    assert (author.name, author.address) == ("Ann <b>of</b> elsewhere", f"ann@{talk.node.ann.server.authority}")
    assert author.url == talk.node.ann.id
    assert [event.id for event in await talk.hears(Message)] == [line.id]
    assert talk.node.names() == ["reply.received"]
    (row,) = await RemoteNoteRow.all()
    assert (row.message_id, row.state) == (line.id, "shown")


async def test_below_a_post_of_ours_no_mention_is_needed_and_below_that_neither(talk: Talking) -> None:
    post = await talk.node.feature.posts.publish(talk.node.home, "On air")
    unmentioned: dict[str, Any] = {"cc": [], "tag": []}
    first = await talk.say("1", "first", inReplyTo=post.document["id"], **unmentioned)
    await talk.say("2", "second", inReplyTo=first["id"], **unmentioned)
    await talk.say("3", "elsewhere", inReplyTo="https://other.example/1", **unmentioned)
    await talk.say("4", "of a thread that is not there", inReplyTo=f"{ORIGIN}/federation/none", **unmentioned)
    await talk.shows("first", "second")
    below = await talk.talk.below(post.id)
    assert (below.total, below.items) == (2, (first["id"], f"{talk.node.ann.id}/notes/2"))


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public"])
@pytest.mark.parametrize("unlisted", [True, False])
async def test_public_is_spelled_in_three_ways(talk: Talking, public: str, unlisted: bool) -> None:
    to = {"to": [LIVE], "cc": [public]} if unlisted else {"to": public, "cc": LIVE}
    await talk.say("1", "hi", **to)
    await talk.shows("hi")


@pytest.mark.parametrize("to", [[LIVE], [LIVE, "{ann}/followers"], ["{ann}/followers"]])
async def test_letters_are_neither_shown_nor_kept(talk: Talking, to: list[str]) -> None:
    await talk.mode("held")
    await talk.say("1", "for you alone", to=[each.format(ann=talk.node.ann.id) for each in to], cc=[])
    assert (await talk.held(), await RemoteNoteRow.all().count(), talk.node.names()) == ([], 0, ["setting.changed"])


async def test_what_is_addressed_by_the_activity_alone_is_public_too(talk: Talking) -> None:
    said = note(talk.node.ann, "1", "hi")
    to, cc = said.pop("to"), said.pop("cc")
    assert await talk.node.take(talk.node.ann.activity("Create", said, to=to, cc=cc)) == "taken"
    await talk.shows("hi")


@pytest.mark.parametrize(
    "change", [{"attributedTo": "https://other.example/bo"}, {"id": "https://other.example/1"}], ids=["author", "host"]
)
async def test_nobody_speaks_for_others(talk: Talking, change: dict[str, str]) -> None:
    said = note(talk.node.ann, "1", "hi") | change
    assert await talk.node.take(talk.node.ann.activity("Create", said)) == "foreign"
    assert await states(talk) == []


async def test_the_same_note_comes_once_by_whatever_way(talk: Talking) -> None:
    said = await talk.say("1", "hi")
    await talk.shows("hi")
    for again in ("Create", "Announce"):
        assert await talk.node.take(talk.node.ann.activity(again, said)) == "taken"
    both = [talk.node.ann.activity("Create", note(talk.node.ann, "2", "two")) for _ in range(2)]
    assert await asyncio.gather(*map(talk.node.take, both)) == ["taken", "taken"]
    await talk.shows("hi", "two")


async def test_other_things_than_notes_are_shown_as_text(talk: Talking) -> None:
    await talk.say("1", "<p>Once</p>", type="Article", name="A tale")
    await talk.say("2", "Which?", type="Question")
    await talk.shows("A tale\nOnce", "Which?")


async def test_a_warning_stands_before_what_is_said(talk: Talking) -> None:
    await talk.say("1", "he dies", summary="the <i>end</i>", sensitive=True)
    (line,) = await talk.shows("he dies")
    assert line.warning == "the <i>end</i>"


# who may talk


async def test_what_is_held_waits_for_the_admin_and_comes_into_the_chat_then(talk: Talking) -> None:
    await talk.mode("held")
    said = await talk.say("1", "hi")
    (reply,) = await talk.held()
    assert (reply.note, reply.text, reply.state, reply.message_id) == (said["id"], "hi", ReplyState.HELD, None)
    assert (reply.name, reply.handle) == ("Ann <b>of</b> elsewhere", f"ann@{talk.node.ann.server.authority}")
    assert await talk.lines() == ()
    await talk.talk.approve(talk.node.home.id, said["id"])
    (line,) = await talk.shows("hi")
    assert (await talk.talk.of_message(line.id)).note == said["id"]
    assert await talk.held() == []
    assert talk.node.names() == ["setting.changed", "reply.received", "reply.changed"]
    for decide in (talk.talk.approve, talk.talk.refuse):
        with pytest.raises(Conflict, match="shown"):
            await decide(talk.node.home.id, said["id"])
        with pytest.raises(NotFound):
            await decide(talk.node.home.id, "https://nobody.example/1")


async def test_what_is_refused_is_forgotten_and_does_not_come_back(talk: Talking) -> None:
    await talk.mode("held")
    said = await talk.say("1", "hi")
    await talk.talk.refuse(talk.node.home.id, said["id"])
    (row,) = await RemoteNoteRow.all()
    assert (row.state, row.html, row.body) == ("refused", "", "")
    await talk.edit(said, content="hi again")
    await talk.say("1", "hi")
    assert (await talk.held(), await states(talk)) == ([], ["refused"])
    assert talk.node.names()[-1] == "reply.withdrawn"


async def test_off_is_off_and_so_is_a_chat_that_is_disabled(talk: Talking) -> None:
    await talk.mode("off")
    await talk.say("1", "hi")
    await talk.mode("on")
    await talk.room.settings.change("chat.disabled", True)
    await talk.say("2", "hi")
    assert await states(talk) == []


@pytest.mark.parametrize(("setting", "value"), [("federation.replies_from", "followers"), ("federation.private", True)])
async def test_in_private_or_if_it_is_set_only_followers_talk(talk: Talking, setting: str, value: object) -> None:
    await talk.node.settings.change(setting, value)
    await talk.say("1", "a stranger")
    await talk.node.follow()
    if setting == "federation.private":
        await talk.say("2", "one who waits")
        await talk.node.feature.federation.approve(talk.node.home, talk.node.ann.id)
    await talk.say("3", "a follower")
    await talk.shows("a follower")


async def test_words_that_are_not_welcome_are_held_also_where_others_are_shown(talk: Talking) -> None:
    await talk.room.settings.change("chat.blocked_words", ["fudge"])
    await talk.say("1", "f<b>u</b>dge!")
    await talk.say("2", "hi", summary="fudge")
    await talk.say("3", "fine")
    await talk.shows("fine")
    assert [reply.text for reply in await talk.held()] == ["fudge!", "hi"]


async def test_who_talks_too_fast_is_told_to_come_later_and_loses_nothing(talk: Talking) -> None:
    for number in range(5):
        await talk.say(str(number), str(number))
    late = talk.node.ann.activity("Create", note(talk.node.ann, "late", "late"))
    with pytest.raises(TooMany):
        await talk.node.take(late)
    talk.node.clock.ahead += 10
    assert await talk.node.take(late) == "taken"
    await talk.shows("0", "1", "2", "3", "4", "late")


async def test_nobody_fills_the_queue_of_what_is_held_alone(talk: Talking) -> None:
    await talk.mode("held")
    for number in range(MAX_HELD_OF_ONE + 1):
        talk.node.clock.ahead += 10
        await talk.say(str(number), "hi")
    assert (await talk.talk.held(talk.node.home.id, 5, 10)).total == MAX_HELD_OF_ONE


# what becomes of it


async def test_an_edit_changes_the_line_where_it_stands(talk: Talking) -> None:
    said = await talk.say("1", "teh end")
    (before,) = await talk.shows("teh end")
    await talk.edit(said, content="the end", updated="2030-05-01T12:00:00Z")
    (line,) = await talk.shows("the end")
    assert (line.id, line.edited_at) == (before.id, datetime(2030, 5, 1, 12, tzinfo=UTC))
    (told,) = await talk.hears(Edited)
    assert told.message == line
    # what is older has come late, and what is the same is no edit
    await talk.edit(said, content="teh very end", updated="2030-05-01T11:00:00Z")
    await talk.edit(said, content="the end", updated="2030-05-02T11:00:00Z")
    await talk.shows("the end")
    assert talk.node.names() == ["reply.received", "reply.changed"]


async def test_what_is_edited_to_mention_us_is_heard_then(talk: Talking) -> None:
    await talk.edit(note(talk.node.ann, "1", "now with a mention"))
    await talk.shows("now with a mention")


async def test_where_the_admin_lets_in_what_is_said_he_does_so_with_each_edit(talk: Talking) -> None:
    await talk.mode("held")
    said = await talk.say("1", "nice")
    await talk.talk.approve(talk.node.home.id, said["id"])
    (line,) = await talk.shows("nice")
    await talk.edit(said, content="buy this")
    await talk.shows()
    assert [told.visible for told in await talk.hears(Shown)] == [False]
    (reply,) = await talk.held()
    assert (reply.text, reply.message_id) == ("buy this", line.id)
    await talk.edit(said, content="buy that")
    await talk.talk.approve(talk.node.home.id, said["id"])
    (again,) = await talk.shows("buy that")
    assert again.id == line.id
    await talk.hears(Edited)
    assert [type(event) for event in talk.ears.heard[-2:]] == [Shown, Edited]


async def test_what_a_moderator_has_hidden_an_edit_does_not_bring_back(talk: Talking) -> None:
    said = await talk.say("1", "nice")
    (line,) = await talk.shows("nice")
    await talk.room.feature.moderation.set_visible([line.id], False, "admin")
    await talk.edit(said, content="nicer")
    await talk.shows()
    assert talk.ears.of(Edited) == []
    (moderated,) = await talk.room.feature.messages.moderated(talk.room.home)
    assert (moderated.body, moderated.hidden_at is None) == ("nicer", False)


async def test_what_is_not_for_all_any_more_is_taken_back(talk: Talking) -> None:
    said = await talk.say("1", "oops")
    await talk.shows("oops")
    await talk.edit(said, to=[LIVE], cc=[])
    await talk.shows()
    assert await states(talk) == ["deleted"]


@pytest.mark.parametrize("bare", [True, False])
async def test_what_is_deleted_is_hidden_and_forgotten_and_stays_away(talk: Talking, bare: bool) -> None:
    said = await talk.say("1", "oops")
    (line,) = await talk.shows("oops")
    await talk.delete(said["id"] if bare else {"id": said["id"], "type": "Tombstone"})
    await talk.shows()
    (shown,) = await talk.hears(Shown)
    assert (shown.ids, shown.visible) == ((line.id,), False)
    (left,) = await talk.room.feature.messages.by_ids([line.id])
    assert (left.body, left.remote, left.link) == ("…", None, "")
    await talk.say("1", "oops")
    await talk.edit(said, content="oops!")
    assert await states(talk) == ["deleted"]
    assert talk.node.names() == ["reply.received", "reply.withdrawn"]


async def test_a_copy_that_comes_after_the_delete_is_not_shown(talk: Talking) -> None:
    said = note(talk.node.ann, "1", "oops")
    await talk.delete(said["id"])
    await talk.delete(said["id"])
    await talk.say("1", "oops")
    assert await states(talk) == []


async def test_a_copy_that_comes_after_the_delete_and_a_restart_is_not_shown(
    database: Database, tmp_path: Path
) -> None:
    async with talking(tmp_path) as before:
        await before.delete(f"{before.node.ann.id}/notes/1")
        ann = before.node.ann
        # of one who has forgotten everything but the rows
        async with federated(Guard(frozenset({ann.server.authority})), before.room.feature.gallery) as after:
            await after.settings.change("federation.replies", "on")
            for number, content in (("1", "oops"), ("2", "hi")):
                said = ann.activity("Create", note(ann, number, content))
                assert await after.take(said, by=ann.key) == "taken"
        assert await states(before) == ["shown"]


async def test_only_its_author_deletes_and_edits(talk: Talking) -> None:
    said = await talk.say("1", "hi")
    await talk.shows("hi")
    await RemoteNoteRow.all().update(actor=f"{talk.node.ann.id}-twin")  # on the same server
    await talk.delete(said["id"])
    await talk.edit(said, content="ho")
    await talk.shows("hi")
    assert await talk.node.take(talk.node.ann.activity("Delete", "https://other.example/1")) == "foreign"


async def test_with_the_actor_all_it_said_is_gone(talk: Talking) -> None:
    await talk.say("1", "one")
    await talk.say("2", "two")
    await talk.shows("one", "two")
    talk.node.ann.gone = True
    await RemoteActorRow.all().delete()  # its inbox may have been gone before
    await talk.delete(talk.node.ann.id)
    await talk.shows()
    assert await states(talk) == ["deleted", "deleted"]
    assert talk.node.names()[-2:] == ["reply.withdrawn", "reply.withdrawn"]


async def test_who_is_found_gone_in_another_process_leaves_nothing_either(talk: Talking) -> None:
    await talk.node.follow()
    post = await talk.node.feature.posts.publish(talk.node.home, "Hello")
    assert await talk.node.take(talk.node.ann.activity("Like", post.url)) == "taken"
    await talk.say("1", "shown")
    (line,) = await talk.shows("shown")
    await talk.mode("held")
    await talk.say("2", "held")
    talk.node.names()
    talk.node.ann.gone = True
    async with federated(Guard(frozenset({talk.node.ann.server.authority}))) as worker:
        worker.clock.ahead += (AGAIN + timedelta(hours=1)).total_seconds()
        await worker.feature.doors.moves.validate()
        assert worker.names() == ["follower.removed"]
    # what the rows tell is right at once, and the chat follows
    assert (await talk.held(), await states(talk)) == ([], ["gone", "gone"])
    with pytest.raises(Conflict, match="gone"):
        await talk.talk.approve(talk.node.home.id, f"{talk.node.ann.id}/notes/2")
    await talk.talk.sweep()
    await talk.shows()
    (left,) = await talk.room.feature.messages.by_ids([line.id])
    assert (left.body, left.remote) == ("…", None)
    assert (await states(talk), talk.node.names()) == (["deleted", "deleted"], ["reply.withdrawn", "reply.withdrawn"])
    assert [await rows.all().count() for rows in (RemoteActorRow, FollowerRow, EngagementRow)] == [0, 0, 0]
    await talk.talk.sweep()
    assert talk.node.names() == []


async def test_what_a_blocked_actor_has_said_is_hidden(talk: Talking) -> None:
    await talk.node.follow()
    await talk.say("1", "shown")
    await talk.shows("shown")
    await talk.mode("held")
    await talk.say("2", "held")
    await talk.node.feature.federation.block(talk.node.home, talk.node.ann.id)
    await talk.shows()
    assert (await talk.held(), await states(talk)) == ([], ["refused", "refused"])


async def test_what_was_said_from_a_blocked_domain_is_hidden(talk: Talking) -> None:
    await talk.say("1", "shown")
    await talk.shows("shown")
    await talk.node.settings.change("federation.blocked_domains", ["127.0.0.1"])
    talk.node.feature.federation.heed(talk.node.facts.stated[-1])  # type: ignore[arg-type]
    await talk.shows()
    assert await states(talk) == ["refused"]


# nothing is lost, nothing comes twice


async def test_what_a_kill_has_kept_out_of_the_chat_comes_at_the_next_start(database: Database, tmp_path: Path) -> None:
    async with talking(tmp_path, "held") as before:
        for name in "123":
            await before.say(name, name)
        # as it is after a kill between the transaction of the inbox and the line in the chat
        await RemoteNoteRow.exclude(body="2").update(state="shown")
    async with talking(tmp_path) as after:
        await after.shows("1", "3")


async def test_what_is_withdrawn_while_it_is_written_is_not_shown(talk: Talking) -> None:
    """The line waits in the log while the row changes under it."""
    await talk.mode("held")
    said = await talk.say("1", "oops")
    (reply,) = await talk.held()

    async def along(message_id: str) -> None:
        raise Conflict("it was withdrawn")

    with pytest.raises(TooMany):
        await talk.room.feature.gallery.say(replace(reply, state=ReplyState.SHOWN), along)
    await talk.delete(said["id"])
    await talk.shows()


async def test_an_edit_that_comes_while_the_line_is_written_is_what_is_shown(talk: Talking) -> None:
    for number in range(4):
        said = await talk.say(str(number), "teh")
        await talk.edit(said, content="the")
    await talk.shows("the", "the", "the", "the")


async def test_what_is_old_is_forgotten_with_the_chat(talk: Talking) -> None:
    await talk.say("1", "old")
    await talk.shows("old")
    await talk.mode("held")
    second = await talk.say("2", "refused")
    await talk.talk.refuse(talk.node.home.id, second["id"])
    await talk.talk.sweep()
    assert await states(talk) == ["shown", "refused"]
    talk.node.clock.ahead += timedelta(days=9).total_seconds()
    await talk.talk.sweep()
    assert await states(talk) == ["shown"]
    talk.node.clock.ahead += timedelta(days=30).total_seconds()
    await talk.talk.sweep()
    assert await states(talk) == []


async def test_a_line_that_nobody_said_elsewhere_is_no_reply(talk: Talking) -> None:
    said = await talk.room.feature.herald.system(talk.room.home, "hello")
    with pytest.raises(NotFound):
        await talk.talk.of_message(said.id)


# what the channel answers


async def test_a_stranger_can_be_blocked_for_what_he_said_and_let_back_in(talk: Talking) -> None:
    await talk.say("1", "spam")
    await talk.shows("spam")
    federation, ann = talk.node.feature.federation, talk.node.ann
    await federation.block(talk.node.home, ann.id)
    await federation.block(talk.node.home, ann.id)
    await talk.shows()
    assert await talk.node.take(ann.activity("Create", note(ann, "2", "more"))) == "blocked"
    listed = await talk.node.feature.followers.page(talk.node.home.id, State.BLOCKED)
    assert [each.actor for each in listed.items] == [ann.id]
    for let_in in (federation.approve, federation.remove):
        await let_in(talk.node.home, ann.id)
        assert (await talk.node.feature.followers.page(talk.node.home.id, State.BLOCKED)).total == 0
        assert await talk.node.sent() == []
        await talk.node.feature.federation.block(talk.node.home, ann.id)
    with pytest.raises(NotFound):
        await federation.block(talk.node.home, "https://nobody.example/")

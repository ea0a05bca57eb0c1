"""Answers of the channel to remote actors, on both databases: a reply there, and a line in the chat."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedistream.chat.values import Kind
from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.db import Database
from fedistream.federation.models import RemoteActorRow
from fedistream.federation.values import Off
from tests.kit.talking import Talking, talking


@pytest.fixture
async def replies(database: Database, tmp_path: Path) -> AsyncIterator[Talking]:
    async with talking(tmp_path) as made:
        yield made


async def test_an_answer_is_a_reply_to_its_author_and_a_line_below_the_question(replies: Talking) -> None:
    said = await replies.say("1", "what clay?")
    (question,) = await replies.shows("what clay?")
    post = await replies.replies.answer(replies.node.home, said["id"], "porce*lain*", "a-moderator")
    note_ = post.document
    assert (note_["inReplyTo"], note_["content"].endswith("porce<em>lain</em></p>")) == (said["id"], True)
    assert replies.node.ann.id in note_["cc"]
    assert replies.node.ann.id in [tag.get("href") for tag in note_["tag"]]
    # to Ann, who does not follow
    assert [inbox for inbox, sent in await replies.node.sent() if sent["type"] == "Create"] == [
        f"{replies.node.ann.server.origin}/inbox"
    ]
    line = (await replies.lines())[-1]
    assert (line.kind, line.answers, line.link) == (Kind.SYSTEM, question.id, said["id"])
    assert line.html == "<p>@Ann &lt;b&gt;of&lt;/b&gt; elsewhere porce<em>lain</em></p>"
    (action,) = await replies.room.feature.moderation.actions()
    assert (action.what, action.actor, action.target) == ("answer", "a-moderator", question.id)
    # and who answers that is in the thread
    await replies.say("2", "thanks", inReplyTo=note_["id"], cc=[], tag=[])
    assert (await replies.shows("what clay?", line.body, "thanks"))[-1].remote is not None


async def test_what_cannot_be_posted_is_not_said_in_the_chat_either(replies: Talking) -> None:
    said = await replies.say("1", "what clay?")
    await replies.shows("what clay?")
    for text in ("", " ", "x" * 1001):
        with pytest.raises(Invalid):
            await replies.replies.answer(replies.node.home, said["id"], text)
    with pytest.raises(NotFound):
        await replies.replies.answer(replies.node.home, "https://nobody.example/1", "hi")
    await replies.delete(said["id"])
    with pytest.raises(Conflict):
        await replies.replies.answer(replies.node.home, said["id"], "hi")
    assert [sent for _, sent in await replies.node.sent() if sent["type"] == "Create"] == []
    await replies.shows()


async def test_a_deleted_author_gets_no_answer(replies: Talking) -> None:
    said = await replies.say("1", "what clay?")
    await replies.shows("what clay?")
    await RemoteActorRow.all().delete()
    with pytest.raises(NotFound, match="gone"):
        await replies.replies.answer(replies.node.home, said["id"], "hi")


async def test_what_is_held_is_answered_without_a_line(replies: Talking) -> None:
    await replies.mode("held")
    said = await replies.say("1", "are you the one?")
    post = await replies.replies.answer(replies.node.home, said["id"], "yes")
    assert post.document["inReplyTo"] == said["id"]
    assert await replies.lines() == ()


async def test_when_posting_fails_at_the_last_moment_nothing_is_said(replies: Talking) -> None:
    said = await replies.say("1", "what clay?")
    await replies.shows("what clay?")
    await replies.node.settings.change("federation.enabled", False)
    with pytest.raises(Off):
        await replies.replies.answer(replies.node.home, said["id"], "hi")
    await replies.shows("what clay?")

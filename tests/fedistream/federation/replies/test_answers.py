"""What the channel answers to people elsewhere: a reply there, and a line in the chat, on both databases."""

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
async def talk(database: Database, tmp_path: Path) -> AsyncIterator[Talking]:
    async with talking(tmp_path) as made:
        yield made


async def test_an_answer_is_a_reply_to_its_author_and_a_line_below_the_question(talk: Talking) -> None:
    said = await talk.say("1", "what clay?")
    (question,) = await talk.shows("what clay?")
    post = await talk.talk.answer(talk.node.home, said["id"], "porce*lain*", "a-moderator")
    note_ = post.document
    assert (note_["inReplyTo"], note_["content"].endswith("porce<em>lain</em></p>")) == (said["id"], True)
    assert talk.node.ann.id in note_["cc"]
    assert talk.node.ann.id in [tag.get("href") for tag in note_["tag"]]
    # to Ann, who does not follow
    assert [inbox for inbox, sent in await talk.node.sent() if sent["type"] == "Create"] == [
        f"{talk.node.ann.server.origin}/inbox"
    ]
    line = (await talk.lines())[-1]
    assert (line.kind, line.answers, line.link) == (Kind.SYSTEM, question.id, said["id"])
    assert line.html == "<p>@Ann &lt;b&gt;of&lt;/b&gt; elsewhere porce<em>lain</em></p>"
    (action,) = await talk.room.feature.moderation.actions()
    assert (action.what, action.actor, action.target) == ("answer", "a-moderator", question.id)
    # and who answers that is in the thread
    await talk.say("2", "thanks", inReplyTo=note_["id"], cc=[], tag=[])
    assert (await talk.shows("what clay?", line.body, "thanks"))[-1].remote is not None


async def test_what_cannot_be_posted_is_not_said_in_the_chat_either(talk: Talking) -> None:
    said = await talk.say("1", "what clay?")
    await talk.shows("what clay?")
    for text in ("", " ", "x" * 1001):
        with pytest.raises(Invalid):
            await talk.talk.answer(talk.node.home, said["id"], text)
    with pytest.raises(NotFound):
        await talk.talk.answer(talk.node.home, "https://nobody.example/1", "hi")
    await talk.delete(said["id"])
    with pytest.raises(Conflict):
        await talk.talk.answer(talk.node.home, said["id"], "hi")
    assert [sent for _, sent in await talk.node.sent() if sent["type"] == "Create"] == []
    await talk.shows()


async def test_who_is_gone_is_not_answered(talk: Talking) -> None:
    said = await talk.say("1", "what clay?")
    await talk.shows("what clay?")
    await RemoteActorRow.all().delete()
    with pytest.raises(NotFound, match="gone"):
        await talk.talk.answer(talk.node.home, said["id"], "hi")


async def test_what_is_held_is_answered_without_a_line(talk: Talking) -> None:
    await talk.mode("held")
    said = await talk.say("1", "are you the one?")
    post = await talk.talk.answer(talk.node.home, said["id"], "yes")
    assert post.document["inReplyTo"] == said["id"]
    assert await talk.lines() == ()


async def test_when_posting_fails_at_the_last_moment_nothing_is_said(talk: Talking) -> None:
    said = await talk.say("1", "what clay?")
    await talk.shows("what clay?")
    await talk.node.settings.change("federation.enabled", False)
    with pytest.raises(Off):
        await talk.talk.answer(talk.node.home, said["id"], "hi")
    await talk.shows("what clay?")

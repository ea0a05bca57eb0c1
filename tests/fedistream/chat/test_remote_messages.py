"""Messages of remote actors. The chat checks what may be shown of them, whatever the federation feature allows."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from fedistream.chat.models import ModerationActionRow
from fedistream.chat.values import Edited, Message, Shown
from fedistream.core.errors import TooMany
from fedistream.db import atomic
from fedistream.federation.values import Reply, ReplyState
from tests.kit.chatroom import Chatroom

AT = datetime(2026, 5, 1, tzinfo=UTC)


def remark(channel_id: int, **more: Any) -> Reply:
    ann = "https://remote.example/users/ann"
    said = Reply(
        note="https://remote.example/notes/1",
        channel_id=channel_id,
        actor=ann,
        name="Ann",
        handle="ann@remote.example",
        image="",
        html="<p>hi</p>",
        text="hi",
        warning="",
        link="https://remote.example/1",
        state=ReplyState.SHOWN,
        post_id="",
        message_id=None,
        at=AT,
        edited_at=None,
    )
    return replace(said, **more)


async def fine(message_id: str) -> None:
    """Write nothing in the same transaction."""


async def said(room: Chatroom, **more: str) -> Message:
    await room.feature.remote_messages.say(remark(room.home, **more), fine)
    return (await room.feature.messages.history(room.home))[-1]


async def test_hostile_html_and_names_do_not_get_through_here_either(room: Chatroom) -> None:
    line = await said(room, html="<script>x</script><b onclick=x>a\u202eb</b>", name="\u202e\u200b Ann" + 99 * "n")
    assert line.html == "ab"
    assert line.remote is not None
    assert line.remote.name == ("Ann" + 99 * "n")[:40]
    nobody = await said(room, html="<img src=x>", text="\u202e", name="\u200b")
    assert (nobody.html, nobody.body) == ("<p>…</p>", "…")
    assert nobody.remote is not None
    assert nobody.remote.name == "ann@remote.example"


async def test_what_fails_along_with_a_line_keeps_it_out(room: Chatroom) -> None:
    async def fail(message_id: str) -> None:
        raise ValueError(message_id)

    _, listener = await room.guest("Bo")
    with pytest.raises(TooMany):
        await room.feature.remote_messages.say(remark(room.home), fail)
    assert (await room.bodies(), listener.of(Message)) == ([], [])


async def test_an_answer_is_in_the_chat_and_written_down_or_neither(room: Chatroom) -> None:
    question = await said(room)
    seen: list[str] = []

    async def fail(message_id: str) -> None:
        raise ValueError(message_id)

    async def written(message_id: str) -> None:
        seen.append(message_id)

    asked = remark(room.home, message_id=question.id)
    with pytest.raises(TooMany):
        await room.feature.remote_messages.answer(asked, "ho", "mod", fail)
    assert (len(await room.bodies()), await room.feature.moderation.actions()) == (1, ())
    await room.feature.remote_messages.answer(asked, "ho", "mod", written)
    (action,) = await room.feature.moderation.actions()
    assert (action.what, action.actor, action.target) == ("answer", "mod", question.id)
    _, answer = await room.feature.messages.history(room.home)
    assert (answer.id, answer.answers) == (seen[0], question.id)
    await ModerationActionRow._meta.db.execute_query("DROP TABLE moderation_action")
    with pytest.raises(TooMany):
        await room.feature.remote_messages.answer(asked, "ho ho", "mod", written)
    assert len(await room.bodies()) == 2, "what cannot be written down is not said"


async def test_lines_are_edited_hidden_and_wiped_with_the_transaction_around_them_or_not_at_all(room: Chatroom) -> None:
    line, remote_messages = await said(room, warning="sad"), room.feature.remote_messages
    _, listener = await room.guest("Bo")
    listener.heard.clear()

    async def all_three(fails: bool) -> None:
        await remote_messages.edit(line.id, remark(room.home, text="ho", html="<p>ho</p>", edited_at=AT))
        await remote_messages.set_visible([line.id], False, "")
        await remote_messages.wipe([line.id], "https://remote.example/users/ann")
        assert listener.heard == []
        if fails:
            raise ValueError("as planned")

    with pytest.raises(ValueError, match="planned"):
        await atomic(all_three, True)
    assert await room.feature.messages.history(room.home) == (line,)
    await atomic(all_three, False)
    assert [type(event) for event in listener.heard] == [Edited, Shown, Edited]
    (left,) = await room.feature.messages.by_ids([line.id])
    assert listener.of(Edited)[-1].message == left
    assert (left.body, left.html, left.remote, left.warning) == ("…", "<p>…</p>", None, "")
    assert [action.actor for action in await room.feature.moderation.actions()] == ["admin"]
    # nothing of it is there to be edited any more
    await remote_messages.edit("0000000000000", remark(room.home))


async def test_words_the_channel_does_not_want_are_found(room: Chatroom) -> None:
    remote_messages = room.feature.remote_messages
    assert not remote_messages.has_blocked_words(room.home, "oh fudge")
    await room.settings.change("chat.blocked_words", ["fudge"], room.home)
    assert remote_messages.has_blocked_words(room.home, "oh FUDGE!")
    assert remote_messages.is_on(room.home)
    await room.settings.change("chat.enabled", False, room.home)
    assert not remote_messages.is_on(room.home)

"""Messages of the chat for the admin: hidden, shown again, and leafed through."""

import pytest

from fedistream.api.pages.admin.frame import ROWS
from tests.kit.adminpages import NASTY, Visitor, said, say
from tests.kit.faces import Faces

PAGE = "/admin/chat/messages"


async def test_a_message_is_hidden_and_shown_again(faces: Faces, admin: Visitor) -> None:
    ann, _ = await faces.visitor("Ann")
    (message,) = await say(faces, ann, "hello **there**")
    assert "<strong>there</strong>" in await admin.see(PAGE)
    page = await admin.send(PAGE, id=message, do="hide")
    assert said(page) == "Message hidden for everybody."
    assert "· hidden" in page.text
    assert await faces.chat.messages.history(1) == ()
    assert said(await admin.send(PAGE, id=message, do="show")) == "Message shown again."
    assert len(await faces.chat.messages.history(1)) == 1
    assert [(each.what, each.actor) for each in await faces.chat.moderation.actions()] == [
        ("show message", "admin"),
        ("hide message", "admin"),
    ]


@pytest.mark.parametrize("message", ["", "none", NASTY])
async def test_a_message_that_is_not_there_is_gone(admin: Visitor, message: str) -> None:
    page = await admin.send(PAGE, id=message, do="hide")
    assert said(page) == "It no longer exists."


async def test_only_hiding_and_showing_is_done(faces: Faces, admin: Visitor) -> None:
    assert (await admin.send(PAGE, id="x", do="praise")).status_code == 422


async def test_names_and_texts_are_shown_as_text(faces: Faces, admin: Visitor) -> None:
    evil, _ = await faces.visitor(NASTY[:30])
    await say(faces, evil, NASTY, "<img src=x onerror=alert(2)>", "[x](javascript:alert(3))")
    page = await admin.see(PAGE)
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    assert "&lt;script&gt;" in page


async def test_a_long_chat_is_leafed_through_from_the_newest(faces: Faces, admin: Visitor) -> None:
    bot = await faces.chat.visitors.make_bot("Bot")
    ids = [(await faces.chat.poster.bot_says(1, bot, f"line {n:03}")).id for n in range(ROWS + 3)]
    newest = await admin.see(PAGE)
    assert f"line {ROWS + 2:03}" in newest
    assert "line 002" not in newest
    assert f'href="{PAGE}?before={ids[3]}" rel="next"' in newest
    oldest = await admin.see(f"{PAGE}?before={ids[3]}")
    assert oldest.count('name="id"') == 3
    assert 'rel="next"' not in oldest
    page = await admin.send(f"{PAGE}?before={ids[3]}", id=ids[0], do="hide", view=f"before={ids[3]}")
    assert str(page.url).endswith(f"?before={ids[3]}&done=message-hide")

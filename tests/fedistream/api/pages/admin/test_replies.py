"""Held replies: let in, refused, answered, and their authors blocked."""

import pytest

from fedistream.federation.models import PostRow, RemoteNoteRow
from tests.kit.adminpages import NASTY, Visitor, counts, said
from tests.kit.faces import Faces
from tests.kit.following import held_reply

PAGE = "/admin/federation/replies"
ANN = "https://remote.example/users/ann"


async def state_of(note: str) -> str:
    return (await RemoteNoteRow.get(url=note)).state


@pytest.mark.parametrize(
    ("do", "state", "told"),
    [
        ("approve", "shown", "Reply approved. It is shown in the chat."),
        ("refuse", "refused", "Reply rejected and deleted."),
        ("block", "refused", "Account blocked. Its messages are hidden."),
    ],
)
async def test_what_the_admin_decides_is_done_once(
    faces: Faces, admin: Visitor, do: str, state: str, told: str
) -> None:
    note = await held_reply("ann", "<p>Hello <b>all</b></p>")
    page = await admin.see(PAGE)
    assert counts(page) == {"/admin/federation/": 1, PAGE: 1}
    assert "<p>Hello <b>all</b></p>" in page
    assert said(await admin.send(PAGE, note=note, actor=ANN, do=do)) == told
    assert await state_of(note) == state
    (action,) = [each for each in await faces.chat.moderation.actions() if each.what != "hide message"]
    assert (action.what, action.actor) == ("block author" if do == "block" else f"{do} reply", "admin")
    assert action.target == "ann@remote.example"
    assert counts(await admin.see(PAGE)) == {}
    assert said(await admin.send(PAGE, note=note, actor="https://x.example/", do=do)) == "It no longer exists."


async def test_an_answer_is_a_post_to_the_author_of_the_reply(faces: Faces, admin: Visitor) -> None:
    note = await held_reply("ann", "<p>Why?</p>")
    assert said(await admin.send(PAGE, note=note, do="answer", text="Because.")) == "Reply sent."
    (post,) = await PostRow.all()
    assert post.document["inReplyTo"] == note
    assert "Because." in post.document["content"]


@pytest.mark.parametrize("text", [" ", "x" * 5001])
async def test_an_answer_that_cannot_be_sent_is_given_back(faces: Faces, admin: Visitor, text: str) -> None:
    await held_reply("bob", "<p>Mine</p>")
    note = await held_reply("ann", "<p>Why?</p>")
    page = await admin.send(PAGE, note=note, do="answer", text=text)
    assert page.status_code == 422
    assert page.text.count('id="field-text"') == 1
    assert text.strip() in page.text
    assert await PostRow.all().count() == 0


async def test_names_and_warnings_are_text(faces: Faces, admin: Visitor) -> None:
    await held_reply("ann", "<p>fine</p>", name=NASTY, warning=NASTY)
    page = await admin.see(PAGE)
    assert page.count("&lt;script&gt;") >= 2


@pytest.mark.parametrize(("mode", "told"), [("on", "shown at once"), ("off", "ignored"), ("held", "")])
async def test_the_page_says_when_nothing_new_is_held(faces: Faces, admin: Visitor, mode: str, told: str) -> None:
    await faces.settings.change("federation.replies", mode)
    assert ("as the federation settings are now" in (page := await admin.see(PAGE))) == bool(told)
    assert told in page


async def test_only_what_is_on_the_buttons_is_done(admin: Visitor) -> None:
    assert (await admin.send(PAGE, note="x", do="praise")).status_code == 422

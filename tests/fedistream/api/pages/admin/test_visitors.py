"""The people of the chat for the admin."""

import pytest

from fedistream.api.pages.admin.frame import ROWS
from fedistream.chat.values import Role
from fedistream.core.errors import NotFound
from tests.kit.adminpages import NASTY, Visitor, said, say
from tests.kit.faces import Faces

PAGE = "/admin/chat/visitors"


async def test_a_visitor_is_removed_with_a_reason_and_let_back_in(faces: Faces, admin: Visitor) -> None:
    ann, _ = await faces.visitor("Ann")
    page = await admin.send(PAGE, id=ann.id, do="disable", why=" shouts ", view="status=all&search=an&offset=0&x=y")
    assert said(page) == "User banned. All their messages are hidden."
    assert str(page.url).endswith("?status=all&search=an&offset=0&done=visitor-disable")
    assert not (await faces.chat.visitors.get(ann.id)).enabled
    (action, *_) = await faces.chat.moderation.actions()
    assert (action.what, action.why) == ("disable visitor", "shouts")
    assert said(await admin.send(PAGE, id=ann.id, do="enable")).startswith("User unbanned.")
    assert (await faces.chat.visitors.get(ann.id)).enabled


async def test_moderators_are_made_and_unmade(faces: Faces, admin: Visitor) -> None:
    ann, _ = await faces.visitor("Ann")
    assert said(await admin.send(PAGE, id=ann.id, do="promote")) == "User is now a moderator."
    assert (await faces.chat.visitors.get(ann.id)).role is Role.MODERATOR
    assert '<span class="badge">moderator</span>' in await admin.see(f"{PAGE}?status=moderators")
    assert said(await admin.send(PAGE, id=ann.id, do="demote")) == "User is no longer a moderator."
    assert (await faces.chat.visitors.get(ann.id)).role is Role.VISITOR


async def test_a_deleted_visitor_is_gone_with_their_messages(faces: Faces, admin: Visitor) -> None:
    ann, _ = await faces.visitor("Ann")
    await say(faces, ann, "hello")
    assert said(await admin.send(PAGE, id=ann.id, do="delete")) == "User and messages deleted."
    with pytest.raises(NotFound):
        await faces.chat.visitors.get(ann.id)
    assert await faces.chat.messages.moderated(1) == ()
    assert said(await admin.send(PAGE, id=ann.id, do="delete")) == "It no longer exists."


async def test_a_bot_becomes_no_moderator(faces: Faces, admin: Visitor) -> None:
    bot = await faces.chat.visitors.make_bot("Robot")
    assert (await admin.send(PAGE, id=bot.id, do="promote")).status_code == 409
    assert f'value="{bot.id}"' in await admin.see(f"{PAGE}?status=bots")


async def test_only_what_is_on_the_buttons_is_done(faces: Faces, admin: Visitor) -> None:
    assert (await admin.send(PAGE, id="x", do="praise")).status_code == 422


async def test_visitors_are_found_and_leafed_through(faces: Faces, admin: Visitor) -> None:
    for number in range(ROWS + 2):
        await faces.visitor(f"guest {number:03}")
    await faces.visitor("Zoe")
    assert f"1–{ROWS} of {ROWS + 2}" in await admin.see(f"{PAGE}?search=guest")
    assert f"{ROWS + 1}–{ROWS + 2} of {ROWS + 2}" in await admin.see(f"{PAGE}?search=guest&offset={ROWS}")
    page = await admin.see(f"{PAGE}?search=zoe")
    assert "<bdi>Zoe</bdi>" in page
    assert "guest" not in page
    assert "No match. Try another search." in await admin.see(f"{PAGE}?search=%3Cscript%3Ealert(1)")


async def test_a_visitor_has_a_page_of_their_own(faces: Faces, admin: Visitor) -> None:
    evil, _ = await faces.visitor("Ann")
    await faces.chat.visitors.rename(evil.id, NASTY[:30])
    await say(faces, evil, "first", NASTY)
    page = await admin.see(f"{PAGE}/{evil.id}")
    assert "<bdi>Ann</bdi>" in page
    assert "&lt;script&gt;" in page
    assert page.count('action="/admin/chat/messages"') == 2
    for nobody in ("nobody", "x" * 500, "%00"):
        assert (await admin.web.get(f"{PAGE}/{nobody}")).status_code == 404

"""Notices: planned, said otherwise, posted, withdrawn, and the rules by which they come."""

from functools import partial

from tests.kit.adminpages import NASTY, Visitor, said
from tests.kit.faces import Faces
from tests.kit.following import broadcast

PAGE = "/admin/federation/notices"


async def state(faces: Faces) -> str:
    return (await faces.notices.page(1)).items[0].state.value


async def test_a_planned_notice_is_said_otherwise_posted_changed_and_withdrawn(faces: Faces, admin: Visitor) -> None:
    number = str((await broadcast(faces)).id)
    assert '<span class="badge">scheduled</span>' in await admin.see(PAGE)
    looked = await admin.send(PAGE, id=number, do="preview", text=f"**Soon** {NASTY}")
    assert looked.status_code == 200
    assert "<strong>Soon</strong>" in looked.text
    assert "<script>alert" not in looked.text
    assert said(await admin.send(PAGE, id=number, do="edit", text="Come **in**")) == "Text saved."
    assert said(await admin.send(PAGE, id=number, do="post")) == "Announcement sent to your followers."
    assert await state(faces) == "posted"
    (post,) = (await faces.federation.posts.page(1)).items
    assert "<strong>in</strong>" in post.document["content"]
    assert said(await admin.send(PAGE, id=number, do="edit", text="Come in, all")) == "Text saved."
    assert await state(faces) == "updated"
    assert said(await admin.send(PAGE, id=number, do="withdraw")) == "Post deleted."
    assert await state(faces) == "withdrawn"


async def test_a_notice_is_cancelled_and_what_is_live_announced_all_the_same(faces: Faces, admin: Visitor) -> None:
    assert "Announce the stream now" not in await admin.see(PAGE)
    number = str((await broadcast(faces)).id)
    assert said(await admin.send(PAGE, id=number, do="cancel")) == "Announcement cancelled."
    assert await state(faces) == "cancelled"
    page = await admin.see(PAGE)
    assert "Announce the stream now" in page
    # it would stand there in the words of today
    assert ('class="prose preserve-lines"' in page, ">the broadcast</a>" in page) == (False, True)
    assert said(await admin.send(PAGE, do="post")) == "Announcement sent to your followers."
    assert await state(faces) == "posted"


async def test_what_comes_too_late_is_said(faces: Faces, admin: Visitor) -> None:
    number = str((await broadcast(faces)).id)
    await admin.send(PAGE, id=number, do="cancel")
    page = await admin.send(PAGE, id=number, do="withdraw")
    assert page.status_code == 422
    assert "only a notice that is out can be withdrawn" in page.text
    assert said(await admin.send(PAGE, id="999", do="cancel")) == "It no longer exists."
    for wrong in ({"id": "x", "do": "cancel"}, {"do": "cancel"}, {"id": number, "do": "praise"}):
        assert (await admin.send(PAGE, **wrong)).status_code == 422


async def test_the_rules_are_set_and_shown_in_what_would_be_said(faces: Faces, admin: Visitor) -> None:
    form = {
        "federation.live_message": "On the **water**",
        "notice.delay_s": "30",
        "notice.picture": "picture",
        "notice.at_end": "delete",
        "notice.language": "de",
    }
    assert said(await admin.send(PAGE, f"{PAGE}/settings", **form)) == "Saved."
    value = partial(faces.settings.value, channel_id=1)
    assert [value(name) for name in form] == ["On the **water**", 30, "picture", "delete", "de"]
    page = await admin.see(PAGE)
    assert "On the <strong>water</strong>" in page
    assert '<option value="delete" selected>' in page
    wrong = await admin.send(PAGE, f"{PAGE}/settings", **{"notice.at_end": NASTY, "notice.delay_s": "-1"})
    assert wrong.status_code == 422
    assert 'id="error-notice.at_end"' in wrong.text


async def test_the_page_is_there_while_federation_is_off(faces: Faces, admin: Visitor) -> None:
    await faces.settings.change("federation.enabled", False)
    assert "The next one would say" not in await admin.see(PAGE)

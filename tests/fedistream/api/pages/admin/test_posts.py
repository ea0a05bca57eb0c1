"""Posts by hand: looked at, sent, pinned, taken back."""

import pytest

from fedistream.federation.models import PostRow
from tests.kit.adminpages import NASTY, Visitor, said
from tests.kit.faces import Faces

PAGE = "/admin/federation/posts"


async def test_a_text_is_shown_before_it_is_sent(faces: Faces, admin: Visitor) -> None:
    page = await admin.send(PAGE, text="**Soon** #boats <script>alert(1)</script>", do="preview")
    assert page.status_code == 200
    assert '<div class="preview" role="group" aria-label="Preview"><p><strong>Soon</strong>' in page.text
    assert "#<span>boats</span>" in page.text
    assert "<script>alert" not in page.text
    assert "**Soon** #boats &lt;script&gt;" in page.text  # to be written on
    assert await PostRow.all().count() == 0


async def test_a_text_is_sent_and_listed(faces: Faces, admin: Visitor) -> None:
    assert "No public posts yet. Posts that you write above are listed here." in await admin.see(PAGE)
    assert said(await admin.send(PAGE, text=f"Hello {NASTY}", do="send")) == "Post sent to your followers."
    page = await admin.see(PAGE)
    assert "Hello &lt;script&gt;" in page
    assert await PostRow.all().count() == 1


@pytest.mark.parametrize("do", ["send", "preview"])
@pytest.mark.parametrize("text", ["", "   ", "x" * 5001])
async def test_a_text_that_cannot_be_sent_is_said_beside_its_field(
    faces: Faces, admin: Visitor, text: str, do: str
) -> None:
    page = await admin.send(PAGE, text=text, do=do)
    assert page.status_code == 422
    assert 'id="error-text"' in page.text
    assert await PostRow.all().count() == 0


async def test_a_post_is_pinned_and_unpinned(faces: Faces, admin: Visitor) -> None:
    post = await faces.federation.posts.publish(faces.channels.home(), "one")
    assert said(await admin.send(PAGE, f"{PAGE}/pin", id=post.id, pinned="yes")) == "Post pinned."
    assert [each.id for each in await faces.federation.posts.pinned(1)] == [post.id]
    assert "· pinned" in await admin.see(PAGE)
    assert said(await admin.send(PAGE, f"{PAGE}/pin", id=post.id, pinned="no")) == "Post unpinned."
    assert await faces.federation.posts.pinned(1) == ()


async def test_a_post_is_taken_back_once(faces: Faces, admin: Visitor) -> None:
    post = await faces.federation.posts.publish(faces.channels.home(), "one")
    assert said(await admin.send(PAGE, f"{PAGE}/delete", id=post.id)) == "Post deleted."
    assert said(await admin.send(PAGE, f"{PAGE}/delete", id=post.id)) == "It no longer exists."
    assert said(await admin.send(PAGE, f"{PAGE}/delete", id="none")) == "It no longer exists."
    assert (await faces.federation.posts.page(1)).total == 0


async def test_nothing_is_posted_while_federation_is_off(faces: Faces, admin: Visitor) -> None:
    await faces.settings.change("federation.enabled", False)
    page = await admin.send(PAGE, text="Hello", do="send")
    assert (page.status_code, "Federation is off" in page.text) == (400, True)

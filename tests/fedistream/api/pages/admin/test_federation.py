"""Federation's first page: what is missing, its settings, what came in."""

from functools import partial

import pytest

from fedistream.federation.models import FollowerRow
from fedistream.federation.values import Kind
from tests.kit.adminpages import NASTY, Visitor, said
from tests.kit.faces import Faces
from tests.kit.following import engagement, follower

PAGE = "/admin/federation/"
OFF = "Federation is disabled. Enable it below."
NO_ADDRESS = "The server URL is not set."
NO_TLS = "The server URL does not begin with https://."


@pytest.mark.parametrize(
    ("enabled", "url", "told"),
    [
        (True, "https://node.example", []),
        (False, "https://node.example", [OFF]),
        (True, "http://node.example", [NO_TLS]),
        (False, "http://node.example", [OFF, NO_TLS]),
    ],
)
async def test_what_is_missing_is_told(faces: Faces, admin: Visitor, enabled: bool, url: str, told: list[str]) -> None:
    await faces.settings.change("federation.enabled", enabled)
    await faces.settings.change("node.public_url", url)
    page = await admin.see(PAGE)
    assert [each for each in (OFF, NO_ADDRESS, NO_TLS) if each in page] == told
    assert ("@streamer@node.example" in page) == enabled


async def test_a_node_without_an_address_says_so(faces: Faces, admin: Visitor) -> None:
    faces.settings.override("node.public_url", "")
    assert NO_ADDRESS in await admin.see(PAGE)


async def test_followers_that_know_the_channel_by_another_address_are_told_of(faces: Faces, admin: Visitor) -> None:
    await faces.settings.change("node.public_url", "https://node.example")
    await faces.settings.change("federation.enabled", True)
    await follower("ann")
    us = "https://node.example/federation/user/streamer"
    row = await FollowerRow.get()
    await FollowerRow.filter(id=row.id).update(follow={**row.follow, "object": us})
    assert "by another address" not in await admin.see(PAGE)
    faces.settings.override("node.public_url", "https://moved.example")
    assert "1 follower follows the channel under another address" in await admin.see(PAGE)


async def test_everything_can_be_set(faces: Faces, admin: Visitor) -> None:
    await faces.settings.change("federation.enabled", False)
    form = {
        "federation.enabled": "on",
        "federation.hide_followers": "on",
        "federation.show_engagement": "",
        "node.public_url": "https://live.example/",
        "federation.username": "Boats",
        "federation.replies": "on",
        "federation.quotes": "",
        "federation.also_known_as": "https://old.example/users/me\nhttps://older.example/users/me",
    }
    assert said(await admin.send(PAGE, **form)) == "Saved."
    value = partial(faces.settings.value, channel_id=1)
    assert [value("federation.enabled"), value("federation.hide_followers"), value("federation.show_engagement")] == [
        True,
        True,
        False,
    ]
    assert value("node.public_url") == "https://live.example"
    assert value("federation.username") == "Boats"
    assert (value("federation.replies"), value("federation.quotes")) == ("on", False)
    assert value("federation.also_known_as") == ["https://old.example/users/me", "https://older.example/users/me"]
    page = await admin.see(PAGE)
    assert "@Boats@live.example" in page
    assert "https://old.example/users/me\nhttps://older.example/users/me</textarea>" in page


async def test_what_cannot_be_is_shown_again_beside_its_field(faces: Faces, admin: Visitor) -> None:
    page = await admin.send(
        PAGE, **{"federation.username": NASTY, "node.public_url": "nowhere", "federation.hide_followers": "on"}
    )
    assert page.status_code == 422
    assert 'id="error-federation.username"' in page.text
    assert 'id="error-node.public_url"' in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert faces.settings.value("federation.hide_followers", 1) is True


async def test_an_address_from_the_command_line_is_not_changed_here(faces: Faces, admin: Visitor) -> None:
    faces.settings.override("node.public_url", "https://given.example")
    page = await admin.send(PAGE, **{"node.public_url": "https://other.example"})
    assert page.status_code == 422
    assert "was given when the node was started" in page.text


async def test_what_came_in_lately_is_told_as_text(faces: Faces, admin: Visitor) -> None:
    assert "No activity yet. Follows, likes and boosts appear here." in await admin.see(PAGE)
    await engagement("ann", Kind.LIKE)
    await engagement("ann", Kind.FOLLOW, "https://node.example/federation/user/streamer")
    await engagement("bob", Kind.SHARE, 'javascript:alert("x")')
    await engagement("bob", Kind.REACTION, f"https://node.example/{NASTY}", reaction="🔥")
    page = await admin.see(PAGE)
    for words in ("liked", "followed", "boosted", "reacted to"):
        assert f"</a> {words}" in page
    assert "<bdi>@ann@remote.example</bdi></a> liked" in page
    assert "<bdi>🔥</bdi>" in page
    assert 'href="javascript' not in page


async def test_a_post_is_told_by_its_first_words_and_one_that_is_gone_as_a_post(faces: Faces, admin: Visitor) -> None:
    posts = faces.federation.posts
    channel = faces.channels.home()
    post = await posts.publish(channel, f"I've gone live!\n\n**Locks & {NASTY}**\n\n{'on ' * 50}")
    gone = await posts.publish(channel, "never mind")
    await posts.delete(gone.id)
    await engagement("ann", Kind.LIKE, post.url)
    await engagement("bob", Kind.SHARE, gone.url)
    page = await admin.see(PAGE)
    assert (
        f'liked <a href="{post.url}" rel="noopener noreferrer nofollow"><bdi>I&#39;ve gone live! Locks &amp; ' in page
    )
    assert f'boosted <a href="{gone.url}" rel="noopener noreferrer nofollow"><bdi>a post</bdi>' in page
    assert "<script>alert" not in page
    await faces.settings.change("federation.enabled", False)
    assert 'nofollow"><bdi>a post</bdi>' in await admin.see(PAGE)


async def test_the_navigation_leads_to_the_other_pages(faces: Faces, admin: Visitor) -> None:
    await follower("ann")
    page = await admin.see(PAGE)
    assert '<a href="/admin/federation/" aria-current="page">' in page
    for path in ("/admin/", "/admin/federation/followers", "/admin/federation/posts", "/admin/federation/deliveries"):
        assert f'<a href="{path}"' in page


async def test_keys_are_made_anew(faces: Faces, admin: Visitor) -> None:
    async def key() -> str:
        answer = await admin.web.get("/federation/user/streamer", headers={"accept": "application/activity+json"})
        return str(answer.json()["publicKey"]["publicKeyPem"])

    before = await key()
    assert said(await admin.send(PAGE, f"{PAGE}keys")) == "New keys created. The followers' servers are notified."
    assert await key() != before

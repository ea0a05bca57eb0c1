"""Featured streams: who is shown and who was asked, who shows us and who asks to, and what the admin decides.

A server that is asked and agrees is in tests/journeys/test_featured.py."""

import json

import pytest

from fedistream.federation.models import FeaturedServerRow, FollowerRow
from fedistream.federation.values import FeaturedState, State
from fedistream.jobs.models import OutboxRow
from tests.kit.adminpages import NASTY, Visitor, counts, said
from tests.kit.faces import Faces
from tests.kit.following import FOLLOWER_DECISIONS, featured, follower

PAGE = "/admin/federation/featured"
FOLLOWERS = "/admin/federation/followers"


async def delivery() -> list[tuple[str, str]]:
    rows = await OutboxRow.all().order_by("id")
    return [(json.loads(row.body)["activity"]["type"], row.target) for row in rows]


async def test_servers_are_shown_with_what_they_answered_and_whether_they_are_live(
    faces: Faces, admin: Visitor
) -> None:
    assert "No featured streams yet." in await admin.see(PAGE)
    now = faces.clock.now()
    await featured(FeaturedState.PENDING)
    assert 'data-state="waiting">requested<' in await admin.see(PAGE)
    await featured(FeaturedState.REJECTED)
    assert ">rejected<" in await admin.see(PAGE)
    row = await featured(FeaturedState.ACCEPTED, followed_at=now)
    page = await admin.see(PAGE)
    assert (">Offline<" in page, "not live since" in page) == (True, True)
    await FeaturedServerRow.filter(id=row.id).update(online=True, status_at=now, title="Slow boats")
    page = await admin.see(PAGE)
    assert ('data-state="live">Live<' in page, "Slow boats" in page, "last update" in page) == (True, True, True)


async def test_a_server_is_removed_and_told_and_then_gone(admin: Visitor) -> None:
    row = await featured(FeaturedState.ACCEPTED)
    assert said(await admin.send(PAGE, f"{PAGE}/remove", id=str(row.id))) == "Stream removed."
    assert await delivery() == [("Undo", "https://far.example/accepted/inbox")]
    assert said(await admin.send(PAGE, f"{PAGE}/remove", id=str(row.id))) == "It no longer exists."
    assert (await admin.send(PAGE, f"{PAGE}/remove", id="all")).status_code == 422


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "must be the address of a server"),
        ("https://someone@far.example", "must be the address of a server"),
        (NASTY, "must be the address of a server"),
        ("node.example", "is this server itself"),
        ("@streamer@node.example", "is this server itself"),
        ("127.0.0.1", "is no server that lets itself be featured, or it cannot be reached"),
    ],
)
async def test_what_cannot_be_asked_is_given_back_with_the_reason(admin: Visitor, typed: str, why: str) -> None:
    page = await admin.send(PAGE, server=typed)
    assert page.status_code == 422
    assert f'id="error-server">{why}</p>' in page.text
    assert "<script>alert" not in page.text
    assert await FeaturedServerRow.all().count() == 0


async def test_without_federation_nobody_can_be_asked(faces: Faces, admin: Visitor) -> None:
    await faces.settings.change("federation.enabled", False)
    page = await admin.send(PAGE, server="far.example")
    assert (page.status_code, "federation is off" in page.text) == (422, True)


async def test_requests_to_feature_the_stream_are_counted_apart_from_followers(admin: Visitor) -> None:
    await follower("ann", State.PENDING)
    await follower("list", State.PENDING, name=NASTY, directory=True)
    page = await admin.see(PAGE)
    assert counts(page) == {"/admin/federation/": 2, FOLLOWERS: 1, PAGE: 1}
    assert ("@list@remote.example" in page, "@ann@remote.example" in page) == (True, False)
    assert '<bdi class="author">&lt;script&gt;alert(1)' in page
    page = await admin.see(FOLLOWERS)
    assert ("@list@remote.example" in page, "@ann@remote.example" in page) == (False, True)


@pytest.mark.parametrize(
    ("before", "do", "after", "letter", "told"),
    FOLLOWER_DECISIONS,
)
async def test_decisions_about_a_featuring_server_are_made_and_sent_to_it(
    admin: Visitor, before: State, do: str, after: str, letter: str, told: str
) -> None:
    lister = await follower("list", before, directory=True)
    assert f'value="{do}"' in await admin.see(PAGE)
    assert said(await admin.send(PAGE, f"{PAGE}/listers", actor=lister, do=do)) == told
    row = await FollowerRow.get_or_none(actor__url=lister)
    assert (row.state if row else "gone") == after
    assert await delivery() == [(letter, f"{lister}/inbox")]
    # who is blocked is found with the followers that are
    assert ("@list@" in await admin.see(f"{FOLLOWERS}?state=blocked")) is (after == "blocked")


async def test_unknown_decisions_about_a_featuring_server_are_refused(admin: Visitor) -> None:
    lister = await follower("list", directory=True)
    assert (await admin.send(PAGE, f"{PAGE}/listers", actor=lister, do="praise")).status_code == 422
    gone = await admin.send(PAGE, f"{PAGE}/listers", actor="https://x.example/y", do="remove")
    assert said(gone) == "It no longer exists."

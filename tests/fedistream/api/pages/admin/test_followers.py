"""The list of followers: who waits, who follows, who is blocked, and what the admin decides."""

import json

import pytest

from fedistream.api.pages.admin.frame import ROWS
from fedistream.federation.models import FollowerRow
from fedistream.federation.values import State
from fedistream.jobs.models import OutboxRow
from tests.kit.adminpages import NASTY, Visitor, counts, said
from tests.kit.faces import Faces
from tests.kit.following import FOLLOWER_DECISIONS, follower

PAGE = "/admin/federation/followers"


async def state_of(actor: str) -> str:
    row = await FollowerRow.get_or_none(actor__url=actor)
    return row.state if row else "gone"


async def delivery() -> list[tuple[str, str]]:
    rows = await OutboxRow.all().order_by("id")
    return [(json.loads(row.body)["activity"]["type"], row.target) for row in rows]


@pytest.mark.parametrize(
    ("before", "do", "after", "letter", "told"),
    [
        *FOLLOWER_DECISIONS,
        (State.BLOCKED, "unblock", "gone", "Reject", "Account unblocked. They can follow again."),
        (State.BLOCKED, "approve", "accepted", "Accept", "Request accepted."),
    ],
)
async def test_what_the_admin_decides_is_done_and_told_to_the_other_server(
    faces: Faces, admin: Visitor, before: State, do: str, after: str, letter: str, told: str
) -> None:
    ann = await follower("ann", before)
    page = await admin.send(f"{PAGE}?state={before}", actor=ann, do=do, view=f"state={before}&offset=0")
    assert (said(page), await state_of(ann)) == (told, after)
    assert await delivery() == [(letter, f"{ann}/inbox")]
    assert f"state={before}" in str(page.url)
    (action,) = await faces.chat.moderation.actions()
    assert (action.what, action.actor, action.target) == (f"{do} follower", "admin", "ann@remote.example")


async def test_follow_requests_are_shown_first_and_counted_in_the_navigation(faces: Faces, admin: Visitor) -> None:
    assert counts(await admin.see("/admin/")) == {}
    await follower("ann", State.PENDING)
    await follower("bob")
    page = await admin.see(PAGE)
    assert "@ann@remote.example" in page
    assert "@bob@remote.example" not in page
    assert counts(page) == {"/admin/federation/": 1, PAGE: 1}
    assert "@bob@remote.example" in await admin.see(f"{PAGE}?state=accepted")


async def test_a_decision_about_a_removed_follower_is_ignored(faces: Faces, admin: Visitor) -> None:
    await follower("ann")
    assert said(await admin.send(PAGE, actor="https://x.example/y", do="remove")) == "It no longer exists."


async def test_what_cannot_be_decided_is_refused(faces: Faces, admin: Visitor) -> None:
    ann = await follower("ann")
    assert (await admin.send(PAGE, actor=ann, do="praise")).status_code == 422
    assert await state_of(ann) == "accepted"


@pytest.mark.parametrize("text", ["carla", "CARLA", "@carla@", "Carla B", "far.example"])
async def test_followers_are_found_by_name_and_server(faces: Faces, admin: Visitor, text: str) -> None:
    await follower("carla", host="far.example", name="Carla Brown")
    await follower("dan", name="Dan")
    page = await admin.see(f"{PAGE}?state=accepted&search={text.replace('@', '%40')}")
    assert "Carla Brown" in page
    assert "@dan@" not in page


async def test_names_are_text_whatever_is_in_them(faces: Faces, admin: Visitor) -> None:
    await follower("evil", name=NASTY)
    page = await admin.see(PAGE)
    assert f'<bdi class="author">{"&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;"}' in page
    page = await admin.see(f"{PAGE}?search=%3Cscript%3Ealert(1)%3C/script%3E%22")
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;&#34;"' in page


async def test_a_long_list_has_pages(faces: Faces, admin: Visitor) -> None:
    for number in range(ROWS + 5):
        await follower(f"f{number:03}")
    first = await admin.see(f"{PAGE}?search=remote")
    assert first.count('name="actor"') == ROWS
    assert f"1–{ROWS} of {ROWS + 5}" in first
    assert f'href="{PAGE}?state=accepted&amp;search=remote&amp;offset={ROWS}" rel="next"' in first
    assert 'rel="prev"' not in first
    second = await admin.see(f"{PAGE}?state=accepted&search=remote&offset={ROWS}")
    assert second.count('name="actor"') == 5
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second


async def test_a_decision_leads_back_to_where_it_was_made_and_nowhere_else(faces: Faces, admin: Visitor) -> None:
    ann = await follower("ann")
    view = "state=accepted&search=an&offset=0&next=//evil.example" + 30 * "&next=x"
    page = await admin.send(PAGE, actor=ann, do="remove", view=view)
    assert str(page.url).endswith(f"{PAGE}?state=accepted&search=an&offset=0&done=follower-remove")

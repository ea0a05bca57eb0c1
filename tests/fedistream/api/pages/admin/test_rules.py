"""The page of follow rules: rules, known and blocked servers, and lists as files."""

import pytest
from httpx2 import Response

from fedistream.api.pages.admin.rules import UPLOAD_LIMIT
from fedistream.federation.models import FollowerRow
from fedistream.federation.values import State
from tests.kit.adminpages import NASTY, Visitor, csrf_token, said
from tests.kit.faces import Faces
from tests.kit.following import follower

PAGE = "/admin/federation/rules"
LIST = "#domain,#severity\nbad.example,suspend\nworse.example,suspend\nloud.example,silence\n<b>no</b>,suspend\n"


async def upload(admin: Visitor, data: bytes, do: str) -> Response:
    filled = {"csrf_token": csrf_token(await admin.see(PAGE)), "do": do}
    return await admin.web.post(f"{PAGE}/import", data=filled, files={"list": ("blocks.csv", data, "text/csv")})


async def test_the_rules_are_set(faces: Faces, admin: Visitor) -> None:
    form = {
        "federation.private": "",
        "federation.hold_unknown": "on",
        "federation.hold_automated": "on",
        "federation.hold_younger_days": "14",
        "federation.known_domains": "friends.example",
        "federation.blocked_domains": "bad.example\nWorse.example., also.example",
    }
    assert said(await admin.send(PAGE, **form)) == "Saved."
    assert [faces.settings.value(name, 1) for name in list(form)[:4]] == [False, True, True, 14]
    assert faces.settings.value("federation.known_domains") == ["friends.example"]
    assert faces.settings.value("federation.blocked_domains") == ["bad.example", "worse.example", "also.example"]
    assert "bad.example\nworse.example\nalso.example</textarea>" in await admin.see(PAGE)
    wrong = await admin.send(PAGE, **{"federation.blocked_domains": NASTY, "federation.hold_younger_days": "-1"})
    assert wrong.status_code == 422
    assert 'id="error-federation.blocked_domains"' in wrong.text
    assert "<script>alert" not in wrong.text


async def test_a_list_is_looked_at_before_it_is_taken_over(faces: Faces, admin: Visitor) -> None:
    await faces.settings.change("federation.blocked_domains", ["bad.example"])
    looked = await upload(admin, LIST.encode(), "look")
    assert "Nothing has been changed yet." in looked.text
    assert "&lt;b&gt;no&lt;/b&gt;" in looked.text
    assert faces.settings.value("federation.blocked_domains") == ["bad.example"]
    taken = await upload(admin, LIST.encode(), "import")
    assert "The list is imported" in taken.text
    assert faces.settings.value("federation.blocked_domains") == ["bad.example", "worse.example"]
    export = await admin.web.get("/api/admin/federation/blocks/export")
    assert "worse.example" in export.text


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b""])
async def test_what_is_no_list_changes_nothing(faces: Faces, admin: Visitor, data: bytes) -> None:
    page = await upload(admin, data, "import")
    assert page.status_code in (200, 422)
    assert faces.settings.value("federation.blocked_domains") == []


async def test_a_list_has_its_token_and_its_limit(faces: Faces, admin: Visitor) -> None:
    file = {"list": ("blocks.csv", LIST.encode(), "text/csv")}
    assert (await admin.web.post(f"{PAGE}/import", data={"do": "import"}, files=file)).status_code == 403
    assert (await upload(admin, bytes(UPLOAD_LIMIT + 1), "import")).status_code == 413
    assert faces.settings.value("federation.blocked_domains") == []


async def test_followers_say_why_they_wait(admin: Visitor) -> None:
    ann = await follower("ann", State.PENDING)
    await FollowerRow.filter(actor__url=ann).update(held_for="young")
    await follower("bob", State.PENDING)
    page = await admin.see("/admin/federation/followers")
    assert page.count("new account") == 1

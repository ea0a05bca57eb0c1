"""Access tokens: made and shown once, listed by their handles, withdrawn."""

import re

import pytest

from fedistream.access_tokens.service import Scope
from tests.kit.adminpages import Visitor, said
from tests.kit.faces import Faces

PAGE = "/admin/chat/tokens"
HOSTILE = "<script>alert(1)</script>"


async def test_a_token_is_shown_once_and_dead_when_it_is_withdrawn(faces: Faces, admin: Visitor) -> None:
    page = await admin.send(PAGE, program=HOSTILE, CAN_SEND_MESSAGES="on", HAS_ADMIN_ACCESS="on")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    found = re.search(r'<code id="token">([^<]+)</code>', page.text)
    assert found is not None
    token = found.group(1)
    made = await faces.access_tokens.by_token(token)
    assert made is not None
    assert set(made.scopes) == {Scope.SEND, Scope.ADMIN}
    listed = await admin.see(PAGE)
    assert token not in listed
    assert f"{made.handle}…" in listed
    assert "&lt;script&gt;" in listed
    gone = await admin.send(PAGE, f"{PAGE}/remove", token=f"{made.handle}…")
    assert said(gone) == "Token deleted."
    assert await faces.access_tokens.by_token(token) is None
    assert said(await admin.send(PAGE, f"{PAGE}/remove", token="x")) == "It no longer exists."


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"program": "Robot"}, "scopes"),
        ({"program": "Robot", "EVERYTHING": "on"}, "scopes"),
        ({"program": " ", "CAN_SEND_MESSAGES": "on"}, "program"),
        ({"program": "x" * 65, "CAN_SEND_MESSAGES": "on"}, "program"),
    ],
)
async def test_what_is_missing_is_said_beside_its_field(
    faces: Faces, admin: Visitor, fields: dict[str, str], field: str
) -> None:
    page = await admin.send(PAGE, **fields)
    assert page.status_code == 422
    assert f'id="error-{field}"' in page.text
    assert (
        'id="scope-CAN_SEND_MESSAGES" name="CAN_SEND_MESSAGES" type="checkbox" value="on" checked' in page.text
    ) == ("CAN_SEND_MESSAGES" in fields)
    assert await faces.access_tokens.all() == ()

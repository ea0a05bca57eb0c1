"""Banned addresses."""

import pytest

from fedistream.api.pages.admin.desk import ROWS
from tests.kit.adminpages import NASTY, Visitor, said
from tests.kit.faces import Faces

PAGE = "/admin/chat/bans"


async def test_an_address_is_banned_and_let_in_again(faces: Faces, admin: Visitor) -> None:
    assert said(await admin.send(PAGE, address=" 192.0.2.0/24 ", why=NASTY)) == "The address is banned."
    assert faces.chat.bans.holds("192.0.2.7")
    page = await admin.see(PAGE)
    assert '<p class="who">192.0.2.0/24</p>' in page
    assert "&lt;script&gt;" in page
    assert said(await admin.send(PAGE, f"{PAGE}/remove", address="192.0.2.0/24")) == "The ban is lifted."
    assert not faces.chat.bans.holds("192.0.2.7")
    assert said(await admin.send(PAGE, f"{PAGE}/remove", address="192.0.2.0/24")) == "It was gone already."


@pytest.mark.parametrize("address", ["", "nowhere", "127.0.0.1", "0.0.0.0/0", NASTY])
async def test_what_cannot_be_banned_is_said_beside_its_field(faces: Faces, admin: Visitor, address: str) -> None:
    page = await admin.send(PAGE, address=address, why="why not")
    assert page.status_code == 422
    assert 'id="error-address"' in page.text
    assert 'value="why not"' in page.text
    assert "<script>alert" not in page.text
    assert faces.chat.bans.all() == ()


async def test_the_newest_ban_comes_first(faces: Faces, admin: Visitor) -> None:
    for number in range(ROWS + 1):
        await faces.chat.bans.ban(f"192.0.2.{number}")
    first = await admin.see(PAGE)
    assert f'<p class="who">192.0.2.{ROWS}</p>' in first
    assert '<p class="who">192.0.2.0</p>' not in first
    assert '<p class="who">192.0.2.0</p>' in await admin.see(f"{PAGE}?offset={ROWS}")

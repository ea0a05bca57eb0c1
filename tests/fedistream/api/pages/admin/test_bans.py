"""Banned addresses."""

import pytest

from fedistream.api.pages.admin.frame import ROWS
from fedistream.viewers.service import SEVERAL
from tests.kit.adminpages import NASTY, Visitor, said
from tests.kit.faces import Faces

PAGE = "/admin/chat/bans"


async def test_an_address_is_banned_and_let_in_again(faces: Faces, admin: Visitor) -> None:
    assert said(await admin.send(PAGE, address=" 192.0.2.0/24 ", why=NASTY)) == "IP address banned."
    assert faces.chat.bans.holds("192.0.2.7")
    page = await admin.see(PAGE)
    assert '<p class="author">192.0.2.0/24</p>' in page
    assert "&lt;script&gt;" in page
    assert said(await admin.send(PAGE, f"{PAGE}/remove", address="192.0.2.0/24")) == "IP ban removed."
    assert not faces.chat.bans.holds("192.0.2.7")
    assert said(await admin.send(PAGE, f"{PAGE}/remove", address="192.0.2.0/24")) == "It no longer exists."


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
    assert f'<p class="author">192.0.2.{ROWS}</p>' in first
    assert '<p class="author">192.0.2.0</p>' not in first
    assert '<p class="author">192.0.2.0</p>' in await admin.see(f"{PAGE}?offset={ROWS}")


async def test_the_admin_is_told_when_all_viewers_have_one_private_address(faces: Faces, admin: Visitor) -> None:
    assert "--trusted-proxies" not in await admin.see(PAGE)
    for n in range(SEVERAL):
        faces.viewers.seen(faces.channels.home().id, "172.17.0.1", f"Browser {n}")
    faces.viewers.sample()
    for page in (PAGE, "/admin/"):
        assert "All viewers seem to come from 172.17.0.1." in await admin.see(page)

"""The log of what was done in the chat."""

import re
from datetime import UTC, datetime

from fedistream.api.pages.admin.frame import ROWS
from fedistream.chat.models import ModerationActionRow
from fedistream.chat.moderation import ADMIN
from fedistream.chat.values import ActionKind
from tests.kit.adminpages import NASTY, Visitor
from tests.kit.faces import Faces

PAGE = "/admin/chat/log"


async def test_actions_are_told_by_name_with_their_reasons(faces: Faces, admin: Visitor) -> None:
    assert "No actions yet." in await admin.see(PAGE)
    mod, _ = await faces.visitor("Moira", moderator=True)
    ann, _ = await faces.visitor("Ann")
    await faces.chat.moderation.set_enabled(ann.id, False, mod.id, why=NASTY)
    await faces.chat.moderation.ban("192.0.2.9", ADMIN)
    page = await admin.see(PAGE)
    assert "User banned" in page
    assert f'<a href="/admin/chat/visitors/{mod.id}"><bdi>Moira</bdi></a>' in page
    assert "the admin" in page
    assert "<bdi>192.0.2.9</bdi>" in page
    assert "&lt;script&gt;" in page
    assert page.index("IP address banned") < page.index("User banned") < page.index("Moderator added")


async def test_a_deed_without_words_of_its_own_is_told_as_it_is_stored(faces: Faces, admin: Visitor) -> None:
    await ModerationActionRow.create(what="paint walls", actor=ADMIN, target="blue", at=datetime.now(UTC))
    assert '<span class="author">paint walls</span> · <bdi>blue</bdi>' in await admin.see(PAGE)


async def test_the_log_is_read_page_by_page_while_it_grows(faces: Faces, admin: Visitor) -> None:
    note = faces.chat.moderation.note
    await note(ActionKind.BAN_ADDRESS, ADMIN, [f"192.0.2.{number}" for number in range(ROWS)])
    assert 'rel="next"' not in await admin.see(PAGE)
    await note(ActionKind.BAN_ADDRESS, ADMIN, ["198.51.100.1"])
    first = await admin.see(PAGE)
    assert (first.count("IP address banned"), "<bdi>192.0.2.0</bdi>" in first, 'rel="first"' in first) == (
        ROWS,
        False,
        False,
    )
    (older,) = re.findall(r'href="([^"]+)" rel="next"', first)
    await note(ActionKind.BAN_ADDRESS, ADMIN, ["198.51.100.2"])
    second = await admin.see(older)
    assert (second.count("IP address banned"), "<bdi>192.0.2.0</bdi>" in second) == (1, True)
    assert ('rel="next"' in second, f'href="{PAGE}" rel="first"' in second) == (False, True)
    assert "198.51.100.2" in await admin.see(f"{PAGE}?before=x")

"""The log of what was done in the chat."""

from fedistream.chat.moderation import ADMIN
from tests.kit.adminpages import NASTY, Visitor
from tests.kit.faces import Faces

PAGE = "/admin/chat/log"


async def test_actions_are_told_by_name_with_their_reasons(faces: Faces, admin: Visitor) -> None:
    assert "Nothing yet." in await admin.see(PAGE)
    mod, _ = await faces.visitor("Moira", moderator=True)
    ann, _ = await faces.visitor("Ann")
    await faces.chat.moderation.set_enabled(ann.id, False, mod.id, why=NASTY)
    await faces.chat.moderation.ban("192.0.2.9", ADMIN)
    page = await admin.see(PAGE)
    assert "disable visitor" in page
    assert f'<a href="/admin/chat/visitors/{mod.id}"><bdi>Moira</bdi></a>' in page
    assert "the admin" in page
    assert "<bdi>192.0.2.9</bdi>" in page
    assert "&lt;script&gt;" in page
    assert page.index("ban address") < page.index("disable visitor") < page.index("make moderator")

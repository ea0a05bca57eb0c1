"""The chat's first page: its settings, and who is connected."""

from fedistream.settings.table import BY_NAME
from tests.kit.adminpages import NASTY, Visitor, said
from tests.kit.chatroom import RecordingListener
from tests.kit.faces import Faces

PAGE = "/admin/chat/"


async def test_every_setting_of_the_chat_is_on_the_page(admin: Visitor) -> None:
    page = await admin.see(PAGE)
    for name in BY_NAME:
        if name.startswith("chat."):
            assert f'id="field-{name}"' in page, name


async def test_everything_can_be_set(faces: Faces, admin: Visitor) -> None:
    form = {
        "chat.enabled": "on",
        "chat.join_messages": "",
        "chat.signed_in_only": "on",
        "chat.slow_s": "15",
        "chat.retention_days": "0",
        "chat.welcome": "Hello **all**\nbe nice",
        "chat.forbidden_names": "root, Operator\n",
        "chat.suggested_names": "Ann\r\nBob",
    }
    assert said(await admin.send(PAGE, **form)) == "Saved."
    values = {name: faces.settings.value(name, 1) for name in form}
    assert values == {
        "chat.enabled": True,
        "chat.join_messages": False,
        "chat.signed_in_only": True,
        "chat.slow_s": 15,
        "chat.retention_days": 0,
        "chat.welcome": "Hello **all**\nbe nice",
        "chat.forbidden_names": ["root", "Operator"],
        "chat.suggested_names": ["Ann", "Bob"],
    }


async def test_what_cannot_be_is_shown_again_beside_its_field(faces: Faces, admin: Visitor) -> None:
    page = await admin.send(PAGE, **{"chat.slow_s": "soon", "chat.offline_s": "-1", "chat.welcome": NASTY})
    assert page.status_code == 422
    assert 'id="error-chat.slow_s">must be a number' in page.text
    assert 'id="error-chat.offline_s"' in page.text
    assert "<script>alert" not in page.text


async def test_connected_clients_are_listed_as_text(faces: Faces, admin: Visitor) -> None:
    assert "Connected users: 0" in await admin.see(PAGE)
    ann, _ = await faces.visitor(NASTY[:30])
    connection = faces.chat.chat.enter(1, ann, RecordingListener(), "192.0.2.7", f"agent {NASTY}")
    page = await admin.see(PAGE)
    assert "Connected users: 1" in page
    assert "192.0.2.7" in page
    assert "agent &lt;script&gt;" in page
    assert f'href="/admin/chat/visitors/{ann.id}"' in page
    faces.chat.chat.leave(connection)

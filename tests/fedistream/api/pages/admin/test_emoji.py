"""Custom emoji: uploaded by a form, deleted."""

import pytest
from httpx2 import Response

from fedistream.api.pages.admin.emoji import UPLOAD_LIMIT
from fedistream.chat.emoji import MAX_BYTES
from tests.kit.adminpages import Visitor, csrf_token, said
from tests.kit.faces import Faces
from tests.kit.pictures import PIXEL

PAGE = "/admin/chat/emoji"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


async def upload(admin: Visitor, data: bytes, name: str = "boat.png", **fields: str) -> Response:
    filled = {"csrf_token": csrf_token(await admin.see(PAGE)), **fields}
    file = {"picture": (name, data, "image/png")}
    return await admin.web.post(PAGE, data=filled, files=file, follow_redirects=True)


async def test_a_picture_is_added_under_its_name_or_that_of_its_file_and_deleted(faces: Faces, admin: Visitor) -> None:
    assert said(await upload(admin, PIXEL, called="ship")) == "Emoji added."
    assert said(await upload(admin, PIXEL, "wave.gif", called=" ")) == "Emoji added."
    assert [(each.name, each.file) for each in faces.chat.emoji.own()] == [("ship", "ship.png"), ("wave", "wave.png")]
    assert '<img src="/img/emoji/ship.png"' in await admin.see(PAGE)
    assert said(await admin.send(PAGE, f"{PAGE}/remove", called="ship")) == "Emoji deleted."
    assert said(await admin.send(PAGE, f"{PAGE}/remove", called="ship")) == "It no longer exists."
    assert (await admin.send(PAGE, f"{PAGE}/remove", called="../../etc")).status_code == 422


@pytest.mark.parametrize(
    ("data", "called", "field"),
    [
        (SVG, "evil", "picture"),
        (b"", "none", "picture"),
        (PIXEL + bytes(MAX_BYTES), "huge", "picture"),
        (PIXEL, "a b", "called"),
        (PIXEL, "../up", "called"),
        (PIXEL, "taken", "called"),
    ],
)
async def test_what_is_no_emoji_is_said_beside_its_field(
    faces: Faces, admin: Visitor, data: bytes, called: str, field: str
) -> None:
    await faces.chat.emoji.put("taken", PIXEL)
    page = await upload(admin, data, "<b>evil</b>.svg", called=called)
    assert page.status_code == 422
    assert f'id="error-{field}"' in page.text
    assert [each.name for each in faces.chat.emoji.own()] == ["taken"]


async def test_an_upload_without_a_token_or_from_elsewhere_is_refused(faces: Faces, admin: Visitor) -> None:
    good = csrf_token(await admin.see(PAGE))
    file = {"picture": ("boat.png", PIXEL, "image/png")}
    for fields in ({}, {"csrf_token": good[:-1] + "x"}):
        assert (await admin.web.post(PAGE, data=fields, files=file)).status_code == 403
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await admin.web.post(PAGE, data={"csrf_token": good}, files=file, headers=elsewhere)).status_code == 403
    assert faces.chat.emoji.own() == ()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (
            b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n\xff\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
    ],
)
async def test_what_is_no_form_breaks_nothing(admin: Visitor, content: bytes, kind: str) -> None:
    answer = await admin.web.post(PAGE, content=content, headers={"content-type": kind})
    assert answer.status_code in (403, 422)


async def test_no_more_is_read_than_an_emoji_may_have(admin: Visitor) -> None:
    assert (await upload(admin, bytes(UPLOAD_LIMIT))).status_code == 413

"""The pages of the settings: every setting has a field somewhere, and what is saved is what was typed."""

import re
from gettext import NullTranslations
from html import unescape
from pathlib import Path

import pytest
from httpx2 import Response

from fedistream.api.pages.admin.config.sections import sections
from fedistream.listing.models import RegistrationRow
from fedistream.settings.structures import MAX_RENDITIONS, PASSTHROUGH
from fedistream.settings.table import BY_NAME
from tests.kit.adminpages import NASTY, Visitor, csrf_token, said
from tests.kit.faces import Faces
from tests.kit.pictures import ico, png

ALL = sections(NullTranslations())
OTHER_PAGES = (
    *("/admin/", "/admin/chat/", "/admin/federation/", "/admin/federation/rules", "/admin/federation/notices"),
    "/admin/schedule",
)
# these have forms of their own: uploads, and one for each action and variant
NO_FIELD = {"channel.logo", "node.favicon", "page.external_actions", "video.renditions"}


async def test_every_setting_has_a_field(faces: Faces, admin: Visitor) -> None:
    pages = "".join([await admin.see(path) for path in (*OTHER_PAGES, *(each.path for each in ALL.values()))])
    missing = {name for name in BY_NAME if f'name="{name}"' not in pages and f'name="{name}:' not in pages}
    assert missing <= NO_FIELD


async def test_what_is_typed_is_saved(faces: Faces, admin: Visitor) -> None:
    for section, form, stored in (
        ("general", {"channel.nsfw": "on", "page.autoplay": "off"}, {"channel.nsfw": True, "page.autoplay": "off"}),
        (
            "appearance",
            {"page.appearance": "--a: 1px;\r\ntheme-color-action:#fff\r\n\r\n", "page.custom_styles": "a { top: 0 }"},
            {"page.appearance": {"--a": "1px", "theme-color-action": "#fff"}, "page.custom_styles": "a { top: 0 }"},
        ),
        ("video", {"hls.part_ms": "250", "video.latency_level": "3"}, {"hls.part_ms": 250, "video.latency_level": 3}),
        ("server", {"node.web_port": "9000"}, {"node.web_port": 9000}),
    ):
        assert said(await admin.send(f"/admin/config/{section}", **form)) == "Saved."
        assert {name: faces.settings.value(name, faces.channels.home().id) for name in stored} == stored


async def test_a_secret_is_kept_and_never_shown(faces: Faces, admin: Visitor) -> None:
    page, name = "/admin/config/storage", "storage.s3"
    form = {"endpoint": "https://s3.example", "bucket": "b", "accessKey": "k", "secret": "hush", "enabled": "on"}
    assert said(await admin.send(page, **{f"{name}:{key}": text for key, text in form.items()})) == "Saved."
    assert "hush" not in await admin.see(page)
    assert said(await admin.send(page, **{f"{name}:secret": "", f"{name}:bucket": "c"})) == "Saved."
    stored = faces.settings.value(name)
    assert (stored["secret"], stored["bucket"], stored["enabled"]) == ("hush", "c", True)


async def test_a_wrong_member_is_shown_again_beside_its_field(faces: Faces, admin: Visitor) -> None:
    answer = await admin.send(
        "/admin/config/storage", **{"storage.s3:endpoint": NASTY, "storage.serving_endpoint": "ftp://x"}
    )
    assert answer.status_code == 422
    assert 'id="error-storage.s3:endpoint"' in answer.text
    assert 'id="error-storage.serving_endpoint"' in answer.text
    assert "<script>alert" not in answer.text
    assert faces.settings.value("storage.s3")["endpoint"] == ""


@pytest.mark.parametrize(
    ("section", "name", "text"),
    [
        ("appearance", "page.appearance", "no colon"),
        ("appearance", "page.appearance", "x: red } body { top: 0"),
        ("appearance", "page.custom_styles", "</style><script>"),
        ("general", "page.autoplay", "loudly"),
        ("server", "node.web_port", "70000"),
        ("server", "node.web_address", "nowhere"),
        ("video", "hls.part_ms", "soon"),
        ("notifications", "notifications.discord:enabled", "on"),
    ],
)
async def test_what_cannot_be_is_refused_beside_its_field(
    faces: Faces, admin: Visitor, section: str, name: str, text: str
) -> None:
    answer = await admin.send(f"/admin/config/{section}", **{name: text})
    assert answer.status_code == 422
    assert f'<a href="#field-{name.partition(":")[0]}' in answer.text


async def test_a_page_that_is_not_there_is_404(admin: Visitor) -> None:
    assert (await admin.web.get("/admin/config/nothing")).status_code == 404


async def upload(admin: Visitor, which: str, data: bytes) -> Response:
    page = "/admin/config/appearance"
    fields = {"csrf_token": csrf_token(await admin.see(page)), "which": which}
    return await admin.web.post(f"{page}/image", data=fields, files={"picture": ("x", data)}, follow_redirects=True)


async def test_images_are_uploaded_and_taken_back(faces: Faces, admin: Visitor, tmp_path: Path) -> None:
    for which, data, path in (("logo", png(4, 4), "/logo"), ("favicon", ico(png(5, 5)), "/favicon.ico")):
        assert said(await upload(admin, which, data)) == "Saved."
        assert (await admin.web.get(path)).content == data
        answer = await upload(admin, which, b"<svg>")
        assert answer.status_code == 422
        assert f'id="error-picture-{which}"' in answer.text
        gone = await admin.send("/admin/config/appearance", "/admin/config/appearance/image", which=which, remove="1")
        assert said(gone) == "Saved."
        assert (await admin.web.get(path)).content != data


async def test_actions_are_added_changed_and_removed(faces: Faces, admin: Visitor) -> None:
    page, one, home = "/admin/config/actions", "/admin/config/actions/one", faces.channels.home().id

    def titles() -> list[str]:
        return [each["title"] for each in faces.settings.value("page.external_actions", home)]

    for title in ("Tips", "Shop"):
        assert said(await admin.send(page, one, number="", title=title, url="https://far.example/")) == "Saved."
    assert said(await admin.send(page, one, number="0", title="Tip me", html="<b>x</b>")) == "Saved."
    assert titles() == ["Tip me", "Shop"]
    wrong = await admin.send(page, one, number="1", title=NASTY, url="javascript:alert(1)")
    assert wrong.status_code == 422
    assert NASTY in unescape(wrong.text)
    assert "<script>alert" not in wrong.text
    assert said(await admin.send(page, one, number="0", do="remove")) == "Saved."
    assert titles() == ["Shop"]
    for number in ("7", "-1", "x", "9" * 5000):
        assert said(await admin.send(page, one, number=number, title="y")) == "It no longer exists."


async def test_what_holds_later_says_so(admin: Visitor) -> None:
    server = re.sub(r"\s+", " ", await admin.see("/admin/config/server"))
    assert server.count("Takes effect at the next start of the node.") == 4
    assert "Takes effect with the next broadcast." in await admin.see("/admin/config/video")


VARIANT = "/admin/config/video/variant"
VIDEO = "/admin/config/video"
SMALL = {"name": "Small", "audioPassthrough": "on", "videoBitrate": "800", "scaledHeight": "480", "cpuUsageLevel": "1"}


def variant(at: str, **members: str) -> dict[str, str]:
    return {"number": "" if at == "new" else at, **{f"rendition-{at}:{name}": text for name, text in members.items()}}


async def test_output_variants_are_added_changed_and_removed(faces: Faces, admin: Visitor) -> None:
    assert "Output variants" in await admin.see(VIDEO)
    assert said(await admin.send(VIDEO, VARIANT, do="save", **variant("new", **SMALL))) == "Saved."
    source, small = faces.settings.value("video.renditions", 1)
    assert source["name"] == "Source"
    assert small == {
        "name": "Small",
        "videoPassthrough": False,
        "audioPassthrough": True,
        "videoBitrate": 800,
        "audioBitrate": 0,
        "scaledWidth": 0,
        "scaledHeight": 480,
        "framerate": 0,
        "cpuUsageLevel": 1,
    }
    page = await admin.see(VIDEO)
    assert "480p · 800 kbit/s" in page
    assert 'name="rendition-1:videoBitrate" type="number" autocomplete="off" value="800"' in page
    await admin.send(VIDEO, VARIANT, do="save", **variant("1", **SMALL | {"name": "Tiny", "audioPassthrough": ""}))
    changed = faces.settings.value("video.renditions", 1)[1]
    assert (changed["name"], changed["audioPassthrough"]) == ("Tiny", False)
    await admin.send(VIDEO, VARIANT, do="remove", **variant("0"))
    assert [each["name"] for each in faces.settings.value("video.renditions", 1)] == ["Tiny"]
    await admin.send(VIDEO, VARIANT, do="remove", **variant("0"))
    assert faces.settings.value("video.renditions", 1) == [dict(PASSTHROUGH)]
    assert said(await admin.send(VIDEO, VARIANT, do="remove", **variant("1"))) == "It no longer exists."
    assert said(await admin.send(VIDEO, VARIANT, do="remove", **variant("x"))) == "It no longer exists."


@pytest.mark.parametrize("at", ["0", "new"])
@pytest.mark.parametrize("wrong", ["100001", "-1", "1.5", "much", "9" * 30])
async def test_a_wrong_number_of_a_variant_is_said_beside_it(faces: Faces, admin: Visitor, at: str, wrong: str) -> None:
    before = faces.settings.value("video.renditions", 1)
    answer = await admin.send(VIDEO, VARIANT, do="save", **variant(at, **SMALL | {"videoBitrate": wrong}))
    assert answer.status_code == 422
    assert f'id="error-rendition-{at}:videoBitrate"' in answer.text
    assert f'value="{wrong}"' in answer.text
    assert answer.text.count('<details class="disclosure" open>') == 1
    assert faces.settings.value("video.renditions", 1) == before


async def test_there_are_not_more_variants_than_the_most(faces: Faces, admin: Visitor) -> None:
    for _ in range(MAX_RENDITIONS - 1):
        await admin.send(VIDEO, VARIANT, do="save", **variant("new", **SMALL))
    assert "Add an output variant" not in await admin.see(VIDEO)
    answer = await admin.send(VIDEO, VARIANT, do="save", **variant("new", **SMALL))
    assert answer.status_code == 422
    assert len(faces.settings.value("video.renditions", 1)) == MAX_RENDITIONS


async def test_the_last_answer_of_the_directory_is_shown(faces: Faces, admin: Visitor) -> None:
    page, url = "/admin/config/general", "https://directory.example"
    assert "Directory of streams" not in await admin.see(page)
    await faces.settings.change("node.public_url", "https://node.example")
    await faces.settings.change("directory.url", url)
    await faces.settings.change("directory.enabled", True)
    assert "No answer yet." in await admin.see(page)
    await RegistrationRow.create(url=url, key="k", success=False, error=NASTY, error_code=7, at=faces.clock.now())
    shown = await admin.see(page)
    assert "not accepted" in shown
    assert NASTY in unescape(shown)
    assert NASTY not in shown
    await RegistrationRow.all().update(success=True, error="", error_code=None)
    assert ">listed<" in await admin.see(page)

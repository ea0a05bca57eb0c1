"""The logo and the favicon: set by Owncast's calls, and shown wherever an image of the channel is."""

import base64
from pathlib import Path
from typing import Any

import pytest

from fedistream.core.events import SettingChanged
from tests.kit.faces import RIGHT, Faces
from tests.kit.pictures import bitmap, gif, ico, jpg, png, webp

LOGO, FAVICON = "/api/admin/config/logo", "/api/admin/config/favicon"
ACTIVITY = {"Accept": "application/activity+json"}
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
HTML = b"<!doctype html><script>alert(1)</script>"


def value(data: bytes, kind: str = "image/png") -> dict[str, str]:
    return {"value": f"data:{kind};base64,{base64.b64encode(data).decode()}"}


async def send(faces: Faces, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    async with faces.client() as http:
        answer = await http.post(path, headers=RIGHT, **body)
        return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("data", "kind"),
    [(png(9, 9), "image/png"), (jpg(9, 9), "image/jpeg"), (gif(9, 9), "image/gif"), (webp(9, 9), "image/webp")],
)
async def test_a_logo_is_served_by_its_content_under_every_name(faces: Faces, data: bytes, kind: str) -> None:
    assert await send(faces, LOGO, json=value(data, "text/html")) == (200, {"success": True, "message": "changed"})
    async with faces.client() as http:
        for path in ("/logo", "/logo/external", "/favicon.ico", "/thumbnail.jpg"):
            answer = await http.get(path)
            assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, data, kind)
            assert answer.headers["x-content-type-options"] == "nosniff"
        again = await http.get("/logo", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        icon = (await http.get("/manifest.json")).json()["icons"][0]
        assert (await http.get(icon["src"])).content == data
        assert icon["type"] == kind


async def test_a_logo_of_before_is_deleted(faces: Faces, tmp_path: Path) -> None:
    for shade in range(3):
        await send(faces, LOGO, json=value(png(shade=shade)))
    await send(faces, FAVICON, json=value(ico(bitmap())))
    assert len([file for file in tmp_path.rglob("*") if file.parent.name == "images"]) == 2
    async with faces.client() as http:
        default = await http.delete(LOGO, headers=RIGHT)
        assert default.json() == {"success": True, "message": "logo reset to default"}
        assert (await http.get("/logo")).content != png(shade=2)


async def test_a_lost_file_is_the_default(faces: Faces, tmp_path: Path) -> None:
    await send(faces, LOGO, json=value(png()))
    for file in tmp_path.rglob("images/*"):
        file.unlink()
    async with faces.client() as http:
        assert (await http.get("/logo")).headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (value(SVG, "image/svg+xml"), "logo must be a PNG, JPEG, GIF or WebP picture: an SVG may contain scripts"),
        (value(HTML), "logo must be a PNG, JPEG, GIF or WebP picture"),
        (value(b"\x89PNG\r\n\x1a\n" + HTML), "logo must be a PNG, JPEG, GIF or WebP picture"),
        (value(ico(png())), "logo must be a PNG, JPEG, GIF or WebP picture"),
        (value(b""), "logo must be a PNG, JPEG, GIF or WebP picture"),
        (value(png(30_000, 30_000)), "logo must be at most 4096 pixels wide and high"),
        (value(gif(65_535, 1)), "logo must be at most 4096 pixels wide and high"),
        (value(png(0, 0)), "logo must be at most 4096 pixels wide and high"),
        (value(png() + bytes(1024 * 1024)), "file too large, max 1024KB"),
        ({"value": "https://far.example/logo.png"}, "value must be"),
        ({"value": "data:image/png;base64,***"}, "value"),
        ({"value": 5}, "value"),
        ({"value": None}, "value"),
        ({}, "value is missing"),
        ([], "body"),
    ],
)
async def test_what_is_no_logo_is_refused_with_words(faces: Faces, given: Any, why: str) -> None:
    status, said = await send(faces, LOGO, json=given)
    assert (status, said["success"]) == (400, False)
    assert said["message"].startswith(why)
    assert faces.settings.value("channel.logo", faces.channels.home().id) == ""


async def test_a_huge_body_is_413(faces: Faces) -> None:
    for path in (LOGO, FAVICON):
        status, said = await send(faces, path, json=value(bytes(4 << 20)))
        assert (status, said["success"]) == (413, False)


@pytest.mark.parametrize("data", [png(32, 32), ico(bitmap(16, 16), png(32, 32))])
async def test_a_favicon_comes_as_json_or_as_a_form(faces: Faces, data: bytes) -> None:
    for body in ({"json": value(data)}, {"files": {"favicon": ("favicon.ico", data, "text/html")}}):
        assert await send(faces, FAVICON, **body) == (200, {"success": True, "message": "favicon updated"})
        async with faces.client() as http:
            assert (await http.get("/favicon.ico")).content == data
            gone = await http.delete(FAVICON, headers=RIGHT)
            assert gone.json() == {"success": True, "message": "favicon reset to default"}
            assert (await http.get("/favicon.ico")).content != data


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"json": value(gif())}, "favicon must be PNG or ICO format"),
        ({"json": value(SVG)}, "favicon must be PNG or ICO format"),
        ({"files": {"favicon": ("x.png", HTML)}}, "favicon must be PNG or ICO format"),
        ({"files": {"favicon": ("x.png", png() + bytes(200 * 1024))}}, "file too large, max 200KB"),
        ({"json": value(ico(png(9_000, 9_000)))}, "favicon must be at most 1024 pixels"),
        ({"files": {"picture": ("x.png", png())}}, "favicon is missing"),
        ({"content": b"no form", "headers": {"Content-Type": "multipart/form-data"}}, "body"),
        ({"content": b"no form", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, "body"),
        ({"content": b"--x\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, ""),
    ],
)
async def test_what_is_no_favicon_is_refused_in_owncasts_words(faces: Faces, body: dict[str, Any], why: str) -> None:
    body = {**body, "headers": {**body.get("headers", {}), **RIGHT}}
    async with faces.client() as http:
        answer = await http.post(FAVICON, **body)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["message"].startswith(why)


async def test_followers_servers_are_told_of_a_new_logo(faces: Faces) -> None:
    home = faces.channels.home()
    await faces.settings.change("node.public_url", "https://node.example")
    await faces.settings.change("federation.enabled", True)
    await send(faces, LOGO, json=value(jpg(9, 9)))
    async with faces.client() as http:
        icon = (await http.get("/federation/user/streamer", headers=ACTIVITY)).json()["icon"]
        assert icon["mediaType"] == "image/jpeg"
        assert icon["url"].startswith("https://node.example/logo/external?uc=")
        assert (await http.get(icon["url"])).content == jpg(9, 9)
        assert (await http.get("/api/v1/instance")).json()["thumbnail"] == icon["url"]
    assert faces.federation.profiles.applies_to(SettingChanged("channel.logo", home.id, faces.clock.now()))


async def test_files_of_the_operator_are_published(faces: Faces, tmp_path: Path) -> None:
    folder = next(each for each in (tmp_path, *tmp_path.iterdir()) if each.is_dir()) / "public"
    (folder / "a").mkdir(parents=True)
    for name in ("a/b.css", "x.html", "x.svg", "x", ".hidden", "a/.git"):
        (folder / name).write_text("body {}")
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to(folder.parent)
    async with faces.client() as http:
        kinds = {
            name: (await http.get(f"/public/{name}")).headers["content-type"] for name in ("a/b.css", "x", "x.svg")
        }
        assert kinds == {
            "a/b.css": "text/css; charset=utf-8",
            "x": "application/octet-stream",
            "x.svg": "image/svg+xml",
        }
        page = await http.get("/public/x.html")
        assert page.headers["content-security-policy"].startswith("sandbox")
        assert "allow-same-origin" not in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        for path in (
            *(".hidden", "a/.git", "a", "link.txt", "up/secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt"),
            *("a%5cb.css", "a//b.css", "x%00.html", "a%00", "x/y", "y" * 600, "é" * 200, ""),
        ):
            assert (await http.get(f"/public/{path}")).status_code == 404, path

"""Custom emoji: files in a folder."""

from pathlib import Path

import pytest

from fedistream.chat.emoji import MAX_BYTES, Emoji
from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.core.image_types import sniff
from tests.kit.invalid import invalid

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
GIF = b"GIF89a" + b"\0" * 20
WEBP = b"RIFF\x20\0\0\0WEBPVP8 "
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


@pytest.fixture
def emoji(tmp_path: Path) -> Emoji:
    return Emoji(tmp_path / "emoji")


async def test_a_picture_that_is_put_is_listed_read_and_shown_for_its_name(emoji: Emoji) -> None:
    assert emoji.all() == ()
    picture = await emoji.put("Party.png", PNG)
    assert (picture.name, picture.file, picture.url) == ("Party", "Party.png", "/img/emoji/Party.png")
    assert emoji.all() == (picture,)
    assert emoji.urls() == {"party": "/img/emoji/Party.png"}
    assert await emoji.read("Party.png") == (PNG, "image/png")


@pytest.mark.parametrize(
    ("data", "ending", "media_type"),
    [(PNG, "png", "image/png"), (GIF, "gif", "image/gif"), (WEBP, "webp", "image/webp"), (JPEG, "jpg", "image/jpeg")],
)
async def test_the_content_decides_what_a_picture_is(emoji: Emoji, data: bytes, ending: str, media_type: str) -> None:
    picture = await emoji.put("x.png", data)
    assert picture.file == f"x.{ending}"
    assert (await emoji.read(picture.file))[1] == media_type


@pytest.mark.parametrize("data", [b"", SVG, b"<?xml?>" + SVG, b"GIF8", b"RIFF....WAVE", b"\x89PNG", b"BM\0\0"])
async def test_what_is_no_picture_is_refused_whatever_it_is_called(emoji: Emoji, tmp_path: Path, data: bytes) -> None:
    assert sniff(data) is None
    with invalid("PNG, GIF, WebP or JPEG"):
        await emoji.put("x.png", data)
    assert not (tmp_path / "emoji").exists()


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".png",
        "..",
        "../x.png",
        "a/b.png",
        "/etc/x",
        "a\\b",
        "a b.png",
        "x.svg",
        "x" * 65,
        "é",
        "x\0.png",
        "x.png.png",
    ],
)
async def test_a_name_leads_nowhere_else(emoji: Emoji, tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid):
        await emoji.put(name, PNG)
    with pytest.raises((Invalid, NotFound)):
        await emoji.delete(name)
    with pytest.raises(NotFound):
        await emoji.read(name)
    assert list(tmp_path.iterdir()) == []


async def test_too_big_a_picture_is_refused(emoji: Emoji) -> None:
    with invalid("at most 256 KB"):
        await emoji.put("x", PNG + b"\0" * MAX_BYTES)


async def test_a_name_is_taken_in_any_case_until_it_is_deleted(emoji: Emoji) -> None:
    await emoji.put("party", PNG)
    with pytest.raises(Conflict):
        await emoji.put("PARTY", GIF)
    await emoji.delete("Party.png")
    assert emoji.all() == ()
    await emoji.put("PARTY", GIF)
    await emoji.delete("/img/emoji/PARTY.gif")
    with pytest.raises(NotFound):
        await emoji.delete("party")


async def test_files_that_the_owner_drops_in_are_there_and_strange_ones_are_not(emoji: Emoji, tmp_path: Path) -> None:
    folder = tmp_path / "emoji"
    assert emoji.all() == ()
    folder.mkdir()
    secret = tmp_path / "secret.png"
    secret.write_bytes(PNG)
    (folder / "wave.JPG").write_bytes(JPEG)
    (folder / "liar.png").write_bytes(SVG)
    (folder / "evil.svg").write_bytes(SVG)
    (folder / "two words.png").write_bytes(PNG)
    (folder / ".hidden.png").write_bytes(PNG)
    (folder / "link.png").symlink_to(secret)
    (folder / "huge.png").write_bytes(PNG + b"\0" * MAX_BYTES)
    assert {picture.file for picture in emoji.all()} == {"wave.JPG", "liar.png", "link.png", "huge.png"}
    assert (await emoji.read("wave.JPG"))[1] == "image/jpeg"
    for file in ("liar.png", "link.png", "huge.png", "evil.svg", ".hidden.png", "../secret.png"):
        with pytest.raises(NotFound):
            await emoji.read(file)


@pytest.fixture
def defaults(tmp_path: Path) -> Path:
    folder = tmp_path / "defaults"
    folder.mkdir()
    for name in ("wave", "fire"):
        (folder / f"{name}.svg").write_text(f"<svg>{name}</svg>")
    (folder / "README.txt").write_text("no emoji")
    return folder


async def test_the_default_set_stands_beside_the_admins_own(tmp_path: Path, defaults: Path) -> None:
    shown = True
    emoji = Emoji(tmp_path / "emoji", defaults, lambda: shown)
    assert [each.name for each in emoji.all()] == ["fire", "wave"]
    assert emoji.urls()["fire"] == "/img/emoji/fire.svg"
    assert await emoji.read("fire.svg") == (b"<svg>fire</svg>", "image/svg+xml")
    await emoji.put("Wave", PNG)
    assert emoji.urls()["wave"] == "/img/emoji/Wave.png"
    assert [each.file for each in emoji.all()] == ["fire.svg", "Wave.png"]
    assert [each.name for each in emoji.own()] == ["Wave"]
    shown = False
    assert [each.name for each in emoji.all()] == ["Wave"]
    assert dict(emoji.urls()) == {"wave": "/img/emoji/Wave.png"}
    assert (await emoji.read("fire.svg"))[0] == b"<svg>fire</svg>", "older messages still show it"
    for file in ("README.txt", "../defaults/fire.svg", "other.svg"):
        with pytest.raises(NotFound):
            await emoji.read(file)


async def test_an_svg_of_the_admins_is_none(tmp_path: Path, defaults: Path) -> None:
    (tmp_path / "emoji").mkdir()
    (tmp_path / "emoji" / "bad.svg").write_text("<svg onload='alert(1)'/>")
    emoji = Emoji(tmp_path / "emoji", defaults)
    assert "bad" not in emoji.urls()
    with pytest.raises(NotFound):
        await emoji.read("bad.svg")

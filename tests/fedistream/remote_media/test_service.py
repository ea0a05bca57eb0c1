"""Pictures from elsewhere: fetched over HTTP from a server of the test, checked, kept and thrown away."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from activitypub.network.guard import Guard
from activitypub.network.http_client import HttpClient
from activitypub.signatures.request import Request
from fedistream.core.errors import NotFound, TooMany
from fedistream.remote_media.service import Image, Limits, MediaProxy
from fedistream.remote_media.signed_paths import PREFIX, SignedPaths
from tests.kit.examples import examples
from tests.kit.pictures import PIXEL
from tests.kit.remote import Remote, remote

SECRET = bytes(32)
GIF = b"GIF89a" + bytes(100)


@dataclass
class Gallery:
    """`shown` is what the far server has, by path; a text there leads elsewhere."""

    pictures: MediaProxy
    paths: SignedPaths
    folder: Path
    far: Remote
    shown: dict[str, bytes | str]
    now: float = 1_800_000_000.0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, path: str) -> Image:
        return await self.of(self.far.origin + path)

    async def of(self, url: str) -> Image:
        mac, source = self.pictures.path(url).removeprefix(PREFIX).split("/")
        return await self.pictures.read(mac, source)

    @property
    def asked(self) -> list[str]:
        return [request.target for request in self.far.asked]


@asynccontextmanager
async def remote_messages(folder: Path, limits: Limits | None = None) -> AsyncIterator[Gallery]:
    shown: dict[str, bytes | str] = {"/ann.png": PIXEL}
    made: list[Gallery] = []

    async def answer(request: Request) -> web.Response:
        await made[0].gate.wait()
        found = shown.get(request.target)
        if isinstance(found, str):
            return web.Response(status=302, headers={"Location": found})
        return web.Response(status=404 if found is None else 200, body=found or b"", content_type="text/html")

    async with remote(answer) as far, HttpClient(Guard(frozenset({far.authority})), "test") as http_client:
        paths = SignedPaths.load(folder, lambda count: bytes(count))
        pictures = MediaProxy(http_client, paths, folder, lambda: made[0].now, limits)
        made.append(Gallery(pictures, paths, folder, far, shown))
        made[0].gate.set()
        yield made[0]
        made[0].gate.set()
        await pictures.close()


async def test_a_picture_is_fetched_once_and_its_type_is_what_its_bytes_say(tmp_path: Path) -> None:
    async with remote_messages(tmp_path) as room:
        assert await room.read("/ann.png") == Image(PIXEL, "image/png")
        assert await room.read("/ann.png") == Image(PIXEL, "image/png")
        assert room.asked == ["/ann.png"]
        (asked,) = room.far.asked
        # nothing of who looks at it goes out
        assert asked.header("accept") == "image/webp, image/png, image/jpeg, image/gif"
        assert {asked.header("cookie"), asked.header("referer"), asked.header("signature")} == {None}


async def test_concurrent_requests_share_one_fetch(tmp_path: Path) -> None:
    async with remote_messages(tmp_path) as room:
        room.gate.clear()
        wanted = [asyncio.create_task(room.read("/ann.png")) for _ in range(20)]
        while not room.far.asked:
            await asyncio.sleep(0.01)
        wanted[0].cancel()  # who goes away takes it from nobody else
        room.gate.set()
        assert set(await asyncio.gather(*wanted[1:])) == {Image(PIXEL, "image/png")}
        assert room.asked == ["/ann.png"]


async def test_with_very_many_on_their_way_others_come_later(tmp_path: Path) -> None:
    async with remote_messages(tmp_path, Limits(waiting=2)) as room:
        room.gate.clear()
        room.shown["/bo.png"] = PIXEL
        first = asyncio.gather(room.read("/ann.png"), room.read("/bo.png"))
        while not room.far.asked:
            await asyncio.sleep(0.01)
        with pytest.raises(TooMany):
            await room.read("/cy.png")
        room.gate.set()
        await first


@pytest.mark.parametrize(
    "body", [b"<svg onload='x()'/>", b"<html>", b"", b"\x89PNG", b"RIFF1234WAVE", PIXEL + bytes(1024 * 1024)]
)
async def test_what_is_no_picture_or_too_large_is_not_shown_and_not_kept(tmp_path: Path, body: bytes) -> None:
    async with remote_messages(tmp_path) as room:
        room.shown["/x"] = body
        for _ in range(2):
            with pytest.raises(NotFound):
                await room.read("/x")
        # once in ten minutes is enough
        assert room.asked == ["/x"]
        assert [file.name for file in tmp_path.iterdir()] == ["key"]
        room.shown["/x"], room.now = GIF, room.now + 601
        assert (await room.read("/x")).media_type == "image/gif"


async def test_redirects_are_followed_twice_and_only_to_where_we_may_go(tmp_path: Path) -> None:
    async with remote_messages(tmp_path) as room:
        room.shown |= {"/1": "/2", "/2": "/ann.png", "/0": "/1", "/in": "http://127.0.0.1:1/x", "/no": "file:///etc"}
        room.shown |= {"/torn": "http://[::1"}
        assert (await room.read("/1")).data == PIXEL
        for path in ("/0", "/in", "/no", "/none", "/torn"):
            with pytest.raises(NotFound):
                await room.read(path)


async def test_private_addresses_are_not_asked(tmp_path: Path) -> None:
    async with remote_messages(tmp_path) as room:
        for url in ("http://127.0.0.1:1/a.png", "https://localhost/a.png", "https://[::1]/a.png"):
            with pytest.raises(NotFound):
                await room.of(url)


async def test_only_addresses_that_were_given_out_are_good(tmp_path: Path) -> None:
    async with remote_messages(tmp_path) as room:
        mac, source = room.paths.path(f"{room.far.origin}/ann.png").removeprefix(PREFIX).split("/")
        strange = SignedPaths(b"another").path(f"{room.far.origin}/ann.png").removeprefix(PREFIX).split("/")
        for given_ in ((mac, f"{source}A"), ("", source), (mac[:-1], source), ("é" * 32, source), tuple(strange)):
            with pytest.raises(NotFound):
                await room.pictures.read(*given_)
        assert room.asked == []
        assert room.paths.path("javascript:alert(1)") == room.paths.path("") == ""


async def test_after_a_week_it_is_fetched_anew_and_an_old_one_is_better_than_none(tmp_path: Path) -> None:
    async with remote_messages(tmp_path) as room:
        await room.read("/ann.png")
        room.shown["/ann.png"], room.now = GIF, room.now + 8 * 86_400
        assert (await room.read("/ann.png")).data == GIF
        del room.shown["/ann.png"]
        room.now += 8 * 86_400
        assert (await room.read("/ann.png")).data == GIF


async def test_the_folder_stays_small_and_the_oldest_goes_first(tmp_path: Path) -> None:
    async with remote_messages(tmp_path, Limits(folder=500)) as room:
        for number in range(5):
            room.now += 1
            room.shown[f"/{number}"] = GIF
            await room.read(f"/{number}")
        files = [file for file in tmp_path.iterdir() if file.name != "key"]
        assert sum(file.stat().st_size for file in files) <= 500
        asked = len(room.asked)
        await room.read("/4")
        assert len(room.asked) == asked
        await room.read("/0")
        assert len(room.asked) == asked + 1
    async with remote_messages(tmp_path, Limits(folder=100)) as again:
        await again.read("/ann.png")  # and it knows what was there
        assert sum(file.stat().st_size for file in tmp_path.iterdir() if file.name != "key") <= 100


async def test_what_cannot_be_kept_is_shown(tmp_path: Path) -> None:
    async with remote_messages(tmp_path / "inner") as room:
        (tmp_path / "inner" / "key").unlink()
        (tmp_path / "inner").rmdir()
        assert (await room.read("/ann.png")).data == PIXEL


def test_the_key_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    folder, url = tmp_path / "new" / "pictures", "https://remote.example/a.png"
    path = SignedPaths.load(folder, os.urandom).path(url)
    assert SignedPaths.load(folder, os.urandom).path(url) == path
    key = folder / "key"
    assert (key.stat().st_mode & 0o777, key.stat().st_size) == (0o600, 32)
    key.write_bytes(b"cut off")
    assert SignedPaths.load(folder, os.urandom).path(url) != path
    assert key.stat().st_size == 32


@examples(100)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"<>^`{}\\#% '), max_size=200))
def test_a_path_leads_back_to_its_picture(rest: str) -> None:
    paths = SignedPaths(SECRET)
    url = f"https://remote.example/{rest}"
    if path := paths.path(url):
        assert paths.url(*path.removeprefix(PREFIX).split("/")) == url

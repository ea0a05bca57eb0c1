"""Static files: addresses that change with the content, compression, and nothing but what was read at the start."""

import gzip
from collections.abc import MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from httpx2 import AsyncClient
from starlette.applications import Starlette

from fedistream.api.http.endpoints import routes
from fedistream.api.pages.error_pages import ErrorPages
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.routes import ENDPOINTS
from fedistream.api.pages.static import MAX_FILE, Static, TooBig
from fedistream.app.paths import STATIC, TEMPLATES
from tests.kit.asking import client
from tests.kit.routing import access
from tests.kit.studio import Studio

LONG = "body { color: red }\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "static"
    (root / "css").mkdir(parents=True)
    (root / "js").mkdir()
    (root / "css" / "a.css").write_text(LONG)
    (root / "css" / "c.css").write_text(LONG)
    (root / "css" / "c.css.br").write_bytes(b"made by the build")
    (root / "css" / "c.css.gz").write_bytes(b"also made by the build")
    (root / "css" / "b.css").write_text("p {}")
    (root / "js" / "main.js").write_text("import './other.js';")
    (root / "js" / "other.js").write_text("")
    (root / "js" / "notes.md").write_text("not for the public")
    (tmp_path / "secret.css").write_text("outside")
    return root


def application(static: Static) -> Starlette:
    """Has the static files and nothing else."""
    pages = Pages(TEMPLATES, Static(STATIC), lambda n: bytes(n))
    services = replace(Studio().faces().pages, static=static)
    entries = [entry for entry in ENDPOINTS if entry.path.startswith("/static/")]
    return Starlette(routes=routes(entries, services, access(), ErrorPages(pages, str)))


def visitor(static: Static) -> AsyncClient:
    return client(application(static))


async def get_raw(app: Starlette, path: str) -> tuple[int, bytes]:
    """Status and body for a path that arrives as it stands here, percent signs undone as a server does."""
    said: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message)

    scope = {"type": "http", "method": "GET", "path": unquote(path), "raw_path": path.encode(), "query_string": b""}
    scope |= {"headers": [], "scheme": "http", "server": ("node.example", 80), "root_path": ""}
    await app(scope, receive, send)
    return said[0]["status"], b"".join(message.get("body", b"") for message in said)


async def test_a_file_is_served_forever_under_its_hash(folder: Path) -> None:
    static = Static(folder)
    async with visitor(static) as web:
        answer = await web.get(static.url("css/a.css"))
    assert answer.status_code == 200
    assert answer.text == LONG
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_file_is_compressed_when_the_client_accepts_it_and_it_helps(folder: Path) -> None:
    static = Static(folder)
    async with visitor(static) as web:
        packed = await web.get(static.url("css/a.css"), headers={"Accept-Encoding": "br, gzip"})
        plain = await web.get(static.url("css/a.css"), headers={"Accept-Encoding": "gzip;q=0"})
        short = await web.get(static.url("css/b.css"), headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(gzip.compress(LONG.encode(), 9, mtime=0))
    assert packed.text == plain.text == LONG
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in short.headers
    assert {each.headers["vary"] for each in (packed, plain, short)} == {"Accept-Encoding"}


async def test_head_says_what_get_would_without_the_file(folder: Path) -> None:
    static = Static(folder)
    async with visitor(static) as web:
        answer = await web.head(static.url("css/a.css"), headers={"Accept-Encoding": "identity"})
    assert answer.content == b""
    assert answer.headers["content-length"] == str(len(LONG))


async def test_an_outdated_hash_leads_to_the_present_file(folder: Path) -> None:
    static = Static(folder)
    async with visitor(static) as web:
        answer = await web.get("/static/000000000000/js/main.js")
    assert answer.status_code == 302
    assert answer.headers["location"] == static.url("js/main.js")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.css",
        "css/../../secret.css",
        "%2e%2e/secret.css",
        "css/%2e%2e/%2e%2e/secret.css",
        "..%2fsecret.css",
        "css\\..\\..\\secret.css",
        "/etc/passwd",
        "css/",
        "css",
        "",
        "css/a.css/",
        "css/a.css%00",
        "js/notes.md",
    ],
)
async def test_nothing_leads_out_of_the_folder_or_to_other_kinds_of_file(folder: Path, name: str) -> None:
    static = Static(folder)
    edition = static.url("css/a.css").split("/")[2]
    # straight into the application: a client would tidy the address up first
    status, body = await get_raw(application(static), f"/static/{edition}/{name}")
    assert status == 404
    assert b"outside" not in body


async def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    (folder / "css" / "link.css").symlink_to(folder.parent / "secret.css")
    assert "css/link.css" not in Static(folder)


def test_a_change_moves_every_file_of_its_folder_and_no_other(folder: Path) -> None:
    before = Static(folder)
    (folder / "js" / "other.js").write_text("export const more = 1;")
    after = Static(folder)
    # main.js imports ./other.js relative to itself, so it needs a new address though it did not change
    assert before.url("js/main.js") != after.url("js/main.js")
    assert before.url("css/a.css") == after.url("css/a.css")


def test_a_name_is_part_of_what_is_hashed(folder: Path) -> None:
    before = Static(folder).url("css/a.css")
    (folder / "css" / "b.css").rename(folder / "css" / "c.css")
    assert Static(folder).url("css/a.css") != before


def test_a_file_that_is_not_there_has_no_address(folder: Path) -> None:
    with pytest.raises(KeyError, match=r"css/none\.css"):
        Static(folder).url("css/none.css")


def test_too_large_a_file_stops_the_node_and_is_named(folder: Path) -> None:
    (folder / "js" / "huge.js").write_bytes(b" " * (MAX_FILE + 1))
    with pytest.raises(TooBig, match=r"huge\.js"):
        Static(folder)


async def test_what_the_build_has_compressed_is_sent_as_it_is(folder: Path) -> None:
    static = Static(folder)
    app = application(static)
    async with client(app) as web:
        best = await web.head(static.url("css/c.css"), headers={"Accept-Encoding": "gzip, br"})
        good = await web.head(static.url("css/c.css"), headers={"Accept-Encoding": "gzip, br;q=0"})
    assert (best.headers["content-encoding"], best.headers["content-length"]) == ("br", "17")
    assert (good.headers["content-encoding"], good.headers["content-length"]) == ("gzip", "22")
    assert "css/c.css.br" not in static

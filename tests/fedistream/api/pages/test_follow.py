"""Following from elsewhere, as a page and as a box on the watch page."""

import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from activitypub.network.guard import Guard
from tests.kit.faces import Faces, open_faces
from tests.kit.homeserver import home_server
from tests.kit.remote import Remote

HTML = {"accept": "text/html"}
LIVE = "https://node.example/federation/user/streamer"


async def federate(faces: Faces) -> None:
    await faces.settings.change("node.public_url", "https://node.example")
    await faces.settings.change("federation.enabled", True)


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        await federate(opened)
        yield opened


async def test_the_watch_page_tells_how_to_follow(faces: Faces) -> None:
    async with faces.client() as web:
        page = (await web.get("/")).text
    assert '<code id="follow-handle">@streamer@node.example</code>' in page
    assert 'src="/follow/qr.svg" alt="QR code of https://node.example/federation/user/streamer"' in page
    assert "0 followers" in page
    assert page.count('href="/follow"') == 2  # from the screen of an offline channel, and of one that has ended


@pytest.mark.parametrize("name", ["node.public_url", "federation.enabled"])
async def test_without_federation_there_is_nothing_to_follow(tmp_path: Path, name: str) -> None:
    async with open_faces(tmp_path) as faces, faces.client() as web:
        if name == "node.public_url":
            await faces.settings.change(name, "https://node.example")
        else:
            await faces.settings.change(name, True)
        # the words for lines of the chat stand in the data: people may have followed before it was switched off
        markup = (await web.get("/")).text.partition('<script type="application/json"')[0]
        assert "follow" not in markup
        assert '<section class="chat"' in markup
        assert (await web.get("/follow")).status_code == 404
        assert (await web.get("/follow/qr.svg")).status_code == 404
        assert (await web.post("/follow", data={"account": "ann@remote.example"})).status_code == 404


async def test_the_box_is_a_page_of_its_own_too(faces: Faces) -> None:
    async with faces.client() as web:
        page = await web.get("/follow")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "<h1>Follow Fedistream</h1>" in page.text
    assert '<form class="follow-form" method="post" action="/follow">' in page.text
    assert re.search(r'<p class="follow-target" hidden>', page.text)


async def test_the_code_is_a_picture_that_may_be_kept_for_a_while(faces: Faces) -> None:
    async with faces.client() as web:
        answer = await web.get("/follow/qr.svg")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/svg+xml", "public, max-age=300")
    assert ET.fromstring(answer.text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own


@pytest.mark.parametrize("account", ["", "ann", "ann@", "<b>@x", "ann@localhost", "ann@127.0.0.1", "a" * 5000])
async def test_an_account_that_cannot_be_found_is_said_beside_the_field(faces: Faces, account: str) -> None:
    async with faces.client() as web:
        page = await web.post("/follow", data={"account": account}, headers=HTML)
    assert page.status_code == 422
    said = re.search(r'<p class="follow-status is-error" id="follow-status" role="status">(.*?)</p>', page.text)
    assert said is not None
    assert unescape(said.group(1)).startswith("This account ")
    assert "<b>@x" not in page.text
    assert len(page.text) < 10_000


async def test_what_is_no_form_is_refused(faces: Faces) -> None:
    async with faces.client() as web:
        assert (await web.post("/follow", json={"account": "ann@remote.example"})).status_code == 422
        assert (await web.post("/follow", content=b"account=%ff%fe\xff", headers=HTML)).status_code == 422


async def test_endless_requests_are_rate_limited(faces: Faces) -> None:
    async with faces.client() as web:
        answers = [await web.post("/follow", data={"account": "ann"}, headers=HTML) for _ in range(11)]
    assert [each.status_code for each in answers] == [422] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize("template", ["{origin}/follow?u={{uri}}", "http://{origin}/evil?u={{uri}}"])
async def test_a_visitor_is_shown_the_server_before_going_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str
) -> None:
    async with home_server(tmp_path, template) as (far, trusted):
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        async with open_faces(tmp_path, Guard(frozenset({far.authority}))) as faces, faces.client() as web:
            await federate(faces)
            page = await web.post("/follow", data={"account": f"@ann@{far.authority}"}, headers=HTML)
    assert page.status_code == 200
    assert target(page.text, far).startswith(f"https://{far.authority}/")
    assert "evil" not in page.text
    assert f">Continue to {far.authority}</a>" in page.text


def target(page: str, far: Remote) -> str:
    found = re.search(r'<p class="follow-target"><a class="button" href="([^"]+)" rel="noopener">', page)
    assert found is not None
    return unescape(found.group(1))

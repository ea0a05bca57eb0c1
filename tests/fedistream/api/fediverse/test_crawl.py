"""Every address that is named in anything we serve answers, and no document loses a term to a JSON-LD processor."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient, Response

from activitypub.strictjson import Json
from fedistream.federation.models import QuoteRow, RemoteNoteRow
from fedistream.federation.posts.values import Draft, Picture
from fedistream.jobs.models import OutboxRow
from fedistream.notices.models import NoticeRow
from tests.kit.faces import Faces, open_faces
from tests.kit.federated import LIVE, ORIGIN
from tests.kit.jsonld import lost
from tests.kit.onair import STARTED, over

ACTIVITY = "application/activity+json"
PAGE = "text/html"
BEGINNINGS = (
    "/.well-known/webfinger?resource=acct:streamer@node.example",
    "/.well-known/host-meta.json",
    "/.well-known/nodeinfo",
    "/api/v1/instance",
    "/federation/user/streamer",
    "/live/7",
    "/",
)
# what is there only while something is on the air, and what a template stands for
NOT_YET = re.compile(r"/hls/|/embed/|\{uri\}")
INBOX = re.compile(r"/inbox$")


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        for name, value in {
            "node.public_url": ORIGIN,
            "federation.enabled": True,
            "channel.tags": ["locks", "just chatting"],
            "channel.social_handles": [{"platform": "Elsewhere", "url": "https://elsewhere.example/"}],
            "federation.also_known_as": ["https://old.example/users/ann"],
        }.items():
            await opened.settings.change(name, value)
        yield opened


async def fill(faces: Faces) -> str:
    """Posts of every kind, a notice, replies, quotes. Returns the id of the notice's post."""
    home, posts = faces.channels.home(), faces.federation.posts
    picture = Picture(f"{ORIGIN}/logo", "image/png", "a logo", 4, 2, "L00000fQfQfQfQfQfQfQfQfQfQfQ", (0.5, -0.5))
    await posts.publish(home, Draft("with #locks", pictures=(picture,), summary="careful", language="en"))
    gone = await posts.publish(home, Draft("to be deleted"))
    await posts.delete(gone.id)
    notice = await posts.publish(home, Draft(f"On air: {ORIGIN}/live/7", page=f"{ORIGIN}/live/7", hashtags=("locks",)))
    await posts.pin(notice.id, pinned=True)
    await NoticeRow.create(broadcast_id=7, channel_id=home.id, state="posted", due=STARTED, post_id=notice.id)
    faces.broadcasts.entries[7] = over(7)
    now = datetime.now(UTC)
    for n in range(25):
        await RemoteNoteRow.create(
            url=f"https://b.example/notes/{n}",
            channel_id=home.id,
            post_id=notice.id,
            actor="https://b.example/users/bob",
            name="Bob",
            handle="bob@b.example",
            link=f"https://b.example/notes/{n}",
            state="shown",
            html="<p>hi</p>",
            body="hi",
            at=now,
        )
    await QuoteRow.create(
        id="q1",
        channel_id=home.id,
        post_id=notice.id,
        quoting="https://b.example/notes/99",
        actor="https://b.example/users/bob",
        inbox="https://b.example/inbox",
        at=now,
    )
    return notice.id


def addresses(value: Any) -> Iterator[str]:
    """Every address of ours in a document, also within its HTML and its keys' owners."""
    if isinstance(value, dict):
        for part in value.values():
            yield from addresses(part)
    elif isinstance(value, list):
        for part in value:
            yield from addresses(part)
    elif isinstance(value, str):
        for found in re.findall(rf"{re.escape(ORIGIN)}[^\s\"'<>]*", unescape(value)):
            yield found.partition("#")[0]


def linked(page: str) -> Iterator[str]:
    """Return where a page leads to, or what it is made of."""
    for found in re.findall(r'(?:href|src|content)="([^"]+)"', page):
        url = unescape(found)
        if url.startswith(ORIGIN):
            yield url.partition("#")[0]
        elif url.startswith("/") and not url.startswith("//"):
            yield ORIGIN + url.partition("#")[0]


async def crawl(http: AsyncClient) -> dict[tuple[str, str], Response]:
    """All that can be reached, as a server and as a browser asks for it."""
    found: dict[tuple[str, str], Response] = {}
    waiting = [(ORIGIN + path, kind) for path in BEGINNINGS for kind in (ACTIVITY, PAGE)]
    while waiting:
        url, kind = waiting.pop()
        if (url, kind) in found or NOT_YET.search(url) or url.startswith(f"{ORIGIN}/admin"):
            continue
        path = url.removeprefix(ORIGIN) or "/"
        answer = found[url, kind] = await http.get(path, headers={"Accept": kind})
        if "json" in answer.headers.get("content-type", ""):
            named = list(addresses(answer.json()))
        elif answer.headers.get("content-type", "").startswith(PAGE):
            named = list(linked(answer.text))
        else:
            named = []
        if "location" in answer.headers:
            named.append(ORIGIN + answer.headers["location"])
        waiting += [(each, kind) for each in named for kind in (ACTIVITY, PAGE)]
        await asyncio.sleep(0)
    return found


async def test_every_address_that_we_name_answers_and_every_term_means_something(faces: Faces) -> None:
    notice = await fill(faces)
    async with faces.client() as http:
        found = await crawl(http)
    dead = {url: answer.status_code for (url, _), answer in found.items() if answer.status_code >= 400}
    inboxes = {url for url in dead if INBOX.search(url)}
    assert {dead.pop(url) for url in inboxes} == {405}  # they take POST alone
    # by which the streamer signs in elsewhere, and which asks for the password
    assert dead == {f"{ORIGIN}/api/auth/provider/indieauth": 401}
    documents = {
        url: answer.json() for (url, kind), answer in found.items() if answer.headers.get("content-type") == ACTIVITY
    }
    assert {url: lost(document) for url, document in documents.items() if lost(document)} == {}
    reached = set(documents)
    for path in (
        *("user/streamer", "user/streamer/outbox?page=1", "user/streamer/featured", "user/streamer/followers?page=1"),
        *("user/streamer/following", "node", "node/outbox", notice, f"{notice}/replies?page=2", f"{notice}/likes"),
    ):
        assert f"{ORIGIN}/federation/{path}" in reached
    assert {f"{ORIGIN}/", f"{ORIGIN}/live/7"} <= reached  # which are pages to people


async def test_what_is_sent_loses_no_term_either(faces: Faces) -> None:
    home, posts = faces.channels.home(), faces.federation.posts
    mention = Draft("hello", mentions=())
    post = await posts.publish(home, mention)
    await posts.edit(post.id, Draft("hello #again"))
    await faces.federation.profiles.rotate()
    rows = [json.loads(row.body) for row in await OutboxRow.all()]
    sent: list[Json] = [row["activity"] for row in rows if "activity" in row]
    assert {each["type"]: lost(each) for each in sent if lost(each)} == {}


async def test_a_stamp_of_a_quote_loses_no_term(faces: Faces) -> None:
    await fill(faces)
    async with faces.client() as http:
        answer = await http.get("/federation/quotes/q1", headers={"Accept": ACTIVITY})
    assert (answer.status_code, lost(answer.json())) == (200, set())


async def test_the_page_of_a_broadcast_is_its_notice_to_servers_and_names_it_to_others(faces: Faces) -> None:
    notice = await fill(faces)
    async with faces.client() as http:
        document = await http.get("/live/7", headers={"Accept": f'{ACTIVITY}, application/ld+json; profile="x"'})
        page = await http.get("/live/7", headers={"Accept": PAGE})
        home = await http.get("/", headers={"Accept": PAGE})
        channel = await http.get("/", headers={"Accept": ACTIVITY})
        clicked = await http.get(f"/federation/{notice}", headers={"Accept": PAGE})
    assert document.headers["content-type"] == ACTIVITY
    assert (document.json()["id"], document.json()["url"]) == (f"{ORIGIN}/federation/{notice}", f"{ORIGIN}/live/7")
    assert channel.json()["id"] == LIVE
    for answer, target in ((page, f"{ORIGIN}/federation/{notice}"), (home, LIVE)):
        assert f'<link rel="alternate" type="{ACTIVITY}" href="{target}">' in answer.text
        assert '<meta name="fediverse:creator" content="@streamer@node.example">' in answer.text
        assert "Accept" in answer.headers["vary"]
    assert (clicked.status_code, clicked.headers["location"]) == (307, "/live/7")


async def test_without_a_notice_the_page_of_a_broadcast_is_the_channel(faces: Faces) -> None:
    faces.broadcasts.entries[7] = over(7)
    async with faces.client() as http:
        answer = await http.get("/live/7", headers={"Accept": ACTIVITY})
    assert answer.json()["id"] == LIVE


async def test_a_post_has_a_page_of_its_own(faces: Faces) -> None:
    post = await faces.federation.posts.publish(faces.channels.home(), Draft("Words of *today*"))
    async with faces.client() as http:
        page = await http.get(f"/federation/{post.id}", headers={"Accept": PAGE})
        missing = await http.get("/federation/nothing", headers={"Accept": PAGE})
    assert page.status_code == 200
    assert "Words of <em>today</em>" in page.text
    assert f'<link rel="alternate" type="{ACTIVITY}" href="{post.url}">' in page.text
    assert missing.status_code == 404


async def test_reading_pages_as_documents_asks_for_a_signature_where_documents_do(faces: Faces) -> None:
    await fill(faces)
    await faces.settings.change("federation.signed_reading", True)
    async with faces.client() as http:
        for path in ("/", "/live/7"):
            assert (await http.get(path, headers={"Accept": ACTIVITY})).status_code == 401
            assert (await http.get(path, headers={"Accept": PAGE})).status_code == 200


async def test_pages_are_no_documents_while_federation_is_off(faces: Faces) -> None:
    await faces.settings.change("federation.enabled", False)
    async with faces.client() as http:
        answer = await http.get("/", headers={"Accept": ACTIVITY})
    assert answer.headers["content-type"].startswith(PAGE)
    assert "fediverse:creator" not in answer.text


@pytest.mark.parametrize("path", ["/federation/user/streamer", "/federation/node", "/federation/user/streamer/outbox"])
async def test_a_cached_document_gets_304(faces: Faces, path: str) -> None:
    async with faces.client() as http:
        first = await http.get(path, headers={"Accept": ACTIVITY})
        tag = first.headers["etag"]
        again = await http.get(path, headers={"Accept": ACTIVITY, "If-None-Match": f'"other", {tag}'})
        other = await http.get(path, headers={"Accept": ACTIVITY, "If-None-Match": '"other"'})
        await faces.settings.change("channel.name", "Another name")
        await faces.federation.posts.publish(faces.channels.home(), Draft("new"))
        later = await http.get(path, headers={"Accept": ACTIVITY, "If-None-Match": tag})
    assert (first.status_code, again.status_code, other.status_code, later.status_code) == (200, 304, 200, 200)
    assert (again.content, again.headers["etag"]) == (b"", tag)
    assert {"vary", "cache-control"} <= set(again.headers)

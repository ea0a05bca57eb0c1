"""The answers to other servers, over the whole application."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from activitypub.actor import parse_actor
from activitypub.collections import parse_collection
from activitypub.nodeinfo import parse_document, parse_index
from activitypub.webfinger import parse_jrd
from fedistream.api.fediverse.negotiation import wants_document
from fedistream.federation.models import RemoteNoteRow
from tests.kit.faces import RIGHT, Faces, federating_faces
from tests.kit.federated import LIVE, ORIGIN
from tests.kit.signing import signed

ACTIVITY = {"Accept": "application/activity+json"}
PATH = "/federation/user/streamer"


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with federating_faces(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    "resource",
    ["acct:streamer@node.example", "acct:STREAMER@NODE.example", LIVE, f"{ORIGIN}/", "streamer@node.example"],
)
async def test_webfinger_leads_to_the_channels_actor(faces: Faces, resource: str) -> None:
    async with faces.client() as http:
        answer = await http.get("/.well-known/webfinger", params={"resource": resource})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jrd+json")
    assert answer.headers["access-control-allow-origin"] == "*"
    jrd = parse_jrd(answer.json())
    assert (jrd.subject, jrd.actor_url()) == ("acct:streamer@node.example", LIVE)


@pytest.mark.parametrize("asked", ["Studio-Nord.live", "studio-nord.live", "STUDIO-NORD.LIVE"])
async def test_a_name_with_capital_letters_is_found_by_any_and_told_as_it_is(faces: Faces, asked: str) -> None:
    await faces.settings.change("federation.username", "Studio-Nord.live")
    actor = f"{ORIGIN}/federation/user/Studio-Nord.live"
    async with faces.client() as http:
        answer = await http.get("/.well-known/webfinger", params={"resource": f"acct:{asked}@node.example"})
        jrd = parse_jrd(answer.json())
        assert (jrd.subject, jrd.actor_url()) == ("acct:Studio-Nord.live@node.example", actor)
        found = (await http.get(f"/federation/user/{asked}", headers=ACTIVITY)).json()
        assert (found["id"], found["preferredUsername"]) == (actor, "Studio-Nord.live")
        assert (await http.get(f"/federation/user/{asked}/outbox")).json()["id"] == f"{actor}/outbox"
        assert (await http.post(f"/federation/user/{asked}/inbox", json={})).status_code == 415


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?resource=acct:none", 400),
        ("?resource=acct:nobody@node.example", 404),
        ("?resource=acct:streamer@other.example", 404),
        ("?resource=acct:home@node.example", 404),
    ],
)
async def test_webfinger_says_no(faces: Faces, query: str, status: int) -> None:
    async with faces.client() as http:
        assert (await http.get(f"/.well-known/webfinger{query}")).status_code == status


async def test_the_actor_is_one_that_we_would_take_ourselves(faces: Faces) -> None:
    async with faces.client() as http:
        answer = await http.get(PATH, headers=ACTIVITY)
        node = parse_actor((await http.get("/federation/node")).json())
    assert answer.headers["content-type"] == "application/activity+json"
    assert "Accept" in answer.headers["vary"]
    actor = parse_actor(answer.json())
    assert (actor.id, actor.type, actor.is_complete) == (LIVE, "Service", True)
    assert (actor.webfinger, actor.shared_inbox) == ("streamer@node.example", f"{ORIGIN}/federation/inbox")
    assert isinstance(answer.json()["attachment"], list)
    assert (node.type, node.is_complete, actor.generator) == ("Application", True, node.id)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/activity+json", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/json", True),
        ("text/html;q=0.5, application/activity+json", True),
        ("text/html, application/activity+json;q=0.5", False),
        ("application/activity+json;q=0", False),
        ("application/activity+json;q=x", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("*/*", False),
        ("", False),
    ],
)
async def test_people_get_the_page_and_servers_the_document(faces: Faces, accept: str, wanted: bool) -> None:
    assert wants_document(Headers({"accept": accept})) is wanted
    async with faces.client() as http:
        answer = await http.get(PATH, headers={"Accept": accept})
    assert (answer.status_code, answer.headers.get("location")) == ((200, None) if wanted else (307, "/"))


async def test_a_deleted_post_is_gone_and_a_pinned_one_is_featured(faces: Faces) -> None:
    posts = faces.federation.posts
    gone, pinned = [await posts.publish(faces.channels.home(), text) for text in ("one", "two")]
    await posts.delete(gone.id)
    await posts.pin(pinned.id, pinned=True)
    async with faces.client() as http:
        stone = await http.get(f"/federation/{gone.id}", headers=ACTIVITY)
        assert (stone.status_code, stone.json()["type"], stone.json()["id"]) == (410, "Tombstone", gone.url)
        assert stone.headers["content-type"] == "application/activity+json"
        assert (await http.get(f"/federation/{gone.id}")).status_code == 410
        featured = (await http.get(f"{PATH}/featured", headers=ACTIVITY)).json()
        assert [each["id"] for each in featured["orderedItems"]] == [pinned.url]


async def test_collections_can_be_read_page_by_page(faces: Faces) -> None:
    post = await faces.federation.posts.publish(faces.channels.home(), "Hello")
    async with faces.client() as http:
        for name, total in (("outbox", 1), ("followers", 0)):
            whole = parse_collection((await http.get(f"{PATH}/{name}")).json())
            assert (whole.id, whole.total, whole.first) == (f"{LIVE}/{name}", total, f"{LIVE}/{name}?page=1")
            page = parse_collection((await http.get(f"{PATH}/{name}?page=1")).json())
            assert (page.page, len(page.items)) == (True, total)
            for wrong in ("0", "2", "x", "-1", "9" * 30):
                assert (await http.get(f"{PATH}/{name}?page={wrong}")).status_code == 404
        for name in ("following", "featured"):
            assert parse_collection((await http.get(f"{PATH}/{name}")).json()).total == 0
        note = await http.get(f"/federation/{post.id}", headers=ACTIVITY)
        assert (note.json()["id"], note.json()["likes"]["totalItems"]) == (post.document["id"], 0)
        shown = await http.get(f"/federation/{post.id}")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert (await http.get("/federation/none", headers=ACTIVITY)).status_code == 404
        assert (await http.get("/federation/user/nobody/outbox")).status_code == 404
        await faces.settings.change("federation.private", True)
        assert "first" not in (await http.get(f"{PATH}/followers")).json()
        assert (await http.get(f"/federation/{post.id}", headers=ACTIVITY)).status_code == 404


async def test_nodeinfo_tells_who_we_are(faces: Faces) -> None:
    async with faces.client() as http:
        assert parse_index((await http.get("/.well-known/nodeinfo")).json()) == f"{ORIGIN}/nodeinfo/2.1"
        for version in ("2.0", "2.1"):
            answer = await http.get(f"/nodeinfo/{version}")
            assert (parse_document(answer.json()).name, answer.json()["version"]) == ("fedistream", version)
            assert "profile=" in answer.headers["content-type"]
        assert (await http.get("/.well-known/x-nodeinfo2")).json()["server"]["baseUrl"] == ORIGIN
        assert (await http.get("/api/v1/instance")).json()["uri"] == ORIGIN
        assert f"{ORIGIN}/.well-known/webfinger?resource=" in (await http.get("/.well-known/host-meta")).text
        assert (await http.get("/.well-known/host-meta.json")).json()["subject"] == ORIGIN


async def test_the_node_is_called_what_its_channel_is(faces: Faces) -> None:
    await faces.settings.change("channel.name", "Potter & Co", faces.channels.home().id)
    async with faces.client() as http:
        assert (await http.get("/nodeinfo/2.1")).json()["metadata"]["nodeName"] == "Potter & Co"
        assert (await http.get("/.well-known/x-nodeinfo2")).json()["server"]["name"] == "Potter & Co"
        assert (await http.get("/api/v1/instance")).json()["title"] == "Potter & Co"
    assert faces.federation.direct_messages.sender == "Potter & Co"


async def test_an_inbox_refuses_with_the_reason_before_the_answer(faces: Faces) -> None:
    async with faces.client() as http:
        for path in ("/federation/inbox", f"{PATH}/inbox"):
            unsigned = await http.post(path, content=b'{"type":"Follow"}', headers={"Content-Type": ACTIVITY["Accept"]})
            assert (unsigned.status_code, unsigned.text[:6]) == (400, "shape:")
            assert (await http.post(path, content=b"{}", headers={"Content-Type": "text/plain"})).status_code == 415
            assert (await http.post(path, content=bytes(1024 * 1024 + 1))).status_code == 413
            old = signed(b'{"id":"https://remote.example/1","type":"Follow","actor":"https://remote.example/users/ann",'
                         b'"object":"x"}', url=ORIGIN + path)  # fmt: skip
            answer = await http.post(path, content=old.body, headers=dict(old.headers))
            assert (answer.status_code, answer.text[:5]) == (401, "date:")
        assert (await http.post("/federation/user/nobody/inbox")).status_code == 404
    assert faces.federation.federation.counts["refused date"] == 2


async def test_nothing_answers_when_federation_is_off(faces: Faces) -> None:
    await faces.settings.change("federation.enabled", False)
    paths = ["/.well-known/webfinger", "/.well-known/webfinger?resource=acct:a@b.example", "/.well-known/nodeinfo"]
    paths += ["/.well-known/x-nodeinfo2", "/nodeinfo/2.0", "/nodeinfo/2.1", "/api/v1/instance", "/federation/node"]
    paths += [PATH, f"{PATH}/outbox", f"{PATH}/followers", f"{PATH}/following", f"{PATH}/featured", "/federation/1"]
    async with faces.client() as http:
        assert {path: (await http.get(path, headers=ACTIVITY)).status_code for path in paths} == dict.fromkeys(
            paths, 405
        )
        assert (await http.get("/.well-known/host-meta")).status_code == 404
        assert (await http.get("/.well-known/host-meta.json")).status_code == 404
        for path in ("/federation/inbox", f"{PATH}/inbox"):
            assert (await http.post(path)).status_code == 405
        assert (await http.post("/api/admin/federation/send", json={"value": "x"}, headers=RIGHT)).status_code == 400


async def test_what_became_of_a_post_can_be_counted(faces: Faces) -> None:
    post = await faces.federation.posts.publish(faces.channels.home(), "Hello")
    async with faces.client() as http:
        note = (await http.get(f"/federation/{post.id}", headers=ACTIVITY)).json()
        assert parse_collection(note["replies"]).id == f"{post.url}/replies"
        for name in ("replies", "likes", "shares"):
            found = await http.get(f"/federation/{post.id}/{name}", headers=ACTIVITY)
            assert (found.json()["id"], found.json()["totalItems"]) == (f"{post.url}/{name}", 0)
            assert found.headers["content-type"] == "application/activity+json"
            assert (await http.get(f"/federation/none/{name}")).status_code == 404
        first = parse_collection((await http.get(f"/federation/{post.id}/replies?page=1")).json())
        assert (first.page, first.items) == (True, ())
        assert (await http.get(f"/federation/{post.id}/replies?page=2")).status_code == 404
        await faces.federation.posts.delete(post.id)
        assert (await http.get(f"/federation/{post.id}/replies")).status_code == 410


async def test_replies_that_everybody_sees_are_listed_and_others_are_not(faces: Faces) -> None:
    post = await faces.federation.posts.publish(faces.channels.home(), "Hello")
    far = "https://a.example/ann"
    for number, state in enumerate(("shown", "held", "deleted", "shown")):
        await RemoteNoteRow.create(
            url=f"{far}/{number}",
            link=f"{far}/{number}",
            channel_id=1,
            post_id=post.id,
            actor=far,
            name="Ann",
            handle="ann@a.example",
            state=state,
            html="x",
            body="x",
            at=faces.clock.now(),
        )
    async with faces.client() as http:
        assert (await http.get(f"/federation/{post.id}/replies")).json()["totalItems"] == 2
        page = parse_collection((await http.get(f"/federation/{post.id}/replies?page=1")).json())
    assert page.items == (f"{far}/0", f"{far}/3")


async def test_with_authorized_fetch_only_signed_requests_get_documents_and_people_get_the_page(faces: Faces) -> None:
    post = await faces.federation.posts.publish(faces.channels.home(), "Hello")
    await faces.settings.change("federation.signed_reading", True)
    closed = [PATH, f"/federation/{post.id}", f"/federation/{post.id}/replies", "/federation/quotes/none"]
    closed += [f"{PATH}/{name}" for name in ("outbox", "followers", "following", "featured")]
    open_to_all = ["/federation/node", "/.well-known/webfinger?resource=acct:streamer@node.example", "/nodeinfo/2.1"]
    async with faces.client() as http:
        assert {path: (await http.get(path, headers=ACTIVITY)).status_code for path in closed} == dict.fromkeys(
            closed, 401
        )
        assert [(await http.get(path, headers=ACTIVITY)).status_code for path in open_to_all] == [200] * 3
        for path, status in ((PATH, 307), (f"/federation/{post.id}", 200)):
            assert (await http.get(path, headers={"Accept": "text/html"})).status_code == status
        await faces.settings.change("federation.signed_reading", False)
        assert (await http.get(PATH, headers=ACTIVITY)).headers["vary"].startswith("Accept, Signature")


async def test_the_list_of_followers_can_be_hidden(faces: Faces) -> None:
    await faces.settings.change("federation.hide_followers", True)
    async with faces.client() as http:
        assert "first" not in (await http.get(f"{PATH}/followers")).json()
        assert (await http.get("/api/followers")).json() == {"total": 0, "results": []}
        assert (await http.get("/api/config")).json()["federation"]["hideFollowersTab"] is True


async def test_the_logo_is_what_it_is_said_to_be(faces: Faces) -> None:
    async with faces.client() as http:
        said = (await http.get(PATH, headers=ACTIVITY)).json()["icon"]["mediaType"]
        served = await http.get("/logo")
    assert (served.status_code, served.headers["content-type"]) == (200, said)


async def test_former_accounts_of_the_streamer_are_named(faces: Faces) -> None:
    former = "https://old.example/users/ann"
    await faces.settings.change("federation.also_known_as", [former])
    async with faces.client() as http:
        assert (await http.get(PATH, headers=ACTIVITY)).json()["alsoKnownAs"] == [former]

"""A whole node with its worker process, and a person on another server: all over HTTP."""

import asyncio
from pathlib import Path

from activitypub.actor import parse_actor
from tests.kit.neighbourhood import RIGHT, change, neighbours, until

ACTIVITY = {"Accept": "application/activity+json"}


async def test_a_follower_is_accepted_hears_of_posts_and_is_seen_to_like_them(tmp_path: Path) -> None:
    async with neighbours(tmp_path) as (node, ann):
        found = await node.http.get("/federation/user/streamer", headers={"Accept": "application/activity+json"})
        us = parse_actor(found.json())
        follow = ann.activity("Follow", us.id)
        assert (await ann.send(us.inbox, follow)).status == 202
        await until(lambda: ann.inbox)
        assert (ann.inbox[0]["type"], ann.inbox[0]["object"]["id"]) == ("Accept", follow["id"])
        # signed with the very key that our actor shows
        claim = ann.claim()
        assert claim.key_id == us.keys[0].id
        assert claim.verified_by(us.keys[0].key)
        shown = (await node.http.get("/api/followers")).json()
        assert (shown["total"], shown["results"][0]["link"]) == (1, ann.id)

        sent = await node.http.post("/api/admin/federation/send", json={"value": "On *air*"}, headers=RIGHT)
        assert sent.json() == {"success": True, "message": "changed"}
        await until(lambda: len(ann.inbox) == 2)
        note = ann.inbox[1]["object"]
        assert note["content"] == "<p>On <em>air</em></p>"
        assert (await ann.send(str(us.shared_inbox), ann.activity("Like", note["id"]))).status == 202
        actions = (await node.http.get("/api/admin/federation/actions", headers=RIGHT)).json()
        assert [each["type"] for each in actions["results"]] == [
            "FEDIVERSE_ENGAGEMENT_LIKE",
            "FEDIVERSE_ENGAGEMENT_FOLLOW",
        ]
        assert (actions["results"][0]["iri"], actions["results"][0]["actorIRI"]) == (note["id"], ann.id)
        home = node.node.features.channels.home().id
        async with asyncio.timeout(60):
            while len(lines := await node.node.features.chat.messages.history(home)) < 2:
                await asyncio.sleep(0.05)
        assert [line.body for line in lines] == [
            "Ann <b>of</b> elsewhere followed this stream.",
            "Ann <b>of</b> elsewhere liked a post from Fedistream.",
        ]
        assert (await ann.send(us.inbox, ann.activity("Undo", follow))).status == 202
        assert (await node.http.get("/api/followers")).json() == {"total": 0, "results": []}


async def test_in_a_private_channel_the_admin_decides(tmp_path: Path) -> None:
    async with neighbours(tmp_path) as (node, ann):
        await change(node, "federation/private", True)
        us = f"{node.url.rstrip('/')}/federation/user/streamer"
        assert (await ann.send(f"{us}/inbox", ann.activity("Follow", us))).status == 202

        async def listed(name: str) -> list[str]:
            answer = await node.http.get(f"/api/admin/followers/{name}", headers=RIGHT)
            return [each["link"] for each in answer.json()]

        async def decide(call: str, **body: object) -> int:
            answer = await node.http.post(
                f"/api/admin/followers/{call}", json={"actorIRI": ann.id, **body}, headers=RIGHT
            )
            return answer.status_code

        assert (await listed("pending"), await listed("blocked")) == ([ann.id], [])
        assert await decide("approve", approved=True) == 200
        await until(lambda: [each["type"] for each in ann.inbox] == ["Accept"])
        assert await decide("approve", approved=False) == 200
        await until(lambda: [each["type"] for each in ann.inbox] == ["Accept", "Reject"])
        assert (await listed("pending"), await listed("blocked")) == ([], [ann.id])
        refused = await ann.send(f"{us}/inbox", ann.activity("Follow", us))
        assert (refused.status, refused.body[:8]) == (403, b"blocked:")
        assert (await decide("remove"), await listed("blocked")) == (200, [])
        assert await decide("remove") == 404
        assert (await ann.send(f"{us}/inbox", ann.activity("Follow", us))).status == 202
        assert await listed("pending") == [ann.id]


async def test_what_the_front_changes_reaches_the_worker(tmp_path: Path) -> None:
    """Settings, channels and keys, each changed after the worker process has begun."""
    async with neighbours(tmp_path) as (node, ann):
        base = f"{node.url.rstrip('/')}/federation"
        before = parse_actor((await node.http.get("/federation/user/streamer", headers=ACTIVITY)).json())
        await ann.send(f"{base}/inbox", ann.activity("Follow", before.id))
        await until(lambda: ann.inbox)

        await node.node.features.channels.make("pots")
        pots = f"{base}/user/pots"
        await ann.send(f"{base}/inbox", ann.activity("Follow", pots))
        await until(lambda: len(ann.inbox) == 2)
        assert ann.claim().key_id == f"{pots}#main-key"

        await change(node, "name", "Ann's pots")
        answer = await node.http.post("/api/admin/federation/rotatekeys", headers=RIGHT)
        assert answer.json() == {"success": True, "message": "keys rotated"}
        await until(lambda: len(ann.inbox) == 4)
        update = next(each for each in ann.inbox[2:] if each["actor"] == before.id)
        claim = ann.claim(ann.inbox.index(update))
        assert (claim.key_id, claim.verified_by(before.keys[0].key)) == (before.keys[0].id, True)
        shown = parse_actor(update["object"])
        assert (shown.name, shown.keys[0].id) == ("Ann's pots", f"{before.id}#main-key-2")

        await node.http.post("/api/admin/federation/send", json={"value": "Hello"}, headers=RIGHT)
        await until(lambda: len(ann.inbox) == 5)
        assert (ann.claim().key_id, ann.claim().verified_by(shown.keys[0].key)) == (shown.keys[0].id, True)

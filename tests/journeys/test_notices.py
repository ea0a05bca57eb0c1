"""A stream starts, and its followers hear of it once: a whole node, its worker process, an encoder and a follower."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from activitypub.network.guard import Guard
from activitypub.network.http_client import HttpClient
from activitypub.strictjson import Json
from tests.kit.encoder import Encoder
from tests.kit.fediverse import Peer, peer
from tests.kit.footage import Recipe
from tests.kit.livenode import KEY, PASSWORD, LiveNode
from tests.kit.neighbourhood import RIGHT, change, kill_worker, neighbours
from tests.kit.nodeprocess import started

CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=30)
PATH = "/api/admin/federation/notices"
# a job that a killed worker had in hand is taken up again when its lease of a minute is over
WITHIN_S = 150
pytestmark = pytest.mark.timeout(400)  # of three kills each may leave such a lease


class Stage:
    """The node, its follower, and the channel's title."""

    def __init__(self, node: LiveNode, ann: Peer) -> None:
        self.node, self.ann = node, ann

    async def set(self, name: str, value: object) -> None:
        await self.node.node.features.settings.change(name, value)

    def posts(self) -> list[Json]:
        """The activities about posts that came, each once: a killed worker may have sent one twice."""
        found = {each["id"]: each for each in self.ann.inbox if each["type"] in ("Create", "Update", "Delete")}
        return [each for each in found.values() if each["object"]["type"] in ("Note", "Tombstone")]

    def kinds(self) -> list[str]:
        return [each["type"] for each in self.posts()]

    async def states(self) -> list[str]:
        found = (await self.node.http.get(PATH, headers=RIGHT)).json()["results"]
        return [each["state"] for each in found]

    async def until_state(self, *wanted: str) -> None:
        async def reached() -> bool:
            return await self.states() == list(wanted)

        await eventually(reached)

    async def until_kinds(self, *wanted: str) -> None:
        async def reached() -> bool:
            return self.kinds() == list(wanted)

        await eventually(reached)

    async def killed(self) -> None:
        """The worker, as soon as there is one."""

        async def reached() -> bool:
            return kill_worker()

        await eventually(reached)


async def eventually(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not await true():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def stage(folder: Path, delay_s: int) -> AsyncIterator[Stage]:
    async with neighbours(folder) as (node, ann):
        us = f"{node.url.rstrip('/')}/federation/user/streamer"
        assert (await ann.send(f"{us}/inbox", ann.activity("Follow", us))).status == 202
        made = Stage(node, ann)

        async def accepted() -> bool:
            return bool(ann.inbox)

        # the worker runs from now on: on a busy machine its start could take longer than the delay
        await eventually(accepted)
        await made.set("notice.delay_s", delay_s)
        await change(node, "streamtitle", "Evening locks")
        yield made


async def test_a_stream_is_announced_once_followed_and_closed(tmp_path: Path) -> None:
    async with stage(tmp_path, 2) as at:
        encoder = await Encoder.start(at.node.publish_url, CLIP)
        await at.until_kinds("Create")
        note = at.posts()[0]["object"]
        broadcast_id = at.node.node.features.broadcasts.live_status(1).broadcast_id
        assert f'href="{at.node.url}live/{broadcast_id}"' in note["content"]
        assert "<strong>Evening locks</strong>" in note["content"]
        featured = await at.node.http.get("/federation/user/streamer/featured")
        assert [each["id"] for each in featured.json()["orderedItems"]] == [note["id"]]

        # a cable that is pulled and put back is the same broadcast
        await encoder.die()
        await at.node.until("waiting")
        encoder = await Encoder.start(at.node.publish_url, CLIP)
        await at.node.until("live")
        await change(at.node, "streamtitle", "Night locks")
        await at.until_kinds("Create", "Update")
        assert "Night locks" in at.posts()[-1]["object"]["content"]

        await encoder.stop()
        await at.node.until("offline")
        await at.until_kinds("Create", "Update", "Update")
        ended = at.posts()[-1]["object"]
        assert (ended["id"], "The stream has ended." in ended["content"]) == (note["id"], True)
        assert (await at.node.http.get("/federation/user/streamer/featured")).json()["totalItems"] == 0

        # and so soon after it there is no second one, unless the admin wants it
        encoder = await Encoder.start(at.node.publish_url, CLIP)
        await at.until_state("skipped", "updated")
        posted = await at.node.http.post(f"{PATH}/postnow", json={}, headers=RIGHT)
        await at.until_kinds("Create", "Update", "Update", "Create")
        number = posted.json()["notice"]["id"]
        assert (await at.node.http.post(f"{PATH}/withdraw", json={"id": number}, headers=RIGHT)).status_code == 200
        await at.until_kinds("Create", "Update", "Update", "Create", "Delete")
        second = at.posts()[-1]["object"]["id"]
        gone = await at.node.http.get(second, headers={"Accept": "application/activity+json"})
        assert (gone.status_code, gone.json()["type"]) == (410, "Tombstone")
        await encoder.stop()


async def test_what_is_changed_or_cancelled_in_time_is_heeded(tmp_path: Path) -> None:
    async with stage(tmp_path, 3600) as at:
        encoder = await Encoder.start(at.node.publish_url, CLIP)
        await at.until_state("planned")
        (notice,) = (await at.node.http.get(PATH, headers=RIGHT)).json()["results"]
        for call, more in (("edit", {"value": "Come *in*"}), ("cancel", {}), ("postnow", {})):
            answer = await at.node.http.post(f"{PATH}/{call}", json={"id": notice["id"], **more}, headers=RIGHT)
            assert answer.status_code == 200, answer.text
        await at.until_kinds("Create")
        assert at.posts()[0]["object"]["content"] == "<p>Come <em>in</em></p>"
        await at.set("notice.at_end", "delete")
        await encoder.stop()
        await at.until_kinds("Create", "Delete")


async def test_a_worker_that_is_killed_at_each_step_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, 8) as at:
        encoder = await Encoder.start(at.node.publish_url, CLIP)
        await at.until_state("planned")
        await at.killed()
        await at.until_state("posted")
        await at.killed()
        await at.until_kinds("Create")
        await encoder.stop()
        await at.until_state("updated")
        await at.killed()
        await at.until_kinds("Create", "Update")
        assert len({each["object"]["id"] for each in at.posts()}) == 1
        assert await at.states() == ["updated"]
        assert (await at.node.http.get("/federation/user/streamer/outbox")).json()["totalItems"] == 1


async def test_a_node_that_is_killed_goes_on_with_the_notice_it_had(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    us = f"http://127.0.0.1:{port}"
    flags = ("--admin-password", PASSWORD, "--stream-key", KEY, "--public-url", us, "--federation-allow", "127.0.0.1")

    @asynccontextmanager
    async def node() -> AsyncIterator[tuple[httpx2.AsyncClient, Encoder]]:
        """A node until it is killed, to which the encoder comes or comes back."""
        async with (
            started(tmp_path, *flags, port=port) as running,
            httpx2.AsyncClient(base_url=us, headers=RIGHT, timeout=30) as http,
        ):
            on = await http.post("/api/admin/config/federation/enable", json={"value": True})
            assert on.status_code == 200
            encoder = await Encoder.start(f"{running.rtmp_url}/{KEY}", CLIP)
            await running.becomes("live")
            yield http, encoder
            running.process.kill()
            await running.process.wait()
            await encoder.die()

    async with HttpClient(Guard(frozenset({"127.0.0.1"})), "peer") as http_client, peer(http_client, time.time) as ann:

        async def notices(http: httpx2.AsyncClient) -> list[dict[str, object]]:
            found: list[dict[str, object]] = (await http.get(PATH)).json()["results"]
            return found

        async with node() as (http, _):
            actor = f"{us}/federation/user/streamer"
            assert (await ann.send(f"{actor}/inbox", ann.activity("Follow", actor))).status == 202

            async def planned() -> bool:
                return [each["state"] for each in await notices(http)] == ["planned"]

            await eventually(planned)
            before = await notices(http)
        async with node() as (http, _):
            assert await notices(http) == before
            assert (await http.post(f"{PATH}/postnow", json={})).status_code == 200
        async with node() as (http, encoder):
            assert [each["state"] for each in await notices(http)] == ["posted"]
            await encoder.stop()

            async def told() -> bool:
                return {each["type"] for each in ann.inbox} >= {"Accept", "Create", "Update"}

            await eventually(told)
            assert len(await notices(http)) == 1
    notes = {each["object"]["id"] for each in ann.inbox if each["type"] == "Create"}
    assert len(notes) == 1

"""Two nodes of our own, each in its process and behind TLS: what one says, the other understands."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from tests.kit.certificates import Authority
from tests.kit.federating import FederatedNode, federated_node, node_process, until
from tests.kit.signing import ACTIVITY_JSON

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True)
class Pair:
    here: FederatedNode
    there: FederatedNode

    def both_ways(self) -> tuple[tuple[FederatedNode, FederatedNode], ...]:
        return (self.here, self.there), (self.there, self.here)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(private_authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    folders = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there")
    async with (
        federated_node(folders[0], authority=private_authority) as here,
        node_process(folders[1], authority=private_authority) as there,
    ):
        yield Pair(here, there)


async def test_a_visitor_of_one_is_sent_to_the_other_to_follow(pair: Pair) -> None:
    for one, other in pair.both_ways():
        answer = await one.http.post("/api/remotefollow", json={"account": f"@streamer@{other.authority}"})
        assert answer.status_code == 200, answer.text
        followed = quote(one.us, safe="")
        assert answer.json()["redirectUrl"] == f"{other.origin}/authorize_interaction?uri={followed}"


async def test_an_account_that_the_other_does_not_have_is_not_found(pair: Pair) -> None:
    for one, other in pair.both_ways():
        answer = await one.http.post("/api/remotefollow", json={"account": f"nobody@{other.authority}"})
        assert answer.status_code == 400, answer.text


async def test_two_streamers_talk_to_each_other(pair: Pair) -> None:
    for one, other in pair.both_ways():
        await one.tell("federation/send", value=f"Ahoy @streamer@{other.authority}")
        (asked,) = await until(partial(held, other, one.us))
        assert (asked["username"], "Ahoy" in asked["body"]) == (f"streamer@{one.authority}", True)

        await other.tell("federation/replies/answer", note=asked["note"], body="Ahoy yourself")
        (answer,) = await until(partial(held, one, other.us))
        assert "Ahoy yourself" in answer["body"]
        await one.tell("federation/replies/decide", note=answer["note"], approved=True)
        path = asked["note"].removeprefix(one.origin)
        replies = await one.http.get(f"{path}/replies?page=1", headers={"Accept": ACTIVITY_JSON})
        assert replies.json()["items"] == [answer["note"]]
        await other.tell("federation/replies/decide", note=asked["note"], approved=False)


async def test_one_asks_to_feature_the_other_and_is_let(pair: Pair) -> None:
    for one, other in pair.both_ways():
        await one.tell("federation/servers", url=other.origin)
        asked = await until(partial(other.ask, "admin/federation/feature-requests"), lambda found: found["requests"])
        assert [each["link"] for each in asked["requests"]] == [one.us]
        await other.tell("followers/approve", actorIRI=one.us, approved=True)
        await until(partial(states, one), {other.us: "accepted"}.__eq__)
        assert one.us in [each["link"] for each in await other.ask("admin/followers/directory")]
        # who features us gets no posts, and is not shown among those who do
        assert await other.links("") == []


async def states(node: FederatedNode) -> dict[str, str]:
    """Return what has become of those whom the node wants to feature."""
    return {each["iri"]: each["state"] for each in (await node.ask("admin/federation/servers"))["servers"]}


async def held(node: FederatedNode, actor: str) -> list[Any]:
    """Return what waits for the admin of one node, of an actor of the other."""
    return [each for each in (await node.ask("admin/federation/replies"))["results"] if each["actor"] == actor]

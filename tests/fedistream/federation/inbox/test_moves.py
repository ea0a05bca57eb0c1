"""Followers who move, and who are asked now and then whether they are there: over HTTP, with a second account."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from activitypub.signatures.keys import SigningKey
from fedistream.db import Database
from fedistream.federation.inbox.moves import AGAIN, KIND
from fedistream.federation.models import FollowerRow, RemoteActorRow
from fedistream.federation.values import State
from fedistream.jobs.job import Dead, Done, Job, Retry
from tests.kit.federated import LIVE, Federated, federated, waiting_jobs
from tests.kit.remote import json_response


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


async def jobs() -> list[Job]:
    return await waiting_jobs(KIND)


async def states() -> list[str]:
    return [str(row.state) for row in await FollowerRow.all().order_by("id")]


def elsewhere(node: Federated) -> str:
    """The same person's other account, on the same server so that one guard is enough."""
    return f"{node.ann.server.origin}/users/anna"


def move_in(node: Federated, *, says_so: bool = True) -> None:
    """Lets Ann's server serve the other account too."""
    old, document, answer = node.ann.id, node.ann.document(), node.ann.server.answer
    new = elsewhere(node)
    text = {name: _renamed(value, old, new) for name, value in document.items()}
    text["alsoKnownAs"] = [old] if says_so else []

    def both(request: Any) -> Any:
        if request.method == "GET" and request.target == "/users/anna":
            return json_response(json.dumps(text))
        return answer(request)

    node.ann.server.answer = both


def _renamed(value: Any, old: str, new: str) -> Any:
    return json.loads(json.dumps(value).replace(old, new))


async def test_a_moved_follower_is_replaced_by_the_new_account_without_approval(node: Federated) -> None:
    await node.follow()
    node.names()
    move_in(node)
    assert await node.take(node.ann.activity("Move", node.ann.id, target=elsewhere(node))) == "taken"
    (job,) = await jobs()
    assert await node.feature.policies.moves.follow_up(job) == Done()
    assert (await states(), node.names()) == (["moved"], ["follower.removed"])
    assert await node.feature.followers.count(node.home.id) == 0
    assert await node.feature.policies.moves.follow_up(job) == Done()  # as after a crash
    assert node.names() == []

    await node.settings.change("federation.private", True)
    follow = node.ann.activity("Follow", LIVE) | {"id": f"{elsewhere(node)}#1", "actor": elsewhere(node)}
    assert await node.take(follow, by=SigningKey(f"{elsewhere(node)}#main-key", node.ann.key.key)) == "taken"
    assert await states() == ["accepted"]
    assert (await FollowerRow.get().select_related("actor")).actor.url == elsewhere(node)


async def test_a_removed_follower_needs_approval_again(node: Federated) -> None:
    await node.follow()
    move_in(node)
    await node.take(node.ann.activity("Move", node.ann.id, target=elsewhere(node)))
    await node.feature.policies.moves.follow_up((await jobs())[0])
    await node.settings.change("federation.private", True)
    await node.follow()
    assert await states() == ["pending"]


async def test_a_move_that_the_new_account_does_not_know_of_is_none(node: Federated) -> None:
    await node.follow()
    move_in(node, says_so=False)
    await node.take(node.ann.activity("Move", node.ann.id, target=elsewhere(node)))
    (job,) = await jobs()
    assert isinstance(await node.feature.policies.moves.follow_up(job), Dead)
    assert await states() == ["accepted"]


async def test_moves_of_strangers_and_of_others_are_not_looked_into(node: Federated) -> None:
    assert await node.take(node.ann.activity("Move", node.ann.id, target=elsewhere(node))) == "taken"
    assert await node.take(node.ann.activity("Move", elsewhere(node), target=node.ann.id)) == "foreign"
    assert await jobs() == []


async def test_a_new_account_that_cannot_be_reached_is_asked_again(node: Federated) -> None:
    await node.follow()
    far = "http://127.0.0.1:9/users/anna"
    body = f'{{"old": "{node.ann.id}", "new": "{far}"}}'
    blocked = await node.feature.policies.moves.follow_up(Job(1, KIND, "", "", body, 1, 0.0))
    assert isinstance(blocked, Dead)  # the guard does not let us there
    port = node.ann.server.authority
    node.ann.server.answer = lambda request: json_response("", status=503)
    body = f'{{"old": "{node.ann.id}", "new": "http://{port}/users/anna"}}'
    assert isinstance(await node.feature.policies.moves.follow_up(Job(1, KIND, "", "", body, 1, 0.0)), Retry)


async def validate(node: Federated) -> RemoteActorRow | None:
    node.clock.ahead += (AGAIN + timedelta(hours=1)).total_seconds()
    await node.feature.policies.moves.validate()
    return await RemoteActorRow.get_or_none(url=node.ann.id)


async def test_followers_are_asked_seldom_and_what_they_say_is_taken_over(node: Federated) -> None:
    await node.follow()
    asked = len(node.ann.server.asked)
    await node.feature.policies.moves.validate()
    assert len(node.ann.server.asked) == asked
    node.ann.profile["hashtags"] = (("#clay", "https://remote.example/tags/clay"),)
    row = await validate(node)
    assert row is not None
    assert (row.failed_checks, row.checked_at is not None) == (0, True)
    assert [each["name"] for each in row.document["tag"]] == ["#clay"]
    await node.feature.policies.moves.validate()
    assert len(node.ann.server.asked) == asked + 1


async def test_an_actor_that_its_server_calls_gone_is_removed(node: Federated) -> None:
    await node.follow()
    node.names()
    node.ann.gone = True
    assert await validate(node) is None
    assert (await states(), node.names()) == ([], ["follower.removed"])


async def test_for_an_error_nobody_is_taken_out(node: Federated) -> None:
    await node.follow()
    node.ann.server.answer = lambda request: json_response("", status=404)
    for failed in (1, 2):
        row = await validate(node)
        assert row is not None
        assert row.failed_checks == failed
    assert await states() == ["accepted"]


async def test_a_move_in_a_profile_is_followed(node: Federated) -> None:
    await node.follow()
    move_in(node)
    node.ann.profile["moved_to"] = elsewhere(node)
    await validate(node)
    (job,) = await jobs()
    assert await node.feature.policies.moves.follow_up(job) == Done()
    assert await states() == [State.MOVED.value]


async def test_when_federation_is_off_nobody_is_asked(node: Federated) -> None:
    await node.follow()
    asked = len(node.ann.server.asked)
    await node.settings.change("federation.enabled", False)
    await validate(node)
    assert len(node.ann.server.asked) == asked

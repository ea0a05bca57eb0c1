"""Rate limits for remote actors and servers: every kind of activity has its own."""

import time
from pathlib import Path

import pytest

from activitypub import type_names
from fedistream.core.errors import TooMany
from fedistream.db import Database
from fedistream.federation.rate_limits import PACES, ActivityLimits
from tests.kit.federated import Federated
from tests.kit.talking import Talking, talking, until

ANN, BO = "https://r.example/ann", "https://r.example/bo"


def test_every_kind_of_activity_has_its_pace() -> None:
    assert set(PACES) == set(type_names.ACTIVITIES)


@pytest.mark.parametrize("kind", sorted(PACES))
def test_an_actor_is_held_to_it_and_its_neighbours_and_other_kinds_are_not(kind: str) -> None:
    paces = ActivityLimits(lambda: 0.0)
    for _ in range(int(PACES[kind].actor.burst)):
        paces.acquire(kind, ANN)
    with pytest.raises(TooMany) as refused:
        paces.acquire(kind, ANN)
    assert refused.value.after_s == pytest.approx(1 / PACES[kind].actor.per_s)
    paces.acquire(kind, BO)
    paces.acquire("Like" if kind != "Like" else "Create", ANN)


@pytest.mark.parametrize("kind", sorted(PACES))
def test_a_host_is_held_to_it_however_many_actors_it_has(kind: str) -> None:
    paces = ActivityLimits(lambda: 0.0)
    for number in range(int(PACES[kind].host.burst)):
        paces.acquire(kind, f"{ANN}/{number}")
    with pytest.raises(TooMany):
        paces.acquire(kind, f"{ANN}/last")
    paces.acquire(kind, "https://other.example/ann")


async def test_of_a_storm_of_edits_few_are_taken_and_the_loop_goes_on(database: Database, tmp_path: Path) -> None:
    """40 of 40 were taken, and three of these held the loop for 75 s."""
    async with talking(tmp_path) as replies:
        assert replies.node.feature.federation.understood <= set(PACES)
        said = await replies.say("1", "hello")
        await until(replies.lines)
        began = time.process_time()
        taken = await _edits(replies, said, 40)
        assert taken <= PACES["Update"].actor.burst
        # 40 signatures are checked and 5 texts are read: a second of a slow and busy machine
        assert time.process_time() - began < 2.0


async def _edits(replies: Talking, said: dict[str, object], count: int) -> int:
    taken = 0
    node: Federated = replies.node
    for number in range(count):
        hard = {**said, "content": f"{number}" + "<b>x" * 5_000, "updated": f"2030-01-01T00:00:{number:02}Z"}
        try:
            taken += await node.take(node.ann.activity("Update", hard)) == "taken"
        except TooMany:
            continue
    return taken

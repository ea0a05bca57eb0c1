"""The queue's statistics for the admin, and "try now"."""

import pytest

from fedistream.db import Database
from fedistream.jobs.admin import OutboxAdmin, QueueStats
from fedistream.jobs.circuit_breaker import FAILURES, Circuit
from tests.kit.jobs import ANN, BOB, NOON, Desk


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk()


async def troubled(desk: Desk) -> OutboxAdmin:
    """ANN fails and is left alone; of two jobs for BOB one is dead and one done; one in the house is in hand."""
    await desk.put(ANN, count=FAILURES + 1)
    await desk.fail(*await desk.lease(limit=FAILURES), after_s=5)
    await desk.put(BOB, count=2)
    dead, done = await desk.lease()
    await desk.bury(dead)
    await desk.done(done)
    await desk.put("")
    await desk.lease()
    return OutboxAdmin(desk.outbox)


async def test_the_numbers_of_an_empty_outbox_are_zero(desk: Desk) -> None:
    assert await OutboxAdmin(desk.outbox).numbers() == QueueStats(0, 0, 0, 0, 0)
    assert await OutboxAdmin(desk.outbox).hosts() == ()


async def test_jobs_are_counted_by_what_they_are(desk: Desk) -> None:
    outbox_admin = await troubled(desk)
    assert await outbox_admin.numbers() == QueueStats(queued=FAILURES + 1, leased=1, failing=FAILURES, done=1, dead=1)


async def test_hosts_in_trouble_are_listed_with_what_waits_for_them(desk: Desk) -> None:
    ann, bob = await (await troubled(desk)).hosts()
    assert (ann.host, ann.circuit, ann.queued, ann.dead, ann.last_error) == (
        "ann.example",
        Circuit.OPEN,
        FAILURES + 1,
        0,
        "status 500",
    )
    assert (ann.failures, ann.failing_since) == (FAILURES, NOON)
    assert ann.open_until is not None
    assert ann.open_until > NOON
    assert (bob.host, bob.circuit, bob.queued, bob.dead, bob.failures) == ("bob.example:8443", Circuit.CLOSED, 0, 1, 0)


async def test_troubled_jobs_are_listed_the_newest_first(desk: Desk) -> None:
    outbox_admin = await troubled(desk)
    failing = await outbox_admin.troubled("failing")
    assert [job.attempts for job in failing] == [1] * FAILURES
    assert [job.id for job in failing] == sorted((job.id for job in failing), reverse=True)
    (dead,) = await outbox_admin.troubled("dead")
    assert (dead.target, dead.last_error) == (BOB, "status 404")
    assert len(await outbox_admin.troubled("failing", limit=2)) == 2


async def test_a_dead_job_can_be_tried_again_from_the_beginning(desk: Desk) -> None:
    outbox_admin = await troubled(desk)
    (dead,) = await outbox_admin.troubled("dead")
    nudges = desk.nudges
    assert await outbox_admin.retry_now(ids=[dead.id]) == 1
    assert desk.nudges == nudges + 1
    (again,) = await desk.lease()
    assert (again.id, again.attempts) == (dead.id, 1)


async def test_a_host_can_be_given_another_chance(desk: Desk) -> None:
    outbox_admin = await troubled(desk)
    assert await outbox_admin.retry_now(host="ann.example") == FAILURES + 1
    assert len(await desk.lease()) == FAILURES + 1
    assert [host.host for host in await outbox_admin.hosts()] == ["bob.example:8443"]


async def test_what_is_done_or_in_hand_is_not_tried_again(desk: Desk) -> None:
    outbox_admin = await troubled(desk)
    assert await outbox_admin.retry_now(ids=[]) == 0
    assert await outbox_admin.retry_now(ids=[FAILURES + 3, FAILURES + 4]) == 0

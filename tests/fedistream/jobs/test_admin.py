"""The queue's statistics for the admin, and "try now"."""

import pytest

from fedistream.db import Database
from fedistream.jobs.admin import OutboxAdmin, QueueStats
from fedistream.jobs.circuit_breaker import FAILURES, Circuit
from tests.kit.jobs import ANN, BOB, NOON, OutboxKit


@pytest.fixture
def kit(database: Database) -> OutboxKit:
    return OutboxKit()


async def troubled(kit: OutboxKit) -> OutboxAdmin:
    """ANN fails and is left alone; of two jobs for BOB one is dead and one done; one in the house is in hand."""
    await kit.put(ANN, count=FAILURES + 1)
    await kit.fail(*await kit.lease(limit=FAILURES), after_s=5)
    await kit.put(BOB, count=2)
    dead, done = await kit.lease()
    await kit.bury(dead)
    await kit.done(done)
    await kit.put("")
    await kit.lease()
    return OutboxAdmin(kit.outbox)


async def test_the_numbers_of_an_empty_outbox_are_zero(kit: OutboxKit) -> None:
    assert await OutboxAdmin(kit.outbox).numbers() == QueueStats(0, 0, 0, 0, 0)
    assert await OutboxAdmin(kit.outbox).hosts() == ()


async def test_jobs_are_counted_by_what_they_are(kit: OutboxKit) -> None:
    outbox_admin = await troubled(kit)
    assert await outbox_admin.numbers() == QueueStats(queued=FAILURES + 1, leased=1, failing=FAILURES, done=1, dead=1)


async def test_hosts_in_trouble_are_listed_with_what_waits_for_them(kit: OutboxKit) -> None:
    ann, bob = await (await troubled(kit)).hosts()
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


async def test_troubled_jobs_are_listed_the_newest_first(kit: OutboxKit) -> None:
    outbox_admin = await troubled(kit)
    failing = await outbox_admin.troubled("failing")
    assert [job.attempts for job in failing] == [1] * FAILURES
    assert [job.id for job in failing] == sorted((job.id for job in failing), reverse=True)
    (dead,) = await outbox_admin.troubled("dead")
    assert (dead.target, dead.last_error) == (BOB, "status 404")
    assert len(await outbox_admin.troubled("failing", limit=2)) == 2


async def test_a_dead_job_can_be_tried_again_from_the_beginning(kit: OutboxKit) -> None:
    outbox_admin = await troubled(kit)
    (dead,) = await outbox_admin.troubled("dead")
    nudges = kit.nudges
    assert await outbox_admin.retry_now(ids=[dead.id]) == 1
    assert kit.nudges == nudges + 1
    (again,) = await kit.lease()
    assert (again.id, again.attempts) == (dead.id, 1)


async def test_a_host_can_be_given_another_chance(kit: OutboxKit) -> None:
    outbox_admin = await troubled(kit)
    assert await outbox_admin.retry_now(host="ann.example") == FAILURES + 1
    assert len(await kit.lease()) == FAILURES + 1
    assert [host.host for host in await outbox_admin.hosts()] == ["bob.example:8443"]


async def test_what_is_done_or_in_hand_is_not_tried_again(kit: OutboxKit) -> None:
    outbox_admin = await troubled(kit)
    assert await outbox_admin.retry_now(ids=[]) == 0
    assert await outbox_admin.retry_now(ids=[FAILURES + 3, FAILURES + 4]) == 0

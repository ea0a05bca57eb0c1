"""Bad hosts are left alone by all workers, tried again by one, and revived."""

import pytest

from fedistream.db import Database
from fedistream.jobs.circuit_breaker import DAYS, FAILURES, PAUSE_S, PROBE_S, Circuit, Seen
from fedistream.jobs.models import HostHealthRow, OutboxRow
from tests.kit.jobs import ANN, BOB, OutboxKit

HOST = "ann.example"


@pytest.fixture
def kit(database: Database) -> OutboxKit:
    return OutboxKit()


async def broken(kit: OutboxKit) -> None:
    """Ten jobs for ANN, of which five have failed just now."""
    await kit.put(ANN, count=10)
    await kit.fail(*await kit.lease(limit=FAILURES), after_s=1)
    assert (await kit.outbox.hosts.health(HOST)).circuit is Circuit.OPEN


async def test_a_host_that_is_well_leaves_no_trace(kit: OutboxKit) -> None:
    await kit.put(ANN, count=3)
    await kit.done(*await kit.lease())
    assert await HostHealthRow.all().count() == 0


async def test_a_broken_host_is_left_alone_while_others_are_served(kit: OutboxKit) -> None:
    await broken(kit)
    await kit.put(ANN)
    await kit.put(BOB)
    kit.now += 100
    assert [job.target for job in await kit.lease()] == [BOB]
    attempts = [row.attempts for row in await OutboxRow.filter(target=ANN)]
    assert sorted(attempts) == [0] * 6 + [1] * FAILURES


async def test_after_the_pause_one_job_is_sent_to_see_and_success_frees_the_others(kit: OutboxKit) -> None:
    await broken(kit)
    kit.now += PAUSE_S
    (probe,) = await kit.lease()
    assert await kit.lease(owner="other") == []
    await kit.done(probe)
    assert len(await kit.lease(owner="other")) == 9
    assert await HostHealthRow.all().count() == 0


async def test_a_probe_that_fails_closes_the_door_for_longer(kit: OutboxKit) -> None:
    await broken(kit)
    kit.now += PAUSE_S
    await kit.fail(*await kit.lease(), after_s=1)
    kit.now += 2 * PAUSE_S - 1
    assert await kit.lease() == []
    kit.now += 1
    assert len(await kit.lease()) == 1


async def test_a_probe_of_a_killed_worker_is_repeated(kit: OutboxKit) -> None:
    await broken(kit)
    kit.now += PAUSE_S
    await kit.lease(owner="killed")
    kit.now += PROBE_S
    assert len(await kit.lease(owner="other")) == 1


async def test_a_host_that_failed_on_seven_days_is_dead_and_its_jobs_are_buried(kit: OutboxKit) -> None:
    for _ in range(DAYS):
        await kit.outbox.hosts.note([(HOST, Seen.PROBED), (HOST, Seen.FAILED)])
        kit.now += 86_400
    assert await kit.outbox.hosts.dead() == {HOST}
    await kit.put(ANN)
    await kit.put(BOB)
    assert [job.target for job in await kit.lease()] == [BOB]
    assert await kit.outbox.sweep() == 1
    assert await kit.states() == ["dead", "leased"]
    await kit.outbox.hosts.record_contact(HOST)
    assert await kit.outbox.hosts.dead() == frozenset()
    await kit.put(ANN)
    assert [job.target for job in await kit.lease()] == [ANN]


async def test_what_waits_for_a_host_is_tried_as_soon_as_the_host_is_heard_of(kit: OutboxKit) -> None:
    await broken(kit)
    await kit.outbox.hosts.record_contact("nobody.example")
    assert await kit.lease() == []
    await kit.outbox.hosts.record_contact(HOST)
    assert len(await kit.lease()) == 10


async def test_leasing_skips_the_jobs_of_a_broken_host(kit: OutboxKit) -> None:
    await broken(kit)
    await kit.put(ANN, count=5)
    await kit.outbox.sweep()
    health = await kit.outbox.hosts.health(HOST)
    assert {row.due for row in await OutboxRow.all()} == {health.open_until}


async def test_a_refusal_for_good_is_a_sign_of_life(kit: OutboxKit) -> None:
    await kit.put(ANN, count=FAILURES + 1)
    *failing, refused = await kit.lease()
    await kit.fail(*failing[1:])
    await kit.bury(refused)
    await kit.fail(failing[0])
    assert (await kit.outbox.hosts.health(HOST)).failures == 1

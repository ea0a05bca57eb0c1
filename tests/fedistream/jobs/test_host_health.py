"""Bad hosts are left alone by all workers, tried again by one, and revived."""

import pytest

from fedistream.db import Database
from fedistream.jobs.circuit_breaker import DAYS, FAILURES, PAUSE_S, PROBE_S, Circuit, Seen
from fedistream.jobs.models import HostHealthRow, OutboxRow
from tests.kit.jobs import ANN, BOB, Desk

HOST = "ann.example"


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk()


async def broken(desk: Desk) -> None:
    """Ten jobs for ANN, of which five have failed just now."""
    await desk.put(ANN, count=10)
    await desk.fail(*await desk.lease(limit=FAILURES), after_s=1)
    assert (await desk.outbox.hosts.health(HOST)).circuit is Circuit.OPEN


async def test_a_host_that_is_well_leaves_no_trace(desk: Desk) -> None:
    await desk.put(ANN, count=3)
    await desk.done(*await desk.lease())
    assert await HostHealthRow.all().count() == 0


async def test_a_broken_host_is_left_alone_while_others_are_served(desk: Desk) -> None:
    await broken(desk)
    await desk.put(ANN)
    await desk.put(BOB)
    desk.now += 100
    assert [job.target for job in await desk.lease()] == [BOB]
    attempts = [row.attempts for row in await OutboxRow.filter(target=ANN)]
    assert sorted(attempts) == [0] * 6 + [1] * FAILURES


async def test_after_the_pause_one_job_is_sent_to_see_and_success_frees_the_others(desk: Desk) -> None:
    await broken(desk)
    desk.now += PAUSE_S
    (probe,) = await desk.lease()
    assert await desk.lease(owner="other") == []
    await desk.done(probe)
    assert len(await desk.lease(owner="other")) == 9
    assert await HostHealthRow.all().count() == 0


async def test_a_probe_that_fails_closes_the_door_for_longer(desk: Desk) -> None:
    await broken(desk)
    desk.now += PAUSE_S
    await desk.fail(*await desk.lease(), after_s=1)
    desk.now += 2 * PAUSE_S - 1
    assert await desk.lease() == []
    desk.now += 1
    assert len(await desk.lease()) == 1


async def test_when_the_one_who_sent_the_probe_is_killed_another_is_sent(desk: Desk) -> None:
    await broken(desk)
    desk.now += PAUSE_S
    await desk.lease(owner="killed")
    desk.now += PROBE_S
    assert len(await desk.lease(owner="other")) == 1


async def test_a_host_that_failed_on_seven_days_is_dead_and_its_jobs_are_buried(desk: Desk) -> None:
    for _ in range(DAYS):
        await desk.outbox.hosts.note([(HOST, Seen.PROBED), (HOST, Seen.FAILED)])
        desk.now += 86_400
    assert await desk.outbox.hosts.dead() == {HOST}
    await desk.put(ANN)
    await desk.put(BOB)
    assert [job.target for job in await desk.lease()] == [BOB]
    assert await desk.outbox.sweep() == 1
    assert await desk.states() == ["dead", "leased"]
    await desk.outbox.hosts.record_contact(HOST)
    assert await desk.outbox.hosts.dead() == frozenset()
    await desk.put(ANN)
    assert [job.target for job in await desk.lease()] == [ANN]


async def test_what_waits_for_a_host_is_tried_as_soon_as_the_host_is_heard_of(desk: Desk) -> None:
    await broken(desk)
    await desk.outbox.hosts.record_contact("nobody.example")
    assert await desk.lease() == []
    await desk.outbox.hosts.record_contact(HOST)
    assert len(await desk.lease()) == 10


async def test_who_looks_for_work_does_not_go_through_what_waits_for_a_broken_host(desk: Desk) -> None:
    await broken(desk)
    await desk.put(ANN, count=5)
    await desk.outbox.sweep()
    health = await desk.outbox.hosts.health(HOST)
    assert {row.due for row in await OutboxRow.all()} == {health.open_until}


async def test_a_refusal_for_good_is_a_sign_of_life(desk: Desk) -> None:
    await desk.put(ANN, count=FAILURES + 1)
    *failing, refused = await desk.lease()
    await desk.fail(*failing[1:])
    await desk.bury(refused)
    await desk.fail(failing[0])
    assert (await desk.outbox.hosts.health(HOST)).failures == 1

"""The outbox on both databases: a job is leased once, in order, and survives the death of its worker."""

from dataclasses import replace

import pytest

from fedistream.db import Database, atomic
from fedistream.jobs.job import MAX_BODY, NewJob
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import LEASE_S, Keep, Outbox
from tests.kit.jobs import ANN, BOB, NOON, OutboxKit

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def kit(database: Database) -> OutboxKit:
    return OutboxKit()


async def test_a_job_comes_out_as_it_was_put(kit: OutboxKit) -> None:
    body = {"z": "ü\u2028", "a": [1, {"b": None}]}
    await kit.put(BOB, body=body, expires_at=NOON + 5)
    (job,) = await kit.lease()
    assert (job.kind, job.target, job.host, job.body) == ("activity", BOB, "bob.example:8443", body)
    assert (job.attempts, job.created_at, job.expires_at) == (1, NOON, NOON + 5)
    assert job.text == '{"z":"ü\u2028","a":[1,{"b":null}]}'


async def test_what_is_put_in_a_transaction_that_fails_was_never_put(kit: OutboxKit) -> None:
    async def break_off() -> None:
        await kit.put(ANN)
        raise LookupError

    with pytest.raises(LookupError):
        await atomic(break_off)
    assert await kit.states() == []
    assert kit.nudges == 0


async def test_workers_are_nudged_when_all_is_committed(kit: OutboxKit) -> None:
    nudged: list[int] = []

    async def go_on() -> None:
        await kit.put(ANN)
        nudged.append(kit.nudges)

    await atomic(go_on)
    assert nudged == [0]
    assert kit.nudges == 1


async def test_a_leased_job_is_not_leased_again_until_the_lease_ends(kit: OutboxKit) -> None:
    await kit.put(ANN)
    (first,) = await kit.lease(owner="killed")
    assert await kit.lease(owner="other") == []
    kit.now += LEASE_S
    (second,) = await kit.lease(owner="other")
    assert (second.id, second.attempts) == (first.id, 2)


async def test_a_worker_without_the_lease_cannot_settle_the_job(kit: OutboxKit) -> None:
    await kit.put(ANN)
    (job,) = await kit.lease(owner="slow")
    kit.now += LEASE_S
    await kit.lease(owner="other")
    await kit.fail(job, owner="slow")
    assert await kit.states() == ["leased"]
    await kit.done(job, owner="other")
    assert await kit.states() == ["done"]


async def test_an_extended_lease_holds(kit: OutboxKit) -> None:
    await kit.put(ANN, count=2)
    first, second = await kit.lease()
    kit.now += LEASE_S - 1
    assert await kit.outbox.extend("ours", [first.id]) == 1
    assert await kit.outbox.extend("other", [second.id]) == 0
    kit.now += LEASE_S - 1
    assert await kit.lease(owner="other") == [replace(second, attempts=2)]


async def test_what_is_given_back_has_not_been_tried(kit: OutboxKit) -> None:
    await kit.put(ANN, count=3)
    first, _, last = await kit.lease()
    assert await kit.outbox.release("ours", [first.id]) == 1
    assert [job.attempts for job in await kit.lease(owner="other")] == [1]
    assert await kit.outbox.release("ours") == 2
    assert last.id in [job.id for job in await kit.lease(owner="other")]


async def test_a_job_that_failed_is_due_again_later_and_says_why(kit: OutboxKit) -> None:
    await kit.put(ANN)
    await kit.fail(*await kit.lease(), after_s=60)
    kit.now += 59
    assert await kit.lease() == []
    assert (await OutboxRow.get()).last_error == "status 500"
    kit.now += 1
    (job,) = await kit.lease()
    assert job.attempts == 2


async def test_jobs_are_done_no_sooner_than_they_are_due_and_the_longest_waiting_first(kit: OutboxKit) -> None:
    for seconds in (30, 10, 20):
        await kit.put(ANN, body={"s": seconds}, due=NOON + seconds)
    assert await kit.lease() == []
    assert await kit.outbox.next_due() == NOON + 10
    kit.now += 25
    assert {job.body["s"] for job in await kit.lease()} == {10, 20}


async def test_a_job_waits_for_the_older_ones_of_its_group(kit: OutboxKit) -> None:
    for number, group in enumerate(("a", "a", "b", "a")):
        await kit.put(ANN, body={"n": number}, group=group)

    async def numbers() -> list[int]:
        return [job.body["n"] for job in await kit.lease()]

    first, other = await kit.lease()
    assert [first.body["n"], other.body["n"]] == [0, 2]
    await kit.fail(first, after_s=60)
    await kit.done(other)
    assert await numbers() == []
    kit.now += 60
    (first,) = await kit.lease()
    await kit.done(first)
    (second,) = await kit.lease()
    assert second.body["n"] == 1
    await kit.bury(second)
    assert await numbers() == [3]


async def test_a_long_group_or_one_in_another_script_is_a_group_as_well(kit: OutboxKit) -> None:
    for group in ("https://node.example/" + "o" * 300, "ü" * 60):
        await kit.put(ANN, count=2, group=group)
    assert len(await kit.lease()) == 2


async def test_the_jobs_behind_one_of_a_group_are_taken_as_done_with_their_work(kit: OutboxKit) -> None:
    for number in range(5):
        await kit.put(body={"n": number}, group="a")
    await kit.put(body={"n": 9}, group="b")
    await kit.put(body={"n": 10}, group="a", due=NOON + 1)
    first, other = await kit.lease()
    assert [first.body["n"], other.body["n"]] == [0, 9]

    async def fail() -> None:
        await kit.outbox.absorb("a", 10)
        raise LookupError

    with pytest.raises(LookupError):
        await atomic(fail)
    assert [job.body["n"] for job in await atomic(kit.outbox.absorb, "a", 3)] == [1, 2, 3]
    assert [job.body["n"] for job in await atomic(kit.outbox.absorb, "a", 3)] == [4]
    assert await atomic(kit.outbox.absorb, "a", 3) == ()
    assert await kit.states() == ["leased", *["done"] * 4, "leased", "ready"]
    assert {row.body for row in await OutboxRow.filter(state="done")} == {""}


async def test_of_jobs_that_are_to_be_done_once_the_first_is_taken(kit: OutboxKit) -> None:
    await kit.put(ANN, body={"n": 1}, once="x" * 300)
    await kit.put(ANN, body={"n": 2}, once="x" * 300)
    await kit.put(ANN, body={"n": 3}, once="y")
    jobs = await kit.lease()
    assert [job.body["n"] for job in jobs] == [1, 3]
    await kit.done(*jobs)
    await kit.put(ANN, once="y")
    assert await kit.states() == ["done", "done"]


async def test_one_host_gets_no_more_than_its_share_and_a_busy_one_nothing(kit: OutboxKit) -> None:
    await kit.put(ANN, count=20)
    await kit.put(BOB, count=2)
    await kit.put("", count=5)
    assert [job.host for job in await kit.lease(limit=9, share=2)] == ["ann.example"] * 2 + ["bob.example:8443"] * 2 + [
        ""
    ] * 5
    assert await kit.lease(busy=("ann.example",)) == []
    assert len(await kit.lease(limit=100)) == 18


async def test_only_what_the_worker_can_handle_is_leased(kit: OutboxKit) -> None:
    await kit.put(ANN, kind="of a newer version")
    assert await kit.lease() == []
    assert await kit.outbox.waiting()


async def test_what_has_expired_is_not_tried_and_buried_by_the_next_sweep(kit: OutboxKit) -> None:
    await kit.put(ANN, expires_at=NOON + 60)
    await kit.put(ANN, expires_at=NOON + 61)
    kit.now += 60
    (job,) = await kit.lease()
    assert job.expires_at == NOON + 61
    assert await kit.outbox.sweep() == 1
    assert await kit.states() == ["dead", "leased"]
    kit.now += LEASE_S
    assert await kit.outbox.sweep() == 1
    assert not await kit.outbox.waiting()


async def test_finished_jobs_are_forgotten_in_time_and_unfinished_ones_never(kit: OutboxKit) -> None:
    await kit.put(ANN, count=3)
    done, dead, _ = await kit.lease()
    await kit.done(done)
    await kit.bury(dead)
    assert (await OutboxRow.get(id=done.id)).body == ""
    assert (await OutboxRow.get(id=dead.id)).body == "{}"
    keep = Keep(done_s=10, dead_s=20)
    kit.now += 10
    assert await kit.outbox.prune(keep) == 0
    kit.now += 1
    assert await kit.outbox.prune(keep) == 1
    kit.now += 1000 * LEASE_S
    assert await kit.outbox.prune(keep) == 1
    assert await kit.states() == ["leased"]


async def test_a_body_that_is_too_big_is_refused_with_all_that_came_along(kit: OutboxKit) -> None:
    big = NewJob("activity", {"content": "x" * MAX_BODY})
    with pytest.raises(ValueError, match="1048576 bytes"):
        await kit.outbox.put([NewJob("activity", {}), big])
    assert await kit.states() == []


async def test_many_jobs_are_put_at_once(kit: OutboxKit) -> None:
    await kit.put(ANN, count=1000)
    assert len(await kit.lease(limit=2000, share=1000)) == 1000


async def test_the_leases_of_the_dead_are_given_back_at_once_and_their_attempts_count(kit: OutboxKit) -> None:
    await kit.put(ANN)
    (first,) = await kit.lease(owner="killed")
    await kit.put(BOB)
    (other,) = await kit.lease(owner="alive")
    assert await kit.outbox.reclaim() == 0
    next_worker = Outbox(lambda: kit.now, is_dead=lambda owner: owner == "killed")
    assert await next_worker.reclaim() == 1
    assert await next_worker.reclaim() == 0
    (second,) = await kit.lease(owner="next")
    assert (second.id, second.attempts) == (first.id, 2)
    assert await kit.outbox.extend("alive", [other.id]) == 1

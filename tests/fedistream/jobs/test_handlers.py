"""Activities are delivered to a real server, signed; reactions to facts are called by id."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web

from activitypub.network.deliver import Deliverer
from activitypub.network.schemes import Schemes
from activitypub.signatures import parse_signature
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request
from fedistream.core.bus import Bus, Reaction
from fedistream.core.events import EncoderLost, EncoderReturned, Fact, to_json
from fedistream.db import atomic
from fedistream.jobs.backoff import HOUSE, resolve
from fedistream.jobs.handlers import ActivityHandler, FactHandler, enqueue, fact
from fedistream.jobs.job import Dead, Done, Job, NewJob, Outcome, Retry, activity
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Settled
from tests.kit.jobs import OutboxKit
from tests.kit.remote import Remote, client_for, remote
from tests.kit.signing import rsa_key, signer

ME = "https://node.example/federation/user/live"
KEY = f"{ME}#main-key"
NOTE = {"@context": "https://www.w3.org/ns/activitystreams", "id": f"{ME}/1", "type": "Create", "actor": ME}


class Ring:
    """The signing keys of one actor; counts how often they are asked for."""

    async def signing_key(self, key_id: str) -> SigningKey | None:
        return signer(ME) if key_id in (KEY, ME) else None


class Answers:
    """Statuses to answer with, one after the other, the last again and again."""

    def __init__(self, *statuses: int, **headers: str) -> None:
        self.statuses, self.headers = list(statuses), headers

    def __call__(self, _: Request) -> web.Response:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return web.Response(
            status=status, headers={name.replace("_", "-"): text for name, text in self.headers.items()}
        )


def leased(job: NewJob, attempts: int = 1) -> Job:
    """Return the job as the outbox leases it (the outbox has its own tests)."""
    return Job(1, job.kind, job.target, job.host, json.dumps(job.body), attempts, 0.0)


@asynccontextmanager
async def far(answers: Answers, gone: list[str] | None = None) -> AsyncIterator[tuple[Remote, ActivityHandler]]:
    async def forget(inbox: str) -> None:
        if gone is not None:
            gone.append(inbox)

    async with remote(answers) as there, client_for(there) as http_client:
        yield there, ActivityHandler(Deliverer(http_client, Schemes(), time.time).deliver, Ring().signing_key, forget)


async def test_an_activity_arrives_signed_and_byte_for_byte_the_same_each_time() -> None:
    async with far(Answers(500, 202)) as (there, handle):
        job = activity(NOTE, f"{there.origin}/inbox", KEY)
        assert job.host == there.authority
        assert await handle(leased(job)) == Retry(None, "status 500")
        assert await handle(leased(job, 2)) == Done()
    first, second = there.asked
    assert first.body == second.body
    claim = parse_signature(second, now=time.time())
    assert claim.key_id == KEY
    assert claim.verified_by(rsa_key(ME).public())


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (404, {}, Dead("status 404")),
        (400, {}, Dead("status 400")),
        (503, {"Retry_After": "120"}, Retry(120.0, "status 503")),
        (429, {"Retry_After": "99999999"}, Retry(86_400.0, "too many requests")),
        (429, {}, Retry(None, "too many requests")),
    ],
)
async def test_an_answer_becomes_an_outcome(status: int, headers: dict[str, str], outcome: Outcome) -> None:
    async with far(Answers(status, **headers)) as (there, handle):
        assert await handle(leased(activity(NOTE, f"{there.origin}/inbox", KEY))) == outcome


async def test_an_inbox_that_is_gone_is_told_to_whoever_keeps_followers() -> None:
    gone: list[str] = []
    async with far(Answers(410), gone) as (there, handle):
        inbox = f"{there.origin}/inbox"
        assert await handle(leased(activity(NOTE, inbox, KEY))) == Dead("gone")
    assert gone == [inbox]


async def test_a_delivery_that_gets_401_twice_is_dead() -> None:
    async with far(Answers(401)) as (there, handle):
        job = activity(NOTE, f"{there.origin}/inbox", KEY)
        assert await handle(leased(job)) == Retry(None, "unauthorized")
        assert await handle(leased(job, 2)) == Dead("unauthorized")


async def test_an_address_in_our_own_network_is_never_connected_to() -> None:
    async with remote(Answers(202)) as unlisted, far(Answers(202)) as (_, handle):
        outcome = await handle(leased(activity(NOTE, f"{unlisted.origin}/inbox", KEY)))
    assert isinstance(outcome, Dead)
    assert "blocked" in outcome.why
    assert unlisted.asked == []


async def test_a_key_that_we_have_no_more_ends_the_job() -> None:
    async with far(Answers(202)) as (there, handle):
        job = activity(NOTE, f"{there.origin}/inbox", f"{ME}#old-key")
        assert await handle(leased(job)) == Dead(f"there is no key {ME}#old-key")
    assert there.asked == []


AT = datetime(2026, 5, 1, tzinfo=UTC)
LOST, RETURNED = EncoderLost(1, 2, AT, AT), EncoderReturned(1, 2, AT)


class Office:
    """Somebody who reacts to facts by jobs."""

    def __init__(self) -> None:
        self.told: list[Fact] = []

    async def act(self, fact: EncoderLost) -> None:
        self.told.append(fact)

    async def file(self, fact: EncoderLost) -> None:
        raise AssertionError("nobody works here")

    def note(self, fact: EncoderLost) -> None:
        raise AssertionError("no job")


@pytest.fixture
def handler() -> tuple[Office, FactHandler]:
    office = Office()
    table = (
        Reaction("office.act", EncoderLost, "job", office.act),
        Reaction("office.note", EncoderLost, "now", office.note),
    )
    return office, FactHandler(table, {"some.module.Office.act": "office.act"})


async def test_a_fact_reaches_its_reaction_as_it_was(handler: tuple[Office, FactHandler]) -> None:
    office, handle = handler
    assert await handle(leased(fact(LOST, "office.act"))) == Done()
    assert office.told == [LOST]


async def test_a_fact_reaches_its_reaction_by_a_name_that_it_had_once(handler: tuple[Office, FactHandler]) -> None:
    office, handle = handler
    assert await handle(leased(fact(LOST, "some.module.Office.act"))) == Done()
    assert office.told == [LOST]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"reaction": "office.act", "fact": {}}, "there is no fact None"),
        ({"reaction": "office.act", "fact": {"fact": "x"}}, "there is no fact 'x'"),
    ],
)
async def test_what_nobody_knows_any_more_is_buried(
    handler: tuple[Office, FactHandler], body: dict[str, object], why: str
) -> None:
    _, handle = handler
    assert await handle(leased(NewJob("fact", body))) == Dead(why)


@pytest.mark.parametrize("name", ["newer.act", "office.note"])
@pytest.mark.usefixtures("database")
async def test_a_job_of_an_unknown_reaction_is_retried_by_the_back_off_and_given_up_with_a_line_in_the_log(
    handler: tuple[Office, FactHandler], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    office, handle = handler
    kit = OutboxKit()
    await kit.outbox.put([fact(LOST, name)])
    for delay in HOUSE.delays_s:
        assert (await kit.states(), caplog.messages) == (["ready"], [])
        kit.now += delay
        (job,) = await kit.lease()
        outcome = resolve(job, await handle(job), kit.now, lambda: 0.5)
        await kit.outbox.settle("ours", [Settled(job, outcome)])
    assert await kit.states() == ["dead"]
    (row,) = await OutboxRow.all()
    assert row.last_error == f"there is no reaction {name} (given up after {len(HOUSE.delays_s)} attempts)"
    assert caplog.messages == [f"job {row.id} is given up: this version has no reaction {name}"]
    assert office.told == []


@pytest.mark.usefixtures("database")
async def test_a_job_of_a_newer_version_is_done_by_its_worker_after_an_older_one_tried(
    handler: tuple[Office, FactHandler],
) -> None:
    office, handle = handler
    kit, told = OutboxKit(), list[Fact]()

    async def act(happened: Fact) -> None:
        told.append(happened)

    newer = FactHandler((Reaction("newer.act", EncoderLost, "job", act),))
    await kit.outbox.put([fact(LOST, "newer.act")])
    (job,) = await kit.lease()
    await kit.outbox.settle("ours", [Settled(job, resolve(job, await handle(job), kit.now, lambda: 0.5))])
    kit.now += HOUSE.delays_s[1]
    (job,) = await kit.lease()
    assert await newer(job) == Done()
    assert (told, office.told) == ([LOST], [])


def test_facts_of_one_channel_go_to_a_reaction_in_the_order_they_happened() -> None:
    assert fact(LOST, "a").group == fact(RETURNED, "a").group
    assert fact(LOST, "a").group != fact(RETURNED, "b").group
    assert fact(LOST, "a").group != fact(EncoderLost(2, 2, AT, AT), "a").group


@pytest.mark.usefixtures("database")
async def test_jobs_of_a_fact_are_written_in_its_transaction_and_the_rest_hears_of_it_after_the_commit() -> None:
    office, kit = Office(), OutboxKit()
    heard: list[Fact] = []

    bus = Bus(enqueue(kit.outbox))
    bus.attach(
        (
            Reaction("office.act", EncoderLost, "job", office.act),
            Reaction("office.hear", EncoderLost, "now", heard.append),
        )
    )

    async def change(fail: bool) -> None:
        await bus.emit(LOST)
        assert heard == []
        if fail:
            raise LookupError

    with pytest.raises(LookupError):
        await atomic(change, True)
    assert await kit.states() == []
    assert heard == []
    await atomic(change, False)
    assert heard == [LOST]
    (job,) = await kit.lease()
    assert await FactHandler(bus.reactions())(job) == Done()
    assert office.told == [LOST]


@pytest.mark.usefixtures("database")
async def test_a_batch_of_facts_is_one_put_in_order_and_all_of_it_or_nothing() -> None:
    office, kit = Office(), OutboxKit()
    bus = Bus(enqueue(kit.outbox))
    bus.attach(
        (
            Reaction("office.act", EncoderLost, "job", office.act, when=lambda fact: fact.broadcast_id % 2),
            Reaction("office.file", EncoderLost, "job", office.file),
        )
    )
    facts = [EncoderLost(1, number, AT, AT) for number in range(100)]

    async def change(fail: bool) -> None:
        await bus.emit_all(facts)
        if fail:
            raise LookupError

    with pytest.raises(LookupError):
        await atomic(change, True)
    assert (await kit.states(), kit.nudges) == ([], 0)
    await atomic(change, False)
    assert kit.nudges == 1  # one for each put
    written = [json.loads(row.body) for row in await OutboxRow.all().order_by("id")]
    assert written == [
        {"reaction": reaction, "fact": to_json(fact)}
        for fact in facts
        for reaction in (("office.act", "office.file") if fact.broadcast_id % 2 else ("office.file",))
    ]

"""Webhooks made, changed and deleted; which facts are stored for them, and how."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from fedistream.app.reactions import stores
from fedistream.core.bus import Bus
from fedistream.core.errors import Invalid, NotFound
from fedistream.core.events import BroadcastEnded, BroadcastStarted, ChatMessageSent, Fact, TitleChanged, VisitorJoined
from fedistream.db import atomic
from fedistream.jobs.cache_refresh import CacheRefresh
from fedistream.jobs.models import OutboxRow
from fedistream.webhooks.service import (
    CACHE_KEY,
    MAX_BYTES,
    MAX_FACTS,
    MAX_NOTED,
    Webhooks,
    at_fact,
    parts,
    status_from_json,
    status_to_json,
)
from fedistream.webhooks.values import ACCEPTED, MAX_EVENTS, MAX_URL, MAX_WEBHOOKS, OFFERED, Disabled, Event
from tests.kit.database import opened
from tests.kit.webhook_worker import NOON, STATUS, WebhookWorker, webhook_worker

URL = "https://bot.example/hook"


@pytest.fixture
async def worker(database_url: str) -> AsyncIterator[WebhookWorker]:
    async with opened(database_url), webhook_worker() as made:
        yield made


async def test_a_webhook_is_given_back_as_it_was_made(worker: WebhookWorker) -> None:
    made = await worker.webhooks.create(URL, ["NAME_CHANGED", "CHAT", "CHAT", "PING"], "a secret")
    assert made.events == ("NAME_CHANGED", "CHAT", "PING")
    assert made.subscribed == {Event.NAME_CHANGE, Event.CHAT}
    assert await worker.webhooks.listed() == worker.webhooks.all() == (made,)
    assert worker.webhooks.subscribers(Event.NAME_CHANGE) == (made,)
    assert worker.webhooks.subscribers(Event.FOLLOW) == ()


@pytest.mark.parametrize(
    "url",
    [
        *("", "bot.example", "ftp://bot.example/", "https://user:password@bot.example/", "https://bot.example:0/"),
        f"https://bot.example/{'x' * MAX_URL}",
        *("http://localhost/", "http://10.0.0.1/", "https://[::1]/", "http://169.254.169.254/", "https://[fd00::1]:9/"),
        "https://b\u00f6t.example/",
    ],
)
async def test_addresses_that_nothing_is_sent_to_are_refused(worker: WebhookWorker, url: str) -> None:
    with pytest.raises(Invalid):
        await worker.webhooks.create(url, ["CHAT"])


@pytest.mark.parametrize("url", ["http://bot.example/", "https://bot.example:9000/x?y=z", "http://127.0.0.1:8000/"])
async def test_http_and_every_port_are_accepted_and_private_hosts_that_are_allowed(
    worker: WebhookWorker, url: str
) -> None:
    assert (await worker.webhooks.create(url, ["CHAT"])).url == url


@pytest.mark.parametrize(
    "events", [[], ["NOTHING"], [1], [None], ["CHAT", "chat"], ["FEDISTREAM_TEST"], ["CHAT"] * (MAX_EVENTS + 1)]
)
async def test_events_that_do_not_exist_are_refused(worker: WebhookWorker, events: list[object]) -> None:
    with pytest.raises(Invalid) as refused:
        await worker.webhooks.create(URL, events)
    assert refused.value.field == "events"


async def test_all_accepted_events_fit_into_one_webhook(worker: WebhookWorker) -> None:
    assert (await worker.webhooks.create(URL, sorted(ACCEPTED))).subscribed == set(OFFERED)


async def test_there_is_a_limit_to_their_number(worker: WebhookWorker) -> None:
    for _ in range(MAX_WEBHOOKS):
        await worker.webhooks.create(URL, ["CHAT"])
    with pytest.raises(Invalid):
        await worker.webhooks.create(URL, ["CHAT"])


async def test_what_does_not_exist_is_not_found(worker: WebhookWorker) -> None:
    for number in (0, -1, 99, 10**30):
        for act in (worker.webhooks.enable, worker.webhooks.disable, worker.webhooks.delete, worker.webhooks.stored):
            with pytest.raises(NotFound):
                await act(number)


async def test_another_process_learns_of_a_change_by_its_version(worker: WebhookWorker) -> None:
    other = Webhooks(worker.webhooks.context)
    copies = CacheRefresh({CACHE_KEY: other.load})
    hook = await worker.webhooks.create(URL, ["CHAT"])
    assert other.all() == ()
    await copies.refresh()
    assert other.all() == (hook,)
    await worker.webhooks.disable(hook.id, Disabled.GONE)
    await copies.refresh()
    assert not other.wants(worker.line("hello"))


async def test_a_change_that_is_rolled_back_changes_no_memory(worker: WebhookWorker) -> None:
    async def fail() -> None:
        await worker.webhooks.create(URL, ["CHAT"])
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await atomic(fail)
    assert worker.webhooks.all() == await worker.webhooks.listed() == ()


async def test_the_bus_stores_all_facts_of_a_transaction_in_one_job_with_it(worker: WebhookWorker) -> None:
    bus = Bus()
    bus.attach(stores(worker.webhooks))
    await worker.webhooks.create(URL, ["CHAT", "STREAM_TITLE_UPDATED"])
    facts: list[Fact] = [worker.line("a"), TitleChanged(1, "x", NOON), BroadcastEnded(1, 1, "", NOON), worker.line("b")]
    await atomic(bus.emit_all, facts)
    (row,) = await OutboxRow.all()
    stored = [line["fact"]["fact"] for line in orjson.loads(row.body)["facts"]]
    assert stored == [facts[0].name(), facts[1].name(), facts[3].name()]

    async def fail() -> None:
        await bus.emit(worker.line("c"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await atomic(fail)
    assert await OutboxRow.all().count() == 1


async def test_facts_of_two_channels_are_two_jobs(worker: WebhookWorker) -> None:
    await worker.webhooks.create(URL, ["CHAT"])
    await worker.tell(worker.line("a"), replace(worker.line("b"), channel_id=2))
    assert [row.group_key for row in await OutboxRow.all().order_by("id")] == ["webhooks 1", "webhooks 2"]


async def test_joins_are_stored_together_and_not_without_limit(worker: WebhookWorker) -> None:
    await worker.webhooks.create(URL, ["USER_JOINED"])
    for number in range(MAX_NOTED + 10):
        worker.webhooks.note_presence(VisitorJoined(1, f"visitor {number}", NOON, number))
    running = asyncio.create_task(worker.webhooks.run())
    async with asyncio.timeout(20):
        while await OutboxRow.all().count() < MAX_NOTED // MAX_FACTS:
            await asyncio.sleep(0.01)
    worker.webhooks.note_presence(VisitorJoined(1, "the last", NOON, 0))
    async with asyncio.timeout(20):
        while await OutboxRow.all().count() <= MAX_NOTED // MAX_FACTS:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    last = await OutboxRow.all().order_by("-id").first()
    assert last is not None
    assert [line["fact"]["visitor_id"] for line in orjson.loads(last.body)["facts"]] == ["the last"]


def test_facts_are_parted_by_number_and_by_size() -> None:
    assert [len(part) for part in parts([{"a": 1}] * (2 * MAX_FACTS + 1))] == [MAX_FACTS, MAX_FACTS, 1]
    large: dict[str, object] = {"a": "x" * (MAX_BYTES // 2)}
    assert [len(part) for part in parts([large] * 5)] == [2, 2, 1]
    assert list(parts([])) == []


def test_a_status_is_read_as_it_was_written() -> None:
    for status in (STATUS, replace(STATUS, connected_at=None, disconnected_at=NOON)):
        assert status_from_json(orjson.loads(orjson.dumps(status_to_json(status)))) == status


def test_the_status_is_that_of_the_fact() -> None:
    offline = replace(STATUS, online=False, connected_at=None, disconnected_at=NOON)
    later = NOON + timedelta(seconds=5)
    started = at_fact(offline, BroadcastStarted(1, 1, "", later))
    assert (started.online, started.connected_at, started.disconnected_at) == (True, later, None)
    ended = at_fact(STATUS, BroadcastEnded(1, 1, "", later))
    assert (ended.online, ended.connected_at, ended.disconnected_at, ended.viewers) == (False, None, later, 0)
    assert at_fact(STATUS, TitleChanged(1, "new", later)).title == "new"
    said = ChatMessageSent(1, "m", "chat", "web", "ann", None, "x", "x", later)
    assert at_fact(STATUS, said) is STATUS

"""Deliveries on both databases to real receivers: order, retries, expiry, refusals, and receivers that misbehave."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from aiohttp import web
from standardwebhooks import Webhook as Verifier

from fedistream.core.events import BroadcastEnded, BroadcastStarted
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Wanted
from fedistream.webhooks import delivery
from fedistream.webhooks.models import WebhookDeliveryRow, WebhookRow
from fedistream.webhooks.signing import new_secret
from fedistream.webhooks.values import EXPIRES, GIVE_UP, MAX_ANSWER, MAX_ATTEMPTS, Disabled, Event
from tests.kit.database import opened
from tests.kit.webhook_receiver import Receiver, receiver
from tests.kit.webhook_worker import LIMITS, WebhookWorker, webhook_worker


@pytest.fixture
async def worker(database_url: str) -> AsyncIterator[WebhookWorker]:
    async with opened(database_url), webhook_worker() as made:
        yield made


@pytest.fixture
async def bot() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


def texts(bot: Receiver, path: str = "/hook") -> list[str]:
    """The lines that came, in the order in which they came."""
    return [each.data["rawBody"] for each in bot.received if each.path == path]


async def test_lines_arrive_in_their_order_with_the_same_bytes_for_all(worker: WebhookWorker, bot: Receiver) -> None:
    for path in ("/a", "/b"):
        await worker.webhooks.create(bot.url(path), ["CHAT"])
    for number in range(5):
        await worker.say(f"{number}a", f"{number}b")
    await worker.work()
    expected = [f"{number}{letter}" for number in range(5) for letter in "ab"]
    assert texts(bot, "/a") == texts(bot, "/b") == expected
    assert {each.body for each in bot.received if each.path == "/a"} == {
        each.body for each in bot.received if each.path == "/b"
    }
    assert set(await worker.states()) == {"delivered"}
    assert (await worker.log.get(1)).status == 202


async def test_nothing_is_stored_while_nobody_subscribes(worker: WebhookWorker, bot: Receiver) -> None:
    await worker.say("before")
    hook = await worker.webhooks.create(bot.url(), ["STREAM_STARTED", "PING"])
    await worker.say("to nobody")
    await worker.webhooks.edit(hook.id, events=["CHAT"])
    await worker.webhooks.disable(hook.id)
    await worker.say("while it is disabled")
    assert await worker.jobs() == []


async def test_a_receiver_that_is_down_gets_everything_in_order_when_it_is_back(
    worker: WebhookWorker, bot: Receiver
) -> None:
    hook = await worker.webhooks.create(bot.url(), ["CHAT"])
    await bot.close()
    await worker.say("one", "two")
    await worker.work()
    await worker.say("three")
    await worker.work()
    waits = [await worker.wait() for _ in range(4)]
    assert [round(wait) for wait in waits] == [1, 1, 5, 15]
    stored = await worker.webhooks.stored(hook.id)
    assert stored.failing_since is not None
    await bot.open()
    await worker.say("four")
    await worker.work()
    await worker.wait()
    assert texts(bot) == ["one", "two", "three", "four"]
    stored = await worker.webhooks.stored(hook.id)
    assert (stored.failing_since, stored.last_used_at) == (None, worker.clock.now)
    assert set(await worker.states()) == {"delivered"}


async def test_the_id_stays_and_time_and_signature_change_with_each_attempt(
    worker: WebhookWorker, bot: Receiver
) -> None:
    secret = new_secret(bytes(range(32)))
    await worker.webhooks.create(bot.url(), ["CHAT"], secret)
    worker.clock.now = worker.clock.now.fromtimestamp(
        time.time(), worker.clock.now.tzinfo
    )  # the library looks at the clock
    bot.status = 500
    await worker.say("hello")
    await worker.work()
    bot.status = 200
    await worker.wait()
    first, second = bot.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    for each in (first, second):
        assert Verifier(secret).verify(each.body, each.headers)["eventData"]["rawBody"] == "hello"


@pytest.mark.parametrize(
    ("status", "state"), [(200, "delivered"), (299, "delivered"), (302, "refused"), (404, "refused"), (401, "refused")]
)
async def test_answers_that_are_final_are_followed_by_the_next_delivery(
    worker: WebhookWorker, bot: Receiver, status: int, state: str
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": bot.url("/elsewhere")})

    bot.answer = answer
    await worker.webhooks.create(bot.url(), ["CHAT"])
    await worker.say("one", "two")
    await worker.work()
    assert await worker.states() == [state, state]
    assert texts(bot) == ["one", "two"]
    assert texts(bot, "/elsewhere") == [], "redirects are not followed"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_answers_that_ask_for_it_are_tried_again_when_the_receiver_says(
    worker: WebhookWorker, bot: Receiver, status: int
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status if len(bot.received) == 1 else 200, headers={"Retry-After": "120"})

    bot.answer = answer
    await worker.webhooks.create(bot.url(), ["CHAT"])
    await worker.say("one", "two")
    await worker.work()
    assert texts(bot) == ["one"]
    assert 120 <= await worker.wait() <= 132
    assert texts(bot) == ["one", "one", "two"]
    assert await worker.states() == ["delivered", "delivered"]


async def test_410_disables_the_webhook_at_once(worker: WebhookWorker, bot: Receiver) -> None:
    bot.status = 410
    hook = await worker.webhooks.create(bot.url(), ["CHAT"])
    await worker.say("one", "two")
    await worker.work()
    assert (await worker.webhooks.stored(hook.id)).disabled is Disabled.GONE
    await worker.say("three")
    await worker.work()
    assert texts(bot) == ["one"]


async def test_a_receiver_that_fails_for_days_is_disabled(worker: WebhookWorker, bot: Receiver) -> None:
    hook = await worker.webhooks.create(bot.url(), ["CHAT", "STREAM_STOPPED"])
    bot.status = 500
    began = worker.clock.now
    while (found := await worker.webhooks.stored(hook.id)).enabled:
        assert worker.clock.now - began < 2 * GIVE_UP
        await worker.tell(BroadcastEnded(1, 1, "", worker.clock.now))
        await worker.work()
        if await worker.outbox.next_due() is None:
            # all has expired, or the job of the queue has used up its attempts
            worker.clock.advance(3600)
            await worker.log.prune()
        else:
            await worker.wait()
    assert found.disabled is Disabled.FAILING
    assert worker.clock.now - began > GIVE_UP
    # enabled again, it works at once
    bot.status = 200
    await worker.webhooks.enable(hook.id)
    await worker.say("back")
    await worker.work()
    assert bot.received[-1].type == "CHAT"
    assert set((await worker.states())[-2:]) == {"delivered"}


async def test_what_is_too_late_is_not_sent(worker: WebhookWorker, bot: Receiver) -> None:
    hook = await worker.webhooks.create(bot.url(), ["CHAT", "STREAM_STARTED"])
    await bot.close()
    await worker.tell(BroadcastStarted(1, 1, "", worker.clock.now))
    await worker.say("hello")
    await worker.work()
    await bot.open()
    worker.clock.advance(EXPIRES[Event.STREAM_STARTED].total_seconds())
    await worker.wait()
    assert [each.type for each in bot.received] == ["CHAT"], "a start that is half an hour old is worse than none"
    assert await worker.states(hook.id) == ["expired", "delivered"]


async def test_one_delivery_that_always_fails_lets_the_next_pass_in_the_end(
    worker: WebhookWorker, bot: Receiver
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=500 if bot.received[-1].data["rawBody"] == "poison" else 200)

    bot.answer = answer
    await worker.webhooks.create(bot.url(), ["CHAT"])
    await worker.say("poison", "next")
    await worker.work()
    await WebhookDeliveryRow.filter(attempts=1).update(attempts=MAX_ATTEMPTS - 1)
    await worker.wait()
    assert await worker.states() == ["failed", "delivered"]
    assert texts(bot) == ["poison", "poison", "next"]


async def test_a_receiver_that_hangs_delays_no_other(database_url: str, bot: Receiver) -> None:
    hung_up = asyncio.Event()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/hangs":
            await hung_up.wait()
        return web.Response(status=200)

    bot.answer = answer
    async with opened(database_url), webhook_worker(replace(LIMITS, total_s=2)) as worker:
        hanging = await worker.webhooks.create(bot.url("/hangs"), ["CHAT"])
        good = await worker.webhooks.create(bot.url("/good"), ["CHAT"])
        await worker.say("one", "two", "three")
        working = asyncio.create_task(worker.work())
        await bot.until("CHAT", 3, "/good")
        assert not working.done(), "the other receiver hangs"
        await working
        hung_up.set()
        assert await worker.states(good.id) == ["delivered"] * 3
        assert await worker.states(hanging.id) == ["waiting"] * 3
        found = await worker.log.get((await WebhookDeliveryRow.filter(webhook_id=hanging.id).first()).id)  # type: ignore[union-attr]
        assert "Timeout" in found.error


async def test_an_answer_of_10_mb_is_cut_and_counts(worker: WebhookWorker, bot: Receiver) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=200, body=b"y" * 10_000_000)

    bot.answer = answer
    await worker.webhooks.create(bot.url(), ["CHAT"])
    await worker.say("one", "two")
    await worker.work()
    assert await worker.states() == ["delivered", "delivered"]
    assert (await worker.log.get(1)).answer == "y" * MAX_ANSWER


async def test_an_answer_of_odd_bytes_is_kept_as_text(worker: WebhookWorker, bot: Receiver) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=200, body=b"\xff\x00<script>")

    bot.answer = answer
    await worker.webhooks.create(bot.url(), ["CHAT"])
    await worker.say("one")
    await worker.work()
    assert (await worker.log.get(1)).answer == "\ufffd\ufffd<script>"


async def test_a_job_that_is_done_twice_sends_nothing_twice(worker: WebhookWorker, bot: Receiver) -> None:
    await worker.webhooks.create(bot.url(), ["CHAT"])
    await worker.say("one", "two")
    (job,) = await worker.outbox.lease("killed", delivery_wanted())
    await worker.fan_out(job)
    await worker.sender.settle()
    await worker.outbox.release("killed")
    await worker.work()
    assert texts(bot) == ["one", "two"]
    assert await worker.states() == ["delivered", "delivered"]


async def test_what_a_killed_worker_had_in_memory_is_sent_by_the_next_at_once(
    worker: WebhookWorker, bot: Receiver
) -> None:
    await worker.webhooks.create(bot.url(), ["CHAT"])
    until = worker.clock.now + delivery.BUSY
    await worker.say("one", "two")
    await worker.work()
    await WebhookDeliveryRow.all().update(state="waiting", busy_until=until, busy_by="another")
    bot.received.clear()
    await worker.log.resume()
    await worker.step()
    assert bot.received == [], "another worker is about to send it"
    await worker.say("three")
    await worker.step()
    assert bot.received == []
    worker.dead.add("another")
    worker.clock.advance(delivery.LOOK_S)
    await worker.work()
    assert texts(bot) == ["one", "two", "three"]


async def test_what_a_slow_worker_keeps_too_long_is_taken_over(worker: WebhookWorker, bot: Receiver) -> None:
    await worker.webhooks.create(bot.url(), ["CHAT"])
    await worker.say("one")
    await worker.work()
    await WebhookDeliveryRow.all().update(state="waiting", busy_until=worker.clock.now, busy_by="another")
    bot.received.clear()
    await worker.log.resume()
    await worker.work()
    assert texts(bot) == ["one"]


async def test_a_visitor_deleted_meanwhile_is_not_announced(worker: WebhookWorker, bot: Receiver) -> None:
    await worker.webhooks.create(bot.url(), ["CHAT"])
    await worker.say("one")
    worker.visitors.clear()
    await worker.work()
    assert bot.received == []
    assert await worker.states() == []


async def test_a_fact_that_cannot_be_read_holds_up_no_other(worker: WebhookWorker, bot: Receiver) -> None:
    await worker.webhooks.create(bot.url(), ["CHAT"])
    await worker.say("one", "two", "three", "four")
    row = await OutboxRow.all().first()
    assert row is not None
    body = orjson.loads(row.body)
    body["facts"][1]["fact"]["fact"] = "of.tomorrow"
    body["facts"][2]["status"] = {"online": True}
    row.body = orjson.dumps(body).decode()
    await row.save()
    await worker.work()
    assert texts(bot) == ["one", "four"]


async def test_a_test_event_arrives_although_the_queue_waits(worker: WebhookWorker, bot: Receiver) -> None:
    hook = await worker.webhooks.create(bot.url(), ["CHAT"])
    bot.status = 500
    await worker.say("one")
    await worker.work()
    bot.status = 200
    sent = await worker.log.test(hook.id, 1)
    await worker.work()
    assert [each.type for each in bot.received] == ["CHAT", "FEDISTREAM_TEST"]
    assert (await worker.log.get(sent.id)).state == "delivered"


async def test_a_test_event_that_fails_is_tried_once(worker: WebhookWorker, bot: Receiver) -> None:
    hook = await worker.webhooks.create(bot.url(), ["CHAT"])
    await worker.webhooks.disable(hook.id)
    bot.status = 503
    sent = await worker.log.test(hook.id, 1)
    await worker.work()
    found = await worker.log.get(sent.id)
    assert (found.state, found.status, len(bot.received)) == ("failed", 503, 1)
    again = await worker.log.resend(sent.id)
    bot.status = 204
    await worker.work()
    found = await worker.log.get(again.id)
    assert (found.state, found.message_id, len(bot.received)) == ("delivered", sent.message_id, 2)


async def test_an_address_that_is_private_by_then_is_refused_without_another_attempt(
    worker: WebhookWorker, bot: Receiver
) -> None:
    # a name that resolves to this machine, and that no flag allows
    hook = await worker.webhooks.create(bot.url(), ["CHAT"])
    await WebhookRow.filter(id=hook.id).update(url=f"http://localhost:{bot.port}/hook")
    await worker.webhooks.load()
    await worker.say("one", "two")
    await worker.work()
    assert await worker.states() == ["refused", "refused"]
    assert "not public" in (await worker.log.get(1)).error
    assert bot.received == []


async def test_the_log_is_pruned_by_number_and_by_age(worker: WebhookWorker, bot: Receiver) -> None:
    hook = await worker.webhooks.create(bot.url(), ["CHAT"])
    rows = [
        WebhookDeliveryRow(
            webhook_id=hook.id,
            event="CHAT",
            message_id=f"msg_{number}",
            body="{}",
            state="delivered",
            created_at=worker.clock.now,
            expires_at=worker.clock.now,
        )
        for number in range(510)
    ]
    await WebhookDeliveryRow.bulk_create(rows)
    await worker.log.prune()
    left = await WebhookDeliveryRow.all().order_by("id")
    assert (len(left), left[0].message_id) == (500, "msg_10")
    worker.clock.advance(timedelta(days=8).total_seconds())
    await worker.log.prune()
    assert await WebhookDeliveryRow.all().count() == 0


async def test_many_lines_at_once_are_sent_in_order(worker: WebhookWorker, bot: Receiver) -> None:
    await worker.webhooks.create(bot.url(), ["CHAT"])
    lines = [f"line {number}" for number in range(650)]
    await worker.say(*lines)
    await worker.work()
    await worker.work()
    assert texts(bot) == lines


def delivery_wanted() -> Wanted:
    return Wanted(10, ("webhook_facts",))

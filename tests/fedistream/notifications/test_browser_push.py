"""Browser push on real databases, to a real push service whose browsers decrypt what comes."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fedistream.core.errors import Conflict, Invalid, TooMany
from fedistream.core.events import BroadcastStarted, ScheduledEventComing, SettingChanged
from fedistream.db import Database
from fedistream.jobs.job import Outcome
from fedistream.jobs.models import OutboxRow
from fedistream.notifications import wording
from fedistream.notifications.models import NotificationRow, PushSubscriptionRow, VapidKeyRow
from fedistream.notifications.push_sender import BATCH, PushSender, push_all
from fedistream.notifications.service import waiting
from fedistream.notifications.subscription_json import read
from fedistream.notifications.subscriptions import BURST, subscription_row
from fedistream.notifications.values import EXPIRES, MAX_PER_VISITOR, NotificationProblem, State, Way
from fedistream.notifications.vapid import from_private, make, vapid_key
from tests.kit.notified import HOME, NOON, ORIGIN, Notified, notified
from tests.kit.push_service import Browser, PushService, push_service, unb64


@pytest.fixture
async def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PushService]:
    async with push_service(tmp_path) as (made, trusted):
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        yield made


@pytest.fixture
async def node(database: Database, service: PushService) -> AsyncIterator[Notified]:
    async with notified(f"localhost:{service.port}") as made:
        yield made


async def test_a_browser_gets_one_signed_and_encrypted_message_per_broadcast(
    node: Notified, service: PushService
) -> None:
    browser = await node.subscribe(service)
    broadcast_id = await node.start()
    assert node.hurried == [(NOON + timedelta(seconds=120)).timestamp()]
    await node.later(110)
    assert (await node.states(), service.pushes) == (["browser planned"], [])
    for _ in range(3):
        await node.later(60)
    (push,) = service.pushes
    (message,) = service.messages([browser])
    assert message == {
        "title": "Node",
        "body": "I am live!\nEvening locks",
        "icon": "/logo/external",
        "tag": "live-1",
        "url": f"{ORIGIN}/",
    }
    assert {name: push.headers[name] for name in ("ttl", "urgency", "topic", "content-encoding")} == {
        "ttl": "1800",
        "urgency": "high",
        "topic": "live-1",
        "content-encoding": "aes128gcm",
    }
    claims = push.claims(await node.subscriptions.public_key(HOME.id))
    assert (claims["aud"], claims["sub"]) == (service.origin, ORIGIN)
    assert isinstance(claims["exp"], int)
    assert timedelta() < timedelta(seconds=claims["exp"] - node.now.timestamp()) < timedelta(hours=24)
    assert await waiting()
    await node.end(broadcast_id)
    await node.later(1)
    assert (await node.states(), len(service.pushes)) == (["browser closed"], 1)
    assert not await waiting()


async def test_a_reconnection_within_the_cool_down_is_no_second_message(node: Notified, service: PushService) -> None:
    await node.subscribe(service)
    await node.end(await node.live())
    node.now += timedelta(seconds=300)
    second = await node.live()
    assert (len(service.pushes), await node.states()) == (1, ["browser closed", "browser skipped: too-recent"])
    await node.end(second)
    node.now += timedelta(seconds=601)
    await node.live()
    assert (len(service.pushes), (await node.states())[-1]) == (2, "browser sent")


async def test_a_broadcast_that_is_over_or_lost_or_no_longer_wanted_is_not_told(
    node: Notified, service: PushService
) -> None:
    await node.subscribe(service)
    await node.end(await node.start())
    assert await node.states() == ["browser skipped: over"]
    node.now += timedelta(seconds=1)
    lost = await node.start()
    await node.log.lost(lost, node.now)
    await node.later(121)
    assert (await node.states())[-1] == "browser planned"
    node.settings.values["notifications.browser"] = {"enabled": False, "goLiveMessage": ""}
    await node.later(10)
    assert ((await node.states())[-1], service.pushes) == ("browser skipped: off", [])


async def test_two_workers_send_one(node: Notified, service: PushService) -> None:
    await node.subscribe(service)
    broadcast_id = await node.start()
    fact = BroadcastStarted(HOME.id, broadcast_id, "x", node.now)
    await asyncio.gather(node.another().plan(fact), node.another().plan(fact))
    node.now += timedelta(seconds=121)
    await node.log.seen(broadcast_id, node.now)
    await asyncio.gather(*(node.another().tend() for _ in range(4)))
    await node.work()
    assert (len(service.pushes), await node.states()) == (1, ["browser sent"])


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_forgotten(node: Notified, service: PushService, status: int) -> None:
    await node.subscribe(service)
    service.status = status
    await node.live()
    assert (len(service.pushes), await node.subscriptions.count(HOME.id)) == (1, 0)


async def test_a_push_service_that_is_busy_is_asked_again_when_it_says(node: Notified, service: PushService) -> None:
    browser = await node.subscribe(service)
    service.statuses, service.headers = [429, 503], {"Retry-After": "77"}
    await node.live()
    assert await node.wait() == pytest.approx(77, abs=8)
    assert await node.wait() == pytest.approx(77, abs=8)
    assert [each["title"] for each in service.messages([browser])] == ["Node"] * 3
    assert [int(push.headers["ttl"]) for push in service.pushes] == sorted(
        (int(push.headers["ttl"]) for push in service.pushes), reverse=True
    )
    assert (await node.jobs(), await node.subscriptions.count(HOME.id)) == (["push_all done", "push done"], 1)


async def test_a_message_that_is_too_late_is_not_sent(node: Notified, service: PushService) -> None:
    browser = await node.subscribe(service)
    service.status, service.headers = 503, {"Retry-After": "3600"}
    await node.live()
    assert await node.jobs() == ["push_all done"]
    await node.notifications.test_browser(HOME.id, service.endpoint(browser))
    await node.work()
    assert (await node.jobs())[-1] == "push dead"


async def test_a_browser_that_is_refused_each_time_is_forgotten_after_the_third(
    node: Notified, service: PushService
) -> None:
    browser = await node.subscribe(service)
    for status, left in ((403, 1), (400, 1), (201, 1), (403, 1), (403, 1), (403, 0)):
        service.status = status
        await node.notifications.test_browser(HOME.id, service.endpoint(browser))
        await node.work()
        assert await node.subscriptions.count(HOME.id) == left, status


async def test_a_push_service_that_is_down_is_tried_again(node: Notified, service: PushService) -> None:
    await node.subscribe(service)
    # without TLS, its connection is closed before an answer
    await PushSubscriptionRow.all().update(endpoint=f"http://localhost:{service.port}/nobody")
    await node.live()
    assert await node.jobs() == ["push_all done", "push ready"]


async def test_many_browsers_are_told_in_steps_and_each_once(node: Notified, service: PushService) -> None:
    one = read(service.subscription(Browser()))
    rows = [subscription_row(HOME.id, one, NOON) for _ in range(BATCH + 3)]
    for number, row in enumerate(rows):
        row.endpoint_hash, row.endpoint = str(number), f"{service.origin}/push/{number}"
    await PushSubscriptionRow.bulk_create(rows)
    await node.live()
    assert await node.jobs() == ["push_all done"] * 2, "a job for each browser would fill the outbox"
    assert sorted(push.path for push in service.pushes) == sorted(f"/push/{number}" for number in range(BATCH + 3))
    (recent,) = await node.notifications.recent(HOME.id)
    assert (recent.recipients, recent.state) == (BATCH + 3, State.SENT)


async def test_a_browser_that_fails_keeps_the_message_from_no_other(
    node: Notified, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await node.subscribe(service)
    slow, broken = await node.subscribe(service), await node.subscribe(service)
    sender = node.handlers["push"]
    assert isinstance(sender, PushSender)
    send = sender.send

    async def failing(row: PushSubscriptionRow, *given: Any) -> Outcome:
        if row.endpoint == service.endpoint(slow):
            raise TimeoutError
        if row.endpoint == service.endpoint(broken):
            raise ValueError("a bug")
        return await send(row, *given)

    with monkeypatch.context() as patched:
        patched.setattr(PushSender, "send", lambda _, *given: failing(*given))
        await node.live()
    assert len(service.messages([browser])) == 1
    assert await node.jobs() == ["push_all done", "push ready", "push ready"]
    await node.later(2)
    assert len(service.messages([browser, slow, broken])) == 3
    assert set(await node.jobs()) == {"push_all done", "push done"}


async def test_a_step_that_is_repeated_puts_the_same_jobs(node: Notified, service: PushService) -> None:
    await node.subscribe(service)
    service.status = 503
    broadcast_id = await node.live()
    await OutboxRow.filter(kind="push_all").delete()
    message = wording.live("Node", "", "", ORIGIN, HOME.id)
    await node.outbox.put([push_all(HOME.id, message, f"broadcast {broadcast_id}", (node.now + EXPIRES).timestamp())])
    await node.work()
    assert (await node.jobs()).count("push ready") == 1


async def test_a_scheduled_broadcast_is_reminded_of_once(node: Notified, service: PushService) -> None:
    browser = await node.subscribe(service)
    starts_at = NOON + timedelta(minutes=15)
    fact = ScheduledEventComing(HOME.id, "e1", "", "Locks by night", "", starts_at, 60, "UTC", NOON)
    for _ in range(2):
        await node.notifications.remind(fact)
        await node.work()
    (message,), (push,) = service.messages([browser]), service.pushes
    assert (message["body"], message["url"]) == ("Soon!\nLocks by night", f"{ORIGIN}/schedule/e1")
    assert (push.headers["ttl"], push.headers["urgency"], push.headers["topic"]) == ("900", "normal", "event-e1")
    node.settings.values["schedule.reminder_message"] = ""
    await node.notifications.remind(ScheduledEventComing(HOME.id, "e2", "", "x", "", starts_at, 60, "UTC", NOON))
    node.settings.values["notifications.browser"] = {"enabled": False, "goLiveMessage": ""}
    await node.notifications.remind(ScheduledEventComing(HOME.id, "e3", "", "x", "", starts_at, 60, "UTC", NOON))
    assert await node.jobs() == ["push_all done"]


async def test_a_test_goes_to_one_browser_alone(node: Notified, service: PushService) -> None:
    await node.subscribe(service)
    mine = await node.subscribe(service)
    await node.notifications.test_browser(HOME.id, service.endpoint(mine))
    await node.work()
    (message,) = service.messages([mine])
    assert (message["body"], message["tag"]) == ("I am live!", "test")
    with pytest.raises(Conflict):
        await node.notifications.test_browser(HOME.id, f"{service.origin}/other")
    (recent,) = await node.notifications.recent(HOME.id)
    assert (recent.way, recent.state, recent.broadcast_id, recent.recipients) == (Way.BROWSER, State.CLOSED, None, 1)


async def test_a_subscription_is_renewed_and_cancelled(node: Notified, service: PushService) -> None:
    browser = await node.subscribe(service)
    await node.subscribe(service, browser, "bob")
    assert await node.subscriptions.count(HOME.id) == 1
    changed = Browser(auth=b"0" * 16)
    await node.subscriptions.register(HOME.id, changed.subscription(service.endpoint(browser)), "bob", "192.0.2.2")
    (row,) = await PushSubscriptionRow.all()
    assert (unb64(row.p256dh), unb64(row.auth), row.visitor_id) == (changed.public, b"0" * 16, "bob")
    await node.subscriptions.unregister(HOME.id, service.subscription(browser))
    assert await node.subscriptions.count(HOME.id) == 0
    await node.live()
    assert service.pushes == []


async def test_a_visitor_has_only_so_many_and_a_network_registers_only_so_fast(
    node: Notified, service: PushService
) -> None:
    for number in range(MAX_PER_VISITOR + 2):
        subscription = service.subscription(Browser())
        await node.subscriptions.register(HOME.id, subscription, "ann", f"192.0.2.{number}")
    assert await node.subscriptions.count(HOME.id) == MAX_PER_VISITOR
    for _ in range(BURST):
        await node.subscriptions.register(HOME.id, service.subscription(Browser()), "bob", "198.51.100.1")
    with pytest.raises(TooMany):
        await node.subscriptions.register(HOME.id, service.subscription(Browser()), "bob", "198.51.100.1")


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/1",
        "https://push.example:8080/1",
        "https://127.0.0.1/1",
        "https://10.0.0.1/1",
        "https://[::1]/1",
        "https://localhost/1",
        "ftp://push.example/1",
        "not a URL",
    ],
)
async def test_an_endpoint_that_is_not_public_is_refused(node: Notified, endpoint: str) -> None:
    with pytest.raises(Invalid) as refused:
        await node.subscriptions.register(HOME.id, Browser().subscription(endpoint), "ann", "192.0.2.1")
    assert refused.value.problem is NotificationProblem.ENDPOINT


async def test_without_the_setting_nothing_is_registered_and_there_is_no_key(
    node: Notified, service: PushService
) -> None:
    node.settings.values["notifications.browser"] = {"enabled": False, "goLiveMessage": ""}
    with pytest.raises(Conflict):
        await node.subscribe(service)
    assert await node.subscriptions.public_key(HOME.id) == ""
    assert not await VapidKeyRow.exists()
    started = BroadcastStarted(HOME.id, 1, "x", NOON)
    assert not node.notifications.applies_to(started)
    assert not node.notifications.applies_to(SettingChanged("channel.title", None, NOON))
    await node.notifications.plan(started)
    assert (await node.states(), node.hurried) == ([], [])


async def test_the_key_is_made_once_and_can_be_that_of_another_server(node: Notified) -> None:
    first, *others = await asyncio.gather(*(vapid_key() for _ in range(4)))
    assert {each.public for each in others} == {first.public}
    assert await node.subscriptions.public_key(HOME.id) == first.public
    known = make()
    assert from_private(known.private) == known
    for wrong in ("", "AAAA", "A" * 43, "_" * 43, "ä", known.private + "AAAA"):
        assert from_private(wrong) is None, wrong


async def test_past_notifications_are_kept_in_a_bounded_number(node: Notified) -> None:
    rows = [
        NotificationRow(broadcast_id=number, channel_id=HOME.id, way="browser", state="closed", due=NOON)
        for number in range(205)
    ]
    await NotificationRow.bulk_create(rows)
    await node.notifications.prune()
    assert await NotificationRow.all().count() == 200
    assert len(await node.notifications.recent(HOME.id)) == 10


def test_the_browsers_of_these_tests_read_the_example_of_rfc_8291() -> None:
    scalar = int.from_bytes(unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    browser = Browser(ec.derive_private_key(scalar, ec.SECP256R1()), unb64("BTBZMqHH6r4Tts7J_aSIgg"))
    body = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert browser.decrypt(unb64(body)) == b"When I grow up, I want to be a watermelon"
    assert json.loads(browser.subscription("https://push.example/1"))["keys"]["auth"] == "BTBZMqHH6r4Tts7J_aSIgg"

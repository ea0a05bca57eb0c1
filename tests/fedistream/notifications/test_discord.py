"""Messages on Discord: what they are, and a real receiver that answers as its API does."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from fedistream.core.errors import Conflict
from fedistream.core.events import BroadcastStarted, TitleChanged
from fedistream.db import Database
from fedistream.jobs.models import OutboxRow
from fedistream.notifications import discord
from fedistream.notifications.discord import MAX_CONTENT, Stream, allowed_mentions
from fedistream.notifications.discord_sender import EDIT_PACE_S, message_id
from fedistream.notifications.service import LATE, TEST_EXPIRES
from fedistream.notifications.values import EXPIRES
from tests.kit.notified import HOME, NOON, ORIGIN, Notified, notified

SECRET = "s3cret-token"
STREAM = Stream("Node", "Evening locks", "About", f"{ORIGIN}/live/7", f"{ORIGIN}/still.jpg", f"{ORIGIN}/logo")


def embed_of(message: dict[str, object]) -> dict[str, Any]:
    embeds = message["embeds"]
    assert isinstance(embeds, list)
    (embed,) = embeds
    assert isinstance(embed, dict)
    return embed


@dataclass
class Desk:
    """The webhook's server. `failures` are answered first, each with its body and headers."""

    port: int = 0
    failures: list[tuple[int, object, dict[str, str]]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        self.requests.append((request.method, request.path_qs, json.loads(body) if body else {}))
        if self.failures:
            status, answer, headers = self.failures.pop(0)
            return web.json_response(answer, status=status, headers=headers)
        if request.method == "DELETE":
            return web.Response(status=204)
        return web.json_response({"id": "1234567890123456789", "content": "shown"})


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    runner = web.ServerRunner(web.Server(made.take), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@pytest.fixture
async def node(database: Database, desk: Desk) -> AsyncIterator[Notified]:
    async with notified("127.0.0.1") as made:
        webhook = f"http://127.0.0.1:{desk.port}/api/webhooks/1/{SECRET}"
        made.settings.values["notifications.browser"] = {"enabled": False, "goLiveMessage": ""}
        made.settings.values["notifications.discord"] = {
            "enabled": True,
            "webhook": webhook,
            "goLiveMessage": "Live now",
        }
        yield made


async def test_a_message_is_posted_once_and_edited_at_the_end(node: Notified, desk: Desk) -> None:
    broadcast_id = await node.start()
    for _ in range(4):
        await node.later(60)
    ((method, path, posted),) = desk.requests
    assert (method, path) == ("POST", f"/api/webhooks/1/{SECRET}?wait=true")
    link = f"{ORIGIN}/live/{broadcast_id}"
    assert posted["content"] == f"Live now\nEvening locks\n\n{link}"
    assert (posted["username"], posted["avatar_url"]) == ("Node", f"{ORIGIN}/logo/external")
    assert posted["allowed_mentions"] == {"parse": [], "roles": [], "users": []}
    embed = embed_of(posted)
    assert (embed["title"], embed["url"], embed["image"]) == (
        "Evening locks",
        link,
        {"url": f"{link}/still.jpg"},
    )
    await node.end(broadcast_id)
    await node.work()
    method, path, edited = desk.requests[-1]
    assert (method, path) == ("PATCH", f"/api/webhooks/1/{SECRET}/messages/1234567890123456789")
    assert edited["content"] == f"The stream has ended.\nEvening locks\n\n{link}"
    assert edited["allowed_mentions"] == {"parse": []}
    await node.later(60)
    assert (len(desk.requests), await node.states()) == (2, ["discord closed"])


@pytest.mark.parametrize(("how", "methods"), [("delete", ["POST", "DELETE"]), ("leave", ["POST"])])
async def test_at_the_end_a_message_becomes_what_the_setting_of_posts_says(
    node: Notified, desk: Desk, how: str, methods: list[str]
) -> None:
    node.settings.values["notice.at_end"] = how
    await node.end(await node.live())
    await node.work()
    assert [method for method, *_ in desk.requests] == methods
    assert await node.states() == ["discord closed"]


async def test_the_address_of_the_webhook_is_in_no_job(node: Notified) -> None:
    await node.end(await node.live())
    rows = await OutboxRow.all()
    assert len(rows) == 2
    assert not [row for row in rows if SECRET in f"{row.target}{row.body}{row.last_error}"]


async def test_a_limit_of_the_rate_is_obeyed(node: Notified, desk: Desk) -> None:
    desk.failures = [
        (429, {"retry_after": 64.57, "global": False}, {"Retry-After": "65"}),
        (429, {"retry_after": 31.5}, {}),
        (429, {"retry_after": True}, {}),
        (500, {}, {}),
    ]
    await node.live()
    assert await node.wait() == pytest.approx(65, abs=7)
    assert await node.wait() == pytest.approx(31.5, abs=4)
    assert await node.states() == ["discord sent: status 429"]
    await node.wait()
    await node.wait()
    assert ([method for method, *_ in desk.requests], await node.states()) == (["POST"] * 5, ["discord sent"])


async def test_a_webhook_that_does_not_exist_any_more_is_not_tried_again(node: Notified, desk: Desk) -> None:
    desk.failures = [(404, {"message": "Unknown Webhook", "code": 10015}, {})]
    broadcast_id = await node.live()
    await node.end(broadcast_id)
    await node.later(60)
    assert (len(desk.requests), await node.states()) == (1, ["discord failed: status 404"])
    assert (await node.jobs())[0] == "discord dead"


async def test_a_message_that_somebody_deleted_is_not_edited_again(node: Notified, desk: Desk) -> None:
    broadcast_id = await node.live()
    desk.failures = [(404, {"message": "Unknown Message", "code": 10008}, {})]
    await node.end(broadcast_id)
    await node.work()
    assert (len(desk.requests), await node.jobs()) == (2, ["discord done", "discord done"])


async def test_a_changed_title_edits_the_message_once_in_a_while(node: Notified, desk: Desk) -> None:
    await node.start()
    renamed = TitleChanged(HOME.id, "x", node.now)
    await node.notifications.rename(renamed)  # still planned: nothing to edit
    await node.later(121)
    for title in ("Morning", "Morning @everyone"):
        node.settings.values["channel.title"] = title
        await node.notifications.rename(renamed)
        await node.work()
    assert len(desk.requests) == 1
    assert await node.wait() <= EDIT_PACE_S
    (_, (method, path, edited)) = desk.requests
    assert (method, path) == ("PATCH", f"/api/webhooks/1/{SECRET}/messages/1234567890123456789")
    assert str(edited["content"]).startswith("Live now\nMorning @everyone\n")
    assert embed_of(edited)["title"] == "Morning @everyone"
    assert edited["allowed_mentions"] == {"parse": [], "roles": [], "users": []}
    await node.notifications.rename(renamed)
    assert await node.wait() <= EDIT_PACE_S
    assert ([method for method, *_ in desk.requests], await node.states()) == (
        ["POST", "PATCH", "PATCH"],
        ["discord sent"],
    )


async def test_a_title_that_changes_at_the_end_is_not_edited_over_the_end(node: Notified, desk: Desk) -> None:
    broadcast_id = await node.live()
    await node.notifications.rename(TitleChanged(HOME.id, "x", node.now))
    await node.end(broadcast_id)
    await node.later(EDIT_PACE_S)
    assert [method for method, *_ in desk.requests] == ["POST", "PATCH"]
    assert str(desk.requests[-1][2]["content"]).startswith("The stream has ended.")


@pytest.mark.parametrize("headers", [{"Retry-After": "3600"}, {}])
async def test_a_message_whose_retries_run_out_has_failed(node: Notified, desk: Desk, headers: dict[str, str]) -> None:
    desk.failures = [(503, {}, headers)] * 30
    broadcast_id = await node.live()
    while "discord ready" in await node.jobs():
        await node.wait()
    assert await node.jobs() == ["discord dead"]
    assert (await node.states())[0].startswith("discord failed: status 503 (")
    tried = len(desk.requests)
    await node.end(broadcast_id)
    await node.later(60)
    assert len(desk.requests) == tried


@pytest.mark.parametrize("test", [True, False])
async def test_a_message_that_no_worker_posted_in_its_time_has_failed(node: Notified, test: bool) -> None:
    if test:
        await node.notifications.test_discord(HOME.id)
    else:
        broadcast_id = await node.start()
        node.now += timedelta(seconds=121)
        await node.log.seen(broadcast_id, node.now)
        await node.notifications.tend()
    assert (await node.jobs(), await node.states()) == (["discord ready"], ["discord sent"])
    node.now += TEST_EXPIRES + LATE if test else EXPIRES + LATE
    await node.notifications.tend()
    assert await node.states() == ["discord sent"]
    await node.later(1)
    assert await node.states() == ["discord failed: expired"]


async def test_a_broadcast_after_one_that_was_not_told_is_told(node: Notified, desk: Desk) -> None:
    desk.failures = [(404, {}, {})]
    await node.end(await node.live())
    node.now += timedelta(seconds=60)
    await node.live()
    assert await node.states() == ["discord failed: status 404", "discord sent"]


async def test_a_message_that_could_not_be_posted_before_the_end_is_not_posted(node: Notified, desk: Desk) -> None:
    desk.failures = [(503, {}, {"Retry-After": "120"})]
    broadcast_id = await node.live()
    await node.end(broadcast_id)
    await node.later(200)
    assert [method for method, *_ in desk.requests] == ["POST"]
    assert (await node.states(), await node.jobs()) == (["discord closed: status 503"], ["discord done"] * 2)


async def test_a_server_that_cannot_be_reached_is_tried_again_and_a_private_one_is_not(node: Notified) -> None:
    value = node.settings.values["notifications.discord"]
    assert isinstance(value, dict)
    value["webhook"] = "http://127.0.0.1:1/hook"
    await node.live()
    assert (await node.jobs()) == ["discord ready"]
    await OutboxRow.all().delete()
    value["webhook"] = "https://192.168.0.1/hook"
    await node.notifications.test_discord(HOME.id)
    await node.work()
    assert (await node.jobs()) == ["discord dead"]
    assert (await node.states())[-1].startswith("discord failed: the host has an address that is not public")


async def test_a_test_notifies_nobody_and_is_not_edited(node: Notified, desk: Desk) -> None:
    value = node.settings.values["notifications.discord"]
    assert isinstance(value, dict)
    value["goLiveMessage"] = "@everyone look"
    await node.notifications.test_discord(HOME.id)
    await node.work()
    ((_, _, posted),) = desk.requests
    assert posted["content"] == f"@everyone look\nEvening locks\n\n{ORIGIN}/"
    assert posted["allowed_mentions"] == {"parse": []}
    await node.later(60)
    assert (len(desk.requests), await node.states()) == (1, ["discord closed"])
    value["webhook"] = ""
    with pytest.raises(Conflict):
        await node.notifications.test_discord(HOME.id)


async def test_both_ways_are_planned_where_both_are_enabled(node: Notified) -> None:
    node.settings.values["notifications.browser"] = {"enabled": True, "goLiveMessage": ""}
    broadcast_id = await node.live()
    assert sorted(await node.states()) == ["browser sent", "discord sent"]
    await node.notifications.plan(BroadcastStarted(HOME.id, broadcast_id, "x", NOON + timedelta(seconds=1)))
    assert len(await node.states()) == 2


def test_only_the_mentions_of_the_setting_notify_people() -> None:
    assert allowed_mentions("hello @everyone, <@&12> <@34> <@!56> <@&12>") == {
        "parse": ["everyone"],
        "roles": ["12"],
        "users": ["34", "56"],
    }
    stream = Stream("Node", "@everyone <@&1> @here", "", "", "", "")
    assert discord.live(stream, "Live")["allowed_mentions"] == {"parse": [], "roles": [], "users": []}
    assert discord.live(stream, " ".join(f"<@&{n}>" for n in range(300)))["allowed_mentions"] == {
        "parse": [],
        "roles": [str(n) for n in range(100)],
        "users": [],
    }


def test_texts_that_are_too_long_are_cut_and_the_link_stays() -> None:
    long = Stream("N" * 100, "t" * 3000, "s" * 5000, STREAM.link, "", "")
    shown = discord.live(long, "m" * 2000)
    content = shown["content"]
    assert isinstance(content, str)
    assert len(content) == MAX_CONTENT
    assert content.endswith(f"…\n\n{STREAM.link}")
    embed = embed_of(shown)
    assert (len(embed["title"]), len(embed["description"]), len(str(shown["username"]))) == (256, 4096, 80)
    assert "image" not in embed


def test_a_title_is_shown_literally_and_a_reserved_name_is_left_out() -> None:
    shown = discord.live(Stream("My Discord node", "[a](https://x.example) *b*", "", "", "", ""), "")
    assert shown["content"] == r"\[a\]\(https://x.example\) \*b\*"
    assert "username" not in shown
    assert "avatar_url" not in shown
    assert discord.live(Stream("Node", "", "", "", "", ""), "")["content"] == "Node"


def test_a_thread_stays_in_the_address() -> None:
    webhook = "https://discord.example/api/webhooks/1/t?thread_id=5&wait=false"
    assert discord.execute_url(webhook) == "https://discord.example/api/webhooks/1/t?thread_id=5&wait=true"
    assert discord.message_url(webhook, "9") == "https://discord.example/api/webhooks/1/t/messages/9?thread_id=5"


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{}", b'{"id": 5}', b'{"id": "../x"}', b'{"id": "' + b"1" * 33 + b'"}']
)
def test_an_answer_without_an_id_is_taken_as_a_message_that_cannot_be_edited(answer: bytes) -> None:
    assert message_id(answer) == ""

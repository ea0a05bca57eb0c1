"""Several workers on one database: each event is sent once, and in order."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tests.kit.database import opened
from tests.kit.webhook_receiver import Receiver, receiver
from tests.kit.webhook_worker import WebhookWorker, webhook_worker

LINES, PATHS = 40, ("/quick", "/slow", "/moody")


@pytest.fixture
async def desks(database_url: str) -> AsyncIterator[list[WebhookWorker]]:
    async with opened(database_url), webhook_worker(owner="a") as one, webhook_worker(owner="b") as other:
        other.clock = one.clock
        yield [one, WebhookWorker(one.clock, other.http_client, owner="b")]


async def test_two_workers_keep_the_order_and_send_nothing_twice(desks: list[WebhookWorker]) -> None:
    async with receiver() as bot:
        failing = random.Random(5)

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            if request.path == "/slow":
                await asyncio.sleep(0.02)
            return web.Response(status=503 if request.path == "/moody" and failing.random() < 0.2 else 200)

        bot.answer = answer
        first, second = desks
        for path in PATHS:
            await first.webhooks.create(bot.url(path), ["CHAT"])
        await second.webhooks.load()

        async def talk() -> None:
            for number in range(LINES):
                await first.say(f"line {number}")
                await asyncio.sleep(0.005)

        async def work(worker: WebhookWorker, talking: "asyncio.Task[None]") -> None:
            while not (talking.done() and set(await worker.states()) == {"delivered"}):
                if not await worker.step():
                    first.clock.advance(0.5)
                    await asyncio.sleep(0.01)

        talking = asyncio.create_task(talk())
        async with asyncio.timeout(60):
            await asyncio.gather(talking, *(work(worker, talking) for worker in desks))
        for path in PATHS:
            assert delivered(bot, path) == [f"line {number}" for number in range(LINES)]


def delivered(bot: Receiver, path: str) -> list[str]:
    """The lines that came to a path, those in a row that are the same as one: they were tried again."""
    found: list[str] = []
    for each in bot.received:
        if each.path == path and found[-1:] != [each.data["rawBody"]]:
            found.append(each.data["rawBody"])
    return found

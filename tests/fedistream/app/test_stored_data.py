"""Data folders of former versions open, and what waits in their outbox is done.

`tests/vectors/stored/<commit>` is what a node of that commit left when it was stopped: its database as SQL, with the
addresses of the test's servers replaced by names, and the files beside it.
"""

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from activitypub.signatures.request import Request
from fedistream.app import services, worker
from fedistream.app.config import Config
from fedistream.app.platform import platform
from fedistream.federation.values import State
from fedistream.jobs.former_ids import FORMER_IDS
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Outbox
from fedistream.jobs.worker import Worker
from tests.kit.database import opened
from tests.kit.remote import remote
from tests.kit.stored_data import FAR, taken_over

US = "https://node.example"
LATER_S = 3600.0  # jobs that a job puts for later are due as well


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return taken_over(tmp_path, "dee255b")


async def test_a_folder_of_dee255b_opens_with_all_that_is_in_it(data: Path) -> None:
    options = Config(data_dir=data, public_url=US)
    async with opened(options.database), contextlib.AsyncExitStack() as undo:
        node = await services.build(options, platform(options, Outbox(time.time)))
        undo.push_async_callback(node.federation.close)
        undo.push_async_callback(node.pictures.close)
        home = node.channels.home()
        values = (
            "channel.name",
            "channel.summary",
            "channel.title",
            "channel.tags",
            "chat.retention_days",
            "federation.blocked_domains",
        )
        assert [node.settings.value(name, home.id) for name in values] == [
            "Quiet Waters",
            "A canal, all day",
            "Nightfall",
            ["boats", "locks"],
            0,
            ["blocked.example"],
        ]
        assert node.settings.value("channel.name") == "Quiet Waters II"
        assert node.channels.find_by_key("stream-key-of-the-tests") == home
        assert (node.stream_key, node.admin_password) == ("", "")  # none was made anew
        assert await node.people.check_admin("a long enough password")
        assert not await node.people.check_admin("another password")
        await check_chat(node)
        await check_federation(node)


async def check_chat(node: services.Services) -> None:
    chat = node.chat
    assert [message.body for message in await chat.messages.history(node.channels.home().id)] == [
        "Ann followed this stream.",
        "Bob followed this stream.",
        "Cem followed this stream.",
        "Ann liked a post from Quiet Waters.",
        "Good **morning** :canal:",
        "Is it raining?",
        "Dan followed this stream.",
    ]
    mia = await chat.visitors.by_token("_XPHGCSCnfroczYaITpJkt-e4LTDLfFA-y76FRv3pew")
    assert mia is not None
    assert (mia.name, mia.enabled) == ("Mia", True)
    assert [visitor.name for visitor in await chat.visitors.moderators()] == ["Noah"]
    assert [visitor.name for visitor in await chat.visitors.disabled()] == ["Pest"]
    assert (chat.bans.holds("203.0.113.9"), chat.bans.holds("198.51.100.7")) == (True, True)
    assert not chat.bans.holds("198.51.100.8")
    assert [action.what for action in await chat.moderation.actions()] == [
        "ban address",
        "ban address",
        "disable visitor",
        "make moderator",
    ]
    assert [picture.name for picture in chat.emoji.own()] == ["canal"]
    bot = await node.access_tokens.by_token("_BTiMNdmjNSjWwkeWQ9GoTNvTdjM8qASJt53wsEisEU")
    assert bot is not None
    assert (bot.name, [scope.value for scope in bot.scopes]) == ("Bot", ["CAN_SEND_MESSAGES"])


async def check_federation(node: services.Services) -> None:
    home, followers = node.channels.home().id, node.federation.followers

    async def handles(state: State, *, directories: bool) -> list[str]:
        return [each.actor for each in (await followers.page(home, state, directories=directories)).items]

    assert await handles(State.ACCEPTED, directories=False) == [f"{FAR}/users/{name}" for name in ("dan", "bob", "ann")]
    assert await handles(State.ACCEPTED, directories=True) == [f"{FAR}/users/lister"]
    assert await followers.blocked_actors() == [f"{FAR}/users/cem"]
    posts = (await node.federation.posts.page(home)).items
    texts = [str(post.document["content"]) for post in posts]
    beginnings = ("<p>Until tomorrow</p>", "<p>The stream has ended.", "<p>Hello from the <em>canal</em> ")
    assert [text.startswith(beginning) for text, beginning in zip(texts, beginnings, strict=True)] == [True] * 3
    (notice,) = (await node.notices.page(home)).items
    assert (notice.state.value, notice.broadcast_id) == ("updated", 1)
    (reply,) = (await node.federation.replies.held(home)).items
    assert (reply.name, reply.text) == ("Bob", "Which lock is it?")
    assert await node.stills.of(2) is not None


async def test_jobs_that_wait_in_a_folder_of_dee255b_are_done(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []

    def answer(request: Request) -> web.Response:
        told.append((request.target, json.loads(request.body)["type"]))
        return web.Response(status=202)

    async with remote(answer) as far:
        data = taken_over(tmp_path, "dee255b", far.origin)
        options = Config(data_dir=data, public_url=US, federation_allow=far.authority)
        async with opened(options.database), contextlib.AsyncExitStack() as undo:
            waiting = await OutboxRow.filter(state="ready")
            assert Counter(row.kind for row in waiting) == {"fact": 12, "profile": 4, "activity": 2}
            assert {json.loads(row.body)["reaction"] for row in waiting if row.kind == "fact"} == set(FORMER_IDS)
            outbox = Outbox(lambda: time.time() + LATER_S)
            made = await worker.build_worker(options, outbox, undo)
            running_worker = Worker(
                outbox, made.handlers, "a worker", random.random, prepare=made.cache_refresh.refresh
            )
            running = asyncio.create_task(running_worker.run())
            async with asyncio.timeout(60):
                while await outbox.waiting():
                    await asyncio.sleep(0.05)
            running_worker.stop()
            await running
            assert {(row.state, row.last_error) for row in await OutboxRow.all()} == {("done", "")}
    # the profile is told at least once, as it is in the end
    assert Counter(told) - Counter({("/inbox", "Update"): 10}) == Counter(
        [("/inbox", "Create"), ("/users/dan/inbox", "Accept"), ("/users/lister/inbox", "Leave")]
    )
    assert ("/inbox", "Update") in told

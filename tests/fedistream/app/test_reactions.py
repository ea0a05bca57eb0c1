"""Ids that are stored (of reactions, kinds of jobs, scheduled tasks) are known to every later version."""

import contextlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from fedistream.app import services, worker
from fedistream.app.config import Config
from fedistream.app.platform import platform
from fedistream.broadcasts.models import BroadcastRow
from fedistream.channels.models import ChannelRow
from fedistream.core.events import BroadcastEnded, BroadcastStarted, Fact, SettingChanged, TitleChanged, to_json
from fedistream.db.address import Address, parse
from fedistream.db.migrate import connected, downgrade, upgrade
from fedistream.jobs.former_ids import FORMER_IDS
from fedistream.jobs.handlers import fact
from fedistream.jobs.job import Done, Job, NewJob
from fedistream.jobs.models import ScheduledRow
from fedistream.jobs.outbox import Outbox
from tests.kit.database import empty_database, opened
from tests.kit.postgres import Postgres

# Databases have these in them: an id may be added, and none may be changed or taken away.
JOBS = {
    "blocklists.enforce",
    "listing.begin",
    "notices.close",
    "notices.plan",
    "notices.rename",
    "notifications.close",
    "notifications.plan",
    "notifications.remind",
    "notifications.rename",
    "offers.begin",
    "offers.end",
    "profiles.update",
    "schedule.match",
    "schedule.tend",
}
KINDS = {"activity", "discord", "fact", "move", "profile", "push", "push_all", "webhook", "webhook_facts"}
TASKS = {
    "backup.hourly",
    "followers.validate",
    "indieauth.prune",
    "listing.ping",
    "notices.tend",
    "notifications.prune",
    "notifications.tend",
    "offers.renew",
    "outbox.prune",
    "schedule.extend",
    "schedule.tend",
    "sessions.prune",
    "webhooks.prune",
}
# These are in the logs alone.
OTHERS = {
    "chat.announce_approval",
    "chat.announce_end",
    "chat.announce_follow",
    "chat.announce_like",
    "chat.announce_share",
    "chat.announce_start",
    "chat.announce_title",
    "chat.close_disabled",
    "chat.forget_follows",
    "federation.read_blocks",
    "renditions.change",
    "thumbnails.wake",
    "webhooks.note_presence",
    "webhooks.store",
}

AT = datetime(2026, 5, 1, tzinfo=UTC)
CHANGED = SettingChanged("federation.blocked_domains", None, AT)
STARTED, ENDED = BroadcastStarted(1, 1, "", AT), BroadcastEnded(1, 1, "the encoder has gone", AT)
# all that versions without ids wrote down
FORMER: dict[str, Fact] = {
    "fedistream.federation.profiles.Profiles.note": CHANGED,
    "fedistream.federation.doors.lists.Lists.enforce": CHANGED,
    "fedistream.notices.service.Notices.plan": STARTED,
    "fedistream.notices.service.Notices.close": ENDED,
    "fedistream.notices.service.Notices.rename": TitleChanged(1, "news", AT),
    "fedistream.federation.featuring.offers.Offers.begin": STARTED,
    "fedistream.federation.featuring.offers.Offers.end": ENDED,
}
PUT = """
INSERT INTO outbox (kind, target, host, group_key, body, state, due, attempts, owner, last_error, created_at)
VALUES ('fact', '', '', :group, :body, 'ready', 0, 0, '', '', 0)
"""


@asynccontextmanager
async def built_worker(folder: Path) -> AsyncIterator[worker.WorkerServices]:
    """Return what a worker can do, on an empty database."""
    url = empty_database(folder)
    async with opened(url), contextlib.AsyncExitStack() as undo:
        yield await worker.build_worker(Config(data_dir=folder, database_url=url), Outbox(time.time), undo)


async def test_the_ids_of_reactions_never_change(tmp_path: Path) -> None:
    url = empty_database(tmp_path)
    async with opened(url):
        options = Config(data_dir=tmp_path, database_url=url)
        made = await services.build(options, platform(options, Outbox(time.time)))
        await made.pictures.close()
        await made.federation.close()

    def ids(*kinds: str) -> set[str]:
        return {reaction.id for reaction in made.facts.reactions() if reaction.kind in kinds}

    assert ids("job") == JOBS
    assert ids("now", "live", "store") == OTHERS


async def test_the_names_of_kinds_of_jobs_and_of_tasks_never_change(tmp_path: Path) -> None:
    async with built_worker(tmp_path) as made:
        assert set(made.handlers) == KINDS
        await made.clock.open()
        made.clock.close()
        assert {row.name for row in await ScheduledRow.all()} == TASKS


@pytest.mark.parametrize("name", FORMER)
async def test_jobs_that_name_a_function_are_done(name: str, tmp_path: Path) -> None:
    async with built_worker(tmp_path) as made:
        channel = await ChannelRow.create(id=1, slug="", created_at=AT)
        await BroadcastRow.create(id=1, channel=channel, title="", started_at=AT, seen_at=AT, encoder={})
        text = json.dumps({"reaction": name, "fact": to_json(FORMER[name])})
        assert await made.handlers["fact"](Job(1, "fact", "", "", text, 1, 0.0)) == Done()


def test_no_function_is_named_that_never_was() -> None:
    assert set(FORMER_IDS) == set(FORMER)
    assert set(FORMER_IDS.values()) <= JOBS


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_revision_0016_keeps_the_order_of_jobs_that_wait(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite://{tmp_path / 'test.db'}"
    if kind == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.make()
    address = parse(url)
    old = [fact(happened, name) for name, happened in FORMER.items()]
    new = [fact(happened, FORMER_IDS[name]) for name, happened in FORMER.items()]
    upgrade(address, "0015")
    put(address, old)
    upgrade(address)
    put(address, new)
    assert stored(address, "group_key") == 2 * [job.group for job in new]
    assert stored(address, "body") == [written(job) for job in (*old, *new)]
    downgrade(address, "0015")
    assert stored(address, "group_key") == 2 * [job.group for job in old]
    assert stored(address, "body") == 2 * [written(job) for job in old]


def put(address: Address, jobs: Sequence[NewJob]) -> None:
    with connected(address) as connection:
        for job in jobs:
            connection.execute(sa.text(PUT), {"group": job.group, "body": written(job)})
        connection.commit()


def stored(address: Address, column: str) -> list[str]:
    with connected(address) as connection:
        return list(connection.execute(sa.text(f"SELECT {column} FROM outbox ORDER BY id")).scalars())  # noqa: S608


def written(job: NewJob) -> str:
    return json.dumps(job.body, separators=(",", ":"))

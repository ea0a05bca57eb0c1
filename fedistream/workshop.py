"""The composition root of the worker process: what `fedistream worker` runs. The front's is `node.py`.

It has no port and holds no lock on the data folder: any number may run, on any machine that reaches the database.
"""

import asyncio
import contextlib
import logging
import os
import random
import secrets
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from activitypub.deliver import Deliverer
from activitypub.schemes import Schemes
from activitypub.signatures.keys import SigningKey
from fedistream import reactions
from fedistream.broadcasts.log import BroadcastLog, Entry
from fedistream.bus import Bus
from fedistream.channels.service import COPY as CHANNELS
from fedistream.channels.service import Channels
from fedistream.core.environment import of_child
from fedistream.db import Database, DatabaseProblem
from fedistream.errors import Invalid
from fedistream.federation.acquaintances import drop_inbox
from fedistream.federation.feature import Clocks, FederationFeature, Post, build, guard
from fedistream.federation.featuring.offers import PERIOD_S as OFFERS_S
from fedistream.federation.keys import COPY as KEYS
from fedistream.federation.keys import Keys
from fedistream.federation.service import Neighbours
from fedistream.federation.values import Off
from fedistream.federation.writing import Draft, Picture
from fedistream.ground import BAD_DATA, BAD_OPTION, Problem
from fedistream.jobs import owner
from fedistream.jobs.child import Nudges
from fedistream.jobs.clock import Clock, Timed, every
from fedistream.jobs.former_ids import FORMER_IDS
from fedistream.jobs.freshness import Freshness
from fedistream.jobs.handlers import ActivityHandler, FactHandler, activity, enqueue
from fedistream.jobs.outbox import Outbox
from fedistream.jobs.worker import Handler, Worker
from fedistream.notices.service import TEND, Making, Notices
from fedistream.notices.service import Neighbours as NoticeNeighbours
from fedistream.options import Options
from fedistream.settings import flagged_address
from fedistream.settings_store import COPY as SETTINGS
from fedistream.settings_store import Settings

log = logging.getLogger(__name__)

PRUNE_S = 3600.0
VALIDATE_S = 3600.0
CLOSE_S = 1.0  # for what the database still does when we are told to stop
TEND_S = 60.0  # nothing waits so long unless a process was killed

Hurry = Callable[[float], Awaitable[None]]
"""Has the notices looked at, at that time (Unix seconds) or sooner."""
LONGEST_GRACE = timedelta(seconds=660)  # a broadcast that waits for its encoder is not seen for 600 s at most


def child_command(options: Options) -> tuple[list[str], dict[str, str]]:
    """How the front starts a worker of its own: the command and its environment, in which our passwords are not."""
    # a URL may have a password in it, and arguments can be read by everybody on the machine
    needed = {
        "FEDISTREAM_DATA_DIR": str(options.data_dir),
        "FEDISTREAM_DATABASE_URL": options.database_url,
        "FEDISTREAM_PUBLIC_URL": options.public_url,
        "FEDISTREAM_FEDERATION_ALLOW": options.federation_allow,
        "FEDISTREAM_LOG_LEVEL": options.log_level,
    }
    environment = of_child(os.environ, database=True, **needed)
    return [sys.executable, "-m", "fedistream.working", "--nudged"], environment


@dataclass(frozen=True, slots=True)
class Shop:
    """What this process can do, by the kind of job: what is not here waits for a worker that can. What it does by the
    clock, and how it learns what the front has changed."""

    handlers: Mapping[str, Handler]
    clock: Clock
    freshness: Freshness


async def shop(options: Options, outbox: Outbox, undo: contextlib.AsyncExitStack) -> Shop:
    """On an open database. Raises Problem."""
    facts = Bus(enqueue(outbox))
    settings, channels = Settings(facts, now), Channels(now, secrets.token_urlsafe)
    try:
        if options.public_url:
            settings.override("serverurl", flagged_address(options.public_url))
        allowed = guard(options.federation_allow)
    except Invalid as error:
        raise Problem(str(error), BAD_OPTION) from error
    await settings.load()
    await channels.load()
    federation = await build(
        Neighbours(settings, channels, facts, running=running),
        Clocks(now, time.time, time.monotonic),
        Post(outbox, activity, allowed),
    )
    undo.push_async_callback(federation.close)

    async def load_settings() -> None:
        await settings.load()
        federation.federation.read_blocks()

    freshness = Freshness({SETTINGS: load_settings, CHANNELS: channels.load, KEYS: federation.keys.reload})

    async def hurry(at: float) -> None:
        await clock.hurry(TEND, at)

    def fresh(act: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """As jobs have it: what is done by the clock may be the first thing after a change in the front."""

        async def refresh_and_act() -> None:
            await freshness.refresh()
            await act()

        return refresh_and_act

    notices = make_notices(settings, federation, freshness.refresh, hurry)
    timed = (
        Timed("outbox.prune", every(PRUNE_S), outbox.prune),
        Timed("followers.validate", every(VALIDATE_S), fresh(federation.doors.moves.validate)),
        Timed(TEND, every(TEND_S), notices.tend),
        Timed("offers.renew", every(OFFERS_S), fresh(federation.offers.renew)),
    )
    clock = Clock(timed, time.time)
    jobs = reactions.jobs(federation, notices)
    facts.attach(jobs)
    deliverer = Deliverer(federation.outside, Schemes(), time.time)
    return Shop(
        {
            "fact": FactHandler(jobs, FORMER_IDS),
            "activity": ActivityHandler(deliverer, KeyRing(federation.keys), drop_inbox),
            **federation.handlers(),
        },
        clock,
        freshness,
    )


def make_notices(
    settings: Settings, federation: FederationFeature, reload: Callable[[], Awaitable[None]], hurry: Hurry
) -> Notices:
    """As the front and the worker both have them."""
    making = Making(Draft, Picture)
    near = NoticeNeighbours(settings, federation.addresses, BroadcastLog(), federation.posts, making, reload)
    return Notices(near, now, hurry)


class KeyRing:
    """Our signing keys; none while federation is off."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def signing_key(self, key_id: str) -> SigningKey | None:
        try:
            return await self._keys.signing_key(key_id)
        except Off:
            return None


def now() -> datetime:
    return datetime.now(UTC)


async def running() -> tuple[Entry, ...]:
    """What is live, as the rows tell it to any process."""
    return await BroadcastLog().running(now() - LONGEST_GRACE)


async def run(options: Options, *, nudged: bool) -> None:
    """Work until SIGINT or SIGTERM; with `nudged`, also until the standard input ends. Raises Problem."""
    logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it tells of every look at the clock
    async with contextlib.AsyncExitStack() as undo:
        try:
            database = Database(options.database, wait_s=30)
            undo.push_async_callback(database.close, CLOSE_S)
            await database.open()
        except DatabaseProblem as problem:
            raise Problem(str(problem), BAD_DATA) from problem
        me, is_dead = owner.own()
        outbox = Outbox(time.time, is_dead=is_dead)
        made = await shop(options, outbox, undo)
        worker = Worker(outbox, made.handlers, me, random.random, prepare=made.freshness.refresh)
        # whoever was killed in the middle of it has put off the next time already
        await made.clock.hurry(TEND)
        await made.clock.open()
        undo.callback(made.clock.close)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, worker.stop)
            undo.callback(loop.remove_signal_handler, number)
        if nudged:
            pipe, _ = await loop.connect_read_pipe(lambda: Nudges(worker.wake, worker.stop), sys.stdin)
            undo.callback(pipe.close)
        log.info("the worker is ready")
        await worker.run()

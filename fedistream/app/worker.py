"""The composition root of the worker process, `fedistream worker`. That of the front process is `node.py`.

A worker has no port and does not lock the data folder: any number may run, on any machine that reaches the database.
"""

import asyncio
import contextlib
import logging
import random
import secrets
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from activitypub.network.deliver import Deliverer
from activitypub.network.http_client import HttpClient, HttpLimits
from activitypub.network.schemes import Schemes
from activitypub.signatures.keys import SigningKey
from fedistream import __version__
from fedistream.api.wording import sentence
from fedistream.app import reactions
from fedistream.app.both_processes import (
    RunBy,
    event_id,
    make_notices,
    make_notifications,
    make_tending,
    running_at,
)
from fedistream.app.config import Config
from fedistream.app.platform import Platform, platform
from fedistream.app.startup import BAD_DATA, BAD_OPTION, StartupError
from fedistream.app.webhooks import WebhooksFeature, build_webhooks, make_client, stored_status
from fedistream.backup.service import HourlyBackups, Place
from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.channels.service import CACHE_KEY as CHANNELS
from fedistream.channels.service import Channels
from fedistream.chat.visitors import Visitors
from fedistream.core.clocks import Clocks
from fedistream.core.errors import Invalid
from fedistream.core.slow_steps import SlowSteps
from fedistream.db import Database, DatabaseProblem
from fedistream.db.address import parse
from fedistream.federation.directory.announcing import PERIOD_S as OFFERS_S
from fedistream.federation.feature import USER_AGENT, FederationFeature, Outbound, build
from fedistream.federation.followers.service import CACHE_KEY as BLOCKS
from fedistream.federation.keys import CACHE_KEY as KEYS
from fedistream.federation.keys import Keys
from fedistream.federation.remote_actors import drop_inbox
from fedistream.federation.values import Off
from fedistream.jobs import lease_owner
from fedistream.jobs.backoff import with_longest_delay
from fedistream.jobs.cache_refresh import CacheRefresh
from fedistream.jobs.former_ids import FORMER_IDS
from fedistream.jobs.handlers import ActivityHandler, FactHandler, FindKey
from fedistream.jobs.outbox import Outbox
from fedistream.jobs.scheduler import ScheduledTask, Scheduler, every
from fedistream.jobs.worker import Handler, Worker
from fedistream.jobs.worker_process import WakePipe
from fedistream.listing.service import PERIOD_S as LISTING_S
from fedistream.listing.service import Listing
from fedistream.notices.service import TEND
from fedistream.notifications import discord_sender, push_sender
from fedistream.notifications.service import TEND as TEND_NOTIFICATIONS
from fedistream.notifications.service import Notifications
from fedistream.people.sessions import Sessions
from fedistream.schedule.context import TEND as TEND_SCHEDULE
from fedistream.schedule.context import ScheduleContext
from fedistream.schedule.service import Schedule
from fedistream.schedule.tending import Tending
from fedistream.schedule.upcoming import Upcoming
from fedistream.settings.checks import flagged_address
from fedistream.settings.service import CACHE_KEY as SETTINGS
from fedistream.settings.service import Settings
from fedistream.signin.grants import Grants
from fedistream.webhooks.attempts import Poster
from fedistream.webhooks.delivery import Sender
from fedistream.webhooks.fan_out import FanOut
from fedistream.webhooks.log import PRUNE as WEBHOOKS_PRUNE
from fedistream.webhooks.service import CACHE_KEY as WEBHOOKS
from fedistream.webhooks.service import DRAIN, FACTS

log = logging.getLogger(__name__)

PRUNE_S = 3600.0
BACKUP_S = 3600.0
VALIDATE_S = 3600.0
EXTEND_S = 3600.0
CLOSE_S = 1.0  # for the database's last work after the signal to stop
WEBHOOKS_S = 60.0
TEND_S = 60.0  # an upper limit: no job waits so long unless a process was killed


@dataclass(frozen=True, slots=True)
class WorkerServices:
    """The services of a worker: its handlers by job kind, its scheduled tasks and its cache refresh. A job of another
    kind waits for a worker that has a handler for it."""

    handlers: Mapping[str, Handler]
    clock: Scheduler
    cache_refresh: CacheRefresh


async def build_worker(options: Config, outbox: Outbox, undo: contextlib.AsyncExitStack) -> WorkerServices:
    """Build the worker's services on an open database. Raises StartupError."""
    base = platform(options, outbox)
    facts, clocks = base.facts, base.clocks
    settings, channels = await _open(options, base)
    running = running_at(clocks.now)
    federation = await build(settings, channels, facts, clocks, Outbound(outbox, base.guard), running=running)
    undo.push_async_callback(federation.close)

    async def load_settings() -> None:
        await settings.load()
        federation.federation.read_blocks()

    to_chosen = make_client(base)
    hooks, sending = await _webhooks(settings, base, to_chosen, undo)
    copies = {SETTINGS: load_settings, CHANNELS: channels.load, WEBHOOKS: hooks.webhooks.load}
    cache_refresh = CacheRefresh({**copies, **_copies(federation)})

    def run_by(task: str) -> RunBy:
        return lambda at: clock.run_by(task, at)

    def fresh(act: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Refresh the caches before a task, as before a job: the front process may have changed something."""

        async def refresh_and_act() -> None:
            await cache_refresh.refresh()
            await act()

        return refresh_and_act

    schedule, tending = _schedule(settings, base, channels, federation, run_by(TEND_SCHEDULE))
    notices = make_notices(settings, federation, clocks.now, run_by(TEND), tending)
    notifications = make_notifications(settings, channels, base, run_by(TEND_NOTIFICATIONS))
    listing = Listing(settings, federation.http_client, running, clocks.now)
    timed = (
        ScheduledTask("followers.validate", every(VALIDATE_S), fresh(federation.policies.moves.validate)),
        ScheduledTask(TEND, every(TEND_S), fresh(notices.tend)),
        ScheduledTask(TEND_SCHEDULE, every(TEND_S), fresh(tending.tend)),
        ScheduledTask("schedule.extend", every(EXTEND_S), fresh(schedule.extend)),
        ScheduledTask(WEBHOOKS_PRUNE, every(WEBHOOKS_S), fresh(hooks.log.prune)),
        ScheduledTask("backup.hourly", every(BACKUP_S), fresh(_backups(options, settings, clocks.now).run)),
        *_pruning(clocks, outbox, notifications),
        ScheduledTask("offers.renew", every(OFFERS_S), fresh(federation.offers.renew)),
        ScheduledTask(TEND_NOTIFICATIONS, every(TEND_S), fresh(notifications.tend)),
        ScheduledTask("listing.ping", every(LISTING_S), fresh(listing.ping)),
    )
    clock = Scheduler(timed, time.time)
    jobs = reactions.jobs(federation, notices, tending, listing, notifications)
    facts.attach((*jobs, *reactions.stores(hooks.webhooks)))
    return WorkerServices(
        {
            "fact": FactHandler(jobs, FORMER_IDS),
            "activity": _activities(federation),
            **federation.handlers(),
            **sending,
            **_notifying(settings, base, notifications, to_chosen, undo),
        },
        clock,
        cache_refresh,
    )


def _activities(federation: FederationFeature) -> ActivityHandler:
    """Return what delivers activities."""
    deliver = Deliverer(federation.http_client, Schemes(), time.time).deliver
    return ActivityHandler(deliver, key_finder(federation.keys), drop_inbox)


def _copies(federation: FederationFeature) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """Return what refreshes federation's copies of stored data."""
    return {KEYS: federation.keys.reload, BLOCKS: federation.federation.refresh_blocks}


def _pruning(clocks: Clocks, outbox: Outbox, notifications: Notifications) -> tuple[ScheduledTask, ...]:
    """Return the tasks that delete what has expired and what no cache holds."""
    return (
        ScheduledTask("outbox.prune", every(PRUNE_S), outbox.prune),
        ScheduledTask("notifications.prune", every(PRUNE_S), notifications.prune),
        ScheduledTask("sessions.prune", every(PRUNE_S), Sessions(clocks.now, clocks.chance).prune),
        ScheduledTask("indieauth.prune", every(PRUNE_S), Grants(clocks.now, clocks.chance).prune),
    )


async def _open(options: Config, base: Platform) -> tuple[Settings, Channels]:
    """Read the settings and channels. Raises StartupError."""
    settings, channels = Settings(base.facts, base.clocks.now), Channels(base.clocks.now, secrets.token_urlsafe)
    try:
        if options.public_url:
            settings.override("node.public_url", flagged_address(options.public_url))
    except Invalid as error:
        raise StartupError(sentence(error), BAD_OPTION) from error
    await settings.load()
    await channels.load()
    return settings, channels


def _backups(options: Config, settings: Settings, now: Callable[[], datetime]) -> HourlyBackups:
    """Build the hourly backups of the data that this worker reaches."""
    place = Place(parse(options.database), options.data_dir)
    return HourlyBackups(place, lambda: int(settings.value("backup.hourly_kept")), now, __version__)


def _schedule(
    settings: Settings, base: Platform, channels: Channels, federation: FederationFeature, run_by: RunBy
) -> tuple[Schedule, Tending]:
    """Build the schedule, and what takes the steps of its events."""
    now = base.clocks.now
    context = ScheduleContext(settings, base.facts, now, event_id, run_by)
    tending = make_tending(context, federation, lambda: tuple(channel.id for channel in channels.all()))
    return Schedule(context, Upcoming(settings, now)), tending


async def _webhooks(
    settings: Settings, base: Platform, http_client: HttpClient, undo: contextlib.AsyncExitStack
) -> tuple[WebhooksFeature, Mapping[str, Handler]]:
    """Build the webhooks, and the handlers of their jobs. The client is closed after them."""
    undo.push_async_callback(http_client.close)
    clocks = base.clocks
    feature = await build_webhooks(settings, base, Visitors(clocks), stored_status(settings, clocks.now))
    sender = Sender(feature.webhooks, Poster(http_client, clocks.now), *lease_owner.own())
    undo.push_async_callback(sender.close)
    return feature, {FACTS: FanOut(feature.webhooks, sender), DRAIN: sender}


def _notifying(
    settings: Settings,
    base: Platform,
    notifications: Notifications,
    to_chosen: HttpClient,
    undo: contextlib.AsyncExitStack,
) -> Mapping[str, Handler]:
    """Return the handlers of the notifications' jobs. Visitors name push services, and the admin the webhook of
    Discord: `to_chosen` connects to any port."""
    now = base.clocks.now
    # nearly all browsers have one of three push services: with two connections to each, 20,000 messages take too long
    to_push = HttpClient(base.guard, USER_AGENT, limits=HttpLimits(per_host=push_sender.AT_ONCE))
    undo.push_async_callback(to_push.close)
    sender = push_sender.PushSender(to_push, settings, now)
    return {
        push_sender.PUSH_ALL: push_sender.FanOut(base.outbox, sender, now),
        push_sender.PUSH: sender,
        discord_sender.DISCORD: discord_sender.DiscordSender(
            to_chosen, settings, notifications, BroadcastRepository().find, now, with_longest_delay(now)
        ),
    }


def key_finder(keys: Keys) -> FindKey:
    """Return a function that finds our signing keys; it finds none while federation is off."""

    async def find_key(key_id: str) -> SigningKey | None:
        try:
            return await keys.signing_key(key_id)
        except Off:
            return None

    return find_key


async def run(options: Config, *, nudged: bool) -> None:
    """Work until SIGINT or SIGTERM; with `nudged`, also until the standard input ends. Raises StartupError."""
    logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it logs every tick
    async with contextlib.AsyncExitStack() as undo:
        try:
            database = Database(options.database, wait_s=30, steps=SlowSteps(log.info))
            undo.push_async_callback(database.close, CLOSE_S)
            await database.open()
        except DatabaseProblem as problem:
            raise StartupError(str(problem), BAD_DATA) from problem
        me, is_dead = lease_owner.own()
        worker: Worker | None = None

        def wake() -> None:
            """Signal the jobs that a job has put."""
            if worker is not None:
                worker.wake()

        outbox = Outbox(time.time, wake, is_dead=is_dead)
        made = await build_worker(options, outbox, undo)
        worker = Worker(outbox, made.handlers, me, random.random, prepare=made.cache_refresh.refresh)
        # a worker that was killed in the middle has already put off the next time
        await made.clock.run_by(TEND)
        await made.clock.run_by(TEND_NOTIFICATIONS)
        await made.clock.run_by(WEBHOOKS_PRUNE)
        await made.clock.open()
        undo.callback(made.clock.close)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, worker.stop)
            undo.callback(loop.remove_signal_handler, number)
        if nudged:
            pipe, _ = await loop.connect_read_pipe(lambda: WakePipe(worker.wake, worker.stop), sys.stdin)
            undo.callback(pipe.close)
        log.info("the worker is ready")
        await worker.run()

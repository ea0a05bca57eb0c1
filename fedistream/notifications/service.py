"""Notifications: planned when a broadcast begins, sent after a delay, and closed at the end.

The table is the truth: `tend` takes the next step of every open row, however often it is called; facts and timers only
call it sooner. Each step raises the row's version in the transaction of its jobs, so it is taken once.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tortoise.expressions import F

from fedistream.broadcasts.values import BroadcastRecord
from fedistream.core.errors import Conflict
from fedistream.core.events import BroadcastEnded, BroadcastStarted, Fact, ScheduledEventComing, TitleChanged
from fedistream.core.ports import ChannelDirectory, SettingsReader
from fedistream.db import atomic
from fedistream.federation.values import Site
from fedistream.jobs.job import JobQueue, NewJob
from fedistream.notifications import discord_sender, lifecycle, wording
from fedistream.notifications.discord import Stream
from fedistream.notifications.models import NotificationRow
from fedistream.notifications.push_sender import push, push_all
from fedistream.notifications.subscriptions import BROWSER, PushSubscriptions
from fedistream.notifications.values import (
    EXPIRES,
    KEPT_NOTIFICATIONS,
    Message,
    Notification,
    NotificationProblem,
    State,
    Way,
)

log = logging.getLogger(__name__)

TEND = "notifications.tend"
"""The name of the scheduled task that calls `Notifications.tend`."""

SETTINGS = {Way.BROWSER: BROWSER, Way.DISCORD: discord_sender.SETTING}
TEST_EXPIRES = timedelta(minutes=5)
CLOSE_EXPIRES = timedelta(days=1)
LATE = timedelta(minutes=1)  # after the end of its job, a message that was not posted has failed
EXPIRED = "expired"  # as the outbox says
MOST = 100  # open notifications in one call; a node has a few channels


class BroadcastRecords(Protocol):
    """The stored broadcasts."""

    async def find(self, broadcast_id: int) -> BroadcastRecord | None: ...


@dataclass(frozen=True, slots=True)
class NotificationsContext:
    """The other features as notifications need them. `run_by(at)` makes the scheduler call `tend` at that time (Unix
    seconds) or sooner."""

    settings: SettingsReader
    channels: ChannelDirectory
    broadcasts: BroadcastRecords
    jobs: JobQueue
    subscriptions: PushSubscriptions
    now: Callable[[], datetime]
    run_by: Callable[[float], Awaitable[None]]


class Notifications:
    """Plans, sends and closes the notifications of all channels."""

    def __init__(self, context: NotificationsContext) -> None:
        self._context, self._now = context, context.now
        self.subscriptions = context.subscriptions

    def applies_to(self, fact: Fact) -> bool:
        """Return whether the fact needs a reaction: without a way, no worker has to be started for it."""
        return any(self._on(way, getattr(fact, "channel_id", 0)) for way in Way)

    async def plan(self, fact: BroadcastStarted) -> None:
        """Plan the notifications about a broadcast that began. Planning them twice makes the same rows."""
        due = fact.at + timedelta(seconds=self._context.settings.value("notice.delay_s", fact.channel_id))
        rows = [
            NotificationRow(
                broadcast_id=fact.broadcast_id, channel_id=fact.channel_id, way=way.value, state="planned", due=due
            )
            for way in Way
            if self._on(way, fact.channel_id)
        ]
        if rows:
            await NotificationRow.bulk_create(rows, ignore_conflicts=True)
            await self._context.run_by(due.timestamp())

    async def close(self, fact: BroadcastEnded) -> None:
        """Close the notifications about a broadcast that ended."""
        await self.tend()

    def has_message(self, fact: Fact) -> bool:
        """Return whether a message on Discord may show the title. A notification in a browser is never edited."""
        return self._on(Way.DISCORD, getattr(fact, "channel_id", 0))

    async def rename(self, fact: TitleChanged) -> None:
        """Edit the message on Discord after a change of title. One that is planned has the new title anyway."""
        rows = await NotificationRow.filter(
            channel_id=fact.channel_id, way=Way.DISCORD.value, state=State.SENT.value, broadcast_id__not_isnull=True
        )
        now = self._now().timestamp()
        await self._context.jobs.put([discord_sender.edit(row.id, _group(row), now) for row in rows])

    async def remind(self, fact: ScheduledEventComing) -> None:
        """Remind browsers of a scheduled broadcast that begins soon."""
        if not self._on(Way.BROWSER, fact.channel_id) or fact.starts_at <= self._now():
            return
        value = self._context.settings.value
        message = wording.reminder(
            str(value("channel.name", fact.channel_id)),
            str(value("schedule.reminder_message", fact.channel_id)),
            fact.title,
            self._site().scheduled(fact.event_id),
            fact.event_id,
        )
        if message is not None:
            cause = f"event {fact.event_id} {int(fact.starts_at.timestamp())}"
            await self._context.jobs.put([push_all(fact.channel_id, message, cause, fact.starts_at.timestamp())])

    async def tend(self) -> None:
        """Take the next step of each open notification, and note those whose job was given up."""
        await self._note_failed()
        rows = await NotificationRow.filter(state__in=_OPEN, broadcast_id__not_isnull=True).order_by("due").limit(MOST)
        soon: list[datetime] = []
        for row in rows:
            try:
                again = await self._tend(row)
            except Exception:
                log.exception("the notification %d failed and is tried again", row.id)
                continue
            soon += [again] if again else []
        if soon:
            await self._context.run_by(min(soon).timestamp())

    async def test_discord(self, channel_id: int) -> None:
        """Post a message to Discord that says what one about a broadcast would. Raises Conflict."""
        if not self._context.settings.value(discord_sender.SETTING, channel_id)["webhook"]:
            raise Conflict(NotificationProblem.NO_WEBHOOK)
        await atomic(self._test_discord, channel_id)

    async def test_browser(self, channel_id: int, endpoint: str) -> None:
        """Send a message to the browser with this endpoint alone. Raises Conflict."""
        found = await self.subscriptions.find(channel_id, endpoint)
        if found is None:
            raise Conflict(NotificationProblem.NO_SUBSCRIPTION)
        await atomic(self._test_browser, channel_id, found, endpoint)

    async def recent(self, channel_id: int, limit: int = 10) -> tuple[Notification, ...]:
        """Return the last notifications, the newest first."""
        rows = await NotificationRow.filter(channel_id=channel_id).order_by("-id").limit(limit)
        return tuple(_value(row) for row in rows)

    async def prune(self) -> None:
        """Delete the rows of past notifications but the newest."""
        newest = await NotificationRow.all().order_by("-id").offset(KEPT_NOTIFICATIONS).first()
        if newest is not None:
            await NotificationRow.filter(id__lte=newest.id, state__not_in=_OPEN).delete()

    def stream(self, channel_id: int, broadcast: BroadcastRecord | None) -> Stream:
        """Return what a message says about a broadcast, or about the channel for a test."""
        value, base = self._context.settings.value, str(self._context.settings.value("node.public_url"))
        site, slug = self._site(), self._slug(channel_id)
        picture = site.still(slug, broadcast.id) if base and broadcast is not None else ""
        return Stream(
            name=str(value("channel.name", channel_id)),
            title=str(value("channel.title", channel_id)),
            summary=str(value("channel.summary", channel_id)),
            link=(site.page(slug) if broadcast is None else site.live(slug, broadcast.id)) if base else "",
            picture=picture,
            avatar=f"{base}/logo/external" if base else "",
        )

    async def _note_failed(self) -> None:
        """Set the state of messages whose job has ended without a result, as when no worker ran in its time. The sender
        notes all others."""
        now = self._now()
        unposted = NotificationRow.filter(way=Way.DISCORD.value, state=State.SENT.value, recipients=0)
        failed = {"state": State.FAILED.value, "version": F("version") + 1}
        for tests, expires in ((True, TEST_EXPIRES), (False, EXPIRES)):
            late = unposted.filter(broadcast_id__isnull=tests, sent_at__lt=now - expires - LATE)
            await late.filter(why="").update(**failed, why=EXPIRED)
            await late.exclude(why="").update(**failed)

    async def _tend(self, row: NotificationRow) -> datetime | None:
        """Take the next step of one notification. Returns when to look again, if that is known."""
        way, broadcast = Way(row.way), await self._context.broadcasts.find(row.broadcast_id or 0)
        if row.state == State.SENT:
            if broadcast is None or broadcast.ended_at is not None:
                await atomic(self._close, row)
            return None
        cooldown = timedelta(seconds=self._context.settings.value("notice.cooldown_s", row.channel_id))
        rules = lifecycle.Rules(self._on(way, row.channel_id), cooldown, await self._last_end(row))
        step = lifecycle.step(row.due, self._now(), broadcast, rules)
        if isinstance(step, lifecycle.Wait):
            return step.until
        if isinstance(step, lifecycle.Skip):
            await _swap(row, state=State.SKIPPED.value, why=step.why.value)
        else:
            await atomic(self._send, row)
        return None

    async def _send(self, row: NotificationRow) -> None:
        """Send a notification, in a transaction."""
        now = self._now()
        browser = row.way == Way.BROWSER
        count = await self.subscriptions.count(row.channel_id) if browser else 0
        if await _swap(row, state=State.SENT.value, sent_at=now, recipients=count):
            await self._context.jobs.put([self._job(row, (now + EXPIRES).timestamp())])

    def _job(self, row: NotificationRow, expires_at: float) -> NewJob:
        if row.way == Way.DISCORD:
            return discord_sender.post(row.id, _group(row), expires_at)
        return push_all(row.channel_id, self._live(row.channel_id), f"broadcast {row.broadcast_id}", expires_at)

    async def _close(self, row: NotificationRow) -> None:
        """Close a notification whose broadcast is over, in a transaction. Browsers keep what they show."""
        if await _swap(row, state=State.CLOSED.value) and row.way == Way.DISCORD:
            expires_at = (self._now() + CLOSE_EXPIRES).timestamp()
            await self._context.jobs.put([discord_sender.close(row.id, _group(row), expires_at)])

    async def _test_discord(self, channel_id: int) -> None:
        now = self._now()
        row = await NotificationRow.create(
            channel_id=channel_id, way=Way.DISCORD.value, state=State.SENT.value, due=now, sent_at=now
        )
        await self._context.jobs.put([discord_sender.post(row.id, "", (now + TEST_EXPIRES).timestamp())])

    async def _test_browser(self, channel_id: int, subscription_id: int, endpoint: str) -> None:
        now, value = self._now(), self._context.settings.value
        message = wording.test(
            str(value("channel.name", channel_id)),
            str(value(BROWSER, channel_id)["goLiveMessage"]),
            self._site().page(self._slug(channel_id)),
        )
        row = await NotificationRow.create(
            channel_id=channel_id, way=Way.BROWSER.value, state=State.CLOSED.value, due=now, sent_at=now, recipients=1
        )
        expires_at = (now + TEST_EXPIRES).timestamp()
        await self._context.jobs.put([push(subscription_id, endpoint, asdict(message), f"test {row.id}", expires_at)])

    def _live(self, channel_id: int) -> Message:
        value = self._context.settings.value
        return wording.live(
            str(value("channel.name", channel_id)),
            str(value(BROWSER, channel_id)["goLiveMessage"]),
            str(value("channel.title", channel_id)),
            self._site().page(self._slug(channel_id)),
            channel_id,
        )

    async def _last_end(self, row: NotificationRow) -> datetime | None:
        """Return when the last broadcast ended that was notified this way; without a stored end, when it was seen."""
        before = NotificationRow.filter(
            channel_id=row.channel_id, way=row.way, sent_at__not_isnull=True, broadcast_id__not_isnull=True
        )
        last = await before.exclude(id=row.id).exclude(state=State.FAILED.value).order_by("-sent_at").first()
        broadcast = await self._context.broadcasts.find(last.broadcast_id or 0) if last is not None else None
        return (broadcast.ended_at or broadcast.seen_at) if broadcast is not None else None

    def _on(self, way: Way, channel_id: int) -> bool:
        return bool(self._context.settings.value(SETTINGS[way], channel_id)["enabled"])

    def _site(self) -> Site:
        """Return the addresses of pages: without a public URL, paths, which a service worker completes."""
        return Site(str(self._context.settings.value("node.public_url")))

    def _slug(self, channel_id: int) -> str:
        channels = self._context.channels
        return next((each.slug for each in channels.all() if each.id == channel_id), channels.home().slug)


async def waiting() -> bool:
    """Return whether any notification is open, which needs a running worker."""
    return await NotificationRow.filter(state__in=_OPEN, broadcast_id__not_isnull=True).exists()


_OPEN = [State.PLANNED.value, State.SENT.value]


def _value(row: NotificationRow) -> Notification:
    way, at = Way(row.way), row.sent_at or row.due
    return Notification(row.id, way, State(row.state), row.why, row.broadcast_id, at, row.recipients)


def _group(row: NotificationRow) -> str:
    """Return the group of a message's jobs, which are done one after the other."""
    return f"discord {row.id}"


async def _swap(row: NotificationRow, **values: object) -> bool:
    """Change the row unless it was changed since it was read. Returns whether it was changed."""
    return bool(await NotificationRow.filter(id=row.id, version=row.version).update(version=row.version + 1, **values))

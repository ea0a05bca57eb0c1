"""Notices: planned when a broadcast begins, posted after a delay, kept up to date, and closed at the end.

The table is the truth: `tend` takes the next step of every open notice, however often it is called. Facts and timers
only call it sooner. Each step raises the row's version in the transaction of its post. So it is taken once, even when a
process is killed or several take it at the same time. The admin's decisions are carried out at once, in the web
process.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fedistream.broadcasts.values import BroadcastRecord
from fedistream.channels.values import ChannelProblem
from fedistream.core.errors import Conflict, Gone, Invalid, NotFound, Refusal
from fedistream.core.events import BroadcastEnded, BroadcastStarted, Fact, TitleChanged
from fedistream.core.ports import Channel, SettingsReader
from fedistream.db import atomic
from fedistream.federation.posts.values import Draft, Picture, Post
from fedistream.federation.values import Off, Site
from fedistream.notices import lifecycle, wording
from fedistream.notices.models import NoticeRow
from fedistream.notices.values import OUT, Notice, NoticeProblem, Page, Preview, SkipReason, State, to_detail

log = logging.getLogger(__name__)

TEND = "notices.tend"
"""The name of the scheduled task that calls `Notices.tend`."""

EXPIRES = timedelta(minutes=30)  # a live announcement that arrives later is worse than none
MAX_DETAIL = 200  # characters
MOST = 100  # open notices in one call; a node has a few channels
JPEG = "image/jpeg"


class Over(Conflict):
    """The broadcast ended while its notice was being posted."""

    def __init__(self) -> None:
        super().__init__(NoticeProblem.OVER_BY_THEN)


class BroadcastRecords(Protocol):
    """The stored broadcasts."""

    async def find(self, broadcast_id: int) -> BroadcastRecord | None: ...
    async def unfinished(self, channel_id: int) -> Sequence[BroadcastRecord]: ...


class Addresses(Protocol):
    """The public addresses of the node and its channels. `site` raises Off while federation is off."""

    @property
    def on(self) -> bool: ...
    def site(self) -> Site: ...
    def by_id(self, channel_id: int) -> Channel | None: ...


class EventOf(Protocol):
    """The scheduled event that a broadcast belongs to."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


EventAt = Callable[[int, datetime], Awaitable[EventOf | None]]
"""Returns the scheduled event that a broadcast of a channel belongs to which began at a time."""


class Publisher(Protocol):
    """Makes and delivers posts."""

    async def look_up(self, draft: Draft) -> Draft: ...
    async def publish(self, channel: Channel, draft: Draft, *, expires_at: float | None) -> Post: ...
    async def edit(self, post_id: str, draft: Draft) -> Post: ...
    async def delete(self, post_id: str) -> None: ...
    async def pin(self, post_id: str, *, pinned: bool) -> None: ...
    def html(self, channel: Channel, draft: Draft) -> str: ...


@dataclass(frozen=True, slots=True)
class NoticesContext:
    """The other features as notices need them. Settings and channels must be up to date.

    `run_by(at)` makes the scheduler call `tend` at that time (Unix seconds) or sooner.
    """

    settings: SettingsReader
    addresses: Addresses
    broadcasts: BroadcastRecords
    posts: Publisher
    now: Callable[[], datetime]
    run_by: Callable[[float], Awaitable[None]]
    event_at: EventAt


class Notices:
    """Plans, posts, updates and closes the notices of all channels."""

    def __init__(self, context: NoticesContext) -> None:
        self._context, self._now, self._run_by = context, context.now, context.run_by

    def applies_to(self, fact: Fact) -> bool:
        """Return whether the fact needs a reaction: without federation, no worker has to be started for it."""
        return self._context.addresses.on

    async def plan(self, fact: BroadcastStarted) -> None:
        """Plan the notice of a broadcast that began. Planning it twice makes one row."""
        due = fact.at + timedelta(seconds=self._context.settings.value("notice.delay_s", fact.channel_id))
        await self._put(fact.broadcast_id, fact.channel_id, due, fact.at)
        await self._run_by(due.timestamp())

    async def close(self, fact: BroadcastEnded) -> None:
        """Close the notice of a broadcast that ended."""
        await self.tend()

    async def rename(self, fact: TitleChanged) -> None:
        """Update the open notices after a change of title."""
        await self.tend()

    async def tend(self) -> None:
        """Take the next step of each open notice."""
        rows = await NoticeRow.filter(closed_at=None, state__in=_OPEN).order_by("due", "id").limit(MOST)
        if not rows:
            return
        soon: list[datetime] = []
        for row in rows:
            try:
                again = await self._tend(row)
            except Exception:
                log.exception("the notice of broadcast %d failed and is tried again", row.broadcast_id)
                continue
            soon += [again] if again else []
        if soon:
            await self._run_by(min(soon).timestamp())

    async def page(self, channel_id: int, offset: int = 0, limit: int = 20) -> Page:
        """Return some of the channel's notices, the newest first."""
        found = NoticeRow.filter(channel_id=channel_id)
        rows = await found.order_by("-id").offset(offset).limit(limit)
        return Page(await found.count(), tuple(self._notice(row) for row in rows))

    async def post_of(self, broadcast_id: int) -> str:
        """Return the id of the post about a broadcast, or "" if none is public."""
        row = await NoticeRow.get_or_none(broadcast_id=broadcast_id)
        return row.post_id if row is not None and row.state in OUT else ""

    async def preview(self, channel_id: int, notice_id: int | None = None, text: str = "") -> Preview:
        """Return what would be posted now: by this notice or the next one, or with this text instead.

        Raises NotFound, Invalid, Off.
        """
        row = await self._row(channel_id, notice_id) if notice_id is not None else None
        channel = self._channel(channel_id)
        text = text.strip() or self._text(channel, row)
        html = self._context.posts.html(channel, self._draft(channel, text, row)) if text else ""
        return Preview(text, html)

    async def edit(self, channel_id: int, notice_id: int, text: str) -> Notice:
        """Change the text of a notice (Markdown); an empty one restores the default. A public post is edited at once.

        Raises NotFound, Invalid, Off, and Conflict when the notice is closed or was changed meanwhile.
        """
        row = await self._row(channel_id, notice_id)
        channel = self._channel(channel_id)
        draft = self._draft(channel, text.strip() or self._text(channel, row, custom=False), row)
        self._context.posts.html(channel, draft)
        custom: dict[str, object] = {"custom": text.strip()}
        if row.state == State.PLANNED:
            await _decide(row, **custom)
        elif row.state in OUT and row.closed_at is None:
            draft = await self._context.posts.look_up(draft)
            if not await atomic(self._say, row, draft, custom):
                raise Conflict(NoticeProblem.CHANGED_MEANWHILE)
        else:
            raise Conflict(NoticeProblem.NOT_OPEN)
        return await self._again(row)

    async def cancel(self, channel_id: int, notice_id: int) -> Notice:
        """Cancel a planned notice. Raises NotFound, and Conflict for one that is not planned."""
        row = await self._row(channel_id, notice_id)
        if row.state != State.PLANNED:
            raise Conflict(NoticeProblem.NOT_PLANNED)
        await _decide(row, state=State.CANCELLED.value)
        return await self._again(row)

    async def post_now(self, channel_id: int, notice_id: int | None = None) -> Notice:
        """Post at once, whatever the rules say; without an id, the notice of the running broadcast.

        Raises NotFound, Invalid, Off, and Conflict when no broadcast is running, it was posted already, or there is no
        text.
        """
        self._context.addresses.site()
        row = await self._row(channel_id, notice_id) if notice_id is not None else await self._current(channel_id)
        if _is_over(await self._stream_state(row)):
            raise Conflict(NoticeProblem.BROADCAST_OVER)
        if row.state in OUT or row.state == State.WITHDRAWN:
            raise Conflict(NoticeProblem.POSTED)
        channel = self._channel(channel_id)
        if not self._text(channel, row):
            raise Conflict(NoticeProblem.NO_TEXT)
        if not await self._post(row, channel):
            raise Conflict(NoticeProblem.CHANGED_MEANWHILE)
        return await self._again(row)

    async def withdraw(self, channel_id: int, notice_id: int) -> Notice:
        """Delete the post. Raises NotFound, Off, and Conflict for a notice that is not public."""
        row = await self._row(channel_id, notice_id)
        if row.state not in OUT:
            raise Conflict(NoticeProblem.NOT_OUT)
        if not await atomic(self._take_back, row, self._now()):
            raise Conflict(NoticeProblem.CHANGED_MEANWHILE)
        return await self._again(row)

    async def _tend(self, row: NoticeRow) -> datetime | None:
        """Take the next step of one notice. Returns when to look again, if that is known."""
        now, channel, stream = self._now(), self._context.addresses.by_id(row.channel_id), await self._stream_state(row)
        if channel is None:
            await _skip(row, SkipReason.NO_CHANNEL)
            return None
        step: object
        if row.state != State.PLANNED and not self._context.addresses.on:
            # federation is off: no edit can be delivered, and no post can be read
            step = lifecycle.Rest()
        elif row.state == State.PLANNED:
            step = lifecycle.before(row.due, now, stream, await self._rules(row, channel))
        else:
            title = self._title(row.channel_id)
            renamed = title != row.title and not row.custom
            if not renamed and row.retitle_due is not None and await _swap(row, retitle_due=None):
                row.version += 1
            step = lifecycle.after(stream, now, renamed=renamed, retitle_due=row.retitle_due)
        try:
            return await self._take(step, row, channel, stream)
        except Refusal as refusal:
            if row.state == State.PLANNED:
                await _skip(row, *_reason(refusal))
            elif isinstance(refusal, Gone | NotFound):
                # the post or its row was deleted: there is nothing to close
                await _swap(row, state=State.WITHDRAWN.value, closed_at=now)
            else:
                log.warning("the notice of broadcast %d stays as it is: %s", row.broadcast_id, refusal)
        return None

    async def _take(
        self, step: object, row: NoticeRow, channel: Channel, stream: lifecycle.StreamState | None
    ) -> datetime | None:
        if isinstance(step, lifecycle.Wait):
            if row.state != State.PLANNED and row.retitle_due is None:
                await _swap(row, retitle_due=step.until)
            return step.until
        if isinstance(step, lifecycle.Skip):
            await _skip(row, step.why)
        elif isinstance(step, lifecycle.Post):
            await self._post(row, channel)
        elif isinstance(step, lifecycle.Update):
            draft = await self._context.posts.look_up(self._draft(channel, self._text(channel, row), row))
            await atomic(self._say, row, draft, {})
        elif isinstance(step, lifecycle.Close):
            await self._finish(row, channel, stream)
        return None

    async def _post(self, row: NoticeRow, channel: Channel) -> bool:
        """Post the notice. Returns False if another process changed it meanwhile."""
        # outside the transaction, because it sends requests to other servers
        draft = await self._context.posts.look_up(self._draft(channel, self._text(channel, row), row))
        return await atomic(self._send, row, channel, draft)

    async def _send(self, row: NoticeRow, channel: Channel, draft: Draft) -> bool:
        """Post the draft, in a transaction. Raises Conflict when the broadcast has ended meanwhile."""
        now = self._now()
        out = {"state": State.POSTED.value, "why": "", "why_detail": None, "posted_at": now, "closed_at": None}
        if not await _swap(row, said=draft.text, title=self._title(channel.id), **out):
            return False
        if _is_over(await self._stream_state(row)):
            # the broadcast ended during these requests, and `tend` skips a notice that is not planned any more
            raise Over
        post = await self._context.posts.publish(channel, draft, expires_at=(now + EXPIRES).timestamp())
        await NoticeRow.filter(id=row.id).update(post_id=post.id)
        await self._context.posts.pin(post.id, pinned=True)
        return True

    async def _say(self, row: NoticeRow, draft: Draft, more: dict[str, object]) -> bool:
        said = {"said": draft.text, "title": self._title(row.channel_id), "retitle_due": None}
        if not await _swap(row, state=State.UPDATED.value, updated_at=self._now(), **said, **more):
            return False
        await self._context.posts.edit(row.post_id, draft)
        return True

    async def _finish(self, row: NoticeRow, channel: Channel, stream: lifecycle.StreamState | None) -> None:
        at = stream.ended_at if stream is not None and stream.ended_at is not None else self._now()
        how = self._context.settings.value("notice.at_end", row.channel_id)
        if how == "delete":
            await atomic(self._take_back, row, at)
        elif how == "update":
            message = str(self._context.settings.value("notice.ended_message", row.channel_id))
            text = wording.ended(message, self._title(channel.id), self._link(channel, row), row.event_name or "")
            await atomic(self._leave, row, at, self._draft(channel, text, row))
        else:
            await atomic(self._leave, row, at, None)

    async def _leave(self, row: NoticeRow, at: datetime, draft: Draft | None) -> None:
        if draft is not None:
            if not await self._say(row, draft, {"closed_at": at}):
                return
        elif not await _swap(row, closed_at=at):
            return
        await self._context.posts.pin(row.post_id, pinned=False)

    async def _take_back(self, row: NoticeRow, at: datetime) -> bool:
        if not await _swap(row, state=State.WITHDRAWN.value, closed_at=at):
            return False
        await self._context.posts.delete(row.post_id)
        return True

    async def _rules(self, row: NoticeRow, channel: Channel) -> lifecycle.Rules:
        cooldown_s = self._context.settings.value("notice.cooldown_s", row.channel_id)
        before = NoticeRow.filter(channel_id=row.channel_id, posted_at__not_isnull=True).exclude(id=row.id)
        last = await before.order_by("-posted_at").first()
        # without a stored end, it ended when it was last seen
        stream = await self._stream_state(last) if last is not None else None
        ended = (stream.ended_at or stream.seen_at) if stream is not None else None
        on = self._context.addresses.on
        return lifecycle.Rules(on, on and bool(self._text(channel, row)), timedelta(seconds=cooldown_s), ended)

    def _text(self, channel: Channel, row: NoticeRow | None, *, custom: bool = True) -> str:
        """Return the text to post, in Markdown. Raises Off."""
        if row is not None and row.custom and custom:
            return str(row.custom)
        message = str(self._context.settings.value("federation.live_message", channel.id))
        event = (row.event_name or "") if row is not None else ""
        return wording.live(message, self._title(channel.id), self._link(channel, row), event)

    def _link(self, channel: Channel, row: NoticeRow | None) -> str:
        site = self._context.addresses.site()
        return site.live(channel.slug, row.broadcast_id) if row is not None else site.page(channel.slug)

    def _draft(self, channel: Channel, text: str, row: NoticeRow | None) -> Draft:
        value = self._context.settings.value
        pictures: tuple[Picture, ...] = ()
        if value("notice.picture", channel.id) == "picture":
            shown = wording.alt(self._title(channel.id), str(value("channel.name", channel.id)))
            # the image of this broadcast and not the live one: it stays after the broadcast
            still = self._context.addresses.site().still(channel.slug, row.broadcast_id if row is not None else None)
            pictures = (Picture(still, JPEG, shown),)
        return Draft(
            text,
            page=self._link(channel, row),
            pictures=pictures,
            hashtags=tuple(value("channel.tags", channel.id)),
            language=str(value("notice.language", channel.id)),
        )

    def _title(self, channel_id: int) -> str:
        return str(self._context.settings.value("channel.title", channel_id))

    def _channel(self, channel_id: int) -> Channel:
        found = self._context.addresses.by_id(channel_id)
        if found is None:
            raise NotFound(ChannelProblem.NO_CHANNEL)
        return found

    async def _stream_state(self, row: NoticeRow) -> lifecycle.StreamState | None:
        entry = await self._context.broadcasts.find(row.broadcast_id)
        return lifecycle.StreamState(entry.started_at, entry.seen_at, entry.lost_at, entry.ended_at) if entry else None

    async def _current(self, channel_id: int) -> NoticeRow:
        """Return the notice of the running broadcast. Makes it if federation was off when the broadcast began."""
        running = await self._context.broadcasts.unfinished(channel_id)
        if not running:
            raise Conflict(NoticeProblem.NOTHING_LIVE)
        await self._put(running[0].id, channel_id, self._now(), running[0].started_at)
        return await NoticeRow.get(broadcast_id=running[0].id)

    async def _put(self, broadcast_id: int, channel_id: int, due: datetime, began: datetime) -> None:
        event = await self._context.event_at(channel_id, began)
        row = NoticeRow(
            broadcast_id=broadcast_id,
            channel_id=channel_id,
            state=State.PLANNED.value,
            due=due,
            event_id=event.id if event else None,
            event_name=event.name if event else None,
        )
        await NoticeRow.bulk_create([row], ignore_conflicts=True)

    async def _row(self, channel_id: int, notice_id: int) -> NoticeRow:
        row = await NoticeRow.get_or_none(id=notice_id, channel_id=channel_id)
        if row is None:
            raise NotFound(NoticeProblem.NO_NOTICE)
        return row

    async def _again(self, row: NoticeRow) -> Notice:
        return self._notice(await NoticeRow.get(id=row.id))

    def _notice(self, row: NoticeRow) -> Notice:
        on, channel = self._context.addresses.on, self._context.addresses.by_id(row.channel_id)
        text = row.custom or row.said
        if not text and on and channel is not None:
            text = self._text(channel, row)
        why, detail = _why(row)
        return Notice(
            id=row.id,
            channel_id=row.channel_id,
            broadcast_id=row.broadcast_id,
            state=State(row.state),
            why=why,
            detail=detail,
            text=text,
            due=row.due,
            post=self._context.addresses.site().post(row.post_id) if row.post_id and on else "",
            posted_at=row.posted_at,
            updated_at=row.updated_at,
            closed_at=row.closed_at,
            event_id=row.event_id or "",
            event_name=row.event_name or "",
        )


async def waiting() -> bool:
    """Return whether any notice is open, which needs a running worker."""
    return await NoticeRow.filter(closed_at=None, state__in=_OPEN).exists()


def _is_over(stream: lifecycle.StreamState | None) -> bool:
    return stream is None or stream.ended_at is not None


_OPEN = [State.PLANNED.value, *(state.value for state in OUT)]


async def _swap(row: NoticeRow, **values: object) -> bool:
    """Change the row unless it was changed since it was read. Returns whether it was changed."""
    return bool(await NoticeRow.filter(id=row.id, version=row.version).update(version=row.version + 1, **values))


async def _skip(row: NoticeRow, why: SkipReason, detail: str | None = None) -> None:
    await _swap(row, state=State.SKIPPED.value, why=why.value, why_detail=detail)


def _reason(refusal: Refusal) -> tuple[SkipReason, str | None]:
    """Return what to store of the refusal of a post: the reason and its detail."""
    if isinstance(refusal, Over):
        return SkipReason.OVER, None
    if isinstance(refusal, Off):
        return SkipReason.FEDERATION_OFF, None
    if isinstance(refusal, Invalid):
        return SkipReason.INVALID, to_detail(refusal)[:MAX_DETAIL]
    return SkipReason.REFUSED, to_detail(refusal)[:MAX_DETAIL]


def _why(row: NoticeRow) -> tuple[SkipReason | None, str]:
    """Return the stored reason and its detail. A reason that this version does not know is OTHER."""
    if not row.why:
        return None, ""
    try:
        return SkipReason(row.why), row.why_detail or ""
    except ValueError:
        return SkipReason.OTHER, row.why


async def _decide(row: NoticeRow, **values: object) -> None:
    if not await _swap(row, **values):
        raise Conflict(NoticeProblem.CHANGED_MEANWHILE)

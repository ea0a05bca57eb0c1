"""The message log: written in batches, in the order of the ids, and sent to clients only after the commit.

What may be said is decided elsewhere (`rules.py`).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import Q

from fedistream.chat import message_ids, message_rows
from fedistream.chat.message_rows import COLUMNS
from fedistream.chat.models import MessageRow
from fedistream.chat.values import ChatProblem, Kind, Message
from fedistream.chat.visitors import Visitors
from fedistream.core.clocks import Clocks
from fedistream.core.errors import Invalid, TooMany, ValueProblem
from fedistream.core.events import Fact
from fedistream.core.ports import FactEmitter
from fedistream.db import DatabaseProblem, after_commit, atomic

log = logging.getLogger(__name__)

FIRST_PAUSE_S, MAX_PAUSE_S = 0.25, 2.0  # before a failed batch is retried
PAUSE_S = 0.02  # between two batches: at 900 messages a second a transaction for each would take half a core
MAX_BATCH = 500
MAX_WAITING = 5_000  # messages in memory while the database does not answer
MAX_PAGE = 500
MAX_IDS = 1_000  # hidden or shown in one call, and listed for a client that was disconnected
MAX_LOOKED_AT = 5_000  # rows hidden last, among which the newest ids are chosen
PRUNED_AT_ONCE = 1_000  # rows in one statement: every other writer waits for it
PRUNE_PAUSE_S = 0.1  # between two statements, for the other writers
AHEAD = timedelta(seconds=1)  # the largest error of the time in an id; beyond it the time is stored with the message
FARTHEST = message_ids.LAST >> 1  # an id of the year 2248: continuing from a later one could use up the ids

GONE, GONE_HTML = "\u2026", "<p>\u2026</p>"  # the content of a message that its author deleted

OnCommitted = Callable[[Message], None]
InTransaction = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class _Waiting:
    message: Message
    keep: bool
    on_committed: OnCommitted
    fact: Fact | None
    in_transaction: InTransaction | None
    accepted: "asyncio.Future[bool]"


class MessageLog:
    """The messages of all channels. `append` may be called at any time; `run` writes until `close`, and then what is
    left."""

    def __init__(self, clocks: Clocks, visitors: Visitors, facts: FactEmitter) -> None:
        self._clocks, self._visitors, self._facts = clocks, visitors, facts
        self._ids = message_ids.Ids(clocks.now, clocks.chance)
        self._waiting: deque[_Waiting] = deque()
        self._last: asyncio.Future[bool] | None = None
        self._news, self._closing = asyncio.Event(), asyncio.Event()
        self._failed = 0  # attempts at the first batch
        self.changes = 0  # how many changes there were to messages that were already sent

    async def open(self) -> None:
        """Make new ids higher than every stored one, even when the clock was set back while the node was stopped.

        To be called once, before the first `append`.
        """
        newest = await MessageRow.all().order_by("-id").first()
        if newest is not None and newest.id < FARTHEST:
            self._ids.skip(newest.id)

    def next_id(self) -> str:
        """Return a new id. It must be used by the next `append`."""
        return self._ids.next()

    def moment(self, message_id: str) -> datetime:
        """Return the time to store for a message whose id was made just now.

        That is the time in the id, unless it is more than AHEAD away from the clock. Ids always rise, so they stay
        ahead after the clock was ahead for a while.
        """
        at, now = message_ids.time_of(message_ids.number(message_id)), self._clocks.now()
        return at if abs(at - now) <= AHEAD else now

    @property
    def crowded(self) -> bool:
        """True when half of MAX_WAITING is in use. The other half is kept for people's messages, so announcements are
        left out."""
        return len(self._waiting) >= MAX_WAITING // 2

    def append(
        self,
        message: Message,
        on_committed: OnCommitted,
        *,
        fact: Fact | None = None,
        in_transaction: InTransaction | None = None,
        keep: bool = True,
    ) -> "asyncio.Future[bool]":
        """Queue a message for the next write, and emit `fact` with it. With `keep=False` it is not stored, only put in
        order.

        `in_transaction(message id)` is awaited in the same transaction and may await nothing but the database; when it
        raises, the message is not stored. `on_committed(message)` is called after the commit, whether or not anybody
        awaits the future. The future's result is whether the message was written. The id must come from `next_id`, with
        no other append in between. Raises TooMany when the database does not keep up.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise TooMany(1)
        accepted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(message, keep, on_committed, fact, in_transaction, accepted))
        self._last = accepted
        self._news.set()
        return accepted

    async def run(self) -> None:
        """Write messages until `close`. The first message after a pause is written at once.

        While the database is away, all messages wait for it. Messages that wait when this task is cancelled are lost;
        no client has received them.
        """
        try:
            while True:
                await self._news.wait()
                while self._waiting:
                    await self._write_some()
                self._news.clear()
                if self._closing.is_set():
                    return
        finally:
            if self._closing.is_set():
                self._give_up()

    async def check(self) -> str | None:
        """Return "behind" for the readiness check while messages cannot be written, else None."""
        return "behind" if self._failed > 1 else None

    async def settle(self) -> None:
        """Wait until everything that was appended so far is written or lost."""
        if self._last is not None:
            await asyncio.wait([self._last])

    def close(self) -> None:
        """Make `run` end when everything that waits is written."""
        self._closing.set()
        self._news.set()

    async def history(
        self, channel_id: int, *, before: str | None = None, after: str | None = None, limit: int = 100
    ) -> tuple[Message, ...]:
        """Return visible messages of a channel, the oldest first.

        These are the first `limit` after the id `after`; or else the newest `limit` before the id `before`, or of all.
        Raises Invalid.
        """
        rows = MessageRow.filter(channel_id=channel_id, visible=True)
        if after is not None:
            rows = rows.filter(id__gt=_cursor(after)).order_by("id")
            return await self._messages(await rows.limit(_page(limit)).values_list(*COLUMNS))
        if before is not None:
            rows = rows.filter(id__lt=_cursor(before))
        found = await rows.order_by("-id").limit(_page(limit)).values_list(*COLUMNS)
        return await self._messages(found[::-1])

    async def behind_newest(self, channel_id: int, count: int) -> str:
        """Return the id of the message just before the newest `count` visible ones, "" when there are no more than
        `count`."""
        rows = MessageRow.filter(channel_id=channel_id, visible=True).order_by("-id").offset(count).limit(1)
        found = await rows.values_list("id", flat=True)
        return message_ids.text(int(str(found[0]))) if found else ""

    async def hidden_since(self, channel_id: int, after: str, *, upto: str = "") -> tuple[str, ...]:
        """Return the ids of messages that were hidden after the time of the id `after`, for a client that was
        disconnected.

        Only messages up to the id `upto` count (default: `after`), because a client has no later ones. Returns the
        newest MAX_IDS, the oldest first. Raises Invalid.
        """
        since = message_ids.time_of(_cursor(after))
        # without a condition on `visible`: SQLite would choose its index and read all rows that were ever hidden
        rows = MessageRow.filter(channel_id=channel_id, id__lte=_cursor(upto or after), hidden_at__gt=since)
        found = await rows.order_by("-hidden_at", "-id").limit(MAX_LOOKED_AT).values_list("id", flat=True)
        return tuple(message_ids.text(number) for number in sorted(int(str(each)) for each in found)[-MAX_IDS:])

    async def moderated(self, channel_id: int, *, before: str | None = None, limit: int = 100) -> tuple[Message, ...]:
        """Return messages of visitors, bots and remote authors, hidden or not, the newest first. Raises Invalid."""
        from_elsewhere = Q(kind=Kind.CHAT.value, more__isnull=False)
        rows = MessageRow.filter(Q(visitor_id__isnull=False) | from_elsewhere, channel_id=channel_id)
        if before is not None:
            rows = rows.filter(id__lt=_cursor(before))
        return await self._messages(await rows.order_by("-id").limit(_page(limit)).values_list(*COLUMNS))

    async def total(self, channel_id: int) -> int:
        """Return the number of stored messages of the channel."""
        return await MessageRow.filter(channel_id=channel_id).count()

    async def of_visitor(self, visitor_id: str, *, limit: int = 100) -> tuple[Message, ...]:
        """Return the visitor's messages in all channels, hidden or not, the newest first. Raises Invalid."""
        rows = MessageRow.filter(visitor_id=visitor_id).order_by("-id").limit(_page(limit))
        return await self._messages(await rows.values_list(*COLUMNS))

    async def by_ids(self, message_ids: Iterable[str]) -> tuple[Message, ...]:
        """Return the messages with these ids, the oldest first; unknown ids are ignored. Raises Invalid for more than
        MAX_IDS."""
        rows = MessageRow.filter(id__in=_numbers(message_ids)).order_by("id")
        return await self._messages(await rows.values_list(*COLUMNS))

    async def set_visible(self, message_ids: Iterable[str], visible: bool) -> dict[int, tuple[str, ...]]:
        """Hide or show messages. Returns the ids of those that changed, by channel. Raises Invalid for more than
        MAX_IDS."""
        changed = await atomic(self._set_visible, _numbers(message_ids), visible)
        after_commit(self._changed)
        return changed

    async def hide_all_of(self, visitor_id: str) -> dict[int, tuple[str, ...]]:
        """Hide everything a visitor said. Returns the newest MAX_IDS ids that changed, by channel."""
        changed = await atomic(self._hide_all_of, visitor_id)
        after_commit(self._changed)
        return changed

    async def rewrite(self, message_id: str, change: Callable[[Message], Message]) -> Message | None:
        """Change the content of a message. Returns the changed message, or None if there is none with this id."""
        found = await self.by_ids([message_id])
        if not found:
            return None
        message = change(found[0])
        changed = {"body": message.body, "html": message.html, "more": message_rows.more(message)}
        await MessageRow.filter(id=message_ids.number(message.id)).update(**changed)
        after_commit(self._changed)
        return message

    async def wipe(self, message_ids: Iterable[str]) -> None:
        """Delete the content and the remote author of messages; the rows stay. Raises Invalid for more than MAX_IDS."""
        rows = MessageRow.filter(id__in=_numbers(message_ids))
        await rows.update(body=GONE, html=GONE_HTML, more=None, author=None)
        after_commit(self._changed)

    async def of_author(self, author: str) -> tuple[str, ...]:
        """Return the ids of at most MAX_IDS messages of a remote actor, the oldest first."""
        found = await MessageRow.filter(author=author).order_by("id").limit(MAX_IDS).values_list("id", flat=True)
        return tuple(message_ids.text(int(str(number))) for number in found)

    async def authors(self, after: str) -> tuple[str, ...]:
        """Return the URLs of at most MAX_PAGE remote actors that have messages, in order, beginning after the URL
        `after`."""
        rows = MessageRow.filter(author__gt=after).distinct().order_by("author").limit(MAX_PAGE)
        return tuple(str(author) for author in await rows.values_list("author", flat=True))

    async def was_told(self, channel_id: int, kind: Kind, author: str, since: datetime | None) -> bool:
        """Return whether there is a message of this kind by a remote actor, since this time or at all."""
        first = message_ids.first_of(since) if since is not None else 0
        return bool(await MessageRow.exists(author=author, channel_id=channel_id, kind=kind.value, id__gte=first))

    async def prune(self, channel_id: int, older_than: datetime) -> int:
        """Delete the messages before a time, PRUNED_AT_ONCE rows at a time. Returns how many were deleted."""
        last, deleted = max(message_ids.first_of(older_than), await self._dated_before(channel_id, older_than)), 0
        while True:
            rows = MessageRow.filter(channel_id=channel_id, id__lt=last).order_by("id").limit(PRUNED_AT_ONCE)
            found = [number for (number,) in await rows.values_list("id")]
            if not found:
                return deleted
            await MessageRow.filter(channel_id=channel_id, id__lte=found[-1]).delete()
            deleted += len(found)
            await asyncio.sleep(PRUNE_PAUSE_S)

    async def _write_some(self) -> None:
        """Write the next batch. When the database is away, the batch stays first in the queue and is retried."""
        batch = [self._waiting[at] for at in range(min(MAX_BATCH, len(self._waiting)))]
        try:
            await self._write(batch)
        except DatabaseProblem as problem:
            self._failed += 1
            pause_s = min(FIRST_PAUSE_S * 2 ** min(self._failed - 1, 10), MAX_PAUSE_S)
            log.warning("%d messages wait %g s for the database: %s", len(self._waiting), pause_s, problem)
            await asyncio.sleep(pause_s)
            return
        self._failed = 0
        for _ in batch:
            self._waiting.popleft()
        if not self._closing.is_set():
            await self._pause()

    async def newest_at(self) -> datetime | None:
        """Return when the newest message of all channels was said, or None without any."""
        found = await MessageRow.all().order_by("-id").limit(1).values_list(*COLUMNS)
        return message_rows.read(found[0], {}).at if found else None

    def _in_order(self) -> datetime:
        """Return the present time in the order of the ids, which is what `hidden_since` compares with.

        It differs from the clock when the ids are ahead of it.
        """
        now, newest = self._clocks.now(), message_ids.time_of(message_ids.number(self.next_id()))
        return now if newest <= now else newest + timedelta(milliseconds=1)

    async def _dated_before(self, channel_id: int, older_than: datetime) -> int:
        """Return a bound above the ids that are ahead of the clock and whose stored time is before `older_than`; 0
        without any.

        All messages with lower ids are older still, whatever the clock said when they were made.
        """
        behind, found = message_ids.first_of(self._clocks.now()), 0
        while True:
            rows = MessageRow.filter(channel_id=channel_id, id__gt=behind).order_by("id").limit(PRUNED_AT_ONCE)
            page = await rows.values_list("id", "more")
            for number, more in page:
                if at := (more or {}).get("at"):
                    if datetime.fromisoformat(at) >= older_than:
                        return found
                    found = number + 1
            if len(page) < PRUNED_AT_ONCE:
                return found
            behind = page[-1][0]

    def _changed(self) -> None:
        self.changes += 1

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(PAUSE_S):
                await self._closing.wait()
        except TimeoutError:
            return

    def _give_up(self) -> None:
        if self._waiting:
            log.error("the node stops, and %d messages could not be written", len(self._waiting))
        while self._waiting:
            if not (accepted := self._waiting.popleft().accepted).done():
                accepted.set_result(False)

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        """Store a batch and call its callbacks. Raises DatabaseProblem; then no callback was called."""
        kept = [each for each in batch if each.keep]
        lost = await self._store(kept) if kept else frozenset()
        for each in batch:
            stored = each.message.id not in lost
            if stored:
                try:
                    each.on_committed(each.message)
                except Exception:
                    log.exception("message %s is stored, but could not be sent", each.message.id)
            if not each.accepted.done():
                each.accepted.set_result(stored)

    async def _store(self, kept: Sequence[_Waiting]) -> AbstractSet[str]:
        """Store messages. Returns the ids of those that the database refuses. Raises DatabaseProblem."""
        try:
            await atomic(self._insert, kept)
        except DatabaseProblem:
            raise
        except Exception as error:
            if len(kept) == 1:
                log.warning("message %s could not be written: %s", kept[0].message.id, error)
                return {kept[0].message.id}
            # one message may refer to a visitor who was deleted meanwhile: store the others without it
            lost: set[str] = set()
            for each in kept:
                lost |= await self._store([each])
            return lost
        return frozenset()

    async def _insert(self, kept: Sequence[_Waiting]) -> None:
        if self._failed:
            # the failed attempt may have committed, and only the answer was lost
            found = await MessageRow.filter(id__in=[message_ids.number(each.message.id) for each in kept]).values_list(
                "id"
            )
            there = {int(str(number)) for (number,) in found}
            kept = [each for each in kept if message_ids.number(each.message.id) not in there]
            if not kept:
                return
        await message_rows.insert([each.message for each in kept])
        for each in kept:
            if each.in_transaction is not None:
                await each.in_transaction(each.message.id)
        await self._facts.emit_all([each.fact for each in kept if each.fact is not None])

    async def _set_visible(self, numbers: list[int], visible: bool) -> dict[int, tuple[str, ...]]:
        rows = MessageRow.filter(id__in=numbers, visible=not visible).order_by("id")
        return await self._change_visibility(await rows.values_list("id", "channel_id"), visible)

    async def _hide_all_of(self, visitor_id: str) -> dict[int, tuple[str, ...]]:
        rows = MessageRow.filter(visitor_id=visitor_id, visible=True)
        newest = await rows.order_by("-id").limit(MAX_IDS).values_list("id", "channel_id")
        changed = await self._change_visibility(newest, False)
        if len(newest) == MAX_IDS:
            await rows.update(visible=False, hidden_at=self._in_order())
        return changed

    async def _change_visibility(self, found: Any, visible: bool) -> dict[int, tuple[str, ...]]:
        hidden_at = None if visible else self._in_order()
        if found:
            rows = MessageRow.filter(id__in=[number for number, _ in found])
            await rows.update(visible=visible, hidden_at=hidden_at)
        changed: dict[int, list[str]] = {}
        for number, channel_id in sorted(found):
            changed.setdefault(channel_id, []).append(message_ids.text(number))
        return {channel_id: tuple(some) for channel_id, some in changed.items()}

    async def _messages(self, rows: Any) -> tuple[Message, ...]:
        """Return the messages of these rows. Two queries are cheaper than a join: each author is read once."""
        authors = await self._visitors.by_ids({visitor_id for _, _, visitor_id, *_ in rows if visitor_id is not None})
        return tuple(message_rows.read(row, authors) for row in rows)


def _cursor(message_id: str) -> int:
    try:
        return message_ids.number(message_id)
    except message_ids.BadId as error:
        raise Invalid("message id", ChatProblem.MESSAGE_ID) from error


def _numbers(listed: Iterable[str]) -> list[int]:
    """Return the numbers of these ids without malformed ones. Raises Invalid for more than MAX_IDS."""
    found: list[int] = []
    for each in listed:
        try:
            found.append(message_ids.number(each))
        except message_ids.BadId:
            continue
        if len(found) > MAX_IDS:
            raise Invalid("message ids", ValueProblem.MANY, most=MAX_IDS)
    return found


def _page(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE:
        raise Invalid("limit", ValueProblem.RANGE, least=1, most=MAX_PAGE)
    return limit


def retention(days: int, now: datetime) -> datetime | None:
    """Return the time before which messages are deleted, or None when they are kept for ever (`days` is 0)."""
    return now - timedelta(days=days) if days else None

"""The log of all messages: written in batches, in the order of their ids, and heard only when they are safe on disk.

Nothing here decides who may say what.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from tortoise.expressions import Q

from fedistream.chat import message_ids
from fedistream.chat.clocks import Clocks
from fedistream.chat.models import MessageRow
from fedistream.chat.values import Kind, Message, Origin, RemoteAuthor, Visitor
from fedistream.chat.visitors import Visitors
from fedistream.core.errors import Invalid, TooMany
from fedistream.core.events import Fact
from fedistream.db import DatabaseProblem, after_commit, atomic

log = logging.getLogger(__name__)

FIRST_PAUSE_S, MAX_PAUSE_S = 0.25, 2.0  # before a batch is tried again that the database did not take
PAUSE_S = 0.02  # between two batches: at 900 messages a second a transaction for each would take half a core
MAX_BATCH = 500
MAX_WAITING = 5_000  # messages in memory while the database does not answer
MAX_PAGE = 500
MAX_IDS = 1_000  # that are hidden or shown in one go, and told to who was away
MAX_LOOKED_AT = 5_000  # hidden last, among which the newest are looked for
PRUNED_AT_ONCE = 1_000  # rows in one statement: everybody else waits for it,
PRUNE_PAUSE_S = 0.1  # and is let in between
AHEAD = timedelta(seconds=1)  # by so much the time in an id may be off; by more, the message has its own
FARTHEST = message_ids.LAST >> 1  # an id in the year 2248: from there on they may run out

MORE = ("title", "image", "link", "warning", "answers", "reaction", "reaction_picture")
GONE, GONE_HTML = "\u2026", "<p>\u2026</p>"  # what is left of a message that its author took back
COLUMNS = ("id", "channel_id", "visitor_id", "kind", "origin", "body", "html", "hidden_at", "more")

OnCommitted = Callable[[Message], None]
InTransaction = Callable[[str], Awaitable[None]]


class Facts(Protocol):
    async def emit_all(self, facts: Sequence[Fact]) -> None: ...


@dataclass(slots=True)
class _Waiting:
    message: Message
    keep: bool
    on_committed: OnCommitted
    fact: Fact | None
    in_transaction: InTransaction | None
    accepted: "asyncio.Future[bool]"


class MessageLog:
    """`append` at any time; `run` writes until `close`, and then what is left."""

    def __init__(self, clocks: Clocks, visitors: Visitors, facts: Facts) -> None:
        self._clocks, self._visitors, self._facts = clocks, visitors, facts
        self._ids = message_ids.Ids(clocks.now, clocks.chance)
        self._waiting: deque[_Waiting] = deque()
        self._last: asyncio.Future[bool] | None = None
        self._news, self._closing = asyncio.Event(), asyncio.Event()
        self._failed = 0  # attempts at the first batch
        self.changes = 0  # how often something was changed that had been said before

    async def open(self) -> None:
        """Let ids go on after the last one that is stored, should the clock have been set back meanwhile, by however
        much: once, before anything is appended."""
        newest = await MessageRow.all().order_by("-id").first()
        if newest is not None and newest.id < FARTHEST:
            self._ids.skip(newest.id)

    def next_id(self) -> str:
        return self._ids.next()

    def moment(self, message_id: str) -> datetime:
        """When something is said whose id was made just now. That is the time in the id; but ids go on from the highest
        one, for the sake of the order, and a clock that was ahead for a while leaves them ahead."""
        at, now = message_ids.time_of(message_ids.number(message_id)), self._clocks.now()
        return at if abs(at - now) <= AHEAD else now

    @property
    def crowded(self) -> bool:
        """Whether so much waits that what can be left out should be: the other half is for what people say."""
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
        """Queue a message for the next write, and emit `fact` with it; with `keep=False` it only takes its turn.

        `in_transaction(message id)` is awaited in the same transaction, may await nothing but the database, and keeps
        the message out by raising. `on_committed(message)` is called after the commit, whether anybody waits or not;
        the future says whether it was written. The id must come from `next_id`, with no other append in between.
        Raises TooMany when the database does not keep up."""
        if len(self._waiting) >= MAX_WAITING:
            raise TooMany(1)
        accepted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(message, keep, on_committed, fact, in_transaction, accepted))
        self._last = accepted
        self._news.set()
        return accepted

    async def run(self) -> None:
        """Write what comes until `close`. The first message after a silence is written at once. While the database is
        away everything waits for it; what waits when we are cancelled is lost, and was heard by nobody."""
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
        """For readiness: "behind" while what is said cannot be written."""
        return "behind" if self._failed > 1 else None

    async def settle(self) -> None:
        """Wait until what has been appended so far is written, or lost."""
        if self._last is not None:
            await asyncio.wait([self._last])

    def close(self) -> None:
        """Let `run` end when all that waits is written."""
        self._closing.set()
        self._news.set()

    async def history(
        self, channel_id: int, *, before: str | None = None, after: str | None = None, limit: int = 100
    ) -> tuple[Message, ...]:
        """What may be seen, the oldest first: the newest `limit` of all, or of those before an id, or else the first
        `limit` after an id. Raises Invalid."""
        rows = MessageRow.filter(channel_id=channel_id, visible=True)
        if after is not None:
            rows = rows.filter(id__gt=_cursor(after)).order_by("id")
            return await self._messages(await rows.limit(_page(limit)).values_list(*COLUMNS))
        if before is not None:
            rows = rows.filter(id__lt=_cursor(before))
        found = await rows.order_by("-id").limit(_page(limit)).values_list(*COLUMNS)
        return await self._messages(found[::-1])

    async def behind_newest(self, channel_id: int, count: int) -> str:
        """The id behind which the newest `count` messages come that may be seen; empty when there are no more."""
        rows = MessageRow.filter(channel_id=channel_id, visible=True).order_by("-id").offset(count).limit(1)
        found = await rows.values_list("id", flat=True)
        return message_ids.text(int(str(found[0]))) if found else ""

    async def hidden_since(self, channel_id: int, after: str, *, upto: str = "") -> tuple[str, ...]:
        """The ids of messages that were said up to an id (`upto`, or else `after`) and hidden after the moment `after`
        was made: for somebody who was away and still shows them. The newest MAX_IDS, the oldest first. Raises
        Invalid."""
        since = message_ids.time_of(_cursor(after))
        # no word of `visible`: by its index SQLite would go through all that was ever hidden
        rows = MessageRow.filter(channel_id=channel_id, id__lte=_cursor(upto or after), hidden_at__gt=since)
        found = await rows.order_by("-hidden_at", "-id").limit(MAX_LOOKED_AT).values_list("id", flat=True)
        return tuple(message_ids.text(number) for number in sorted(int(str(each)) for each in found)[-MAX_IDS:])

    async def moderated(self, channel_id: int, *, before: str | None = None, limit: int = 100) -> tuple[Message, ...]:
        """What visitors, bots and people from elsewhere said, hidden or not, the newest first. Raises Invalid."""
        from_elsewhere = Q(kind=Kind.CHAT.value, more__isnull=False)
        rows = MessageRow.filter(Q(visitor_id__isnull=False) | from_elsewhere, channel_id=channel_id)
        if before is not None:
            rows = rows.filter(id__lt=_cursor(before))
        return await self._messages(await rows.order_by("-id").limit(_page(limit)).values_list(*COLUMNS))

    async def of_visitor(self, visitor_id: str, *, limit: int = 100) -> tuple[Message, ...]:
        """The visitor's messages in all channels, hidden or not, the newest first."""
        rows = MessageRow.filter(visitor_id=visitor_id).order_by("-id").limit(_page(limit))
        return await self._messages(await rows.values_list(*COLUMNS))

    async def by_ids(self, message_ids: Iterable[str]) -> tuple[Message, ...]:
        """Those of them that there are, the oldest first."""
        rows = MessageRow.filter(id__in=_numbers(message_ids)).order_by("id")
        return await self._messages(await rows.values_list(*COLUMNS))

    async def set_visible(self, message_ids: Iterable[str], visible: bool) -> dict[int, tuple[str, ...]]:
        """Hide or show them. Returns which of them changed, by channel. Raises Invalid for more than MAX_IDS."""
        changed = await atomic(self._set_visible, _numbers(message_ids), visible)
        after_commit(self._changed)
        return changed

    async def hide_all_of(self, visitor_id: str) -> dict[int, tuple[str, ...]]:
        """Hide everything a visitor said. Returns the newest MAX_IDS that changed, by channel."""
        changed = await atomic(self._hide_all_of, visitor_id)
        after_commit(self._changed)
        return changed

    async def rewrite(self, message_id: str, change: Callable[[Message], Message]) -> Message | None:
        """Let a message say something else. Returns it as it is then, or None if there is none."""
        found = await self.by_ids([message_id])
        if not found:
            return None
        message = change(found[0])
        row = _row(message)
        await MessageRow.filter(id=row.id).update(body=row.body, html=row.html, more=row.more)
        after_commit(self._changed)
        return message

    async def wipe(self, message_ids: Iterable[str]) -> None:
        """Forget what they said and who elsewhere said it. Raises Invalid for more than MAX_IDS."""
        rows = MessageRow.filter(id__in=_numbers(message_ids))
        await rows.update(body=GONE, html=GONE_HTML, more=None, author=None)
        after_commit(self._changed)

    async def of_author(self, author: str) -> tuple[str, ...]:
        """The ids of what an actor elsewhere said and did, MAX_IDS at most."""
        found = await MessageRow.filter(author=author).order_by("id").limit(MAX_IDS).values_list("id", flat=True)
        return tuple(message_ids.text(int(str(number))) for number in found)

    async def authors(self, after: str) -> tuple[str, ...]:
        """The actors elsewhere of whom there are lines, MAX_PAGE at most, in order, those after one of them."""
        rows = MessageRow.filter(author__gt=after).distinct().order_by("author").limit(MAX_PAGE)
        return tuple(str(author) for author in await rows.values_list("author", flat=True))

    async def was_told(self, channel_id: int, kind: Kind, author: str, since: datetime | None) -> bool:
        """Whether there is a line of this kind about an actor elsewhere, since then or at all."""
        first = message_ids.first_of(since) if since is not None else 0
        return bool(await MessageRow.exists(author=author, channel_id=channel_id, kind=kind.value, id__gte=first))

    async def prune(self, channel_id: int, older_than: datetime) -> int:
        """Delete what was said before, a bite at a time. Returns how many were deleted."""
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
        """Write the next batch. It keeps its place, and is tried again, when the database is away."""
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
        """When the newest message of all was said; None without any."""
        found = await MessageRow.all().order_by("-id").limit(1).values_list(*COLUMNS)
        return _message(found[0], {}).at if found else None

    def _in_order(self) -> datetime:
        """Now, by the clock of the ids, against which it is held for those who were away (`hidden_since`). Ids that are
        ahead stand still in time."""
        now, newest = self._clocks.now(), message_ids.time_of(message_ids.number(self.next_id()))
        return now if newest <= now else newest + timedelta(milliseconds=1)

    async def _dated_before(self, channel_id: int, older_than: datetime) -> int:
        """Return the highest id among messages whose ids are ahead of the clock, but which say that they are older.
        What was said before that is older still, whatever the clock said then."""
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
        """Raises DatabaseProblem; then nobody was told anything."""
        kept = [each for each in batch if each.keep]
        lost = await self._store(kept) if kept else frozenset()
        for each in batch:
            stored = each.message.id not in lost
            if stored:
                try:
                    each.on_committed(each.message)
                except Exception:
                    log.exception("message %s is written, but not told", each.message.id)
            if not each.accepted.done():
                each.accepted.set_result(stored)

    async def _store(self, kept: Sequence[_Waiting]) -> AbstractSet[str]:
        """Write them. Returns the ids of those that cannot be. Raises DatabaseProblem."""
        try:
            await atomic(self._insert, kept)
        except DatabaseProblem:
            raise
        except Exception as error:
            if len(kept) == 1:
                log.warning("message %s could not be written: %s", kept[0].message.id, error)
                return {kept[0].message.id}
            # one of them may refer to a visitor who was deleted meanwhile; the others are not to suffer for it
            lost: set[str] = set()
            for each in kept:
                lost |= await self._store([each])
            return lost
        return frozenset()

    async def _insert(self, kept: Sequence[_Waiting]) -> None:
        if self._failed:
            # what failed may have been the answer to the commit alone
            found = await MessageRow.filter(id__in=[message_ids.number(each.message.id) for each in kept]).values_list(
                "id"
            )
            there = {int(str(number)) for (number,) in found}
            kept = [each for each in kept if message_ids.number(each.message.id) not in there]
            if not kept:
                return
        await MessageRow.bulk_create([_row(each.message) for each in kept])
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
        """Two queries rather than a join: an author of a hundred messages is read once."""
        authors = await self._visitors.by_ids({visitor_id for _, _, visitor_id, *_ in rows if visitor_id is not None})
        return tuple(_message(row, authors) for row in rows)


def _row(message: Message) -> MessageRow:
    more: dict[str, object] = {name: text for name in MORE if (text := getattr(message, name))}
    if message.edited_at is not None:
        more["edited_at"] = message.edited_at.isoformat()
    if message.at != message_ids.time_of(message_ids.number(message.id)):
        more["at"] = message.at.isoformat()
    if message.remote is not None:
        author = message.remote
        more["remote"] = asdict(author)
    return MessageRow(
        id=message_ids.number(message.id),
        channel_id=message.channel_id,
        visitor_id=message.visitor and message.visitor.id,
        kind=message.kind.value,
        origin=message.origin.value,
        body=message.body,
        html=message.html,
        author=(message.remote.url or None) if message.remote and message.origin is Origin.FEDIVERSE else None,
        more=more or None,
    )


def _message(row: Sequence[Any], authors: dict[str, Visitor]) -> Message:
    number, channel_id, visitor_id, kind, origin, body, html, hidden_at, more = row
    more = dict(more or {})
    remote, edited_at, at = (more.pop(name, None) for name in ("remote", "edited_at", "at"))
    return Message(
        id=message_ids.text(number),
        channel_id=channel_id,
        kind=Kind(kind),
        origin=Origin(origin),
        body=body,
        html=html,
        at=message_ids.time_of(number) if at is None else datetime.fromisoformat(at),
        visitor=authors.get(visitor_id),
        remote=None if remote is None else RemoteAuthor(**remote),
        hidden_at=hidden_at,
        edited_at=None if edited_at is None else datetime.fromisoformat(edited_at),
        **more,
    )


def _cursor(message_id: str) -> int:
    try:
        return message_ids.number(message_id)
    except message_ids.BadId as error:
        raise Invalid("message id", "is none of ours") from error


def _numbers(listed: Iterable[str]) -> list[int]:
    """As numbers, without those that cannot be ids. Raises Invalid for too many."""
    found: list[int] = []
    for each in listed:
        try:
            found.append(message_ids.number(each))
        except message_ids.BadId:
            continue
        if len(found) > MAX_IDS:
            raise Invalid("message ids", f"can be {MAX_IDS} at most")
    return found


def _page(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE:
        raise Invalid("limit", f"must be between 1 and {MAX_PAGE}")
    return limit


def retention(days: int, now: datetime) -> datetime | None:
    """Before when messages are deleted; None when they are kept for good."""
    return now - timedelta(days=days) if days else None

"""Remote actors: their keys, their rows, and the ledger of seen activities. The inbox's ports.

Rows are kept only for actors that follow, reply or engage; the keys of other actors are cached in memory for a day, in
a bounded number.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from activitypub.actor import Actor, parse_actor, write_actor
from activitypub.bounded_dict import BoundedDict
from activitypub.discovery import find_signer
from activitypub.network.fetch_limiter import DocumentFetcher
from activitypub.refusal import Refused
from activitypub.signer import Missing, Signer
from activitypub.urls import authority, without_fragment
from activitypub.vocabulary.reversals import Reversal
from fedistream.core import plain_text
from fedistream.db import after_commit, atomic, statement
from fedistream.federation.blocks import Blocks
from fedistream.federation.keys import load_signatures
from fedistream.federation.models import FollowerRow, RemoteActorRow, RemoteNoteRow, SeenActivityRow
from fedistream.federation.values import State

KEEP_S = 86_400.0
MAX_KEPT = 10_000  # signers in memory, about 5 kB each
RENEW_S = 300.0  # the shortest time between two fetches of a key that does not verify
SEEN_FOR = timedelta(days=8)  # a signature is valid for hours; servers retry for days
MAX_SEEN = 10_000  # ids in memory, up to 2 kB each
FRESH = timedelta(hours=1)  # an unchanged row is not written again within this time
MAX_HANDLE = 320  # characters
MAX_NAME = 100
_NO_NAME = re.compile(r"[^\w.-]")
_MARK_SEEN = (
    "INSERT INTO seen_activity (activity_id, at, side) VALUES {rows} ON CONFLICT DO NOTHING RETURNING activity_id"
)
_NAMED = "SELECT url FROM remote_actor WHERE lower(handle) IN (:handles)"
# two statements: with OR and a list that is empty, PostgreSQL would read the whole ledger
_LET_GO_SIDES = "DELETE FROM seen_activity WHERE side IN (:sides)"
_LET_GO_IDS = "DELETE FROM seen_activity WHERE activity_id IN (:ids)"
_KNOWN = """
SELECT id, url, key_id, handle, name, image, inbox, shared_inbox FROM remote_actor
WHERE url IN (:urls) AND fetched_at > :since
"""


@dataclass(frozen=True, slots=True)
class StoredActor:
    """The public part of an actor's row."""

    id: int
    handle: str
    image: str


Introduced = Callable[[Actor], None]
"""Called after the commit with an actor that has a new row or a new name: its server may use another host in its
handle."""


class RemoteActors:
    """Remote actors and the ledger of seen activities. `clock` is monotonic, in seconds."""

    def __init__(
        self,
        fetches: DocumentFetcher,
        blocks: Blocks,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        *,
        introduced: Introduced = lambda actor: None,
        max_seen: int = MAX_SEEN,
    ) -> None:
        self._fetches, self._blocks, self._clock, self._now = fetches, blocks, clock, now
        self._kept: BoundedDict[str, tuple[Signer, float]] = BoundedDict(MAX_KEPT)
        self._renewed: BoundedDict[str, float] = BoundedDict(MAX_KEPT)
        self._seen: BoundedDict[str, None] = BoundedDict(max_seen)
        self._introduced = introduced

    def is_blocked(self, url: str) -> bool:
        return url in self._blocks

    async def resolve(self, key_id: str) -> Signer | Missing:
        """Return the signer of a key: from memory, from the rows, or fetched."""
        signer, until = self._kept.get(key_id, (None, 0.0))
        if signer is not None and self._clock() < until:
            return signer
        found = await self._stored(key_id) or await find_signer(key_id, self._fetches)
        if isinstance(found, Signer):
            self._keep(found)
        return found

    async def refresh(self, signer: Signer) -> Signer | None:
        """Fetch a signer again, at most once in RENEW_S for each key."""
        now = self._clock()
        if now - self._renewed.get(signer.key_id, -RENEW_S) < RENEW_S:
            return None
        self._renewed[signer.key_id] = now
        found = await find_signer(signer.key_id, self._fetches)
        if not isinstance(found, Signer):
            return None
        self._keep(found)
        if found.actor.is_complete:
            await RemoteActorRow.filter(url=found.actor.id).update(**_columns(found.actor, found.key_id, self._now()))
        return found

    async def knows_actor(self, actor: str) -> bool:
        return await RemoteActorRow.exists(url=actor) or await RemoteNoteRow.exists(actor=actor)

    async def blocked_by_name(self) -> list[str]:
        """Return the URLs of the known actors that are blocked by their handles."""
        found: list[str] = []
        handles = sorted(self._blocks.accounts)
        for first in range(0, len(handles), 500):
            some = {"handles": handles[first : first + 500]}
            found += [str(row["url"]) for row in await statement.rows(_NAMED, some)]
        return found

    async def unknown(self, actors: Collection[str]) -> list[str]:
        """Return the actors that have no row."""
        known = {str(url) for url in await RemoteActorRow.filter(url__in=list(actors)).values_list("url", flat=True)}
        return [each for each in actors if each not in known]

    async def was_seen(self, replay_key: str) -> bool:
        """Return whether an activity was seen, from memory alone: a query costs as much as `mark_seen`, which
        decides."""
        return replay_key in self._seen

    async def was_recorded(self, activity_id: str) -> bool:
        """Return whether the rows record an activity, for one that must not be accepted after a restart either."""
        return activity_id in self._seen or await SeenActivityRow.exists(activity_id=activity_id)

    async def mark_seen(self, activity_id: str, reversal: Reversal | None = None) -> bool:
        """Record that this activity is acted on, in the same transaction.

        Returns whether it is new; of two that arrive at once, one waits here for the other. The activity that it
        reverses may then be done again under the same id.
        """
        return bool(await self.mark_all_seen({activity_id: reversal}))

    async def mark_all_seen(self, activities: Mapping[str, Reversal | None]) -> set[str]:
        """Record several activities as `mark_seen` does. Returns the new ones."""
        # in one order, so that two processes with the same ids cannot deadlock
        ordered, now = sorted(activities.items(), key=lambda each: each[0]), self._now()
        lines = [{"id": each, "at": now, "side": reversal.key if reversal else None} for each, reversal in ordered]
        text, values = statement.table(lines)
        new = {str(row["activity_id"]) for row in await statement.rows(_MARK_SEEN.format(rows=text), values)}
        # reversible activities are not kept in memory: another process may remove them from the ledger
        final = tuple(each for each, reversal in ordered if reversal is None and each in new)
        after_commit(lambda: self._remember(final))
        reversals = [reversal for each, reversal in ordered if reversal is not None and each in new]
        sides = sorted({side for reversal in reversals for side in reversal.reversed_keys})
        ids = sorted({each for reversal in reversals for each in reversal.reversed_ids} - new)
        if sides:
            await statement.change(_LET_GO_SIDES, {"sides": sides})
        if ids:
            await statement.change(_LET_GO_IDS, {"ids": ids})
        return new

    async def forget_seen(self, activity_id: str, actor: str) -> None:
        """Remove an undone activity from the ledger, so that it can be done again.

        Misskey's Follow of one account by another keeps one id for good. Only ids of the actor's own host are removed;
        runs in a transaction.
        """
        if authority(activity_id) == authority(actor):
            await SeenActivityRow.filter(activity_id=activity_id).delete()

    async def hide_one(self, actor: str, *, blocked: bool) -> None:
        """Hide the engagements of an actor that is blocked, by itself or by its handle or domain, and show those of
        another."""
        for row_id, handle, was in await RemoteActorRow.filter(url=actor).values_list("id", "handle", "hidden"):
            named = str(handle).lower() in self._blocks.accounts
            hidden = blocked or named or self._blocks.is_from_blocked(actor)
            if hidden is not bool(was):
                await RemoteActorRow.filter(id=row_id).update(hidden=hidden)

    async def hide_all(self, blocked: Collection[str]) -> None:
        """Hide the engagements of blocked actors and domains, and show those of all others."""
        rows = [
            (row_id, url in blocked or self._blocks.is_from_blocked(str(url)), bool(was))
            for row_id, url, was in await RemoteActorRow.all().values_list("id", "url", "hidden")
        ]
        for hidden in (True, False):
            ids = [row_id for row_id, wanted, was in rows if wanted is hidden and was is not hidden]
            for first in range(0, len(ids), 500):
                await RemoteActorRow.filter(id__in=ids[first : first + 500]).update(hidden=hidden)

    async def newest_at(self) -> datetime | None:
        """Return when the newest activity was recorded; None when there is none."""
        found = await SeenActivityRow.all().order_by("-at").first()
        return found.at if found else None

    async def prune(self) -> None:
        """Delete old records of the ledger."""
        await SeenActivityRow.filter(at__lt=self._now() - SEEN_FOR).delete()

    async def keep(self, signer: Signer) -> RemoteActorRow:
        """Store an actor that follows, replies or engages, and return its row; runs in a transaction."""
        actor, columns = signer.actor, _columns(signer.actor, signer.key_id, self._now())
        first = {**columns, "handle": handle_of(actor)}
        row, made = await RemoteActorRow.get_or_create(url=actor.id, defaults=first)
        renamed = not made and not _is_called(row.handle, actor)
        if renamed or (not made and not self._is_fresh(row, columns)):
            await RemoteActorRow.filter(id=row.id).update(**(first if renamed else columns))
        if made or renamed:
            after_commit(lambda: self._introduced(actor))
        return row

    async def keep_all(self, signers: Collection[Signer]) -> dict[str, StoredActor]:
        """Store several actors as `keep` does, and return them by URL. Rows that are fresh are read by one query,
        without the ORM."""
        by_url = {signer.actor.id: signer for signer in sorted(signers, key=lambda each: each.actor.id)}
        now = self._now()
        known: dict[str, StoredActor] = {}
        for row in await statement.rows(_KNOWN, {"urls": list(by_url), "since": now - FRESH}):
            signer = by_url[row["url"]]
            # the document is as old as the row: an actor that changes it sends an Update
            same = all(row[name] == value for name, value in _summary_columns(signer.actor, signer.key_id).items())
            if same and _is_called(row["handle"], signer.actor):
                known[row["url"]] = StoredActor(row["id"], row["handle"], row["image"])
        for url, signer in by_url.items():
            if url not in known:
                kept = await self.keep(signer)
                known[url] = StoredActor(kept.id, kept.handle, kept.image)
        return known

    async def update(self, actor: Actor, key_id: str) -> None:
        """Update the row of an actor, if it has one; runs in a transaction."""
        if actor.is_complete and actor.key(key_id) is not None:
            row = await RemoteActorRow.get_or_none(url=actor.id)
            columns = _columns(actor, key_id, self._now())
            if row is not None and not _is_called(row.handle, actor):
                columns["handle"] = handle_of(actor)
                after_commit(lambda: self._introduced(actor))
            await RemoteActorRow.filter(url=actor.id).update(**columns)

    def forget_key(self, key_id: str) -> None:
        """Drop a key from memory."""
        self._kept.pop(key_id, None)

    async def forget(self, actor: str) -> None:
        """Delete an actor and everything it did; runs in a transaction."""
        for key_id in [key_id for key_id, (signer, _) in self._kept.items() if signer.actor.id == actor]:
            del self._kept[key_id]
        await RemoteActorRow.filter(url=actor).delete()

    def _is_fresh(self, row: RemoteActorRow, columns: Mapping[str, object]) -> bool:
        """Return whether the row has these values and is fresh. An actor that likes one post often likes ten."""
        same = all(getattr(row, name) == value for name, value in columns.items() if name != "fetched_at")
        return same and self._now() - row.fetched_at < FRESH

    def _remember(self, activity_ids: Collection[str]) -> None:
        for each in activity_ids:
            self._seen[each] = None

    async def _stored(self, key_id: str) -> Signer | None:
        row = await RemoteActorRow.filter(url=without_fragment(key_id)).first()
        row = row or await RemoteActorRow.filter(key_id=key_id).first()
        if row is None:
            return None
        await load_signatures()
        try:
            actor = parse_actor(row.document)
        except Refused:
            return None
        key = actor.key(key_id)
        return None if key is None else Signer(key_id, key, actor)

    def _keep(self, signer: Signer) -> None:
        # Sharkey answers a badly signed fetch with a stripped actor, which must not replace the full one
        if not signer.actor.is_complete:
            return
        self._kept[signer.key_id] = (signer, self._clock() + KEEP_S)


async def set_handle(actor: str, handle: str) -> None:
    """Store the handle that an actor's servers confirm; runs in a transaction."""
    await RemoteActorRow.filter(url=actor).update(handle=handle)
    await RemoteNoteRow.filter(actor=actor).update(handle=handle)


async def drop_inbox(inbox: str) -> None:
    """Stop using an inbox that is gone for good.

    An actor with this inbox of its own no longer follows; a shared inbox is not used again. A block stays: otherwise
    the blocked actor could answer the Reject in this way and be accepted again.
    """
    await atomic(_drop_inbox, inbox)


async def _drop_inbox(inbox: str) -> None:
    there = await RemoteActorRow.filter(inbox=inbox).values_list("id", flat=True)
    follows = [row.follow for row in await FollowerRow.filter(actor_id__in=list(there)) if row.follow]
    # the Misskey family follows again with the same id
    await SeenActivityRow.filter(activity_id__in=[follow["id"] for follow in follows]).delete()
    blocked = FollowerRow.filter(actor_id__in=list(there), state=State.BLOCKED.value)
    kept = set(await blocked.values_list("actor_id", flat=True))
    await RemoteActorRow.filter(id__in=[row_id for row_id in there if row_id not in kept]).delete()
    await RemoteActorRow.filter(shared_inbox=inbox).update(shared_inbox="")


def handle_of(actor: Actor) -> str:
    """Return an actor's handle, with the host of its id, until WebFinger confirms another. Characters that no name may
    have are replaced, because posts of ours contain the handle."""
    host = authority(actor.id)
    return f"{_NO_NAME.sub('_', actor.username)[: MAX_HANDLE - 1 - len(host)]}@{host}"


def _is_called(handle: str, actor: Actor) -> bool:
    """Return whether a handle has the actor's name, whatever its host."""
    return handle.rpartition("@")[0].lower() == handle_of(actor).rpartition("@")[0].lower()


def _columns(actor: Actor, key_id: str, now: datetime) -> dict[str, object]:
    # serialised again, so that only known members are stored, within their limits
    stored = {"document": write_actor(actor), "host": authority(actor.id), "fetched_at": now}
    return {**_summary_columns(actor, key_id), **stored}


def _summary_columns(actor: Actor, key_id: str) -> dict[str, str]:
    """Return the columns that are read without the document; the handle is what its servers confirm."""
    return {
        "key_id": key_id,
        "name": plain_text.name(actor.name or "", MAX_NAME) or actor.username,
        "image": actor.icon.url if actor.icon else "",
        "inbox": actor.inbox,
        "shared_inbox": actor.shared_inbox or "",
    }

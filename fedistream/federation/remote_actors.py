"""The actors of elsewhere: whose key signs, whom we know, and what we have heard. The ports of the inbox.

Rows are kept only of actors we have to do with; the keys of strangers are kept in memory, bounded, for a day.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from activitypub.actor import Actor, parse_actor, write_actor
from activitypub.discovery import find_signer
from activitypub.network.fetch_limiter import DocumentFetcher
from activitypub.refusal import Refused
from activitypub.signer import Missing, Signer
from activitypub.urls import authority, without_fragment
from activitypub.vocabulary.reversals import Reversal
from fedistream.core import plain_text
from fedistream.db import after_commit, atomic, statement
from fedistream.federation.blocks import Blocks
from fedistream.federation.models import FollowerRow, RemoteActorRow, RemoteNoteRow, SeenActivityRow
from fedistream.federation.values import State

KEEP_S = 86_400.0
MAX_KEPT = 10_000  # signers in memory, of about 5 kB each
RENEW_S = 300.0  # a key that does not fit is not fetched again sooner
SEEN_FOR = timedelta(days=8)  # a signature is good for hours; peers try again for days
MAX_HEARD = 10_000  # ids in memory, of at most 2 kB each
FRESH = timedelta(hours=1)  # for so long a row is not written again that would be the same
MAX_HANDLE = 320  # characters
MAX_NAME = 100
_NO_NAME = re.compile(r"[^\w.-]")
_HEAR = "INSERT INTO seen_activity (activity_id, at, side) VALUES {rows} ON CONFLICT DO NOTHING RETURNING activity_id"
_NAMED = "SELECT url FROM remote_actor WHERE lower(handle) IN (:handles)"
_LET_GO = "DELETE FROM seen_activity WHERE side IN (:sides) OR activity_id IN (:ids)"
_KNOWN = """
SELECT id, url, key_id, handle, name, image, inbox, shared_inbox FROM remote_actor
WHERE url IN (:urls) AND fetched_at > :since
"""


@dataclass(frozen=True, slots=True)
class StoredActor:
    """The row of an actor, as far as it is told to others."""

    id: int
    handle: str
    image: str


Introduced = Callable[[Actor], None]
"""Hears of an actor that has a row now, or another name, after the commit: its server may know it by another host."""


class RemoteActors:
    """`clock` is monotonic, in seconds."""

    def __init__(
        self,
        fetches: DocumentFetcher,
        blocks: Blocks,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        *,
        introduced: Introduced = lambda actor: None,
        most_heard: int = MAX_HEARD,
    ) -> None:
        self._fetches, self._blocks, self._clock, self._now = fetches, blocks, clock, now
        self._kept: OrderedDict[str, tuple[Signer, float]] = OrderedDict()
        self._renewed: OrderedDict[str, float] = OrderedDict()
        self._heard: OrderedDict[str, None] = OrderedDict()
        self._most_heard, self._introduced = most_heard, introduced

    def is_blocked(self, url: str) -> bool:
        return url in self._blocks

    async def resolve(self, key_id: str) -> Signer | Missing:
        """From memory, from the rows, or fetched."""
        signer, until = self._kept.get(key_id, (None, 0.0))
        if signer is not None and self._clock() < until:
            return signer
        found = await self._stored(key_id) or await find_signer(key_id, self._fetches)
        if isinstance(found, Signer):
            self._keep(found)
        return found

    async def refresh(self, signer: Signer) -> Signer | None:
        """Fetched anew, once in 5 minutes for each key."""
        now = self._clock()
        if now - self._renewed.get(signer.key_id, -RENEW_S) < RENEW_S:
            return None
        self._renewed[signer.key_id] = now
        self._renewed.move_to_end(signer.key_id)
        if len(self._renewed) > MAX_KEPT:
            self._renewed.popitem(last=False)
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
        """The URLs of those we know who are blocked by their handles."""
        found: list[str] = []
        handles = sorted(self._blocks.accounts)
        for first in range(0, len(handles), 500):
            some = {"handles": handles[first : first + 500]}
            found += [str(row["url"]) for row in await statement.rows(_NAMED, some)]
        return found

    async def unknown(self, actors: Collection[str]) -> list[str]:
        """Those of whom nothing is kept."""
        known = {str(url) for url in await RemoteActorRow.filter(url__in=list(actors)).values_list("url", flat=True)}
        return [each for each in actors if each not in known]

    async def was_seen(self, replay_key: str) -> bool:
        """As far as memory goes: to ask the rows costs as much as `hear`, which does."""
        return replay_key in self._heard

    async def was_recorded(self, activity_id: str) -> bool:
        """By the rows, for what must not be taken after a restart either."""
        return activity_id in self._heard or await SeenActivityRow.exists(activity_id=activity_id)

    async def mark_seen(self, activity_id: str, reversal: Reversal | None = None) -> bool:
        """Write down that this activity is acted on, in the transaction that does. Returns whether it is for the
        first time; two that come at the same moment wait for each other here. What it takes back may be done again
        under the same id."""
        return bool(await self.mark_all_seen({activity_id: reversal}))

    async def mark_all_seen(self, activities: Mapping[str, Reversal | None]) -> set[str]:
        """As `hear`, of some: those that are acted on for the first time."""
        # in one order, so that two processes with the same ids cannot wait for each other
        ordered, now = sorted(activities.items(), key=lambda each: each[0]), self._now()
        lines = [{"id": each, "at": now, "side": reversal.key if reversal else None} for each, reversal in ordered]
        text, values = statement.table(lines)
        new = {str(row["activity_id"]) for row in await statement.rows(_HEAR.format(rows=text), values)}
        # what can be taken back is not kept in memory: another process may let go of it
        heard = tuple(each for each, reversal in ordered if reversal is None and each in new)
        after_commit(lambda: self._remember(heard))
        reversals = [reversal for each, reversal in ordered if reversal is not None and each in new]
        sides = sorted({side for reversal in reversals for side in reversal.reversed_keys})
        ids = sorted({each for reversal in reversals for each in reversal.reversed_ids} - new)
        if sides or ids:
            await statement.change(_LET_GO, {"sides": sides, "ids": ids})
        return new

    async def forget_seen(self, activity_id: str, actor: str) -> None:
        """Let an activity that was undone be done again: Misskey's Follow of one account by another has one id for
        good. Only ids of the actor's own host; in a transaction."""
        if authority(activity_id) == authority(actor):
            await SeenActivityRow.filter(activity_id=activity_id).delete()

    async def hide(self, blocked: Collection[str], actor: str = "") -> None:
        """Hide what those did who are among the blocked actors or from a blocked domain, and show what the others did;
        all of them, or `actor` alone."""
        found = RemoteActorRow.filter(url=actor) if actor else RemoteActorRow.all()
        rows = [
            (row_id, url in blocked or self._blocks.is_from_blocked(str(url)), bool(was))
            for row_id, url, was in await found.values_list("id", "url", "hidden")
        ]
        for hidden in (True, False):
            ids = [row_id for row_id, wanted, was in rows if wanted is hidden and was is not hidden]
            for first in range(0, len(ids), 500):
                await RemoteActorRow.filter(id__in=ids[first : first + 500]).update(hidden=hidden)

    async def newest_at(self) -> datetime | None:
        """Return when the newest activity was heard; None when none is known."""
        found = await SeenActivityRow.all().order_by("-at").first()
        return found.at if found else None

    async def prune(self) -> None:
        """Forget what was heard long ago."""
        await SeenActivityRow.filter(at__lt=self._now() - SEEN_FOR).delete()

    async def keep(self, signer: Signer) -> RemoteActorRow:
        """The row of an actor we have to do with from now on; in a transaction."""
        actor, columns = signer.actor, _columns(signer.actor, signer.key_id, self._now())
        first = {**columns, "handle": handle_of(actor)}
        row, made = await RemoteActorRow.get_or_create(url=actor.id, defaults=first)
        renamed = not made and not _is_called(row.handle, actor)
        if renamed or (not made and not self._says(row, columns)):
            await RemoteActorRow.filter(id=row.id).update(**(first if renamed else columns))
        if made or renamed:
            after_commit(lambda: self._introduced(actor))
        return row

    async def keep_all(self, signers: Collection[Signer]) -> dict[str, StoredActor]:
        """As `keep`, of some, by their URLs. Who was written down lately is found by one look, without the ORM."""
        by_url = {signer.actor.id: signer for signer in sorted(signers, key=lambda each: each.actor.id)}
        now = self._now()
        known: dict[str, StoredActor] = {}
        for row in await statement.rows(_KNOWN, {"urls": list(by_url), "since": now - FRESH}):
            signer = by_url[row["url"]]
            # the document is as old as these: who changes it says so in an Update
            same = all(row[name] == value for name, value in _face(signer.actor, signer.key_id).items())
            if same and _is_called(row["handle"], signer.actor):
                known[row["url"]] = StoredActor(row["id"], row["handle"], row["image"])
        for url, signer in by_url.items():
            if url not in known:
                kept = await self.keep(signer)
                known[url] = StoredActor(kept.id, kept.handle, kept.image)
        return known

    async def update(self, actor: Actor, key_id: str) -> None:
        """What an actor says of itself now; only if we have to do with it, and in a transaction."""
        if actor.is_complete and actor.key(key_id) is not None:
            row = await RemoteActorRow.get_or_none(url=actor.id)
            columns = _columns(actor, key_id, self._now())
            if row is not None and not _is_called(row.handle, actor):
                columns["handle"] = handle_of(actor)
                after_commit(lambda: self._introduced(actor))
            await RemoteActorRow.filter(url=actor.id).update(**columns)

    def forget_key(self, key_id: str) -> None:
        """Do not use what memory has of it any more."""
        self._kept.pop(key_id, None)

    async def forget(self, actor: str) -> None:
        """Delete all of an actor, with what it did; in a transaction."""
        for key_id in [key_id for key_id, (signer, _) in self._kept.items() if signer.actor.id == actor]:
            del self._kept[key_id]
        await RemoteActorRow.filter(url=actor).delete()

    def _says(self, row: RemoteActorRow, columns: Mapping[str, object]) -> bool:
        """Whether the row has just this, and not since long ago. Who likes one post likes ten."""
        same = all(getattr(row, name) == value for name, value in columns.items() if name != "fetched_at")
        return same and self._now() - row.fetched_at < FRESH

    def _remember(self, activity_ids: Collection[str]) -> None:
        self._heard.update(dict.fromkeys(activity_ids))
        while len(self._heard) > self._most_heard:
            self._heard.popitem(last=False)

    async def _stored(self, key_id: str) -> Signer | None:
        row = await RemoteActorRow.filter(url=without_fragment(key_id)).first()
        row = row or await RemoteActorRow.filter(key_id=key_id).first()
        if row is None:
            return None
        try:
            actor = parse_actor(row.document)
        except Refused:
            return None
        key = actor.key(key_id)
        return None if key is None else Signer(key_id, key, actor)

    def _keep(self, signer: Signer) -> None:
        # to a badly signed fetch Sharkey answers with a stripped actor, which must not stand in for the true one
        if not signer.actor.is_complete:
            return
        self._kept[signer.key_id] = (signer, self._clock() + KEEP_S)
        self._kept.move_to_end(signer.key_id)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)


async def set_handle(actor: str, handle: str) -> None:
    """The servers of an actor agree that this is its handle; in a transaction."""
    await RemoteActorRow.filter(url=actor).update(handle=handle)
    await RemoteNoteRow.filter(actor=actor).update(handle=handle)


async def drop_inbox(inbox: str) -> None:
    """An inbox is gone for good. Who had it as his own follows nobody any more; a shared one is not used again. Who is
    blocked stays so: he could be heard again by answering the Reject that he was sent in this way."""
    await atomic(_drop_inbox, inbox)


async def _drop_inbox(inbox: str) -> None:
    there = await RemoteActorRow.filter(inbox=inbox).values_list("id", flat=True)
    follows = [row.follow for row in await FollowerRow.filter(actor_id__in=list(there)) if row.follow]
    # who comes back asks with the same id, as the Misskey family does
    await SeenActivityRow.filter(activity_id__in=[follow["id"] for follow in follows]).delete()
    blocked = FollowerRow.filter(actor_id__in=list(there), state=State.BLOCKED.value)
    kept = set(await blocked.values_list("actor_id", flat=True))
    await RemoteActorRow.filter(id__in=[row_id for row_id in there if row_id not in kept]).delete()
    await RemoteActorRow.filter(shared_inbox=inbox).update(shared_inbox="")


def handle_of(actor: Actor) -> str:
    """user@host, as the actor's id has the host, until WebFinger says otherwise. What no name has in it is replaced,
    as it stands in posts of ours."""
    host = authority(actor.id)
    return f"{_NO_NAME.sub('_', actor.username)[: MAX_HANDLE - 1 - len(host)]}@{host}"


def _is_called(handle: str, actor: Actor) -> bool:
    """Whether a handle has the actor's name, whatever its host."""
    return handle.rpartition("@")[0].lower() == handle_of(actor).rpartition("@")[0].lower()


def _columns(actor: Actor, key_id: str, now: datetime) -> dict[str, object]:
    # written anew, so that only what we understand is kept, within its limits
    return {**_face(actor, key_id), "document": write_actor(actor), "fetched_at": now}


def _face(actor: Actor, key_id: str) -> dict[str, str]:
    """What can be read of an actor without its document; its handle is what its servers say."""
    return {
        "key_id": key_id,
        "name": plain_text.name(actor.name or "", MAX_NAME) or actor.username,
        "image": actor.icon.url if actor.icon else "",
        "inbox": actor.inbox,
        "shared_inbox": actor.shared_inbox or "",
    }

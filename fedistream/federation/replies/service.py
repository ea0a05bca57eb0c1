"""Public replies and mentions from other servers, on their way into the chat.

Only public notes are taken. Followers-only and direct notes are private: they are neither shown nor stored, and the
admin does not see them, because their authors did not write them for a node's staff and its backups.

A row of `remote_note` is written in the inbox's transaction and is the source of truth. The chat message follows from
it (`run`), in one transaction with the row's message id, so that a crash in between neither loses nor doubles it.
Methods that change rows for the inbox run in its transaction and return the facts to emit in it.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from activitypub.addressing import Visibility, visibility
from activitypub.inbox import Verified
from activitypub.vocabulary.objects import Object
from fedistream.core.errors import Conflict, NotFound, TooMany
from fedistream.core.events import Fact, ReplyChanged, ReplyReceived, ReplyWithdrawn
from fedistream.core.ports import Channel
from fedistream.db import after_commit, atomic
from fedistream.federation.context import FederationContext
from fedistream.federation.models import FollowerRow, RemoteNoteRow
from fedistream.federation.posts.values import Post
from fedistream.federation.remote_html import Excerpt, Said, excerpt, read_note
from fedistream.federation.replies.answers import Answers
from fedistream.federation.replies.chat_port import InTransaction
from fedistream.federation.values import FederationProblem, Page, Reply, ReplyState, State

log = logging.getLogger(__name__)

MAX_HELD, MAX_HELD_OF_ONE = 1000, 20  # held for the admin in a channel; no actor can fill the queue alone
KEPT = timedelta(days=8)  # at least: other servers retry deliveries for days, so a copy may arrive that late
AT_ONCE = 100  # rows in one batch
AGAIN_S = 5.0  # after the chat could not take a message
PUBLIC = frozenset((Visibility.PUBLIC, Visibility.UNLISTED))
ALIVE = (ReplyState.HELD.value, ReplyState.SHOWN.value)
NOBODY = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """The channel that a note belongs to, and the post of ours that its thread began with, if any."""

    channel: Channel
    post_id: str


class Replies:
    """The replies of all channels. Has to `run`."""

    def __init__(self, context: FederationContext) -> None:
        self._context, self._now = context, context.clocks.now
        self._answers = Answers(context.posts, context.chat)
        self._news = asyncio.Event()
        self._look_at_blocks = True  # at the start too: an admin may have blocked an actor just before a crash

    @staticmethod
    def read(verified: Verified) -> Said | None:
        """Read the note of a Create or Update, for `take` and `update`. Call it before the transaction, because it
        takes longest."""
        note = verified.activity.object
        return read_note(note) if isinstance(note, Object) and note.type != "Tombstone" else None

    async def take(self, verified: Verified, said: Said | None) -> list[Fact]:
        """Handle a Create, or an Update of an unknown note, which may have been edited to mention us."""
        note = verified.activity.object
        if not isinstance(note, Object) or said is None or await self._is_over(note.id, verified.activity.actor):
            return []
        place = await self._place(verified, note)
        if place is None or not await self._may_reply(place.channel, verified.signer.actor.id):
            return []
        found = self._excerpt(place.channel, said)
        state = self._state(place.channel.id, found)
        if state is ReplyState.HELD and await self._is_full(place.channel.id, verified.signer.actor.id):
            return []
        row = await self._keep(verified, note, place, found, state)
        return [
            ReplyReceived(
                row.channel_id,
                row.url,
                row.actor,
                row.name,
                row.handle,
                row.image,
                row.state,
                self._now(),
            )
        ]

    async def update(self, verified: Verified, said: Said | None) -> list[Fact]:
        """Handle an edit. Where the admin approves replies, each new version waits for approval too."""
        note = verified.activity.object
        if not isinstance(note, Object) or said is None:
            return []
        row = await RemoteNoteRow.get_or_none(url=note.id)
        if row is None:
            return await self.take(verified, said)
        channel = self._context.addresses.by_id(row.channel_id)
        outdated = note.updated is not None and row.edited_at is not None and note.updated <= row.edited_at
        if row.actor != verified.activity.actor or row.state not in ALIVE or channel is None or outdated:
            return []
        if _shown_to(verified, note) not in PUBLIC:
            return await self._end([row], ReplyState.DELETED, "deleted", row.actor)
        found = self._excerpt(channel, said)
        # polls and link previews arrive as edits too
        if (found.html, found.warning) == (row.html, row.warning):
            return []
        return await self._change(row, found, note.updated or self._now())

    async def delete(self, verified: Verified) -> list[Fact]:
        """Handle a Delete by the author. The Delete of an unknown note is stored, to refuse a copy that arrives
        late."""
        url, actor = verified.activity.object_id, verified.activity.actor
        if url is None:
            return []
        row = await RemoteNoteRow.get_or_none(url=url)
        if row is None:
            if not await self._is_over(url, actor):
                await self._context.remote_actors.mark_seen(_tombstone(url, actor))
            return []
        if row.actor != actor or row.state == ReplyState.DELETED:
            return []
        return await self._end([row], ReplyState.DELETED, "deleted", actor)

    async def forget(self, actor: str) -> list[Fact]:
        """Delete the replies of an actor that is gone."""
        rows = await RemoteNoteRow.filter(actor=actor).exclude(state=ReplyState.DELETED.value)
        return await self._end(rows, ReplyState.DELETED, "gone", actor)

    async def hide_author(self, actor: str) -> list[Fact]:
        """Hide the replies of a blocked actor, and refuse those that are held."""
        return await self._end(
            await RemoteNoteRow.filter(actor=actor, state__in=ALIVE), ReplyState.REFUSED, "blocked", NOBODY
        )

    async def held(self, channel_id: int, offset: int = 0, limit: int = 50) -> Page[Reply]:
        """Return a page of the held replies, the oldest first."""
        found = RemoteNoteRow.filter(channel_id=channel_id, state=ReplyState.HELD.value)
        rows = await found.order_by("id").offset(offset).limit(limit)
        return Page(await found.count(), tuple(_reply(row) for row in rows))

    async def replies_to(self, post_id: str, offset: int = 0, limit: int = 50) -> Page[str]:
        """Return a page of the URLs of the shown replies to a post of ours, the oldest first."""
        return await replies(post_id, offset, limit)

    async def of_message(self, message_id: str) -> Reply:
        """Return the reply that a chat message shows. Raises NotFound."""
        row = await RemoteNoteRow.get_or_none(message_id=message_id)
        if row is None:
            raise NotFound(FederationProblem.NOT_REMOTE)
        return _reply(row)

    async def of_note(self, channel_id: int, note_url: str) -> Reply:
        """Return the reply with this URL. Raises NotFound."""
        row = await RemoteNoteRow.get_or_none(channel_id=channel_id, url=note_url)
        if row is None:
            raise NotFound(FederationProblem.NO_REPLY)
        return _reply(row)

    async def approve(self, channel_id: int, note_url: str) -> None:
        """Show a held reply in the chat. Raises NotFound, and Conflict for a reply that is not held."""
        await atomic(self._approve, channel_id, note_url)

    async def refuse(self, channel_id: int, note_url: str) -> None:
        """Refuse a held reply and delete its text. Raises NotFound, and Conflict for a reply that is not held."""
        await atomic(self._refuse, channel_id, note_url)

    async def answer(self, channel: Channel, note_url: str, markdown: str, by: str = NOBODY) -> Post:
        """Answer a shown or held reply in the channel's name.

        `by` is the visitor that writes the answer, or empty for the admin. Raises NotFound, Invalid, Conflict, TooMany,
        Off.
        """
        row = await RemoteNoteRow.get_or_none(channel_id=channel.id, url=note_url)
        if row is None:
            raise NotFound(FederationProblem.NO_REPLY)
        if row.state not in ALIVE:
            raise Conflict(FederationProblem.REPLY_STATE, state=row.state)
        return await self._answers.give(channel, _reply(row), markdown, by)

    def wake(self) -> None:
        """Let `run` look for work."""
        self._news.set()

    def look_at_blocks(self) -> None:
        """Let `run` hide the replies from blocked domains."""
        self._look_at_blocks = True
        self._news.set()

    async def run(self) -> None:
        """Bring the chat up to date with the rows, including those from before a crash, until cancelled."""
        while True:
            self._news.clear()
            try:
                await self._catch_up()
            except TooMany:
                # the chat's log does not keep up, or the row has changed meanwhile
                await asyncio.sleep(AGAIN_S if not self._news.is_set() else 0)
                continue
            except Exception:
                log.exception("a reply could not be shown in the chat")
                await asyncio.sleep(AGAIN_S)
                continue
            await self._news.wait()

    async def prune(self) -> None:
        """Delete the replies of actors that another process found gone, replies older than the chat keeps messages, and
        refused or deleted ones after KEPT."""
        for actor in await _authors(ReplyState.GONE):
            await atomic(self._emitted, self.forget(actor))
        for channel_id in await _channels():
            days = int(self._context.settings.value("chat.retention_days", channel_id))
            ended = RemoteNoteRow.filter(channel_id=channel_id, at__lt=self._now() - KEPT)
            await ended.filter(state__in=(ReplyState.REFUSED.value, ReplyState.DELETED.value)).delete()
            if days:
                before = self._now() - max(KEPT, timedelta(days=days))
                await RemoteNoteRow.filter(channel_id=channel_id, at__lt=before).delete()

    async def _catch_up(self) -> None:
        if self._look_at_blocks:
            self._look_at_blocks = False
            self._context.blocks.set_named(await self._context.remote_actors.blocked_by_name())
            for actor in await _authors(*ALIVE):
                if actor in self._context.blocks:
                    await atomic(self._emitted, self.hide_author(actor))
        while (
            rows := await RemoteNoteRow.filter(state=ReplyState.SHOWN.value, message_id=None)
            .order_by("id")
            .limit(AT_ONCE)
        ):
            for row in rows:
                await self._context.chat.say(_reply(row), _in_transaction(row))

    async def _is_over(self, url: str, actor: str) -> bool:
        """Return whether the note is stored, or was deleted before it arrived."""
        if await RemoteNoteRow.exists(url=url):
            return True
        return await self._context.remote_actors.was_recorded(_tombstone(url, actor))

    async def _place(self, verified: Verified, note: Object) -> _Place | None:
        """Return the place of a note: the thread of our post, else the mentioned channel. None for a note that is not
        public."""
        if _shown_to(verified, note) not in PUBLIC:
            return None
        if (post_id := await self._root(note.in_reply_to)) is not None:
            channel_id = await self._context.posts.channel_of(post_id)
            channel = None if channel_id is None else self._context.addresses.by_id(channel_id)
            if channel is not None:
                return _Place(channel, post_id)
        activity = verified.activity
        mentioned = [tag.href for tag in note.tags if tag.type == "Mention"]
        for url in dict.fromkeys((*mentioned, *note.to, *note.cc, *activity.to, *activity.cc)):
            if (channel := self._context.addresses.by_actor(url)) is not None:
                return _Place(channel, "")
        return None

    async def _root(self, url: str | None) -> str | None:
        """Return the id of our post that a thread began with, by the URL that a note replies to."""
        if (post_id := self._context.addresses.post_id(url)) is not None:
            return post_id
        parent = await RemoteNoteRow.get_or_none(url=url) if url else None
        return parent.post_id or None if parent else None

    async def _may_reply(self, channel: Channel, actor: str) -> bool:
        """Return whether an actor may reply. In a private channel only followers may, whatever the setting: its posts
        are for them alone."""
        settings = self._context.settings
        if settings.value("federation.replies", channel.id) == "off" or not self._context.chat.is_on(channel.id):
            return False
        followers_only = settings.value("federation.replies_from", channel.id) == "followers"
        if not followers_only and not settings.value("federation.private", channel.id):
            return True
        accepted = FollowerRow.filter(channel_id=channel.id, actor__url=actor, state=State.ACCEPTED.value)
        return bool(await accepted.exists())

    def _state(self, channel_id: int, found: Excerpt) -> ReplyState:
        held = self._context.settings.value("federation.replies", channel_id) == "held"
        unwelcome = self._context.chat.has_blocked_words(channel_id, f"{found.warning} {found.text}")
        return ReplyState.HELD if held or unwelcome else ReplyState.SHOWN

    def _excerpt(self, channel: Channel, said: Said) -> Excerpt:
        site, name = self._context.addresses.site(), self._context.addresses.name(channel)
        page = site.page(channel.slug)
        ours = {site.actor(name), page, page.rstrip("/")}
        return excerpt(said, ours, {f"@{name}", f"@{name}@{site.authority}"})

    async def _is_full(self, channel_id: int, actor: str) -> bool:
        waiting = RemoteNoteRow.filter(channel_id=channel_id, state=ReplyState.HELD.value)
        return await waiting.count() >= MAX_HELD or await waiting.filter(actor=actor).count() >= MAX_HELD_OF_ONE

    async def _keep(
        self, verified: Verified, note: Object, place: _Place, found: Excerpt, state: ReplyState
    ) -> RemoteNoteRow:
        author = await self._context.remote_actors.keep(verified.signer)
        row = await RemoteNoteRow.create(
            url=note.id,
            channel_id=place.channel.id,
            post_id=place.post_id,
            actor=author.url,
            name=author.name or author.handle,
            handle=author.handle,
            image=author.image,
            link=note.url or note.id,
            state=state.value,
            html=found.html,
            body=found.text,
            warning=found.warning,
            at=self._now(),
        )
        after_commit(self.wake)
        return row

    async def _change(self, row: RemoteNoteRow, found: Excerpt, at: datetime) -> list[Fact]:
        """Store another version of a held or shown reply."""
        was, state = ReplyState(row.state), self._state(row.channel_id, found)
        # a held reply stays held, even if new replies are no longer held
        state = ReplyState.HELD if was is ReplyState.HELD else state
        row.html, row.body, row.warning, row.edited_at = found.html, found.text, found.warning, at
        row.state, row.edits = state.value, row.edits + 1
        await row.save(update_fields=["html", "body", "warning", "edited_at", "state", "edits"])
        await row.refresh_from_db(fields=["message_id"])  # it may have been set in a concurrent transaction
        if row.message_id is not None and was is ReplyState.SHOWN:
            if state is ReplyState.SHOWN:
                await self._context.chat.edit(row.message_id, _reply(row))
            else:
                await self._context.chat.set_visible([row.message_id], False, row.actor)
        after_commit(self.wake)
        return [ReplyChanged(row.channel_id, row.url, row.actor, row.state, self._now())]

    async def _end(self, rows: Sequence[RemoteNoteRow], state: ReplyState, why: str, by: str) -> list[Fact]:
        """End replies. A moderator can show a hidden reply again; a reply that its author deleted is erased."""
        if not rows:
            return []
        numbers = [row.id for row in rows]
        # first the state, then the message ids: a message that is being stored sees the state, or this query sees the
        # message
        await RemoteNoteRow.filter(id__in=numbers).update(state=state.value, html="", body="", warning="")
        lines = await RemoteNoteRow.filter(id__in=numbers, message_id__isnull=False).values_list(
            "message_id", flat=True
        )
        said = [str(message_id) for message_id in lines]
        for at in range(0, len(said), AT_ONCE):
            some = said[at : at + AT_ONCE]
            if state is ReplyState.DELETED:
                await self._context.chat.wipe(some, by)
            else:
                await self._context.chat.set_visible(some, False, by)
        now = self._now()
        return [ReplyWithdrawn(row.channel_id, row.url, row.actor, why, now) for row in rows]

    async def _approve(self, channel_id: int, note_url: str) -> None:
        row = await self._waiting(channel_id, note_url)
        row.state = ReplyState.SHOWN.value
        await row.save(update_fields=["state"])
        if row.message_id is not None:  # it was shown before its author edited it
            # in this order: an edit of a hidden message is not sent to anybody
            await self._context.chat.set_visible([row.message_id], True, NOBODY)
            await self._context.chat.edit(row.message_id, _reply(row))
        after_commit(self.wake)
        await self._context.facts.emit(
            ReplyChanged(row.channel_id, row.url, row.actor, row.state, self._now())
        )  # fmt: skip

    async def _refuse(self, channel_id: int, note_url: str) -> None:
        row = await self._waiting(channel_id, note_url)
        await self._emitted(self._end([row], ReplyState.REFUSED, "refused", NOBODY))

    async def _waiting(self, channel_id: int, note_url: str) -> RemoteNoteRow:
        row = await RemoteNoteRow.get_or_none(channel_id=channel_id, url=note_url)
        if row is None:
            raise NotFound(FederationProblem.NO_REPLY)
        if row.state != ReplyState.HELD:
            raise Conflict(FederationProblem.REPLY_STATE, state=row.state)
        return row

    async def _emitted(self, work: Awaitable[list[Fact]]) -> None:
        await self._context.facts.emit_all(await work)


async def replies(post_id: str, offset: int, limit: int) -> Page[str]:
    """Return a page of the URLs of the shown replies to a post, the oldest first."""
    found = RemoteNoteRow.filter(post_id=post_id, state=ReplyState.SHOWN.value)
    urls = await found.order_by("id").offset(offset).limit(limit).values_list("url", flat=True)
    return Page(await found.count(), tuple(str(url) for url in urls))


async def mark_gone(actor: str) -> None:
    """Mark the replies of an actor as gone, in a process that has no chat.

    They are no longer shown; the process that has the chat deletes them, with their messages, at its next `prune`. Runs
    in a transaction.
    """
    # not sooner, because that would query the rows every minute for an event of once in weeks
    await RemoteNoteRow.filter(actor=actor).exclude(state=ReplyState.DELETED.value).update(state=ReplyState.GONE.value)


def _shown_to(verified: Verified, note: Object) -> Visibility:
    """Return the visibility of a note: the note's own recipients, or the activity's where the note has none."""
    to, cc = (note.to, note.cc) if note.to or note.cc else (verified.activity.to, verified.activity.cc)
    return visibility(to, cc, verified.signer.actor.followers)


def _tombstone(url: str, actor: str) -> str:
    """Return the key that marks a note as deleted by this actor.

    It is no URL, so it never equals an activity's id. It contains the actor, so that an actor cannot keep out the notes
    of others on the same server.
    """
    return f"deleted {hashlib.sha256(f'{actor} {url}'.encode()).hexdigest()}"


def _in_transaction(row: RemoteNoteRow) -> InTransaction:
    async def bind(message_id: str) -> None:
        """Store the message id. Raises Conflict when the row has changed since; the next pass shows it as it is
        then."""
        same = RemoteNoteRow.filter(id=row.id, state=ReplyState.SHOWN.value, message_id=None, edits=row.edits)
        if not await same.update(message_id=message_id):
            raise Conflict(FederationProblem.REPLY_CHANGED)

    return bind


def _reply(row: RemoteNoteRow) -> Reply:
    return Reply(
        note=row.url,
        channel_id=row.channel_id,
        actor=row.actor,
        name=row.name,
        handle=row.handle,
        image=row.image,
        html=row.html,
        text=row.body,
        warning=row.warning,
        link=row.link,
        state=ReplyState(row.state),
        post_id=row.post_id,
        message_id=row.message_id,
        at=row.at,
        edited_at=row.edited_at,
    )


async def _channels() -> list[int]:
    found = await RemoteNoteRow.all().distinct().values_list("channel_id", flat=True)
    return [int(str(channel_id)) for channel_id in found]


async def _authors(*states: str) -> list[str]:
    """Return the actors that have replies in one of these states."""
    found = RemoteNoteRow.filter(state__in=states).distinct()
    return [str(actor) for actor in await found.values_list("actor", flat=True)]

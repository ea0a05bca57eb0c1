"""What people on other servers say to a channel for all to read: their replies and mentions, on the way into the chat.

Only what is public is taken. Followers-only and direct notes are letters: they are neither shown nor kept, and the
admin does not see them either, since whoever wrote them did not mean a node's staff and its backups.

A row of `remote_note` is written in the transaction of the inbox and is the truth; the line in the chat follows from it
(`run`), in one transaction with the row's message id, so that a kill in between neither loses nor doubles it. What
changes rows for the inbox runs in its transaction and returns the facts, to be emitted in it.
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
from fedistream.federation.values import Page, Reply, ReplyState, State

log = logging.getLogger(__name__)

MAX_HELD, MAX_HELD_OF_ONE = 1000, 20  # that wait for the admin, in a channel; nobody fills the queue alone
KEPT = timedelta(days=8)  # at least: peers try for days to deliver, so a copy may come that late
AT_ONCE = 100  # rows that are looked at in one go
AGAIN_S = 5.0  # after the chat could not take a line
PUBLIC = frozenset((Visibility.PUBLIC, Visibility.UNLISTED))
ALIVE = (ReplyState.HELD.value, ReplyState.SHOWN.value)
NOBODY = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something was said: in which channel, and below which post of ours, if below one."""

    channel: Channel
    post_id: str


class Replies:
    """Has to `run`."""

    def __init__(self, context: FederationContext) -> None:
        self._context, self._now = context, context.clocks.now
        self._answers = Answers(context.posts, context.chat)
        self._news = asyncio.Event()
        self._look_at_blocks = True  # at the start too: an admin may have blocked somebody a moment before a kill

    @staticmethod
    def read(verified: Verified) -> Said | None:
        """Read what a Create or Update brings, for `take` and `update`: before the transaction, as it takes longest."""
        note = verified.activity.object
        return read_note(note) if isinstance(note, Object) and note.type != "Tombstone" else None

    async def take(self, verified: Verified, said: Said | None) -> list[Fact]:
        """A Create, or an Update of what is not known here: it may have been edited to mention us."""
        note = verified.activity.object
        if not isinstance(note, Object) or said is None or await self._is_over(note.id, verified.activity.actor):
            return []
        place = await self._place(verified, note)
        if place is None or not await self._may_talk(place.channel, verified.signer.actor.id):
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
        """An edit. Where the admin lets in what is said, he does so with each new version of it."""
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
        # polls and previews of links are told as edits too
        if (found.html, found.warning) == (row.html, row.warning):
            return []
        return await self._change(row, found, note.updated or self._now())

    async def delete(self, verified: Verified) -> list[Fact]:
        """Something was deleted by its author; what is not known here is remembered for a copy that comes late."""
        url, actor = verified.activity.object_id, verified.activity.actor
        if url is None:
            return []
        row = await RemoteNoteRow.get_or_none(url=url)
        if row is None:
            if not await self._is_over(url, actor):
                await self._context.remote_actors.hear(_tombstone(url, actor))
            return []
        if row.actor != actor or row.state == ReplyState.DELETED:
            return []
        return await self._end([row], ReplyState.DELETED, "deleted", actor)

    async def forget(self, actor: str) -> list[Fact]:
        """An actor is no more, and so is what it said."""
        rows = await RemoteNoteRow.filter(actor=actor).exclude(state=ReplyState.DELETED.value)
        return await self._end(rows, ReplyState.DELETED, "gone", actor)

    async def silence(self, actor: str) -> list[Fact]:
        """An actor is blocked: what it said is hidden, and what it wanted to say is refused."""
        return await self._end(
            await RemoteNoteRow.filter(actor=actor, state__in=ALIVE), ReplyState.REFUSED, "blocked", NOBODY
        )

    async def held(self, channel_id: int, offset: int = 0, limit: int = 50) -> Page[Reply]:
        """What waits for the admin, the oldest first."""
        found = RemoteNoteRow.filter(channel_id=channel_id, state=ReplyState.HELD.value)
        rows = await found.order_by("id").offset(offset).limit(limit)
        return Page(await found.count(), tuple(_reply(row) for row in rows))

    async def below(self, post_id: str, offset: int = 0, limit: int = 50) -> Page[str]:
        """The URLs of what was said below a post of ours and is shown, the oldest first."""
        return await replies(post_id, offset, limit)

    async def of_message(self, message_id: str) -> Reply:
        """What a line of the chat says. Raises NotFound."""
        row = await RemoteNoteRow.get_or_none(message_id=message_id)
        if row is None:
            raise NotFound("this message is not of the fediverse")
        return _reply(row)

    async def of_note(self, channel_id: int, note_url: str) -> Reply:
        """What somebody wrote, by its URL. Raises NotFound."""
        row = await RemoteNoteRow.get_or_none(channel_id=channel_id, url=note_url)
        if row is None:
            raise NotFound("there is no such reply")
        return _reply(row)

    async def approve(self, channel_id: int, note_url: str) -> None:
        """Let it into the chat, now. Raises NotFound, and Conflict for what is not held."""
        await atomic(self._approve, channel_id, note_url)

    async def refuse(self, channel_id: int, note_url: str) -> None:
        """Forget what was said. Raises NotFound, and Conflict for what is not held."""
        await atomic(self._refuse, channel_id, note_url)

    async def answer(self, channel: Channel, note_url: str, markdown: str, by: str = NOBODY) -> Post:
        """Reply in the channel's name to something that is shown or held; in the chat it stands below that. `by` is the
        visitor who does, or empty for the admin. Raises NotFound, Invalid, Conflict, TooMany, Off."""
        row = await RemoteNoteRow.get_or_none(channel_id=channel.id, url=note_url)
        if row is None:
            raise NotFound("there is no such reply")
        if row.state not in ALIVE:
            raise Conflict(f"this reply is {row.state}")
        return await self._answers.give(channel, _reply(row), markdown, by)

    def wake(self) -> None:
        """There may be something to do for `run`."""
        self._news.set()

    def look_at_blocks(self) -> None:
        """Domains were blocked: hide what was said from there."""
        self._look_at_blocks = True
        self._news.set()

    async def run(self) -> None:
        """Put into the chat what is to be there, from now on and from before a kill, until cancelled."""
        while True:
            self._news.clear()
            try:
                await self._catch_up()
            except TooMany:
                # the chat's log does not keep up, or the row has changed under our hands
                await asyncio.sleep(AGAIN_S if not self._news.is_set() else 0)
                continue
            except Exception:
                log.exception("what was said elsewhere could not be put into the chat")
                await asyncio.sleep(AGAIN_S)
                continue
            await self._news.wait()

    async def sweep(self) -> None:
        """Forget what those said who were found gone by another process, what the chat has forgotten, and after its
        time what was refused or deleted."""
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
                    await atomic(self._emitted, self.silence(actor))
        while (
            rows := await RemoteNoteRow.filter(state=ReplyState.SHOWN.value, message_id=None)
            .order_by("id")
            .limit(AT_ONCE)
        ):
            for row in rows:
                await self._context.chat.say(_reply(row), _in_transaction(row))

    async def _is_over(self, url: str, actor: str) -> bool:
        """Whether we have it, or have been told of its end."""
        if await RemoteNoteRow.exists(url=url):
            return True
        return await self._context.remote_actors.was_heard(_tombstone(url, actor))

    async def _place(self, verified: Verified, note: Object) -> _Place | None:
        """Below our post or anything that is, or else with whoever is mentioned. None for what is not for all."""
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
        """The post of ours that a thread began with, by the URL of what is answered."""
        if (post_id := self._context.addresses.post_id(url)) is not None:
            return post_id
        parent = await RemoteNoteRow.get_or_none(url=url) if url else None
        return parent.post_id or None if parent else None

    async def _may_talk(self, channel: Channel, actor: str) -> bool:
        """In a private channel only followers, whatever is set: its posts are for them alone."""
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
        """Another version of what is held or shown."""
        was, state = ReplyState(row.state), self._state(row.channel_id, found)
        # what waits goes on waiting, also if others need not any more
        state = ReplyState.HELD if was is ReplyState.HELD else state
        row.html, row.body, row.warning, row.edited_at = found.html, found.text, found.warning, at
        row.state, row.edits = state.value, row.edits + 1
        await row.save(update_fields=["html", "body", "warning", "edited_at", "state", "edits"])
        await row.refresh_from_db(fields=["message_id"])  # which may have come in a transaction beside this one
        if row.message_id is not None and was is ReplyState.SHOWN:
            if state is ReplyState.SHOWN:
                await self._context.chat.edit(row.message_id, _reply(row))
            else:
                await self._context.chat.set_visible([row.message_id], False, row.actor)
        after_commit(self.wake)
        return [ReplyChanged(row.channel_id, row.url, row.actor, row.state, self._now())]

    async def _end(self, rows: Sequence[RemoteNoteRow], state: ReplyState, why: str, by: str) -> list[Fact]:
        """Nobody is to read these any more. What a moderator hides he can show again; what its author has deleted is
        forgotten."""
        if not rows:
            return []
        numbers = [row.id for row in rows]
        # first the state and then the message ids: a line that is just being written sees the one, or we the other
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
            # in this order: what is hidden is told to nobody
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
            raise NotFound("there is no such reply")
        if row.state != ReplyState.HELD:
            raise Conflict(f"this reply is {row.state}")
        return row

    async def _emitted(self, work: Awaitable[list[Fact]]) -> None:
        await self._context.facts.emit_all(await work)


async def replies(post_id: str, offset: int, limit: int) -> Page[str]:
    """The URLs of what stands below a post for all to see, the oldest first."""
    found = RemoteNoteRow.filter(post_id=post_id, state=ReplyState.SHOWN.value)
    urls = await found.order_by("id").offset(offset).limit(limit).values_list("url", flat=True)
    return Page(await found.count(), tuple(str(url) for url in urls))


async def depart(actor: str) -> None:
    """An actor is no more, as a process learned that has no chat: what it said is shown by the rows no longer, and is
    forgotten with its lines at the next `sweep` of the process that has one. In a transaction."""
    # not sooner, as that would take a look at the rows every minute for what happens once in weeks
    await RemoteNoteRow.filter(actor=actor).exclude(state=ReplyState.DELETED.value).update(state=ReplyState.GONE.value)


def _shown_to(verified: Verified, note: Object) -> Visibility:
    """Who may read it: as the note says, or where it says nothing, as the activity does."""
    to, cc = (note.to, note.cc) if note.to or note.cc else (verified.activity.to, verified.activity.cc)
    return visibility(to, cc, verified.signer.actor.followers)


def _tombstone(url: str, actor: str) -> str:
    """Under what it is remembered that this actor has deleted something: no URL, so never the id of an activity, and
    with the actor in it, so that nobody keeps out what others write on his server."""
    return f"deleted {hashlib.sha256(f'{actor} {url}'.encode()).hexdigest()}"


def _in_transaction(row: RemoteNoteRow) -> InTransaction:
    async def bind(message_id: str) -> None:
        """Raises Conflict when it has changed since: then it is said as it is now, or not at all."""
        same = RemoteNoteRow.filter(id=row.id, state=ReplyState.SHOWN.value, message_id=None, edits=row.edits)
        if not await same.update(message_id=message_id):
            raise Conflict("it was edited or withdrawn meanwhile")

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
    """Who said what is in one of these states."""
    found = RemoteNoteRow.filter(state__in=states).distinct()
    return [str(actor) for actor in await found.values_list("actor", flat=True)]

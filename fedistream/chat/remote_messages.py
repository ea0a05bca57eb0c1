"""People who speak from elsewhere and may edit and take back what they said. Who may speak is decided where they do.

All but `say` and `answer` runs in the caller's transaction, or makes its own, and is heard after the commit.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from fedistream.chat import names, rules
from fedistream.chat.messages import GONE, GONE_HTML, InTransaction
from fedistream.chat.moderation import ADMIN, Moderation
from fedistream.chat.poster import ChatPoster, Neighbours, Parts
from fedistream.chat.render import escape, sanitise
from fedistream.chat.values import Edited, Kind, Message, Origin, RemoteAuthor
from fedistream.core.errors import Invalid
from fedistream.core.plain_text import one_line, printable
from fedistream.db import after_commit, atomic

MAX_NAME = 40  # characters; a name is no place for a message


class RemoteMessage(Protocol):
    """What somebody elsewhere said. `handle` is user@host, `actor` his URL, `link` leads to what he said."""

    @property
    def channel_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def handle(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def image(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def warning(self) -> str: ...
    @property
    def link(self) -> str: ...
    @property
    def edited_at(self) -> datetime | None: ...


class Answered(RemoteMessage, Protocol):
    """A remark that stands in the chat."""

    @property
    def message_id(self) -> str | None: ...


class RemoteMessages:
    def __init__(self, parts: Parts, poster: ChatPoster, moderation: Moderation, near: Neighbours) -> None:
        self._parts, self._poster, self._moderation, self._near = parts, poster, moderation, near

    def is_on(self, channel_id: int) -> bool:
        """Whether there is a chat. It may be closed, for now: what is said meanwhile is read later."""
        return not self._near.settings.value("chat.disabled", channel_id)

    def has_blocked_words(self, channel_id: int, text: str) -> bool:
        """Whether there are words in it that the channel does not want."""
        value = self._near.settings.value
        terms = rules.ChatPolicy(
            slur_filter=value("chat.slur_filter", channel_id), blocked_words=value("chat.blocked_words", channel_id)
        )
        return rules.has_words(text, terms)

    async def say(self, said: RemoteMessage, in_transaction: InTransaction) -> None:
        """Add a line to the chat. `in_transaction(message id)` is awaited in the transaction that writes it, and keeps
        it out by raising. Raises TooMany when it was not written, whatever the reason."""
        author = self._poster.facing(RemoteAuthor(_name(said), said.handle, said.actor, said.image))
        message = self._poster.message(said.channel_id, Kind.CHAT, Origin.FEDIVERSE, "", "", remote=author)
        await self._poster.keep(_saying(message, said), in_transaction)

    async def answer(self, said: Answered, markdown: str, by: str, in_transaction: InTransaction) -> None:
        """A line in the channel's name, to the author of another. Otherwise as `say`. Raises Invalid for a blank
        one."""
        question = said.message_id
        if question is None:
            raise Invalid("message", "is not in the chat")

        async def noted(message_id: str) -> None:
            await in_transaction(message_id)
            await self._moderation.note("answer", by or ADMIN, [question])

        message = self._poster.line(
            said.channel_id, Kind.SYSTEM, f"@{escape(_name(said))} {markdown}", Origin.FEDIVERSE
        )
        await self._poster.keep(replace(message, link=said.link, answers=question), noted)

    async def edit(self, message_id: str, said: RemoteMessage) -> None:
        """Let a line say what its author says now. One that is not there any more stays away."""
        message = await self._parts.messages.rewrite(message_id, lambda message: _saying(message, said))
        if message is not None and message.hidden_at is None:
            self._tell(Edited(message, self._poster.next_id(), message.edited_at or message.at))

    async def set_visible(self, message_ids: Sequence[str], visible: bool, by: str) -> None:
        """`by` is the author, or empty for the admin."""
        await self._moderation.set_visible(message_ids, visible, by or ADMIN)

    async def wipe(self, message_ids: Sequence[str], by: str) -> None:
        """Hide lines and forget what they said, as their author wishes."""
        await atomic(self._wipe, tuple(message_ids), by)

    async def authors(self, after: str) -> tuple[str, ...]:
        """Those of whom there are lines, in order, those after one of them."""
        return await self._parts.messages.authors(after)

    async def forget(self, author: str) -> None:
        """Take all lines away that say what somebody elsewhere said or did, with the name; in a transaction."""
        while found := await self._parts.messages.of_author(author):
            await self._wipe(found, author)

    async def _wipe(self, message_ids: tuple[str, ...], by: str) -> None:
        await self._moderation.set_visible(message_ids, False, by or ADMIN)
        await self._parts.messages.wipe(message_ids)
        for left in await self._parts.messages.by_ids(message_ids):
            # moderators see hidden lines, and are not to see this any more
            self._tell(Edited(left, self._poster.next_id(), left.hidden_at or left.at))

    def _tell(self, told: Edited) -> None:
        after_commit(lambda: self._poster.hear(told.message.channel_id, told))


def _name(said: RemoteMessage) -> str:
    return names.clean(said.name, MAX_NAME) or said.handle


def _saying(message: Message, said: RemoteMessage) -> Message:
    # the second lock: what an excerpt is was decided elsewhere, what a message may be is decided here
    html = sanitise(printable(said.html))
    text = printable(said.text).strip()
    return replace(
        message,
        body=text or GONE,
        html=html or GONE_HTML,
        link=said.link,
        warning=one_line(said.warning, rules.MAX_WARNING),
        edited_at=said.edited_at,
    )

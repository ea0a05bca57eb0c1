"""Messages from the fediverse, which their authors may edit and delete. Permission is checked by the caller.

Everything except `say` and `answer` runs in the caller's transaction, or in its own, and is sent after the commit.
"""

from collections.abc import Sequence
from dataclasses import replace

from fedistream.chat import names, rules
from fedistream.chat.context import ChatContext
from fedistream.chat.messages import GONE, GONE_HTML, InTransaction, MessageLog
from fedistream.chat.moderation import ADMIN, Moderation
from fedistream.chat.poster import ChatPoster
from fedistream.chat.render import escape, sanitise
from fedistream.chat.values import ActionKind, ChatProblem, Edited, Kind, Message, Origin, RemoteAuthor
from fedistream.core.errors import Invalid
from fedistream.core.plain_text import one_line, printable
from fedistream.db import after_commit, atomic
from fedistream.federation.values import Reply

MAX_NAME = 40  # characters; a longer name could carry a message of its own


class RemoteMessages:
    """Adds remote messages to the chat, and edits and hides them."""

    def __init__(self, context: ChatContext, poster: ChatPoster, moderation: Moderation, messages: MessageLog) -> None:
        self._context, self._poster, self._moderation, self._messages = context, poster, moderation, messages

    def is_on(self, channel_id: int) -> bool:
        """Return whether the chat is enabled. It may be closed for now; messages are then stored and read later."""
        return bool(self._context.settings.value("chat.enabled", channel_id))

    def has_blocked_words(self, channel_id: int, text: str) -> bool:
        """Return whether the text has a word that the channel blocks."""
        value = self._context.settings.value
        policy = rules.ChatPolicy(
            slur_filter=value("chat.slur_filter", channel_id), blocked_words=value("chat.blocked_words", channel_id)
        )
        return rules.has_words(text, policy)

    async def say(self, said: Reply, in_transaction: InTransaction) -> None:
        """Add a message to the chat.

        `in_transaction(message id)` is awaited in the transaction that writes it; when it raises, the message is not
        stored. Raises TooMany when the message was not written, whatever the reason.
        """
        author = self._poster.facing(RemoteAuthor(_name(said), said.handle, said.actor, said.image))
        message = self._poster.message(said.channel_id, Kind.CHAT, Origin.FEDIVERSE, "", "", remote=author)
        await self._poster.keep(_saying(message, said), in_transaction)

    async def answer(self, said: Reply, markdown: str, by: str, in_transaction: InTransaction) -> None:
        """Post a message in the channel's name that answers `said`; `by` is the moderator's id, or empty for the admin.

        `in_transaction` as in `say`. Raises Invalid for a blank one, TooMany.
        """
        question = said.message_id
        if question is None:
            raise Invalid("message", ChatProblem.NOT_IN_CHAT)

        async def noted(message_id: str) -> None:
            await in_transaction(message_id)
            await self._moderation.note(ActionKind.ANSWER, by or ADMIN, [question])

        message = self._poster.line(
            said.channel_id, Kind.SYSTEM, f"@{escape(_name(said))} {markdown}", Origin.FEDIVERSE
        )
        await self._poster.keep(replace(message, link=said.link, answers=question), noted)

    async def edit(self, message_id: str, said: Reply) -> None:
        """Change a message to its author's new text. A message that was deleted meanwhile is left alone."""
        message = await self._messages.rewrite(message_id, lambda message: _saying(message, said))
        if message is not None and message.hidden_at is None:
            self._send(Edited(message, self._poster.next_id(), message.edited_at or message.at))

    async def set_visible(self, message_ids: Sequence[str], visible: bool, by: str) -> None:
        """Hide or show messages. `by` is the author, or empty for the admin."""
        await self._moderation.set_visible(message_ids, visible, by or ADMIN)

    async def wipe(self, message_ids: Sequence[str], by: str) -> None:
        """Hide messages and delete their content, as their author asks."""
        await atomic(self._wipe, tuple(message_ids), by)

    async def authors(self, after: str) -> tuple[str, ...]:
        """Return the URLs of actors that have messages, in order, beginning after the URL `after`."""
        return await self._messages.authors(after)

    async def forget(self, author: str) -> None:
        """Delete the content and author of everything a remote actor said or did. To be called in a transaction."""
        while found := await self._messages.of_author(author):
            await self._wipe(found, author)

    async def _wipe(self, message_ids: tuple[str, ...], by: str) -> None:
        await self._moderation.set_visible(message_ids, False, by or ADMIN)
        await self._messages.wipe(message_ids)
        for left in await self._messages.by_ids(message_ids):
            # moderators see hidden messages, and must not see this content any more
            self._send(Edited(left, self._poster.next_id(), left.hidden_at or left.at))

    def _send(self, event: Edited) -> None:
        after_commit(lambda: self._poster.send(event.message.channel_id, event))


def _name(said: Reply) -> str:
    return names.clean(said.name, MAX_NAME) or said.handle


def _saying(message: Message, said: Reply) -> Message:
    # sanitised a second time: the excerpt's rules are the federation's, and a message's are stricter
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

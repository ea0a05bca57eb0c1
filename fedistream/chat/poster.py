"""Posts to the chat on behalf of the node, bots and remote authors.

All messages, visitors' included, are stored and sent through `ChatPoster.append`.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from fedistream.chat import rules
from fedistream.chat.context import ChatContext
from fedistream.chat.emoji import Emoji
from fedistream.chat.messages import InTransaction, MessageLog
from fedistream.chat.presence import ChatConnection, Presence
from fedistream.chat.render import escape, render
from fedistream.chat.values import ChatProblem, Event, Kind, Message, Origin, RemoteAuthor, UserInfo, Visitor
from fedistream.core.errors import Invalid, NotAllowed, NotFound, TooMany
from fedistream.core.events import BroadcastEnded, BroadcastStarted, ChatMessageSent, TitleChanged

STARTING = "Stay tuned, the stream is **starting**!"
ENDING = "The stream is ending."
MAX_TITLE, MAX_ADDRESS = 500, 2_000  # characters of an engagement's title, and of its addresses


@dataclass(frozen=True, slots=True)
class Engagement:
    """A follow, like or share by a remote actor.

    `text` is a plain sentence about it. `reaction` is the emoji of an emoji reaction, `reaction_image` the URL of the
    image of a custom one.
    """

    kind: Kind
    author: RemoteAuthor
    text: str
    title: str = ""
    image: str = ""
    link: str = ""
    reaction: str = ""
    reaction_image: str = ""


class ChatPoster:
    """Makes messages, and has them stored and sent to the connections."""

    def __init__(self, context: ChatContext, messages: MessageLog, presence: Presence, emoji: Emoji) -> None:
        self._context, self._messages, self._presence, self._emoji = context, messages, presence, emoji

    def tell(self, connection: ChatConnection, markdown: str) -> None:
        """Send a line to this connection alone. It is not stored."""
        connection.listener.send(self.line(connection.channel_id, Kind.ACTION, markdown))

    def tell_visitor(self, visitor: Visitor) -> None:
        """Send a visitor's present state to all connections of the visitor."""
        for connection in self._presence.of_visitor(visitor.id):
            connection.listener.send(UserInfo(visitor, self.next_id(), self._context.clocks.now()))

    def announce(self, channel_id: int, markdown: str) -> None:
        """Send a line to all present connections, in order with the messages. It is not stored. Raises TooMany."""
        message = self.line(channel_id, Kind.ACTION, markdown)
        self._messages.append(message, self._send_message, keep=False)

    async def system(self, channel_id: int, markdown: str, origin: Origin = Origin.INTEGRATION) -> Message:
        """Post a message of the node, and store it. Raises Invalid for one that is blank or too long, TooMany."""
        return await self.keep(self.line(channel_id, Kind.SYSTEM, markdown, origin))

    async def action(self, channel_id: int, markdown: str, origin: Origin = Origin.INTEGRATION) -> Message:
        """Post a line about an event, and store it. Raises Invalid, TooMany."""
        return await self.keep(self.line(channel_id, Kind.ACTION, markdown, origin))

    def system_to(self, client_id: int, markdown: str) -> None:
        """Send a message of the node to one connection. Raises NotFound, and Invalid for one that is blank or too
        long."""
        connection = self._presence.connection(client_id)
        if connection is None:
            raise NotFound(ChatProblem.NO_CLIENT)
        message = self.line(connection.channel_id, Kind.SYSTEM, markdown, Origin.INTEGRATION)
        _check(message)
        connection.listener.send(message)

    async def bot_says(self, channel_id: int, bot: Visitor, markdown: str) -> Message:
        """Post a message of a bot. Raises NotAllowed for a disabled bot, Invalid, TooMany."""
        if not bot.enabled:
            raise NotAllowed(ChatProblem.BOT_DISABLED)
        html = render(markdown, self._emoji.urls())
        message = self.message(channel_id, Kind.CHAT, Origin.INTEGRATION, markdown.strip(), html, visitor=bot)
        return await self.keep(message)

    async def remote_says(self, channel_id: int, origin: Origin, author: RemoteAuthor, html: str) -> Message:
        """Post a message of a remote author. `html` must be safe (`render`, `sanitise`). Raises Invalid, TooMany."""
        return await self.keep(self.message(channel_id, Kind.CHAT, origin, html, html, remote=author))

    def engagement(self, channel_id: int, what: Engagement) -> Message:
        """Post a follow, like or share. The message is queued, and this does not wait until it is stored.

        Waiting would let a thousand likes delay all later announcements. Raises Invalid, and TooMany as soon as the
        queue is half full, because people's messages come first.
        """
        if self._messages.crowded:
            raise TooMany(1)
        html = render(escape(what.text), {})
        message = self.message(
            channel_id, what.kind, Origin.FEDIVERSE, what.text, html, remote=self.facing(what.author)
        )
        title, image, link = what.title[:MAX_TITLE], what.image[:MAX_ADDRESS], what.link[:MAX_ADDRESS]
        picture = self._context.picture(what.reaction_image[:MAX_ADDRESS]) if what.reaction_image else ""
        message = replace(
            message, title=title, image=image, link=link, reaction=what.reaction, reaction_picture=picture
        )
        _check(message)
        self.append(message, None)
        return message

    async def announce_start(self, fact: BroadcastStarted) -> None:
        """Announce to the waiting visitors that the stream begins, and send them the streamer's welcome message."""
        if not self._setting("chat.enabled", fact.channel_id):
            return
        self.announce(fact.channel_id, STARTING)
        if (welcome := self.welcome(fact.channel_id)) is not None:
            self._messages.append(welcome, self._send_message, keep=False)

    async def announce_end(self, fact: BroadcastEnded) -> None:
        """Announce the end of the broadcast."""
        if self._setting("chat.enabled", fact.channel_id):
            self.announce(fact.channel_id, ENDING)

    async def announce_title(self, fact: TitleChanged) -> None:
        """Announce a new title of the stream."""
        if self._setting("chat.enabled", fact.channel_id) and fact.title:
            self.announce(fact.channel_id, f"Stream title changed to **{escape(fact.title)}**")

    async def was_told(self, channel_id: int, kind: Kind, actor: str) -> bool:
        """Return whether an event of this kind by a remote actor was posted since the last broadcast began."""
        return await self._messages.was_told(channel_id, kind, actor, self._context.live(channel_id).last_started_at)

    def append(
        self, message: Message, client_id: int | None, in_transaction: InTransaction | None = None
    ) -> "asyncio.Future[bool]":
        """Queue a message to be stored, sent and emitted as a fact. The future's result is whether it was stored.
        Raises TooMany."""

        fact = ChatMessageSent(
            message.channel_id,
            message.id,
            message.kind.value,
            message.origin.value,
            message.visitor.id if message.visitor else "",
            client_id,
            message.body,
            message.html,
            message.at,
        )
        return self._messages.append(message, self._send_message, fact=fact, in_transaction=in_transaction)

    async def keep(self, message: Message, in_transaction: InTransaction | None = None) -> Message:
        """Store a message that no visitor sent, and send it to everybody; `in_transaction` as in `MessageLog.append`.

        Raises Invalid for one that is blank or too long, TooMany for one that could not be stored.
        """
        _check(message)
        if not await asyncio.shield(self.append(message, None, in_transaction)):
            raise TooMany(1)
        return message

    def line(self, channel_id: int, kind: Kind, markdown: str, origin: Origin = Origin.NODE) -> Message:
        """Return a new message with Markdown rendered; see `message`."""
        html = render(markdown, self._emoji.urls())
        return self.message(channel_id, kind, origin, markdown, html)

    def message(
        self,
        channel_id: int,
        kind: Kind,
        origin: Origin,
        body: str,
        html: str,
        visitor: Visitor | None = None,
        remote: RemoteAuthor | None = None,
    ) -> Message:
        """Return a new message, made now. It must be appended before the next one is made."""
        message_id = self._messages.next_id()
        at = self._messages.moment(message_id)
        return Message(message_id, channel_id, kind, origin, body, html, at, visitor, remote)

    def facing(self, author: RemoteAuthor) -> RemoteAuthor:
        """Return the author with the path under which this node shows their avatar."""
        return replace(author, picture=self._context.picture(author.avatar))

    def welcome(self, channel_id: int) -> Message | None:
        """Return the streamer's welcome message, or None if there is none."""
        text = self._setting("chat.welcome", channel_id)
        return self.line(channel_id, Kind.SYSTEM, text) if text else None

    def send(self, channel_id: int, event: Event) -> None:
        """Send an event to all connections of a channel now."""
        (self._context.broadcaster or self._presence).send(channel_id, event)

    def next_id(self) -> str:
        """Return a new message id."""
        return self._messages.next_id()

    def _send_message(self, message: Message) -> None:
        self.send(message.channel_id, message)

    def _setting(self, name: str, channel_id: int) -> Any:
        return self._context.settings.value(name, channel_id)


def _check(message: Message) -> None:
    if not message.html:
        raise Invalid("body", ChatProblem.BLANK)
    if len(message.body.encode("utf-8", "replace")) > 2 * rules.MAX_BYTES:
        raise Invalid("body", ChatProblem.TOO_MANY_BYTES, most=2 * rules.MAX_BYTES)

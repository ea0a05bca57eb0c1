"""What is heard in the chat without a visitor saying it: the node's own lines, bots, people from elsewhere.

It also has the one way by which anything comes into the log and to everybody's ears.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from fedistream.chat import rules
from fedistream.chat.bans import Bans
from fedistream.chat.emoji import Emoji
from fedistream.chat.messages import InTransaction, MessageLog
from fedistream.chat.presence import ChatConnection, Presence
from fedistream.chat.render import escape, render
from fedistream.chat.values import Broadcaster, Event, Kind, Message, Origin, RemoteAuthor, Visitor
from fedistream.chat.visitors import Visitors
from fedistream.core.errors import Invalid, NotAllowed, NotFound, TooMany
from fedistream.core.events import BroadcastEnded, BroadcastStarted, ChatMessageSent, Fact, TitleChanged

STARTING = "Stay tuned, the stream is **starting**!"
ENDING = "The stream is ending."
MAX_TITLE, MAX_ADDRESS = 500, 2_000  # characters of an engagement's title, and of its addresses


class Settings(Protocol):
    def value(self, name: str, channel_id: int | None = None) -> Any: ...


class Facts(Protocol):
    async def emit(self, fact: Fact) -> None: ...
    async def emit_all(self, facts: Sequence[Fact]) -> None: ...
    def publish(self, fact: Fact) -> None: ...


@dataclass(frozen=True, slots=True)
class LiveState:
    """What the chat wants to know of a channel: is a broadcast running, and when did the last one begin and end?"""

    running: bool = False
    ended_at: datetime | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the chat that have their own services."""

    visitors: Visitors
    messages: MessageLog
    presence: Presence
    bans: Bans
    emoji: Emoji


def no_picture(url: str) -> str:
    """Where no picture from elsewhere is shown."""
    return ""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the chat needs of others. `channels` lists the ids of all channels. Without a loudspeaker, each ear in a
    room hears for itself. `picture` is the path of ours for the URL of a picture elsewhere."""

    settings: Settings
    facts: Facts
    air: Callable[[int], LiveState]
    channels: Callable[[], tuple[int, ...]]
    broadcaster: Broadcaster | None = None
    picture: Callable[[str], str] = no_picture


@dataclass(frozen=True, slots=True)
class Engagement:
    """Somebody elsewhere followed, liked or shared. `text` is plain, and says who did what. `reaction` is the emoji
    where it was more than a like, `reaction_image` the URL of its picture if it is a custom one."""

    kind: Kind
    author: RemoteAuthor
    text: str
    title: str = ""
    image: str = ""
    link: str = ""
    reaction: str = ""
    reaction_image: str = ""


class ChatPoster:
    def __init__(self, parts: Parts, near: Neighbours) -> None:
        self._parts, self._near = parts, near

    def tell(self, connection: ChatConnection, markdown: str) -> None:
        """A line for this socket alone. It is not stored."""
        connection.ear.hear(self.line(connection.channel_id, Kind.ACTION, markdown))

    def announce(self, channel_id: int, markdown: str) -> None:
        """A line for everybody who is here now. It takes its turn among the messages, and is not stored."""
        message = self.line(channel_id, Kind.ACTION, markdown)
        self._parts.messages.append(message, self._heard, keep=False)

    async def system(self, channel_id: int, markdown: str, origin: Origin = Origin.INTEGRATION) -> Message:
        """The node says something, for good. Raises Invalid for what is blank or too long, TooMany."""
        return await self.keep(self.line(channel_id, Kind.SYSTEM, markdown, origin))

    async def action(self, channel_id: int, markdown: str, origin: Origin = Origin.INTEGRATION) -> Message:
        """A line in the chat, for good. Raises Invalid, TooMany."""
        return await self.keep(self.line(channel_id, Kind.ACTION, markdown, origin))

    def system_to(self, client_id: int, markdown: str) -> None:
        """The node says something to one socket. Raises NotFound, and Invalid for what is blank."""
        connection = self._parts.presence.connection(client_id)
        if connection is None:
            raise NotFound("there is no such client")
        message = self.line(connection.channel_id, Kind.SYSTEM, markdown, Origin.INTEGRATION)
        _check(message)
        connection.ear.hear(message)

    async def bot_says(self, channel_id: int, bot: Visitor, markdown: str) -> Message:
        """A bot says something. Raises NotAllowed for a disabled one, Invalid, TooMany."""
        if not bot.enabled:
            raise NotAllowed("this bot is disabled")
        html = render(markdown, self._parts.emoji.urls())
        message = self.message(channel_id, Kind.CHAT, Origin.INTEGRATION, markdown.strip(), html, visitor=bot)
        return await self.keep(message)

    async def remote_says(self, channel_id: int, origin: Origin, author: RemoteAuthor, html: str) -> Message:
        """Somebody without an identity here says something; `html` is safe already (`render`, `sanitise`). Raises
        Invalid, TooMany."""
        return await self.keep(self.message(channel_id, Kind.CHAT, origin, html, html, remote=author))

    def engagement(self, channel_id: int, what: Engagement) -> Message:
        """Somebody on the fediverse followed, liked or shared. It takes its turn in the log, which is not waited for:
        a thousand likes would otherwise hold up all that is to be told after them. Raises Invalid, and TooMany already
        when the log is half full, as people who chat come first."""
        if self._parts.messages.crowded:
            raise TooMany(1)
        html = render(escape(what.text), {})
        message = self.message(
            channel_id, what.kind, Origin.FEDIVERSE, what.text, html, remote=self.facing(what.author)
        )
        title, image, link = what.title[:MAX_TITLE], what.image[:MAX_ADDRESS], what.link[:MAX_ADDRESS]
        picture = self._near.picture(what.reaction_image[:MAX_ADDRESS]) if what.reaction_image else ""
        message = replace(
            message, title=title, image=image, link=link, reaction=what.reaction, reaction_picture=picture
        )
        _check(message)
        self.append(message, None)
        return message

    async def announce_start(self, fact: BroadcastStarted) -> None:
        """Tell those who wait that it begins, and what the streamer wants to say to everybody who comes."""
        if self._setting("chat.disabled", fact.channel_id):
            return
        self.announce(fact.channel_id, STARTING)
        if (welcome := self.welcome(fact.channel_id)) is not None:
            self._parts.messages.append(welcome, self._heard, keep=False)

    async def announce_end(self, fact: BroadcastEnded) -> None:
        if not self._setting("chat.disabled", fact.channel_id):
            self.announce(fact.channel_id, ENDING)

    async def announce_title(self, fact: TitleChanged) -> None:
        if not self._setting("chat.disabled", fact.channel_id) and fact.title:
            self.announce(fact.channel_id, f"Stream title changed to **{escape(fact.title)}**")

    async def was_told(self, channel_id: int, kind: Kind, actor: str) -> bool:
        """Whether there is a line of this kind about somebody elsewhere since the last broadcast began."""
        return await self._parts.messages.was_told(channel_id, kind, actor, self._near.air(channel_id).started_at)

    def append(
        self, message: Message, client_id: int | None, in_transaction: InTransaction | None = None
    ) -> "asyncio.Future[bool]":
        """Have it stored, and then heard and made known. The future says whether it was. Raises TooMany."""

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
        return self._parts.messages.append(message, self._heard, fact=fact, in_transaction=in_transaction)

    async def keep(self, message: Message, in_transaction: InTransaction | None = None) -> Message:
        """Store a message that no visitor sent, and send it to everybody; `in_transaction` as in the log.

        Raises Invalid for one that is blank or too long, TooMany for one that could not be stored."""
        _check(message)
        if not await asyncio.shield(self.append(message, None, in_transaction)):
            raise TooMany(1)
        return message

    def line(self, channel_id: int, kind: Kind, markdown: str, origin: Origin = Origin.NODE) -> Message:
        html = render(markdown, self._parts.emoji.urls())
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
        """A new one, made now: append it before you make the next."""
        message_id = self._parts.messages.next_id()
        at = self._parts.messages.moment(message_id)
        return Message(message_id, channel_id, kind, origin, body, html, at, visitor, remote)

    def facing(self, author: RemoteAuthor) -> RemoteAuthor:
        """With the path under which this node shows his face."""
        return replace(author, picture=self._near.picture(author.avatar))

    def welcome(self, channel_id: int) -> Message | None:
        """What the streamer wants to say to everybody who comes."""
        text = self._setting("chat.welcome", channel_id)
        return self.line(channel_id, Kind.SYSTEM, text) if text else None

    def hear(self, channel_id: int, event: Event) -> None:
        """Let everybody in the room hear it now."""
        (self._near.broadcaster or self._parts.presence).say(channel_id, event)

    def next_id(self) -> str:
        return self._parts.messages.next_id()

    def _heard(self, message: Message) -> None:
        self.hear(message.channel_id, message)

    def _setting(self, name: str, channel_id: int) -> Any:
        return self._near.settings.value(name, channel_id)


def _check(message: Message) -> None:
    if not message.html:
        raise Invalid("body", "must not be blank")
    if len(message.body.encode("utf-8", "replace")) > 2 * rules.MAX_BYTES:
        raise Invalid("body", f"must be at most {2 * rules.MAX_BYTES} bytes")

"""The chat for visitors: registration, entering, messages, names and sign-in.

Moderation is in `moderation.py`, messages of the node and of remote authors in `poster.py`. Everything that is said is
stored first and sent afterwards (`messages.py`). A refusal is sent to the sender alone.
"""

import asyncio
import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from fedistream.chat import names, rules
from fedistream.chat.bans import Bans
from fedistream.chat.context import ChatContext
from fedistream.chat.emoji import Emoji
from fedistream.chat.messages import MessageLog, retention
from fedistream.chat.poster import ChatPoster
from fedistream.chat.presence import ChatConnection, Presence
from fedistream.chat.render import escape, render
from fedistream.chat.sender_activity import SenderActivity
from fedistream.chat.values import (
    Accepted,
    ChatProblem,
    Client,
    CloseReason,
    Joined,
    Kind,
    Listener,
    Message,
    Origin,
    Parted,
    Recoloured,
    Refused,
    Renamed,
    Visitor,
)
from fedistream.chat.visitors import Visitors
from fedistream.core.client_network import client_network, is_shared
from fedistream.core.errors import Invalid, NotAllowed, TooMany
from fedistream.core.events import SettingChanged, VisitorJoined, VisitorParted, VisitorRenamed, VisitorSignedIn
from fedistream.core.rate_limit import MutingLimiter, RateVerdict
from fedistream.core.retention_clock import RetentionClock
from fedistream.core.supervisor import beside
from fedistream.db import atomic

log = logging.getLogger(__name__)

WELCOME_S = 7.0
# connections; with more, joins and parts are not sent: 5,000 clients that reconnect at once would get 12 million
LARGE_CHAT = 200
REGISTRATIONS, REGISTRATIONS_S = 20, 60.0  # new visitors at one address
# client networks behind a private address: that of a container bridge, or of a proxy without X-Forwarded-For
SHARED_BY = 20
# lines of one connection that may wait for the database: at one line every 2 s, they cover 40 s
MAX_UNSTORED = 20
PRUNE_S = 3600.0


@dataclass(slots=True)
class _Watch:
    """The activity of visitors and addresses, for the rate limits."""

    messages: SenderActivity = field(default_factory=SenderActivity)
    visitors: MutingLimiter = field(default_factory=MutingLimiter)
    addresses: MutingLimiter = field(default_factory=MutingLimiter)
    registrations: MutingLimiter = field(default_factory=MutingLimiter)
    changes: MutingLimiter = field(default_factory=MutingLimiter)


class Chat:
    """The chat of all channels. `run` must be running; `close` ends it."""

    def __init__(
        self,
        context: ChatContext,
        poster: ChatPoster,
        visitors: Visitors,
        messages: MessageLog,
        presence: Presence,
        bans: Bans,
        emoji: Emoji,
    ) -> None:
        self._context, self._clocks, self._poster = context, context.clocks, poster
        self._visitors, self._messages, self._presence = visitors, messages, presence
        self._bans, self._emoji = bans, emoji
        self._watch = _Watch()
        self._cautious = RetentionClock(self._clocks.now, self._clocks.monotonic)
        presence.came, presence.went = self._came, self._went

    def enabled(self, channel_id: int) -> bool:
        """Return whether the channel's chat is enabled."""
        return bool(self._setting("chat.enabled", channel_id))

    def open(self, channel_id: int) -> bool:
        """Return whether messages are accepted: the chat is enabled, and a broadcast runs, ended within
        `chat.offline_s`, or is scheduled to begin soon."""
        status = self._context.live(channel_id)
        if not self.enabled(channel_id) or status.running:
            return self.enabled(channel_id)
        window = timedelta(seconds=self._setting("chat.offline_s", channel_id))
        ended_at = status.last_ended_at
        if ended_at is not None and self._clocks.now() - ended_at <= window:
            return True
        return self._context.opens_early(channel_id)

    async def register(self, channel_id: int, name: str, address: str) -> tuple[Visitor, str]:
        """Make a new visitor. Returns the visitor and their token.

        A name that is blank, forbidden or taken is replaced by a generated one. Raises NotAllowed for a banned address,
        TooMany for an address that registers too many visitors.
        """
        if self._bans.holds(address):
            raise NotAllowed(ChatProblem.ADDRESS_BANNED)
        pace = self._watch.registrations.pace(
            client_network(address),
            self._clocks.monotonic(),
            most=REGISTRATIONS * _neighbours(address),
            within_s=REGISTRATIONS_S,
            mute_s=REGISTRATIONS_S,
        )
        if pace is not RateVerdict.FINE:
            raise TooMany(REGISTRATIONS_S)
        name = names.clean(name)
        if not name or await self._name_refusal(channel_id, name, "") is not None:
            name = names.generate(self._setting("chat.suggested_names", channel_id), self._clocks.chance)
        return await self._visitors.make(name)

    def enter(
        self, channel_id: int, visitor: Visitor, listener: Listener, address: str, user_agent: str
    ) -> ChatConnection:
        """Add a connection of the visitor. Call `leave` when it is closed.

        Raises NotAllowed when the chat or the visitor is disabled, or the address is banned.
        """
        if not self.enabled(channel_id):
            raise NotAllowed(ChatProblem.CHAT_DISABLED)
        if not visitor.enabled or self._bans.holds(address):
            raise NotAllowed(ChatProblem.VISITOR_DISABLED)
        return self._presence.enter(channel_id, visitor, listener, address, user_agent)

    def greet(self, connection: ChatConnection) -> None:
        """Send the welcome message after WELCOME_S, while a broadcast is running.

        Not to be called for a client that only reconnects.
        """
        if self._context.live(connection.channel_id).running and self._setting("chat.welcome", connection.channel_id):
            connection.timers.append(self._clocks.later(WELCOME_S, lambda: self._welcome(connection)))

    def leave(self, connection: ChatConnection) -> None:
        """Remove a connection. May be called twice."""
        self._presence.leave(connection)

    def clients(self, channel_id: int) -> tuple[Client, ...]:
        """Return the open connections of a channel."""
        return tuple(connection.client() for connection in self._presence.connections(channel_id))

    def say(
        self, connection: ChatConnection, text: str, *, ref: str = "", at: float | None = None
    ) -> "asyncio.Future[Message | None]":
        """Post a visitor's message.

        It is checked now, as of the monotonic time `at` when it arrived: messages that piled up while the database was
        slow are not a flood. The future's result is the message once it is stored and sent, or None when it was
        refused. The sender is told why it was refused; a client that gave a `ref` is also told that it was accepted.
        """
        answer: asyncio.Future[Message | None] = asyncio.get_running_loop().create_future()
        at = self._clocks.monotonic() if at is None else at
        judged = self._checked(connection, text, at)
        if isinstance(judged, rules.Refusal):
            self.refuse(connection, judged, ref)
            answer.set_result(None)
            return answer
        message = self._poster.message(
            connection.channel_id, Kind.CHAT, Origin.WEB, text.strip(), judged, visitor=connection.visitor
        )

        def settled(stored: bool) -> None:
            if stored:
                self._accept(connection, ref, message.id)
            else:
                self.refuse(connection, rules.NOT_STORED, ref)
            if not answer.done():
                answer.set_result(message if stored else None)

        try:
            storing = self._poster.append(message, connection.id)
        except TooMany:
            settled(False)
            return answer
        self._watch.messages.said(connection.visitor.id, at, text)
        connection.messages += 1
        connection.unstored += 1

        def stored(done: "asyncio.Future[bool]") -> None:
            connection.unstored -= 1
            settled(done.result())

        storing.add_done_callback(stored)
        return answer

    async def rename(self, connection: ChatConnection, name: str, ref: str = "") -> Visitor | None:
        """Rename the connection's visitor. Returns the renamed visitor, or None when nothing changed; a refusal is sent
        to the connection."""
        visitor = connection.visitor
        clean = names.clean(name)
        if (why := self._unchangeable(connection)) is not None:
            self.refuse(connection, why, ref)
            return None
        if clean == visitor.name:
            self._accept(connection, ref)
            return None
        why = rules.BLANK_NAME if not clean else await self._name_refusal(connection.channel_id, clean, visitor.id)
        if why is not None:
            self.refuse(connection, why, ref)
            # a page may show the new name at once, and takes it back when it is sent the old one
            self._poster.tell_visitor(visitor)
            return None
        at = self._clocks.now()
        fact = VisitorRenamed(connection.channel_id, visitor.id, visitor.name, clean, connection.id, at)
        renamed = await atomic(self._rename, fact)
        for channel_id in self._presence.become(visitor.id, renamed):
            self._poster.send(channel_id, Renamed(renamed, visitor.name, self._poster.next_id(), at))
        self._poster.tell_visitor(renamed)
        self._accept(connection, ref)
        return renamed

    async def recolour(self, connection: ChatConnection, colour: int, ref: str = "") -> Visitor | None:
        """Change the visitor's colour. Returns the changed visitor, or None when nothing changed; a refusal is sent to
        the connection."""
        if colour == connection.visitor.colour:
            self._accept(connection, ref)
            return None
        if (why := self._unchangeable(connection)) is not None:
            self.refuse(connection, why, ref)
            return None
        try:
            recoloured = await self._visitors.recolour(connection.visitor.id, colour)
        except Invalid:
            self.refuse(connection, rules.NO_SUCH_COLOUR, ref)
            return None
        for channel_id in self._presence.become(recoloured.id, recoloured):
            event = Recoloured(recoloured, self._poster.next_id(), self._clocks.now())
            self._poster.send(channel_id, event)
        self._poster.tell_visitor(recoloured)
        self._accept(connection, ref)
        return recoloured

    def refuse(self, connection: ChatConnection, why: rules.Refusal, ref: str = "") -> None:
        """Send a refusal to the sender: as an answer to `ref` if the client gave one, else as a line in the chat."""
        if ref:
            html = render(why.words, {})
            connection.listener.send(
                Refused(ref, why.reason, html, why.retry_s, self._poster.next_id(), self._clocks.now())
            )  # fmt: skip
        elif not why.quiet:
            self._poster.tell(connection, why.words)

    def _accept(self, connection: ChatConnection, ref: str, message_id: str = "") -> None:
        if ref:
            connection.listener.send(Accepted(ref, self._poster.next_id(), self._clocks.now(), message_id))

    async def authenticate(self, visitor_id: str, kind: str, identity: str) -> Visitor:
        """Record that the visitor has proven an identity elsewhere.

        If a visitor with this identity exists, the connections continue as that one, and the change is announced in the
        chat. Returns the visitor with the identity. Raises NotFound, Invalid, and NotAllowed when either of the two is
        disabled.
        """
        before = await self._visitors.get(visitor_id)
        visitor = await atomic(self._authenticate, before, kind, identity)
        channels = self._presence.become(visitor_id, visitor)
        self._poster.tell_visitor(visitor)
        if visitor.id != visitor_id:
            line = f"**{escape(before.name)}** is now authenticated as **{escape(visitor.name)}**"
            # a visitor who left the page to sign in has no connection at this moment
            for channel_id in channels or self._context.channel_ids()[:1]:
                self._poster.announce(channel_id, line)
        return visitor

    def on_setting_changed(self, fact: SettingChanged) -> None:
        """Close all connections of a channel whose chat was disabled."""
        if fact.setting == "chat.enabled":
            for channel_id in self._context.channel_ids():
                if not self.enabled(channel_id):
                    self._presence.empty(channel_id, CloseReason.CHAT_DISABLED)

    async def run(self) -> None:
        """Write messages until `close`, and prune every PRUNE_S seconds."""
        async with beside("prune", self._prune_on):
            await self._messages.run()

    def close(self) -> None:
        """Close all connections, and make `run` end when everything is written."""
        self._presence.close()
        self._messages.close()

    async def prune(self) -> None:
        """Delete messages older than the retention time.

        Visitors who left nothing are deleted too, unless a channel keeps its messages for ever.
        """
        now = self._cautious.now(await self._messages.newest_at())
        befores: list[datetime] = []
        for channel_id in self._context.channel_ids():
            before = retention(self._setting("chat.retention_days", channel_id), now)
            if before is not None:
                await self._messages.prune(channel_id, before)
                befores.append(before)
        if len(befores) == len(self._context.channel_ids()):
            await self._visitors.prune(min(befores), self._presence.visitors())

    async def _prune_on(self) -> None:
        while True:
            try:
                await self.prune()
            except Exception:
                log.exception("old messages could not be deleted")
            await asyncio.sleep(PRUNE_S)

    def _setting(self, name: str, channel_id: int) -> Any:
        return self._context.settings.value(name, channel_id)

    async def _rename(self, fact: VisitorRenamed) -> Visitor:
        renamed = await self._visitors.rename(fact.visitor_id, fact.new_name)
        await self._context.facts.emit(fact)
        return renamed

    async def _authenticate(self, before: Visitor, kind: str, identity: str) -> Visitor:
        visitor = await self._visitors.authenticate(before.id, kind, identity)
        await self._context.facts.emit(VisitorSignedIn(visitor.id, before.id, kind, self._clocks.now()))
        return visitor

    def _policy(self, channel_id: int) -> rules.ChatPolicy:
        return rules.ChatPolicy(
            established_only=self._setting("chat.established_only", channel_id),
            signed_in_only=self._setting("chat.signed_in_only", channel_id),
            slow_s=self._setting("chat.slow_s", channel_id),
            spam_protection=self._setting("chat.spam_protection", channel_id),
            slur_filter=self._setting("chat.slur_filter", channel_id),
            blocked_words=self._setting("chat.blocked_words", channel_id),
        )

    def _sender(self, visitor: Visitor, text: str, at: float) -> rules.Sender:
        watch = self._watch.messages
        repeats = watch.repeats(visitor.id, at, text, rules.REPEAT_S)
        return rules.Sender(visitor, self._clocks.now(), watch.silent_for(visitor.id, at), repeats)

    def _checked(self, connection: ChatConnection, text: str, at: float) -> str | rules.Refusal:
        """Return the text as HTML, or the refusal."""
        if not connection.taken or not connection.visitor.enabled:
            return rules.REMOVED
        if (hasty := self._rate_refusal(connection, at)) is not None:
            return hasty
        if not self.open(connection.channel_id):
            return rules.CLOSED if self.enabled(connection.channel_id) else rules.OFF
        if connection.unstored >= MAX_UNSTORED:
            return rules.NOT_STORED
        why = rules.refusal(text, self._sender(connection.visitor, text, at), self._policy(connection.channel_id))
        return why or render(text, self._emoji.urls()) or rules.BLANK

    def _rate_refusal(self, connection: ChatConnection, at: float) -> rules.Refusal | None:
        """Return a refusal when the visitor or their network sends too fast.

        The visitor's own rate is checked first, so that a muted visitor does not use up the limit of their network. A
        visitor who exceeds the network's limit is muted too, and so told once.
        """
        visitors, addresses = self._watch.visitors, self._watch.addresses
        protected = self._setting("chat.spam_protection", connection.channel_id)
        most = rules.FLOOD if protected else rules.ADDRESS_FLOOD
        times = {"within_s": rules.FLOOD_S, "mute_s": rules.MUTE_S}
        pace, home = visitors.pace(connection.visitor.id, at, most=most, **times), client_network(connection.address)
        of_all = rules.ADDRESS_FLOOD * _neighbours(connection.address)
        if pace is RateVerdict.FINE and addresses.pace(home, at, most=of_all, **times) is not RateVerdict.FINE:
            visitors.mute(connection.visitor.id, at + rules.MUTE_S)
            pace = RateVerdict.TOO_FAST
        if pace is RateVerdict.MUTED:
            return rules.muted(visitors.muted_for(connection.visitor.id, at))
        return rules.TOO_FAST if pace is RateVerdict.TOO_FAST else None

    def _unchangeable(self, connection: ChatConnection) -> rules.Refusal | None:
        if not connection.taken or not connection.visitor.enabled:
            return rules.REMOVED
        most, within_s = rules.RENAMES, rules.RENAMES_S
        pace = self._watch.changes.pace(
            connection.visitor.id, self._clocks.monotonic(), most=most, within_s=within_s, mute_s=within_s
        )
        if pace is RateVerdict.FINE:
            return None
        return rules.TOO_OFTEN if pace is RateVerdict.TOO_FAST else replace(rules.TOO_OFTEN, quiet=True)

    async def _name_refusal(self, channel_id: int, name: str, visitor_id: str) -> rules.Refusal | None:
        if names.is_forbidden(name, self._setting("chat.forbidden_names", channel_id)):
            return rules.Refusal("name-not-allowed", f"You cannot change your name to **{escape(name)}**.")
        if await self._visitors.is_taken(name, visitor_id):
            return rules.Refusal("name-taken", f"The name **{escape(name)}** belongs to somebody who is signed in.")
        return None

    def _welcome(self, connection: ChatConnection) -> None:
        message = self._poster.welcome(connection.channel_id)
        if message is not None and connection.taken:
            connection.listener.send(message)

    def _came(self, connection: ChatConnection) -> None:
        at = self._clocks.now()
        if self._shows_traffic(connection.channel_id):
            self._poster.send(connection.channel_id, Joined(connection.visitor, self._poster.next_id(), at))
        self._context.facts.publish(VisitorJoined(connection.channel_id, connection.visitor.id, at, connection.id))

    def _went(self, connection: ChatConnection) -> None:
        at = self._clocks.now()
        if self._shows_traffic(connection.channel_id):
            self._poster.send(connection.channel_id, Parted(connection.visitor, self._poster.next_id(), at))
        self._context.facts.publish(VisitorParted(connection.channel_id, connection.visitor.id, at, connection.id))

    def _shows_traffic(self, channel_id: int) -> bool:
        if not self._context.live(channel_id).running or self._presence.count(channel_id) > LARGE_CHAT:
            return False
        return bool(self._setting("chat.join_messages", channel_id))


def _neighbours(address: str) -> int:
    """Return by how much the limits of an address are multiplied, for the clients that may share it."""
    return SHARED_BY if is_shared(address) else 1

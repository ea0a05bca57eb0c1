"""The chat: who comes in, what he says, and who he is. What moderators do is in `moderation.py`, what nobody here
says in `poster.py`.

Whatever is said is written first and heard then (`messages.py`). A refusal is an answer to the sender alone.
"""

import asyncio
import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from fedistream.chat import names, rules
from fedistream.chat.clocks import Clocks
from fedistream.chat.messages import retention
from fedistream.chat.poster import ChatPoster, Neighbours, Parts
from fedistream.chat.presence import ChatConnection
from fedistream.chat.render import escape, render
from fedistream.chat.sender_activity import RateVerdict, SenderActivity
from fedistream.chat.values import (
    Accepted,
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
    SignedIn,
    Visitor,
)
from fedistream.core.client_network import client_network, is_shared
from fedistream.core.errors import Invalid, NotAllowed, TooMany
from fedistream.core.events import SettingChanged, VisitorJoined, VisitorParted, VisitorRenamed, VisitorSignedIn
from fedistream.core.retention_clock import RetentionClock
from fedistream.core.supervisor import beside
from fedistream.db import atomic

log = logging.getLogger(__name__)

WELCOME_S = 7.0
# sockets; with more nobody reads who comes, and 5,000 who return at once would be told of each other 12 million times
CROWD = 200
REGISTRATIONS, REGISTRATIONS_S = 20, 60.0  # new visitors at one address
# households behind a private address, as a container bridge has, or a proxy that does not say for whom it asks
SHARED_BY = 20
# lines of one socket that may wait for the database: who writes one every two seconds has 40 s
MAX_UNSTORED = 20
PRUNE_S = 3600.0


@dataclass(slots=True)
class _Watch:
    """How people behave, by visitor and by address."""

    visitors: SenderActivity = field(default_factory=SenderActivity)
    addresses: SenderActivity = field(default_factory=SenderActivity)
    registrations: SenderActivity = field(default_factory=SenderActivity)
    changes: SenderActivity = field(default_factory=SenderActivity)


class Chat:
    def __init__(self, parts: Parts, poster: ChatPoster, near: Neighbours, clocks: Clocks) -> None:
        self._parts, self._poster, self._near, self._clocks = parts, poster, near, clocks
        self._watch = _Watch()
        self._cautious = RetentionClock(clocks.now, clocks.monotonic)
        parts.presence.came, parts.presence.went = self._came, self._went

    def enabled(self, channel_id: int) -> bool:
        return not self._setting("chat.disabled", channel_id)

    def open(self, channel_id: int) -> bool:
        """Whether anybody may say something: it is enabled, and the last broadcast is not long over."""
        air = self._near.air(channel_id)
        if not self.enabled(channel_id) or air.running:
            return self.enabled(channel_id)
        window = timedelta(seconds=self._setting("chat.offline_s", channel_id))
        return air.ended_at is not None and self._clocks.now() - air.ended_at <= window

    async def register(self, channel_id: int, name: str, address: str) -> tuple[Visitor, str]:
        """A new visitor and his token. A name that cannot be his is replaced by an invented one. Raises NotAllowed
        for a banned address, TooMany for one that makes visitors by the dozen."""
        if self._parts.bans.holds(address):
            raise NotAllowed("this address is banned from the chat")
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
        return await self._parts.visitors.make(name)

    def enter(self, channel_id: int, visitor: Visitor, ear: Listener, address: str, user_agent: str) -> ChatConnection:
        """A socket takes its place. Call `leave` when it is closed. Raises NotAllowed when the chat or the visitor is
        disabled, or the address banned."""
        if not self.enabled(channel_id):
            raise NotAllowed("the chat is disabled")
        if not visitor.enabled or self._parts.bans.holds(address):
            raise NotAllowed("this visitor may not chat")
        return self._parts.presence.enter(channel_id, visitor, ear, address, user_agent)

    def greet(self, connection: ChatConnection) -> None:
        """Welcome somebody in a moment, while a broadcast is running; not for those who were here just now, and have
        only lost their connection."""
        if self._near.air(connection.channel_id).running and self._setting("chat.welcome", connection.channel_id):
            connection.timers.append(self._clocks.later(WELCOME_S, lambda: self._welcome(connection)))

    def leave(self, connection: ChatConnection) -> None:
        """May be called twice."""
        self._parts.presence.leave(connection)

    def clients(self, channel_id: int) -> tuple[Client, ...]:
        """The open sockets."""
        return tuple(connection.client() for connection in self._parts.presence.connections(channel_id))

    def say(
        self, connection: ChatConnection, text: str, *, ref: str = "", at: float | None = None
    ) -> "asyncio.Future[Message | None]":
        """Somebody says something: judged now, as of the (monotonic) moment when it came, so that what piled up while
        the database was slow is no flood. The future is done when it is stored and heard; with None when it was not.
        The sender is told why not, and to a client that calls its lines something (`ref`) also that it was."""
        answer: asyncio.Future[Message | None] = asyncio.get_running_loop().create_future()
        at = self._clocks.monotonic() if at is None else at
        judged = self._judged(connection, text, at)
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
        self._watch.visitors.said(connection.visitor.id, at, text)
        connection.messages += 1
        connection.unstored += 1

        def stored(done: "asyncio.Future[bool]") -> None:
            connection.unstored -= 1
            settled(done.result())

        storing.add_done_callback(stored)
        return answer

    async def rename(self, connection: ChatConnection, name: str, ref: str = "") -> Visitor | None:
        """Returns the visitor under his new name, or None when he has been told why not."""
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
            return None
        at = self._clocks.now()
        fact = VisitorRenamed(connection.channel_id, visitor.id, visitor.name, clean, connection.id, at)
        renamed = await atomic(self._rename, fact)
        for channel_id in self._parts.presence.become(visitor.id, renamed):
            self._poster.hear(channel_id, Renamed(renamed, visitor.name, self._poster.next_id(), at))
        self._accept(connection, ref)
        return renamed

    async def recolour(self, connection: ChatConnection, colour: int, ref: str = "") -> Visitor | None:
        """Returns the visitor in his new colour, or None when there is no such colour or he changes too often."""
        if colour == connection.visitor.colour:
            self._accept(connection, ref)
            return None
        if (why := self._unchangeable(connection)) is not None:
            self.refuse(connection, why, ref)
            return None
        try:
            recoloured = await self._parts.visitors.recolour(connection.visitor.id, colour)
        except Invalid as error:
            self.refuse(connection, rules.Refusal("no-such-colour", str(error)), ref)
            return None
        for channel_id in self._parts.presence.become(recoloured.id, recoloured):
            event = Recoloured(recoloured, self._poster.next_id(), self._clocks.now())
            self._poster.hear(channel_id, event)
        self._accept(connection, ref)
        return recoloured

    def refuse(self, connection: ChatConnection, why: rules.Refusal, ref: str = "") -> None:
        """Tell the sender that something is not done: as an answer to `ref` if its client asked for one, else as a line
        in the chat."""
        if ref:
            html = render(why.words, {})
            connection.ear.hear(
                Refused(ref, why.reason, html, why.retry_s, self._poster.next_id(), self._clocks.now())
            )  # fmt: skip
        elif not why.quiet:
            self._poster.tell(connection, why.words)

    def _accept(self, connection: ChatConnection, ref: str, message_id: str = "") -> None:
        if ref:
            connection.ear.hear(Accepted(ref, self._poster.next_id(), self._clocks.now(), message_id))

    async def authenticate(self, visitor_id: str, kind: str, identity: str) -> Visitor:
        """The visitor has proven who he is elsewhere. If that is somebody known, he is him from now on, and the room
        is told. Raises NotFound, Invalid, and NotAllowed when either of the two was disabled."""
        before = await self._parts.visitors.get(visitor_id)
        visitor = await atomic(self._authenticate, before, kind, identity)
        connections = tuple(self._parts.presence.of_visitor(visitor_id))
        channels = self._parts.presence.become(visitor_id, visitor)
        for connection in connections:
            connection.ear.hear(SignedIn(visitor, self._poster.next_id(), self._clocks.now()))
        if visitor.id != visitor_id:
            line = f"**{escape(before.name)}** is now authenticated as **{escape(visitor.name)}**"
            # who went elsewhere to sign in has no socket at this moment
            for channel_id in channels or self._near.channels()[:1]:
                self._poster.announce(channel_id, line)
        return visitor

    def heed(self, fact: SettingChanged) -> None:
        """A chat that is switched off has nobody in it."""
        if fact.setting == "chat.disabled":
            for channel_id in self._near.channels():
                if not self.enabled(channel_id):
                    self._parts.presence.empty(channel_id, CloseReason.CHAT_DISABLED)

    async def run(self) -> None:
        """Write messages until `close`, and delete every hour what is too old to be kept."""
        async with beside("prune", self._prune_on):
            await self._parts.messages.run()

    def close(self) -> None:
        """Send everybody away, and let `run` end when everything is written."""
        self._parts.presence.close()
        self._parts.messages.close()

    async def prune(self) -> None:
        """Delete messages that are too old to be kept, and visitors of whom nothing is left, unless anything is kept
        for good."""
        now = self._cautious.now(await self._parts.messages.newest_at())
        befores: list[datetime] = []
        for channel_id in self._near.channels():
            before = retention(self._setting("chat.retention_days", channel_id), now)
            if before is not None:
                await self._parts.messages.prune(channel_id, before)
                befores.append(before)
        if len(befores) == len(self._near.channels()):
            await self._parts.visitors.prune(min(befores), self._parts.presence.visitors())

    async def _prune_on(self) -> None:
        while True:
            try:
                await self.prune()
            except Exception:
                log.exception("old messages could not be deleted")
            await asyncio.sleep(PRUNE_S)

    def _setting(self, name: str, channel_id: int) -> Any:
        return self._near.settings.value(name, channel_id)

    async def _rename(self, fact: VisitorRenamed) -> Visitor:
        renamed = await self._parts.visitors.rename(fact.visitor_id, fact.new_name)
        await self._near.facts.emit(fact)
        return renamed

    async def _authenticate(self, before: Visitor, kind: str, identity: str) -> Visitor:
        visitor = await self._parts.visitors.authenticate(before.id, kind, identity)
        await self._near.facts.emit(VisitorSignedIn(visitor.id, before.id, kind, self._clocks.now()))
        return visitor

    def _terms(self, channel_id: int) -> rules.ChatPolicy:
        return rules.ChatPolicy(
            established_only=self._setting("chat.established_only", channel_id),
            signed_in_only=self._setting("chat.signed_in_only", channel_id),
            slow_s=self._setting("chat.slow_s", channel_id),
            spam_protection=self._setting("chat.spam_protection", channel_id),
            slur_filter=self._setting("chat.slur_filter", channel_id),
            blocked_words=self._setting("chat.blocked_words", channel_id),
        )

    def _standing(self, visitor: Visitor, text: str, at: float) -> rules.Sender:
        watch = self._watch.visitors
        repeats = watch.repeats(visitor.id, at, text, rules.REPEAT_S)
        return rules.Sender(visitor, self._clocks.now(), watch.silent_for(visitor.id, at), repeats)

    def _judged(self, connection: ChatConnection, text: str, at: float) -> str | rules.Refusal:
        """The text as HTML, or why it is not said."""
        if not connection.taken or not connection.visitor.enabled:
            return rules.REMOVED
        if (hasty := self._hasty(connection, at)) is not None:
            return hasty
        if not self.open(connection.channel_id):
            return rules.CLOSED if self.enabled(connection.channel_id) else rules.OFF
        if connection.unstored >= MAX_UNSTORED:
            return rules.NOT_STORED
        why = rules.refusal(text, self._standing(connection.visitor, text, at), self._terms(connection.channel_id))
        return why or render(text, self._parts.emoji.urls()) or rules.BLANK

    def _hasty(self, connection: ChatConnection, at: float) -> rules.Refusal | None:
        """Look at the person's own pace first: somebody muted must not use up what the neighbours at the address
        have. Whoever is caught by the address's limit is muted himself, and so told once."""
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
            return rules.Refusal("name-not-allowed", f"The name **{escape(name)}** is not allowed here.")
        if await self._parts.visitors.is_taken(name, visitor_id):
            return rules.Refusal("name-taken", f"The name **{escape(name)}** belongs to somebody who is signed in.")
        return None

    def _welcome(self, connection: ChatConnection) -> None:
        message = self._poster.welcome(connection.channel_id)
        if message is not None and connection.taken:
            connection.ear.hear(message)

    def _came(self, connection: ChatConnection) -> None:
        at = self._clocks.now()
        if self._shows_traffic(connection.channel_id):
            self._poster.hear(connection.channel_id, Joined(connection.visitor, self._poster.next_id(), at))
        self._near.facts.publish(VisitorJoined(connection.channel_id, connection.visitor.id, at, connection.id))

    def _went(self, connection: ChatConnection) -> None:
        at = self._clocks.now()
        if self._shows_traffic(connection.channel_id):
            self._poster.hear(connection.channel_id, Parted(connection.visitor, self._poster.next_id(), at))
        self._near.facts.publish(VisitorParted(connection.channel_id, connection.visitor.id, at, connection.id))

    def _shows_traffic(self, channel_id: int) -> bool:
        if not self._near.air(channel_id).running or self._parts.presence.count(channel_id) > CROWD:
            return False
        return bool(self._setting("chat.join_messages", channel_id))


def _neighbours(address: str) -> int:
    """How many households may be behind it."""
    return SHARED_BY if is_shared(address) else 1

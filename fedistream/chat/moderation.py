"""Moderation of the chat. Every action is stored in the moderation log: actor, action, target and reason."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from fedistream.chat.bans import Bans
from fedistream.chat.context import ChatContext
from fedistream.chat.messages import MessageLog
from fedistream.chat.models import ModerationActionRow
from fedistream.chat.poster import ChatPoster
from fedistream.chat.presence import ChatConnection, Presence
from fedistream.chat.render import escape
from fedistream.chat.values import (
    ActionKind,
    Cause,
    ChatProblem,
    Client,
    CloseReason,
    Disabled,
    Message,
    Role,
    Shown,
    Visitor,
    cause_of,
)
from fedistream.chat.visitors import Visitors
from fedistream.core.errors import NotAllowed
from fedistream.core.events import MessagesHidden, MessagesShown, VisitorDisabled, VisitorEnabled
from fedistream.db import after_commit, atomic
from fedistream.db.versions import bump_version

CACHE_KEY = "visitors"  # the version of what is decided about visitors, which other processes compare
ADMIN = "admin"  # an actor that has the admin's password, or an integration with admin access
GOODBYE_S = 2.0  # between telling a visitor that they are disabled and closing their connections
MAX_WHY = 500
AT_ONCE = 500  # rows that are read by one statement
MAX_TARGET = 64
MESSAGES_SHOWN = 100  # of a visitor, in `Details`


@dataclass(frozen=True, slots=True)
class Action:
    """One row of the moderation log. `actor` is ADMIN or a visitor's id; `target` is a visitor's id, a message id or an
    address. `what` is an ActionKind, or the word of a newer version. `why` is the text that belongs to the
    cause, or that a person gave."""

    id: int
    what: str
    actor: str
    target: str
    why: str
    at: datetime
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """A visitor as moderators see them. `messages` are the newest, hidden ones included, the newest first."""

    visitor: Visitor
    clients: tuple[Client, ...]
    messages: tuple[Message, ...]


class Moderation:
    """The actions of moderators and the admin.

    `actor` is ADMIN or the id of the acting visitor in all calls. The face checks the actor's permission beforehand.
    """

    def __init__(
        self,
        context: ChatContext,
        poster: ChatPoster,
        visitors: Visitors,
        messages: MessageLog,
        presence: Presence,
        bans: Bans,
    ) -> None:
        self._context, self._clocks, self._poster = context, context.clocks, poster
        self._visitors, self._messages, self._presence, self._bans = visitors, messages, presence, bans

    async def set_visible(self, message_ids: Iterable[str], visible: bool, actor: str, why: str = "") -> int:
        """Hide or show messages, on all open connections at once. Unknown ids are ignored.

        Returns how many messages changed. Raises Invalid for more than MAX_IDS ids.
        """
        changed = await atomic(self._set_visible, tuple(message_ids), visible, actor, why)
        after_commit(lambda: self._send_visibility(changed, visible))
        return sum(len(some) for some in changed.values())

    async def set_enabled(self, visitor_id: str, enabled: bool, actor: str, why: str = "") -> Visitor:
        """Disable or enable a visitor.

        Disabling hides the visitor's messages, makes their tokens invalid, closes their connections, and bans the
        addresses of these connections. Enabling lifts neither the bans nor the hiding. Raises NotFound, and NotAllowed
        for a moderator who would disable a moderator.
        """
        before = await self._visitors.get(visitor_id)
        if not enabled and actor != ADMIN and before.role is Role.MODERATOR:
            raise NotAllowed(ChatProblem.MODERATOR)
        if before.enabled == enabled:
            return before
        visitor = await atomic(self._set_enabled, visitor_id, enabled, actor, why)
        if enabled:
            return visitor
        addresses = self._disconnect(visitor)
        await self._messages.settle()  # messages that wait to be written are hidden too
        self._send_visibility(await atomic(self._hide_all_of, visitor_id, actor), False)
        cause = Cause.VISITOR_DISABLED
        for address in addresses:
            in_transaction = self._in_transaction(ActionKind.BAN_ADDRESS, actor, visitor.id, cause)
            await self._bans.ban_network(address, f"{visitor.name} ({visitor.id})", in_transaction, cause=cause)
        return visitor

    async def set_moderator(self, visitor_id: str, moderator: bool, actor: str = ADMIN, why: str = "") -> Visitor:
        """Make a visitor a moderator, or an ordinary visitor again. Raises NotFound, and Conflict for a bot."""
        visitor = await atomic(self._set_moderator, visitor_id, moderator, actor, why)
        self._presence.become(visitor_id, visitor)
        self._poster.tell_visitor(visitor)
        return visitor

    async def delete(self, visitor_id: str, actor: str = ADMIN, why: str = "") -> None:
        """Delete a visitor and all their messages. Raises NotFound."""
        visitor = await self._visitors.get(visitor_id)
        self._presence.become(visitor_id, replace(visitor, disabled_at=self._clocks.now()))
        await self._messages.settle()
        self._send_visibility(await atomic(self._delete, visitor_id, actor, why), False)
        for connection in tuple(self._presence.of_visitor(visitor_id)):
            connection.listener.close(CloseReason.DISABLED)

    async def ban(
        self, address: str, actor: str = ADMIN, why: str = "", *, cause: Cause | None = None, own: bool = False
    ) -> None:
        """Ban an address or a network, with `own` also this machine's, and close its connections. Raises Invalid."""
        in_transaction = self._in_transaction(ActionKind.BAN_ADDRESS, actor, why, cause)
        await self._bans.ban(address, why, in_transaction, cause=cause, own=own)
        self.close_banned()

    def close_banned(self) -> None:
        """Close the connections of banned addresses."""
        for channel_id in self._context.channel_ids():
            for connection in self._presence.connections(channel_id):
                if self._bans.holds(connection.address):
                    connection.listener.close(CloseReason.DISABLED)

    async def refresh_visitors(self) -> None:
        """Apply to open connections what another process has decided about visitors: disabled, deleted, moderator."""
        present = {connection.visitor.id: connection.visitor for connection in self._connections()}
        stored: dict[str, Visitor] = {}
        for first in range(0, len(present), AT_ONCE):
            stored |= await self._visitors.by_ids(set([*present][first : first + AT_ONCE]))
        for visitor_id, known in present.items():
            visitor = stored.get(visitor_id) or replace(known, disabled_at=known.disabled_at or self._clocks.now())
            if (visitor.enabled, visitor.role) == (known.enabled, known.role):
                continue
            self._presence.become(visitor_id, visitor)
            if not visitor.enabled:
                for connection in tuple(self._presence.of_visitor(visitor_id)):
                    connection.listener.close(CloseReason.DISABLED)

    def _connections(self) -> Iterator[ChatConnection]:
        for channel_id in self._context.channel_ids():
            yield from self._presence.connections(channel_id)

    async def lift_ban(self, address: str, actor: str = ADMIN, why: str = "") -> None:
        """Lift the ban of an address or a network. Raises Invalid, NotFound."""
        await self._bans.lift(address, self._in_transaction(ActionKind.LIFT_BAN, actor, why))

    async def details(self, visitor_id: str) -> Details:
        """Return a visitor with their connections and newest messages. Raises NotFound."""
        visitor = await self._visitors.get(visitor_id)
        clients = tuple(connection.client() for connection in self._presence.of_visitor(visitor_id))
        return Details(visitor, clients, await self._messages.of_visitor(visitor_id, limit=MESSAGES_SHOWN))

    async def actions(self, limit: int = 100, *, before: int | None = None) -> tuple[Action, ...]:
        """Return the newest rows of the moderation log, the newest first; with `before`, those before the row with that
        id."""
        rows = ModerationActionRow.all() if before is None else ModerationActionRow.filter(id__lt=before)
        rows = rows.order_by("-id").limit(limit)
        return tuple(
            Action(row.id, row.what, row.actor, row.target, row.why, row.at, cause_of(row.cause)) for row in await rows
        )

    async def carry_out(
        self, act: Callable[[], Awaitable[object]], what: ActionKind, actor: str, targets: Iterable[str], why: str = ""
    ) -> None:
        """Await `act` and write the action to the log in one transaction.

        A process that dies in between leaves both or neither. `act` may await nothing but the database. Raises what
        `act` raises.
        """
        await atomic(self._carry_out, act, what, actor, tuple(targets), why)

    def _disconnect(self, visitor: Visitor) -> set[str]:
        """Notify the visitor's connections, end their right to write at once, and close them after GOODBYE_S. Returns
        their addresses."""
        at = self._clocks.now()
        channels = self._presence.become(visitor.id, visitor)
        addresses: set[str] = set()
        for connection in tuple(self._presence.of_visitor(visitor.id)):
            addresses.add(connection.address)
            connection.listener.send(Disabled(self._poster.next_id(), at))
            connection.timers.append(self._clocks.later(GOODBYE_S, _closing(connection.listener.close)))
        for channel_id in channels:
            self._poster.announce(channel_id, f"**{escape(visitor.name)}** has been removed from chat.")
        return addresses

    async def _set_visible(
        self, message_ids: tuple[str, ...], visible: bool, actor: str, why: str
    ) -> dict[int, tuple[str, ...]]:
        changed = await self._messages.set_visible(message_ids, visible)
        await self._emit_visibility(changed, visible, actor)
        several = [message_id for some in changed.values() for message_id in some]
        await self.note(ActionKind.SHOW_MESSAGE if visible else ActionKind.HIDE_MESSAGE, actor, several, why)
        return changed

    async def _set_enabled(self, visitor_id: str, enabled: bool, actor: str, why: str) -> Visitor:
        at = self._clocks.now()
        visitor = await self._visitors.set_disabled(visitor_id, None if enabled else at)
        await bump_version(CACHE_KEY)
        await self.note(ActionKind.ENABLE_VISITOR if enabled else ActionKind.DISABLE_VISITOR, actor, [visitor_id], why)
        if enabled:
            await self._context.facts.emit(VisitorEnabled(visitor_id, actor, at))
        else:
            await self._context.facts.emit(VisitorDisabled(visitor_id, actor, why[:MAX_WHY], at))
        return visitor

    async def _set_moderator(self, visitor_id: str, moderator: bool, actor: str, why: str) -> Visitor:
        visitor = await self._visitors.set_role(visitor_id, Role.MODERATOR if moderator else Role.VISITOR)
        await bump_version(CACHE_KEY)
        await self.note(
            ActionKind.MAKE_MODERATOR if moderator else ActionKind.UNMAKE_MODERATOR, actor, [visitor_id], why
        )
        return visitor

    async def _hide_all_of(self, visitor_id: str, actor: str) -> dict[int, tuple[str, ...]]:
        changed = await self._messages.hide_all_of(visitor_id)
        await self._emit_visibility(changed, False, actor)
        return changed

    async def _delete(self, visitor_id: str, actor: str, why: str) -> dict[int, tuple[str, ...]]:
        changed = await self._hide_all_of(visitor_id, actor)
        await self._visitors.delete(visitor_id)
        await bump_version(CACHE_KEY)
        await self.note(ActionKind.DELETE_VISITOR, actor, [visitor_id], why)
        return changed

    async def _carry_out(
        self, act: Callable[[], Awaitable[object]], what: ActionKind, actor: str, targets: tuple[str, ...], why: str
    ) -> None:
        # before `act`, which may change memory at its end: nothing after that may fail
        await self.note(what, actor, targets, why)
        await act()

    async def _emit_visibility(self, changed: dict[int, tuple[str, ...]], visible: bool, actor: str) -> None:
        fact = MessagesShown if visible else MessagesHidden
        at = self._clocks.now()
        await self._context.facts.emit_all([fact(channel_id, ids, actor, at) for channel_id, ids in changed.items()])

    def _send_visibility(self, changed: dict[int, tuple[str, ...]], visible: bool) -> None:
        at = self._clocks.now()
        for channel_id, message_ids in changed.items():
            self._poster.send(channel_id, Shown(message_ids, visible, self._poster.next_id(), at))

    def _in_transaction(
        self, what: ActionKind, actor: str, why: str, cause: Cause | None = None
    ) -> Callable[[str], Awaitable[None]]:
        """Return a function that logs the action on the address it is called with."""

        async def note(address: str) -> None:
            await self.note(what, actor, [address], why, cause)

        return note

    async def note(
        self, what: ActionKind, actor: str, targets: Iterable[str], why: str = "", cause: Cause | None = None
    ) -> None:
        """Write an action to the moderation log, in the caller's transaction."""
        at = self._clocks.now()
        for target in targets:
            await ModerationActionRow.create(
                what=what.value,
                actor=actor[:MAX_TARGET],
                target=target[:MAX_TARGET],
                cause=cause,
                why=why[:MAX_WHY],
                at=at,
            )


def _closing(close: Callable[[CloseReason], None]) -> Callable[[], None]:
    return lambda: close(CloseReason.DISABLED)

"""Visitors: chat identities with a name, a colour and tokens. The rules for names are in `names.py`."""

import asyncio
import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from fedistream.chat import message_ids, names
from fedistream.chat.models import VisitorIdentityRow, VisitorRow, VisitorTokenRow
from fedistream.chat.values import COLOURS, ChatProblem, Role, Visitor
from fedistream.core.clocks import Clocks
from fedistream.core.errors import Conflict, Invalid, NotAllowed, NotFound, ValueProblem
from fedistream.db import atomic

MAX_PREVIOUS = 50  # former names of one visitor that are kept
MAX_PAGE = 500
MAX_IDENTITY = 500
PRUNED_AT_ONCE = 500  # rows in one statement: every other writer waits for it
PRUNE_PAUSE_S = 0.1  # between two statements, for the other writers
MAX_BOT_NAME = 64  # characters; a bot is named by the admin

Status = Literal["all", "active", "bots", "moderators", "banned"]
STATUS: dict[str, dict[str, object]] = {
    "all": {},
    "active": {"disabled_at__isnull": True},
    "bots": {"role": Role.BOT.value},
    "moderators": {"role": Role.MODERATOR.value},
    "banned": {"disabled_at__isnull": False},
}


@dataclass(frozen=True, slots=True)
class Search:
    """A query for visitors. `text` is searched for in names, and compared with ids."""

    text: str = ""
    status: Status = "all"
    newest_first: bool = True
    offset: int = 0
    limit: int = 50


class Visitors:
    """The stored visitors."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks

    async def make(self, name: str, role: Role = Role.VISITOR) -> tuple[Visitor, str]:
        """Make a visitor. Returns the visitor and the token that identifies them; only its hash is stored.

        The caller has checked the name against the rules.
        """
        token = base64.urlsafe_b64encode(self._clocks.chance(32)).decode().rstrip("=")
        colour = self._clocks.chance(1)[0] % COLOURS
        row = VisitorRow(
            id=message_ids.of_visitor(self._clocks.chance),
            name=name,
            likeness=names.skeleton(name),
            colour=colour,
            role=role.value,
            created_at=self._clocks.now(),
        )
        await atomic(self._insert, row, _hash(token))
        return value(row), token

    async def make_bot(self, name: str) -> Visitor:
        """Make the bot of an integration. It has no visitor token. Raises Invalid."""
        name = names.clean(name, MAX_BOT_NAME)
        if not name:
            raise Invalid("name", ValueProblem.EMPTY)
        visitor, _ = await self.make(name, Role.BOT)
        await VisitorTokenRow.filter(visitor_id=visitor.id).delete()
        return visitor

    async def by_token(self, token: str) -> Visitor | None:
        """Return the visitor with this token, or None. The visitor may be disabled: check `enabled`."""
        row = await VisitorTokenRow.get_or_none(token_hash=_hash(token)).select_related("visitor")
        return None if row is None else value(row.visitor)

    async def get(self, visitor_id: str) -> Visitor:
        """Return a visitor. Raises NotFound."""
        row = await VisitorRow.get_or_none(id=_plausible(visitor_id))
        if row is None:
            raise NotFound(ChatProblem.NO_VISITOR)
        return value(row)

    async def by_ids(self, visitor_ids: set[str]) -> dict[str, Visitor]:
        """Return the visitors with these ids, by id."""
        if not visitor_ids:
            return {}
        return {row.id: value(row) for row in await VisitorRow.filter(id__in=list(visitor_ids))}

    async def find(self, search: Search) -> tuple[int, tuple[Visitor, ...]]:
        """Return how many visitors match, and one page of them. Raises Invalid."""
        if search.status not in STATUS:
            raise Invalid("status", ValueProblem.CHOICE, choices=", ".join(STATUS))
        if not 0 <= search.offset < 2**31 or not 1 <= search.limit <= MAX_PAGE:
            raise Invalid("page", ChatProblem.PAGE, most=MAX_PAGE)
        rows: QuerySet[VisitorRow] = VisitorRow.filter(**STATUS[search.status])
        if text := names.clean(search.text, 64):
            rows = rows.filter(Q(name__icontains=text) | Q(id=text.lower()[: message_ids.VISITOR_LENGTH + 1]))
        order = ("-created_at", "-id") if search.newest_first else ("created_at", "id")
        page = await rows.order_by(*order).offset(search.offset).limit(search.limit)
        return await rows.count(), tuple(value(row) for row in page)

    async def moderators(self) -> tuple[Visitor, ...]:
        """Return all moderators, the oldest first."""
        rows = await VisitorRow.filter(role=Role.MODERATOR.value).order_by("created_at", "id")
        return tuple(value(row) for row in rows)

    async def disabled(self) -> tuple[Visitor, ...]:
        """Return all disabled visitors, the latest disabled first."""
        rows = await VisitorRow.filter(disabled_at__isnull=False).order_by("-disabled_at", "id")
        return tuple(value(row) for row in rows)

    async def is_taken(self, name: str, visitor_id: str = "") -> bool:
        """Return whether another visitor, who is signed in, has this name or a look-alike of it."""
        rows = VisitorRow.filter(likeness=names.skeleton(name), authenticated_at__isnull=False)
        return await rows.exclude(id=visitor_id).exists()

    async def rename(self, visitor_id: str, name: str) -> Visitor:
        """Rename a visitor. The caller has checked the name against the rules. Raises NotFound."""
        return await atomic(self._rename, visitor_id, name)

    async def recolour(self, visitor_id: str, colour: int) -> Visitor:
        """Change the visitor's colour, a number from 0 to COLOURS - 1. Raises NotFound, Invalid."""
        if not 0 <= colour < COLOURS:
            raise Invalid("colour", ChatProblem.COLOUR, most=COLOURS - 1)
        return await self._change(visitor_id, colour=colour)

    async def set_role(self, visitor_id: str, role: Role) -> Visitor:
        """Change the visitor's role. Raises NotFound, and Conflict for a bot, whose role is fixed."""
        if (await self.get(visitor_id)).role is Role.BOT:
            raise Conflict(ChatProblem.BOT_ROLE)
        return await self._change(visitor_id, role=role.value)

    async def set_disabled(self, visitor_id: str, at: datetime | None) -> Visitor:
        """Disable a visitor as of a time, or enable them with None. Raises NotFound."""
        return await self._change(visitor_id, disabled_at=at)

    async def authenticate(self, visitor_id: str, kind: str, identity: str) -> Visitor:
        """Record that the visitor has proven `identity` by the method `kind`, such as "indieauth".

        Returns the visitor who has the identity: this one, or the one who had it before. In the second case all tokens
        of this visitor now belong to that one. Raises NotFound, Invalid, and NotAllowed when either of them is
        disabled.
        """
        if not 0 < len(identity) <= MAX_IDENTITY or not identity.isprintable():
            raise Invalid("identity", ChatProblem.IDENTITY, most=MAX_IDENTITY)
        return await atomic(self._authenticate, visitor_id, kind, identity)

    async def delete(self, visitor_id: str) -> None:
        """Delete a visitor with their tokens, identities and messages. Raises NotFound."""
        if not await VisitorRow.filter(id=_plausible(visitor_id)).delete():
            raise NotFound(ChatProblem.NO_VISITOR)

    async def prune(self, older_than: datetime, keep: Collection[str] = ()) -> int:
        """Delete visitors who were made before a time and left nothing behind.

        Kept are visitors with a message, a chosen name, a sign-in, a role or a disabling, and the ids in `keep`.
        Opening the page once makes a visitor, so there would be millions. Returns how many were deleted.
        """
        last, deleted = "", 0
        while True:
            rows = VisitorRow.filter(
                id__gt=last,
                created_at__lt=older_than,
                role=Role.VISITOR.value,
                renamed_at__isnull=True,
                authenticated_at__isnull=True,
                disabled_at__isnull=True,
                messages__id__isnull=True,
            )
            found = [each for (each,) in await rows.order_by("id").limit(PRUNED_AT_ONCE).values_list("id")]
            if not found:
                return deleted
            last = found[-1]
            going = [each for each in found if each not in keep]
            await VisitorRow.filter(id__in=going).delete()  # on SQLite the count includes cascaded rows
            deleted += len(going)
            await asyncio.sleep(PRUNE_PAUSE_S)

    async def _insert(self, row: VisitorRow, token_hash: str) -> None:
        await row.save(force_create=True)
        await VisitorTokenRow.create(token_hash=token_hash, visitor_id=row.id, created_at=row.created_at)

    async def _rename(self, visitor_id: str, name: str) -> Visitor:
        old = await self.get(visitor_id)
        previous = [each for each in old.previous_names if each != old.name] + [old.name]
        return await self._change(
            visitor_id,
            name=name,
            likeness=names.skeleton(name),
            previous_names=previous[-MAX_PREVIOUS:],
            renamed_at=self._clocks.now(),
        )

    async def _change(self, visitor_id: str, **columns: Any) -> Visitor:
        if not await VisitorRow.filter(id=_plausible(visitor_id)).update(**columns):
            raise NotFound(ChatProblem.NO_VISITOR)
        return await self.get(visitor_id)

    async def _authenticate(self, visitor_id: str, kind: str, identity: str) -> Visitor:
        # the visitor may have been disabled while they were at the other server
        if not (await self.get(visitor_id)).enabled:
            raise NotAllowed(ChatProblem.ACCOUNT_REMOVED)
        at = self._clocks.now()
        known = await VisitorIdentityRow.get_or_none(kind=kind, identity=identity)
        if known is None:
            await VisitorIdentityRow.create(kind=kind, identity=identity, visitor_id=visitor_id, created_at=at)
            return await self._change(visitor_id, authenticated_at=at)
        before = await self.get(known.visitor_id)
        if not before.enabled:
            raise NotAllowed(ChatProblem.ACCOUNT_REMOVED)
        await VisitorTokenRow.filter(visitor_id=visitor_id).update(visitor_id=known.visitor_id)
        return before


def value(row: VisitorRow) -> Visitor:
    """Return the row as a value."""
    return Visitor(
        id=row.id,
        name=row.name,
        colour=row.colour,
        created_at=row.created_at,
        role=Role(row.role),
        previous_names=tuple(row.previous_names),
        renamed_at=row.renamed_at,
        authenticated_at=row.authenticated_at,
        disabled_at=row.disabled_at,
    )


def _plausible(visitor_id: str) -> str:
    """Return the id if it is well-formed: databases refuse a longer one, and lone surrogates. Raises NotFound."""
    if len(visitor_id) != message_ids.VISITOR_LENGTH or not visitor_id.isascii() or not visitor_id.isalnum():
        raise NotFound(ChatProblem.NO_VISITOR)
    return visitor_id


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

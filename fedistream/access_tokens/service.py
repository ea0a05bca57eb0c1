"""Access tokens of integrations: made and revoked by the admin, each with scopes and a bot.

No token is stored: the node makes it from a stored seed and its own key whenever the admin's programs ask for it. Pages
show a token once, and afterwards its handle, the letters it begins with.
"""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from fedistream.access_tokens.models import IntegrationRow
from fedistream.access_tokens.values import AccessProblem
from fedistream.chat.values import Visitor
from fedistream.core.errors import Invalid, NotFound, ValueProblem
from fedistream.db import atomic

MAX_INTEGRATIONS = 200
MAX_NAME = 64  # characters
MAX_TOKEN = 256
HANDLE = 8  # letters: 48 bits, so that handles hardly ever collide; 208 bits of the token stay secret
MARK = "…"  # after a handle, so that it is not mistaken for the token
SEED_BYTES = 32
USED_EVERY = timedelta(minutes=1)  # how often the time of use is stored


class Scope(Enum):
    """A permission of a token. The values are those that integrations use."""

    SEND = "CAN_SEND_MESSAGES"
    SYSTEM = "CAN_SEND_SYSTEM_MESSAGES"
    ADMIN = "HAS_ADMIN_ACCESS"


@dataclass(frozen=True, slots=True)
class Integration:
    """An integration. `handle` is the beginning of its token. `token` is empty for one that this node did not make."""

    id: int
    name: str
    handle: str
    scopes: tuple[Scope, ...]  # in the order in which they were given
    visitor_id: str  # the bot it speaks as
    created_at: datetime
    last_used_at: datetime | None = None
    token: str = ""


MakeBot = Callable[[str], Awaitable[Visitor]]


class Integrations:
    """The integrations of the node."""

    def __init__(
        self, now: Callable[[], datetime], chance: Callable[[int], bytes], make_bot: MakeBot, key: bytes
    ) -> None:
        """`chance(n)` returns n random bytes; `make_bot(name)` makes a chat identity; `key` is a secret of the node."""
        self._now, self._chance, self._make_bot, self._key = now, chance, make_bot, key

    async def make(self, name: str, scopes: Iterable[str]) -> tuple[Integration, str]:
        """Make an integration. Returns it and its token.

        Raises Invalid for a bad name, for no or unknown scopes, and when there are MAX_INTEGRATIONS already.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise Invalid("name", AccessProblem.TOKEN_NAME, most=MAX_NAME)
        given = _scopes(scopes)
        if await IntegrationRow.all().count() >= MAX_INTEGRATIONS:
            raise Invalid("access tokens", ValueProblem.MANY, most=MAX_INTEGRATIONS)
        bot = await self._make_bot(name)
        seed = self._chance(SEED_BYTES)
        token = self._token(seed)
        row = IntegrationRow(
            token_hash=_hash(token),
            seed=seed.hex(),
            handle=token[:HANDLE],
            name=name,
            scopes=[scope.value for scope in given],
            visitor_id=bot.id,
            created_at=self._now(),
        )
        await atomic(row.save)
        return self._value(row), token

    async def all(self) -> tuple[Integration, ...]:
        """Return all integrations, the oldest first."""
        return tuple(self._value(row) for row in await IntegrationRow.all().order_by("id"))

    async def by_token(self, token: str) -> Integration | None:
        """Return the integration with this token, or None, and record its use."""
        row = await IntegrationRow.get_or_none(token_hash=_hash(token)) if 0 < len(token) <= MAX_TOKEN else None
        if row is None:
            return None
        now = self._now()
        if row.last_used_at is None or now - row.last_used_at >= USED_EVERY:
            await IntegrationRow.filter(id=row.id).update(last_used_at=now)
            row.last_used_at = now
        return self._value(row)

    async def delete(self, token: str) -> None:
        """Revoke a token at once, given itself or its handle as `listed` shows it. Raises NotFound."""
        handle = token.removesuffix(MARK)
        column = {"handle": handle} if len(handle) == HANDLE else {"token_hash": _hash(token[:MAX_TOKEN])}
        if not await IntegrationRow.filter(**column).delete():
            raise NotFound(AccessProblem.UNKNOWN)

    def _token(self, seed: bytes) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._key, seed, "sha256")).decode().rstrip("=")

    def _value(self, row: IntegrationRow) -> Integration:
        return Integration(
            id=row.id,
            name=row.name,
            handle=row.handle,
            scopes=tuple(Scope(name) for name in row.scopes),
            visitor_id=row.visitor_id,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            token=self._token(bytes.fromhex(row.seed)) if row.seed else "",
        )


def listed(integration: Integration) -> str:
    """Return the token, or the handle with an ellipsis for a token that this node did not make."""
    return integration.token or integration.handle + MARK


def _scopes(names: Iterable[str]) -> tuple[Scope, ...]:
    known = {scope.value: scope for scope in Scope}
    given = list(names)
    if not given or any(name not in known for name in given):
        raise Invalid("scopes", AccessProblem.SCOPES, choices=", ".join(known))
    return tuple(known[name] for name in dict.fromkeys(given))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

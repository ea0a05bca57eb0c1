"""The admin's second factor: a code of an authenticator app beside the password, or a recovery code.

It holds once a first code was right. Every code counts once, in all processes. The secret is stored as it is, because
codes are computed with it; of recovery codes only hashes are stored.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedistream.core.errors import Conflict, Invalid, Outage, TooMany
from fedistream.core.rate_limit import RateLimiter
from fedistream.db import atomic
from fedistream.people import totp
from fedistream.people.models import AdminRecoveryCodeRow, AdminTotpRow
from fedistream.people.values import PasswordProblem

ONLY = 1  # the id of the one row: there is one admin
RECOVERY_CODES = 10
ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
GROUP = 5  # two groups, 50 bits: enough beside the password and the pace of tries
MAX_TYPED = 40  # characters of a code as typed
TRIES, TRIES_PER_S = 10, 1 / 30  # wrong codes; of a million codes three are right at a time
KNOWN_S = 5.0  # how long this process relies on what it read

_KEY = "code"


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the second factor. With `basic_allowed`, HTTP Basic works without it."""

    enabled: bool = False
    basic_allowed: bool = False
    recovery_codes: int = 0


class SecondFactor:
    """The second factor of the admin. `chance(n)` returns n random bytes; `monotonic` returns seconds."""

    def __init__(
        self, now: Callable[[], datetime], monotonic: Callable[[], float], chance: Callable[[int], bytes]
    ) -> None:
        self._now, self._monotonic, self._chance = now, monotonic, chance
        self._tries = RateLimiter(monotonic, burst=TRIES, per_s=TRIES_PER_S)
        self._known: tuple[float, Status] | None = None

    async def status(self) -> Status:
        """Return the status as it is stored."""
        row = await AdminTotpRow.get_or_none(id=ONLY, enabled=True)
        found = Status() if row is None else Status(True, row.basic_allowed, await AdminRecoveryCodeRow.all().count())
        self._known = (self._monotonic(), found)
        return found

    async def recent_status(self) -> Status:
        """Return a status that is at most KNOWN_S old, or the last known one while the database does not answer."""
        known = self._known
        if known is not None and self._monotonic() - known[0] < KNOWN_S:
            return known[1]
        try:
            return await self.status()
        except Outage:
            if known is None:
                raise
            return known[1]

    async def begin(self) -> bytes:
        """Make a new secret, which does not hold yet. Returns it. Raises Conflict when one holds."""
        secret = self._chance(totp.SECRET_BYTES)
        await atomic(self._store, totp.written(secret))
        return secret

    async def pending(self) -> bytes | None:
        """Return the secret that waits for its first code."""
        row = await AdminTotpRow.get_or_none(id=ONLY, enabled=False)
        return _secret(row) if row is not None else None

    async def confirm(self, typed: str) -> tuple[str, ...]:
        """Let the secret hold if the code is right. Returns the recovery codes, which are shown once.

        Raises Invalid for a wrong code, Conflict when no secret waits, TooMany.
        """
        secret = await self.pending()
        if secret is None:
            raise Conflict(PasswordProblem.NOTHING_TO_CONFIRM)
        self._count()
        step = totp.fitting_step(secret, _plain(typed), self._now().timestamp())
        if step is None:
            raise Invalid("code", PasswordProblem.SECOND_FACTOR)
        self._tries.give_back(_KEY)
        codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
        await atomic(self._enable, step, codes)
        self._known = None
        return codes

    async def check(self, typed: str) -> bool:
        """Return whether a code is right, and use it up. Raises TooMany after TRIES wrong ones."""
        self._count()
        right = await self._use(_plain(typed))
        if right:
            self._tries.give_back(_KEY)
        return right

    async def disable(self, typed: str) -> None:
        """End the second factor, with a code. Raises Invalid for a wrong one, TooMany."""
        if not await self.check(typed):
            raise Invalid("code", PasswordProblem.SECOND_FACTOR)
        await atomic(self._remove)
        self._known = None

    async def allow_basic(self, allowed: bool) -> None:
        """Let HTTP Basic work with the password alone, or not."""
        await AdminTotpRow.filter(id=ONLY).update(basic_allowed=allowed)
        self._known = None

    def _count(self) -> None:
        if not self._tries.allows(_KEY):
            raise TooMany(1 / TRIES_PER_S)

    async def _use(self, typed: str) -> bool:
        row = await AdminTotpRow.get_or_none(id=ONLY, enabled=True)
        if row is None or not typed:
            return False
        step = totp.fitting_step(_secret(row), typed, self._now().timestamp())
        if step is not None:
            # one statement: of two requests with the same code, in any processes, one changes the row
            return bool(await AdminTotpRow.filter(id=ONLY, last_step__lt=step).update(last_step=step))
        return bool(await AdminRecoveryCodeRow.filter(code_hash=_hash(typed)).delete())

    async def _store(self, secret: str) -> None:
        if await AdminTotpRow.filter(id=ONLY, enabled=True).exists():
            raise Conflict(PasswordProblem.TWO_FACTOR_ON)
        await self._remove()
        await AdminTotpRow.create(id=ONLY, secret=secret, enabled=False, basic_allowed=False, last_step=0)

    async def _enable(self, step: int, codes: tuple[str, ...]) -> None:
        await AdminTotpRow.filter(id=ONLY).update(enabled=True, last_step=step)
        for each in codes:
            await AdminRecoveryCodeRow.create(code_hash=_hash(_plain(each)))

    async def _remove(self) -> None:
        await AdminTotpRow.all().delete()
        await AdminRecoveryCodeRow.all().delete()


def _secret(row: AdminTotpRow) -> bytes:
    return base64.b32decode(row.secret)


def _recovery_code() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(2))


def _plain(typed: str) -> str:
    """Return a code as it is compared: without blanks and hyphens."""
    return "".join(typed[:MAX_TYPED].split()).replace("-", "").lower()


def _hash(plain: str) -> str:
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()

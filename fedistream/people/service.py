"""The admin's account and password."""

import asyncio
import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fedistream.core.errors import Invalid, ValueProblem
from fedistream.db import atomic
from fedistream.db.versions import bump_version
from fedistream.people.models import AdminSessionRow, PersonRow
from fedistream.people.passwords import Passwords
from fedistream.people.values import PasswordProblem

ADMIN = "admin"  # the name and the role
CACHE_KEY = "people"  # the version that other processes compare to refresh their copies
MIN_PASSWORD, MAX_PASSWORD = 8, 1024  # characters; a shorter one is weak, and only the API takes it

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
GROUPS, GROUP = 4, 5  # k7m3p-...: 100 bits, easy to type from a terminal

SURROGATE = re.compile("[\ud800-\udfff]")  # JSON may contain a lone one, which cannot be encoded

REMEMBERED = timedelta(hours=1)  # after its last use


@dataclass(frozen=True, slots=True)
class _Success:
    """A recent successful check: a keyed digest of the password, useless to another process."""

    digest: bytes
    until: datetime | None  # None: as long as the process lives


def random_password() -> str:
    """Return a random password of 100 bits, like k7m3p-…."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


class People:
    """The accounts. Call `open` before anything else."""

    def __init__(self, now: Callable[[], datetime], passwords: Passwords | None = None) -> None:
        self._now = now
        self._passwords = passwords or Passwords()
        self._salt = secrets.token_bytes(32)
        self._override = ""  # its hash
        self._stored = ""  # the hash in the database, as this process knows it
        self._turn = asyncio.Lock()
        self._success: _Success | None = None

    async def open(self, override: str = "") -> str:
        """Make sure that there is an admin password.

        `override` is the admin's password until the node stops; it is not stored. Without one, and when none is stored,
        one is made and returned so that it can be shown, else "". Raises Invalid.
        """
        if len(override) > MAX_PASSWORD:
            raise Invalid("admin password", PasswordProblem.PASSWORD_TOO_LONG, most=MAX_PASSWORD)
        if SURROGATE.search(override):  # bytes of the environment that are not UTF-8
            raise Invalid("admin password", PasswordProblem.PASSWORD_ENCODING)
        self._override, self._success, self._stored = "", None, await _stored_hash()
        if override:
            # hashed like a stored one, so that a wrong password takes as long
            self._override = await self._passwords.hash(_prepared(override))
            self._success = _Success(self._digest(override), None)
        if await self.has_admin():
            return ""
        password = random_password()
        await self.set_admin_password(password)
        return password

    async def refresh(self) -> None:
        """Forget what was remembered when another process has stored another password, which also replaces one given at
        the start."""
        async with self._turn:
            stored = await _stored_hash()
            if stored != self._stored:
                self._stored, self._override, self._success = stored, "", None

    async def has_admin(self) -> bool:
        """Return whether there is an admin password."""
        return bool(self._override) or await PersonRow.filter(name=ADMIN, role=ADMIN).exists()

    async def has_weak_password(self) -> bool:
        """Return whether the admin's stored password is shorter than MIN_PASSWORD, as far as is known."""
        return not self._override and await PersonRow.filter(name=ADMIN, role=ADMIN, weak=True).exists()

    def recall(self, password: str) -> bool:
        """Return whether this is the admin's password and was checked within REMEMBERED. Fast; False means unknown.

        HTTP Basic sends the password with every request. The caller limits guesses.
        """
        success = self._success
        if success is None or (success.until is not None and self._now() >= success.until):
            return False
        if not hmac.compare_digest(success.digest, self._digest(password)):
            return False
        if success.until is not None:
            self._success = _Success(success.digest, self._now() + REMEMBERED)
        return True

    async def check_admin(self, password: str, rank: int = 0) -> bool:
        """Return whether this is the admin's password. Slow: tens of ms in a thread, in the order of `rank` (see
        `passwords.py`).

        The caller limits guesses. Raises TooMany.
        """
        if len(password) > MAX_PASSWORD or SURROGATE.search(password):
            return False
        success, stored = self._success, self._override
        if not stored:
            row = await PersonRow.get_or_none(name=ADMIN, role=ADMIN)
            if row is None:
                return False
            stored = row.password_hash
        if not await self._fits(stored, password, rank):
            return False
        if self._passwords.is_old(stored):
            stronger = await self._passwords.hash(_prepared(password))
            # only the hash that was checked: the password may have been changed meanwhile
            values = {"password_hash": stronger, "weak": _is_weak(password)}
            if await PersonRow.filter(name=ADMIN, password_hash=stored).update(**values):
                self._stored = stronger
        if success is self._success:  # the password may have been changed here too
            until = success.until if success is not None else self._now()
            self._success = _Success(self._digest(password), until and self._now() + REMEMBERED)
        return True

    async def set_admin_password(
        self, password: str, keep_session: int | None = None, least: int = MIN_PASSWORD
    ) -> None:
        """Store another password, which also replaces one given at the start, and end all sessions but one.

        `least` is the smallest number of characters. Raises Invalid.
        """
        if not least <= len(password) <= MAX_PASSWORD:
            raise Invalid("admin password", ValueProblem.LENGTH, least=least, most=MAX_PASSWORD)
        if SURROGATE.search(password):
            raise Invalid("admin password", PasswordProblem.PASSWORD_SURROGATE)

        hashed = await self._passwords.hash(_prepared(password))

        def remember(_: None) -> None:
            # a new object, so that a running check of the old password is not remembered
            self._success = _Success(self._digest(password), self._now() + REMEMBERED)
            self._override, self._stored = "", hashed

        await atomic(self._store, hashed, _is_weak(password), keep_session, on_committed=remember, turn=self._turn)

    async def _fits(self, stored: str, password: str, rank: int) -> bool:
        if await self._passwords.verify(stored, _prepared(password), rank):
            return True
        # stored by a version that did not normalise
        return _prepared(password) != password and await self._passwords.verify(stored, password, rank)

    async def _store(self, hashed: str, weak: bool, keep_session: int | None) -> None:
        # in the same transaction: a crash between the two would leave a thief's session open
        await AdminSessionRow.exclude(id=keep_session or 0).delete()
        values: dict[str, Any] = {"role": ADMIN, "password_hash": hashed, "weak": weak}
        if not await PersonRow.filter(name=ADMIN).update(**values):
            await PersonRow.create(name=ADMIN, **values, created_at=self._now())
        await bump_version(CACHE_KEY)

    def _digest(self, password: str) -> bytes:
        return hmac.digest(self._salt, _prepared(password).encode("utf-8", "surrogatepass"), "sha256")


def _is_weak(password: str) -> bool:
    return len(password) < MIN_PASSWORD


async def _stored_hash() -> str:
    row = await PersonRow.get_or_none(name=ADMIN, role=ADMIN)
    return "" if row is None else row.password_hash


def _prepared(password: str) -> str:
    """Return the password in NFC (RFC 7617, section 2.1, and RFC 8265, section 4.2): an ä may be typed as one character
    or two."""
    return unicodedata.normalize("NFC", password)

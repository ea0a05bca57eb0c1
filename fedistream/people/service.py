"""Who may administer the node."""

import asyncio
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from fedistream.db import atomic
from fedistream.errors import Invalid
from fedistream.people.models import PersonRow
from fedistream.people.passwords import Passwords

ADMIN = "admin"  # the name and the role
MIN_PASSWORD, MAX_PASSWORD = 8, 1024  # characters

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
GROUPS, GROUP = 4, 5  # k7m3p-...: 100 bits, to be typed off a terminal

SURROGATE = re.compile("[\ud800-\udfff]")  # JSON may carry one alone, and no encoding has it

REMEMBERED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Success:
    """That a password was right not long ago: not the password, and useless to another process."""

    digest: bytes
    until: datetime


def random_password() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


class People:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._passwords = Passwords()
        self._salt = secrets.token_bytes(32)
        self._override: bytes | None = None
        self._turn = asyncio.Lock()
        self._success: _Success | None = None

    async def open(self, override: str = "") -> str:
        """`override`: a password that is the admin's until the node stops, and is not stored. Without one, and when
        none is stored either, one is made and returned so that it can be shown; "" otherwise. Raises Invalid."""
        if len(override) > MAX_PASSWORD:
            raise Invalid("admin password", f"must be {MAX_PASSWORD} characters long at most")
        self._override, self._success = self._digest(override) if override else None, None
        if await self.has_admin():
            return ""
        password = random_password()
        await self.set_admin_password(password)
        return password

    async def has_admin(self) -> bool:
        return self._override is not None or await PersonRow.filter(name=ADMIN, role=ADMIN).exists()

    async def check_admin(self, password: str) -> bool:
        """Whether this is the admin's password. Slow (tens of ms in a thread), but quick when it was right a moment
        ago, as HTTP Basic sends it with every request. Limiting guesses is the caller's business."""
        if len(password) > MAX_PASSWORD or SURROGATE.search(password):
            return False
        digest = self._digest(password)
        if self._override is not None:
            return hmac.compare_digest(self._override, digest)
        success = self._success
        if success is not None and self._now() < success.until and hmac.compare_digest(success.digest, digest):
            return True
        row = await PersonRow.get_or_none(name=ADMIN, role=ADMIN)
        if row is None or not await self._passwords.verify(row.password_hash, password):
            return False
        if self._passwords.is_old(row.password_hash):
            stronger = await self._passwords.hash(password)
            # only the hash that was checked: the password may have been changed meanwhile
            await PersonRow.filter(id=row.id, password_hash=row.password_hash).update(password_hash=stronger)
        if success is self._success:  # and so may what we would remember
            self._success = _Success(digest, self._now() + REMEMBERED)
        return True

    async def set_admin_password(self, password: str) -> None:
        """Store another password, which holds at once, also in place of one given at the start. Raises Invalid."""
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise Invalid("admin password", f"must be {MIN_PASSWORD} to {MAX_PASSWORD} characters long")
        if SURROGATE.search(password):
            raise Invalid("admin password", "must be text: it has half a character in it")

        def forget(_: None) -> None:
            # another object than before, so that a check under way with the old password is not remembered
            self._success = _Success(b"", self._now())
            self._override = None

        await atomic(self._store, await self._passwords.hash(password), then=forget, turn=self._turn)

    async def _store(self, hashed: str) -> None:
        if not await PersonRow.filter(name=ADMIN).update(role=ADMIN, password_hash=hashed):
            await PersonRow.create(name=ADMIN, role=ADMIN, password_hash=hashed, created_at=self._now())

    def _digest(self, password: str) -> bytes:
        return sha256(self._salt + password.encode("utf-8", "surrogatepass")).digest()

"""The authorization server's requests that wait for the admin, and its codes that were not redeemed.

They are rows, so that any front process can take what another one made, and a restart loses none. Each is taken once:
of two requests with one code, one gets it.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from activitypub.urls import parse_url
from fedistream.db import atomic
from fedistream.signin.models import IndieAuthGrantRow

LIFE: Final = timedelta(minutes=10)  # the longest of RFC 6749, section 4.1.2
MAX_GRANTS = 200
SECRET_BYTES = 32
MAX_SECRET = 64  # characters; ours have 43


class Kind(StrEnum):
    """The kind of a row."""

    REQUEST = "request"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked authorization request."""

    client_id: str
    redirect_uri: str
    state: str
    challenge: str

    @property
    def client(self) -> str:
        """The host of the client, with its port if it is not the default one."""
        return parse_url(self.client_id).authority

    @property
    def origin(self) -> str:
        """The origin of the address that the browser is sent to."""
        return parse_url(self.redirect_uri).origin


class Grants:
    """The stored requests and codes. `chance(n)` returns n random bytes of a secure source."""

    def __init__(self, now: Callable[[], datetime], chance: Callable[[int], bytes]) -> None:
        self._now, self._chance = now, chance

    async def put(self, kind: Kind, asked: Asked) -> str:
        """Store a request for LIFE. Returns the secret with which it is taken.

        Only the admin makes any, so when there are MAX_GRANTS the oldest ones are dropped.
        """
        secret = base64.urlsafe_b64encode(self._chance(SECRET_BYTES)).decode().rstrip("=")
        row = IndieAuthGrantRow(
            secret_hash=_hash(secret),
            kind=kind.value,
            client_id=asked.client_id,
            redirect_uri=asked.redirect_uri,
            state=asked.state,
            challenge=asked.challenge,
            created_at=self._now(),
        )
        await atomic(self._store, row)
        return secret

    async def take(self, kind: Kind, secret: str) -> Asked | None:
        """Remove and return what was stored under a secret, or None when it is unknown, was taken, or has expired."""
        if not 0 < len(secret) <= MAX_SECRET:
            return None
        row = await IndieAuthGrantRow.get_or_none(secret_hash=_hash(secret), kind=kind.value)
        if row is None or not await IndieAuthGrantRow.filter(id=row.id).delete():
            return None
        if not timedelta(0) <= self._now() - row.created_at < LIFE:
            return None
        return Asked(row.client_id, row.redirect_uri, row.state, row.challenge)

    async def prune(self) -> None:
        """Delete what has expired; a scheduled task."""
        await atomic(self._prune)

    async def _prune(self) -> None:
        await IndieAuthGrantRow.filter(created_at__lte=self._now() - LIFE).delete()

    async def _store(self, row: IndieAuthGrantRow) -> None:
        await self._prune()
        newest = IndieAuthGrantRow.all().order_by("-created_at", "-id")
        # there are never many more than MAX_GRANTS, so this finds all that are too many
        rest = await newest.offset(MAX_GRANTS - 1).limit(MAX_GRANTS).values_list("id", flat=True)
        await IndieAuthGrantRow.filter(id__in=list(rest)).delete()
        await row.save()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

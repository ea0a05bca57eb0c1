"""The admin's sessions: rows, so that they are valid in every process and outlive a restart.

A session ends when it is not used for IDLE, at the latest after LIFE, when the admin ends it, and when the password
changes (`service.py`).
"""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from activitypub.bounded_dict import BoundedDict
from fedistream.core.errors import NotFound
from fedistream.db import atomic
from fedistream.people.models import AdminSessionRow
from fedistream.people.values import PasswordProblem, Session, SessionKind

IDLE = timedelta(days=14)
LIFE = timedelta(days=90)
MAX_SESSIONS = 100
MAX_TOKEN = 64  # characters; ours have 43
MAX_USER_AGENT = 512
USED_EVERY = timedelta(minutes=1)  # how often the time of use is stored
MAX_CLIENTS = 200  # programs that send the password and keep no cookies, in memory


class Sessions:
    """The sessions of the admin. `chance(n)` returns n random bytes of a secure source."""

    def __init__(self, now: Callable[[], datetime], chance: Callable[[int], bytes]) -> None:
        self._now, self._chance = now, chance
        self._clients: BoundedDict[tuple[str, str], tuple[str, Session, datetime]] = BoundedDict(MAX_CLIENTS)

    async def open(self, kind: SessionKind, network: str, user_agent: str) -> tuple[str, Session]:
        """Open a session. Returns its token, which is stored nowhere, and the session.

        Sessions that have ended are deleted, and when there are MAX_SESSIONS, the one that was not used for longest.
        """
        token, now = base64.urlsafe_b64encode(self._chance(32)).decode().rstrip("="), self._now()
        row = AdminSessionRow(
            token_hash=_hash(token),
            kind=kind.value,
            network=network[:MAX_TOKEN],
            user_agent=user_agent[:MAX_USER_AGENT].replace("\0", ""),
            created_at=now,
            last_used_at=now,
        )
        await atomic(self._store, row)
        return token, _value(row)

    async def of_client(self, network: str, user_agent: str) -> tuple[str, Session]:
        """Return the session of a client that sent the password by HTTP Basic, and its token.

        Programs that keep no cookies send the password with every request. They have one session together for a network
        and a user agent, and its row is looked at once in USED_EVERY.
        """
        client, now = (network, user_agent), self._now()
        known = self._clients.get(client)
        if known is not None:
            token, session, looked_at = known
            if now - looked_at < USED_EVERY:
                return token, session
            found = await self.find(token)
            if found is not None:
                self._clients[client] = (token, found, now)
                return token, found
        token, session = await self.open(SessionKind.BASIC, network, user_agent)
        self._clients[client] = (token, session, now)
        return token, session

    async def find(self, token: str) -> Session | None:
        """Return the session with this token, or None, and store the time of its use."""
        if not 0 < len(token) <= MAX_TOKEN:
            return None
        row = await AdminSessionRow.get_or_none(token_hash=_hash(token))
        now = self._now()
        if row is None or not self._is_valid(row, now):
            return None
        if now - row.last_used_at >= USED_EVERY:
            await AdminSessionRow.filter(id=row.id).update(last_used_at=now)
            row.last_used_at = now
        return _value(row)

    async def all(self) -> tuple[Session, ...]:
        """Return the valid sessions, the one that was used last first."""
        now = self._now()
        rows = await AdminSessionRow.all().order_by("-last_used_at", "-id")
        return tuple(_value(row) for row in rows if self._is_valid(row, now))

    async def end(self, session_id: int) -> None:
        """End a session at once. Raises NotFound."""
        if not await AdminSessionRow.filter(id=session_id).delete():
            raise NotFound(PasswordProblem.NO_SESSION)

    async def end_others(self, keep: int | None) -> None:
        """End all sessions but one."""
        await AdminSessionRow.exclude(id=keep or 0).delete()

    async def prune(self) -> None:
        """Delete the sessions that have ended; a scheduled task."""
        await atomic(self._prune)

    async def _prune(self) -> None:
        now = self._now()
        await AdminSessionRow.filter(last_used_at__lte=now - IDLE).delete()
        await AdminSessionRow.filter(created_at__lte=now - LIFE).delete()

    async def _store(self, row: AdminSessionRow) -> None:
        await self._prune()
        # "basic" comes before "login"
        ids = await AdminSessionRow.all().order_by("-kind", "-last_used_at", "-id").values_list("id", flat=True)
        if len(ids) >= MAX_SESSIONS:
            await AdminSessionRow.filter(id__in=ids[MAX_SESSIONS - 1 :]).delete()
        await row.save()

    def _is_valid(self, row: AdminSessionRow, now: datetime) -> bool:
        return now - row.last_used_at < IDLE and now - row.created_at < LIFE


def _value(row: AdminSessionRow) -> Session:
    return Session(row.id, SessionKind(row.kind), row.network, row.user_agent, row.created_at, row.last_used_at)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

"""Registers this node with a directory of streams while it is live: `POST /api/ping` with `{key, url}`.

The directory makes the key in its first answer, `{key, success, error, errorCode}`, and knows the node by it. Off until
the operator enables it and names a directory. Sent by a worker.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import orjson

from activitypub.network.guard import Blocked
from activitypub.network.transport import ResponseTooLarge, Transport, Unreachable
from activitypub.signatures.request import outgoing_request
from activitypub.urls import BadUrl
from fedistream.broadcasts.values import BroadcastRecord
from fedistream.core.events import BroadcastStarted, Fact
from fedistream.core.ports import SettingsReader
from fedistream.db import atomic
from fedistream.listing.models import RegistrationRow
from fedistream.listing.values import Registration

PERIOD_S = 240.0
MAX_ANSWER = 16 * 1024  # bytes
MAX_KEY = 200
MAX_ERROR = 300
PATH = "/api/ping"
HEADERS = (("content-type", "application/json"), ("accept", "application/json"))

log = logging.getLogger(__name__)


class Listing:
    """The registration. `running` returns the live broadcasts, also in a worker."""

    def __init__(
        self,
        settings: SettingsReader,
        transport: Transport,
        running: Callable[[], Awaitable[Sequence[BroadcastRecord]]],
        now: Callable[[], datetime],
    ) -> None:
        self._settings, self._transport, self._running, self._now = settings, transport, running, now

    def applies_to(self, fact: Fact) -> bool:
        """Return whether there is a directory: without one, no worker is needed."""
        return bool(self._directory())

    async def begin(self, fact: BroadcastStarted) -> None:
        """Register at the start of a broadcast; a job."""
        await self.ping()

    async def ping(self) -> None:
        """Register, or renew the registration, while something is live; a scheduled task."""
        url = self._directory()
        if not url or not await self._running():
            return
        known = await RegistrationRow.filter(url=url).order_by("id").first()
        key = known.key if known is not None else ""
        body = orjson.dumps({"key": key, "url": self._settings.value("node.public_url")})
        try:
            request = outgoing_request("POST", url + PATH, HEADERS, body)
            response = await self._transport.send(request, max_body=MAX_ANSWER)
        except (Blocked, Unreachable, ResponseTooLarge, BadUrl) as error:
            answer = Registration(url, key, False, str(error)[:MAX_ERROR], None, self._now())
        else:
            answer = read_answer(url, key, response.status, response.body, self._now())
        if answer.error and (known is None or known.error != answer.error):
            log.warning("the directory %s did not accept the registration: %s", url, answer.error)
        await atomic(self._store, answer)

    async def registration(self) -> Registration | None:
        """Return the last answer of the directory that is set, or None before the first."""
        row = await RegistrationRow.filter(url=self._directory()).order_by("id").first()
        if row is None:
            return None
        return Registration(row.url, row.key, row.success, row.error, row.error_code, row.at)

    async def reset(self) -> None:
        """Forget the registrations: the next one is a new one."""
        await RegistrationRow.all().delete()

    def _directory(self) -> str:
        """Return the address of the directory, or "" when nothing is to be registered."""
        value = self._settings.value
        if not value("directory.enabled") or not value("node.public_url"):
            return ""
        return str(value("directory.url"))

    async def _store(self, answer: Registration) -> None:
        await RegistrationRow.filter(url=answer.url).delete()
        await RegistrationRow.create(
            url=answer.url,
            key=answer.key,
            success=answer.success,
            error=answer.error,
            error_code=answer.error_code,
            at=answer.at,
        )


def read_answer(url: str, key: str, status: int, body: bytes, at: datetime) -> Registration:
    """Return what a directory answered. A key that is missing or too long leaves the old one."""
    if not 200 <= status < 300:
        return Registration(url, key, False, f"it answered with status {status}", None, at)
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        return Registration(url, key, False, "its answer is not a JSON object", None, at)
    new, error, code = given.get("key"), given.get("error"), given.get("errorCode")
    if isinstance(new, str) and 0 < len(new) <= MAX_KEY:
        key = new
    success = given.get("success") is True
    told = str(error)[:MAX_ERROR] if isinstance(error, str) and error else ""
    if not success and not told:
        told = "it gave no reason"
    known_code = code if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 2**31 else None
    return Registration(url, key, success, "" if success else told.replace("\0", ""), known_code, at)

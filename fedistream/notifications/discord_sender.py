"""Posts, edits and deletes messages by a webhook of Discord, whose address is a secret: no job has it."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

import orjson

from activitypub.network.deliver import MAX_RETRY_AFTER_S, retry_after
from activitypub.network.guard import Blocked
from activitypub.network.transport import Response, ResponseTooLarge, Transport, Unreachable
from activitypub.signatures.request import outgoing_request
from activitypub.urls import BadUrl
from fedistream.broadcasts.values import BroadcastRecord
from fedistream.core.ports import SettingsReader
from fedistream.jobs.job import Dead, Done, Job, NewJob, Outcome, Retry
from fedistream.notifications import discord
from fedistream.notifications.discord import Json, Stream
from fedistream.notifications.models import NotificationRow
from fedistream.notifications.values import State

log = logging.getLogger(__name__)

DISCORD = "discord"  # a kind of jobs; it never changes
SETTING = "notifications.discord"
MAX_ANSWER = 64 * 1024  # bytes; a message with an embed has about 2 KB
MAX_WHY = 200
MAX_ID = 32  # characters of a message's id; they have 19
RETRIED = frozenset({408, 425, 429})
EDIT_PACE_S = 15  # between two edits; a webhook may send five requests in two seconds
EDIT_EXPIRES_S = 600


class Streams(Protocol):
    """The source of the facts about a broadcast that a message shows."""

    def stream(self, channel_id: int, broadcast: BroadcastRecord | None) -> Stream: ...


def post(notification_id: int, group: str, expires_at: float) -> NewJob:
    """Return the job of posting a message, or that of a test."""
    return NewJob(DISCORD, {"notification": notification_id, "do": "post"}, group=group, expires_at=expires_at)


def edit(notification_id: int, group: str, now: float) -> NewJob:
    """Return the job of editing the message while the broadcast is on. Several changes in a short time are one edit:
    it is made at the end of that time, and reads the settings then."""
    due = (now // EDIT_PACE_S + 1) * EDIT_PACE_S
    body = {"notification": notification_id, "do": "edit"}
    once = f"{DISCORD} edit {notification_id} {int(due)}"
    return NewJob(DISCORD, body, group=group, once=once, due=due, expires_at=due + EDIT_EXPIRES_S)


def close(notification_id: int, group: str, expires_at: float) -> NewJob:
    """Return the job of editing or deleting the message at the end; after the post, which is in the same group."""
    return NewJob(DISCORD, {"notification": notification_id, "do": "close"}, group=group, expires_at=expires_at)


class DiscordSender:
    """Handles these jobs. `resolve` turns an outcome into Dead when the worker would give the job up."""

    def __init__(
        self,
        transport: Transport,
        settings: SettingsReader,
        streams: Streams,
        find: Callable[[int], Awaitable[BroadcastRecord | None]],
        now: Callable[[], datetime],
        resolve: Callable[[Job, Outcome], Outcome],
    ) -> None:
        self._transport, self._settings, self._streams = transport, settings, streams
        self._find, self._now, self._resolve = find, now, resolve

    async def __call__(self, job: Job) -> Outcome:
        row = await NotificationRow.get_or_none(id=job.body["notification"])
        webhook = str(self._settings.value(SETTING, row.channel_id)["webhook"]) if row is not None else ""
        if row is None or not webhook:
            return Done()
        broadcast = await self._find(row.broadcast_id) if row.broadcast_id is not None else None
        if job.body["do"] == "post":
            return await self._post(job, row, webhook, broadcast)
        if job.body["do"] == "edit":
            return await self._edit(row, webhook, broadcast)
        return await self._close(row, webhook, broadcast)

    async def _post(self, job: Job, row: NotificationRow, webhook: str, broadcast: BroadcastRecord | None) -> Outcome:
        if row.state != State.SENT or row.message_id:  # a worker was killed after it had stored the id
            return Done()
        stream = self._streams.stream(row.channel_id, broadcast)
        message = str(self._settings.value(SETTING, row.channel_id)["goLiveMessage"])
        shown = discord.test(stream, message) if row.broadcast_id is None else discord.live(stream, message)
        outcome, answer = await self._send("POST", discord.execute_url(webhook), shown)
        if isinstance(resolved := self._resolve(job, outcome), Dead):
            outcome = resolved  # also one that the worker would give up now
        if isinstance(outcome, Done):
            test = {"state": State.CLOSED.value} if row.broadcast_id is None else {}
            done = {"message_id": message_id(answer), "recipients": 1, "why": ""}
            await NotificationRow.filter(id=row.id).update(**done, **test)
        elif isinstance(outcome, Dead):
            log.warning("the message on Discord was not posted: %s", outcome.why)
            await NotificationRow.filter(id=row.id).update(state=State.FAILED.value, why=outcome.why[:MAX_WHY])
        else:
            await NotificationRow.filter(id=row.id).update(why=outcome.why[:MAX_WHY])
        return outcome

    async def _edit(self, row: NotificationRow, webhook: str, broadcast: BroadcastRecord | None) -> Outcome:
        if row.state != State.SENT or not row.message_id:
            return Done()
        message = str(self._settings.value(SETTING, row.channel_id)["goLiveMessage"])
        shown = discord.edited(self._streams.stream(row.channel_id, broadcast), message)
        return await self._change("PATCH", discord.message_url(webhook, row.message_id), shown)

    async def _close(self, row: NotificationRow, webhook: str, broadcast: BroadcastRecord | None) -> Outcome:
        how = self._settings.value("notice.at_end", row.channel_id)
        if not row.message_id or how == "leave":
            return Done()
        url = discord.message_url(webhook, row.message_id)
        if how == "delete":
            return await self._change("DELETE", url, None)
        message = str(self._settings.value("notice.ended_message", row.channel_id))
        shown = discord.ended(self._streams.stream(row.channel_id, broadcast), message)
        return await self._change("PATCH", url, shown)

    async def _change(self, method: str, url: str, body: Json | None) -> Outcome:
        """Edit or delete a message that was posted."""
        outcome, _ = await self._send(method, url, body)
        if isinstance(outcome, Dead):  # it was deleted, or the webhook is another one by now
            log.info("the message on Discord was not changed: %s", outcome.why)
            return Done()
        return outcome

    async def _send(self, method: str, url: str, body: Json | None) -> tuple[Outcome, bytes]:
        """Send one request. Returns its outcome and the answer."""
        headers = [("content-type", "application/json")] if body is not None else []
        try:
            request = outgoing_request(method, url, headers, b"" if body is None else orjson.dumps(body))
            response = await self._transport.send(request, max_body=MAX_ANSWER)
        except ResponseTooLarge as error:
            response = error.response
        except (Blocked, BadUrl) as error:
            return Dead(str(error)), b""
        except Unreachable as error:
            return Retry(None, str(error)), b""
        if 200 <= response.status < 300:
            return Done(), response.body
        if response.status in RETRIED or response.status >= 500:
            return Retry(self._wait_s(response), f"status {response.status}"), b""
        return Dead(f"status {response.status}"), b""

    def _wait_s(self, response: Response) -> float | None:
        """Return how long to wait: the header, or the member of the body, which has fractions of a second."""
        told = retry_after(response.headers.get("retry-after", ""), self._now().timestamp())
        if told is not None:
            return told
        try:
            given = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            return None
        seconds = given.get("retry_after") if isinstance(given, dict) else None
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            return None
        return min(float(seconds), MAX_RETRY_AFTER_S)


def message_id(answer: bytes) -> str:
    """Return the id in an answer, or "" when it cannot be read: the message is out, and cannot be edited."""
    try:
        given = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return ""
    found = given.get("id") if isinstance(given, dict) else None
    return found if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= MAX_ID else ""

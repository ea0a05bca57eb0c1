"""The JSON of each event, exactly as receivers of such webhooks know it. Pure functions from values to plain objects.

Times are RFC 3339 in UTC. An unset time of a visitor is the year 1, as receivers parse it without a test for null.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fedistream.chat.values import Role, Visitor
from fedistream.core.events import (
    BroadcastEnded,
    BroadcastStarted,
    ChatMessageSent,
    EncoderLost,
    EncoderReturned,
    Fact,
    FollowApproved,
    FollowerRemoved,
    FollowReceived,
    MessagesHidden,
    MessagesShown,
    PostLiked,
    PostShared,
    ReplyReceived,
    ScheduledEventComing,
    ScheduledEventEnded,
    ScheduledEventStarted,
    TitleChanged,
    VisitorJoined,
    VisitorParted,
    VisitorRenamed,
)
from fedistream.webhooks.values import About, Event, StreamStatus

Json = dict[str, Any]

UNSET_TIME = "0001-01-01T00:00:00Z"
MODERATOR = "MODERATOR"
CHAT_KIND, BY_VISITOR = "chat", "web"  # messages of bots, of the node and of remote actors send no CHAT


@dataclass(frozen=True, slots=True)
class Occasion:
    """The parts of a payload besides its fact: an id, the status of the channel, and the visitor that the fact names
    by id."""

    id: str
    status: StreamStatus
    about: About
    visitor: Visitor | None = None


def moment(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def moment_or_null(at: datetime | None) -> str | None:
    return None if at is None else moment(at)


def status(value: StreamStatus) -> Json:
    """Return the status as it is in nearly all events."""
    return {
        "lastConnectTime": moment_or_null(value.connected_at),
        "lastDisconnectTime": moment_or_null(value.disconnected_at),
        "versionNumber": value.version,
        "streamTitle": value.title,
        "viewerCount": value.viewers,
        "overallMaxViewerCount": value.overall_peak,
        "sessionMaxViewerCount": value.session_peak,
        "online": value.online,
    }


def user(visitor: Visitor) -> Json:
    """Return a visitor. `previousNames` begins with the only name of a visitor who never changed it."""
    shape: Json = {
        "createdAt": moment(visitor.created_at),
        "nameChangedAt": UNSET_TIME if visitor.renamed_at is None else moment(visitor.renamed_at),
        "id": visitor.id,
        "displayName": visitor.name,
        "previousNames": list(visitor.previous_names) or [visitor.name],
        "displayColor": visitor.colour,
        "isBot": visitor.role is Role.BOT,
        "authenticated": visitor.authenticated_at is not None,
    }
    if visitor.role is Role.MODERATOR:
        shape["scopes"] = [MODERATOR]
    optional = {"disabledAt": visitor.disabled_at, "authenticatedAt": visitor.authenticated_at}
    return shape | {name: moment(at) for name, at in optional.items() if at is not None}


def _base(now: Occasion) -> Json:
    return {"status": status(now.status), "serverURL": now.about.url}


def _user(now: Occasion) -> Json | None:
    return None if now.visitor is None else user(now.visitor)


def _chat(fact: ChatMessageSent, now: Occasion) -> Json:
    shape = _base(now) | {
        "user": _user(now),
        "timestamp": moment(fact.at),
        "body": fact.html,
        "rawBody": fact.body,
        "id": fact.message_id,
        "visible": True,
    }
    return shape | {"clientId": fact.client_id} if fact.client_id else shape


def _presence(fact: VisitorJoined | VisitorParted, now: Occasion) -> Json:
    return _base(now) | {"id": now.id, "timestamp": moment(fact.at), "user": _user(now)}


def _renamed(fact: VisitorRenamed, now: Occasion) -> Json:
    return _base(now) | {"id": now.id, "timestamp": moment(fact.at), "user": _user(now), "newName": fact.new_name}


def _visibility(fact: MessagesHidden | MessagesShown, now: Occasion) -> Json:
    visible, ids = isinstance(fact, MessagesShown), list(fact.message_ids)
    # both keys of each: programs for the first releases read MessageIDs and Visible
    return _base(now) | {
        "id": now.id,
        "timestamp": moment(fact.at),
        "user": None,
        "visible": visible,
        "ids": ids,
        "MessageIDs": ids,
        "Visible": visible,
    }


def _stream(fact: BroadcastStarted | BroadcastEnded | TitleChanged | EncoderReturned, now: Occasion) -> Json:
    shape: Json = {
        "id": now.id,
        "name": now.about.name,
        "serverURL": now.about.url,
        "status": status(now.status),
        "streamTitle": now.status.title,
        "summary": now.about.summary,
        "timestamp": moment(fact.at),
    }
    event = now.status.event
    if event is not None and isinstance(fact, BroadcastStarted):
        shape["scheduledEvent"] = _event(
            event.id, event.series_id, event.name, event.description, event.starts_at, event.minutes, event.timezone
        )
    return shape


def _lost(fact: EncoderLost, now: Occasion) -> Json:
    return _base(now) | {"id": now.id, "timestamp": moment(fact.at), "until": moment(fact.until)}


def _returned(fact: EncoderReturned, now: Occasion) -> Json:
    return _base(now) | {"id": now.id, "timestamp": moment(fact.at)}


def _remote_actor(
    fact: FollowReceived | FollowApproved | PostLiked | PostShared | ReplyReceived, now: Occasion
) -> Json:
    return {
        "id": now.id,
        "timestamp": moment(fact.at),
        "name": fact.display_name,
        "username": fact.handle,
        "image": fact.image,
        "serverURL": now.about.url,
        "link": fact.actor,
    }


def _engagement(fact: FollowReceived | FollowApproved | PostLiked | PostShared, now: Occasion) -> Json:
    shape = _remote_actor(fact, now)
    if isinstance(fact, PostLiked | PostShared):
        shape["post"] = fact.post
    if isinstance(fact, PostLiked) and fact.reaction:
        shape["reaction"] = fact.reaction
    return shape


def _reply(fact: ReplyReceived, now: Occasion) -> Json:
    return _remote_actor(fact, now) | {"note": fact.note, "held": fact.state == "held"}


def _removed(fact: FollowerRemoved, now: Occasion) -> Json:
    return {
        "id": now.id,
        "timestamp": moment(fact.at),
        "username": fact.handle,
        "serverURL": now.about.url,
        "link": fact.actor,
        "reason": fact.reason,
    }


_ACTIONS: Mapping[type[Fact], str] = {
    ScheduledEventComing: "10-minute-warning",
    ScheduledEventStarted: "started",
    ScheduledEventEnded: "ended",
}


def _event(
    event_id: str, series_id: str, name: str, description: str, starts_at: datetime, minutes: int, timezone: str
) -> Json:
    event: Json = {
        "id": event_id,
        "name": name,
        "description": description,
        "startTime": moment(starts_at),
        "durationMinutes": minutes,
        "timezone": timezone,
        "status": "scheduled",
    }
    return event | {"seriesId": series_id} if series_id else event


def _scheduled(fact: ScheduledEventComing | ScheduledEventStarted | ScheduledEventEnded, now: Occasion) -> Json:
    event = _event(
        fact.event_id, fact.series_id, fact.title, fact.description, fact.starts_at, fact.minutes, fact.timezone
    )
    return _base(now) | {
        "id": now.id,
        "action": _ACTIONS[type(fact)],
        "event": event,
        "timestamp": moment(fact.at),
    }


_MADE: Mapping[type[Fact], tuple[Event, Callable[[Any, Occasion], Json]]] = {
    ChatMessageSent: (Event.CHAT, _chat),
    VisitorRenamed: (Event.NAME_CHANGE, _renamed),
    VisitorJoined: (Event.USER_JOINED, _presence),
    VisitorParted: (Event.USER_PARTED, _presence),
    MessagesHidden: (Event.VISIBILITY_UPDATE, _visibility),
    MessagesShown: (Event.VISIBILITY_UPDATE, _visibility),
    BroadcastStarted: (Event.STREAM_STARTED, _stream),
    BroadcastEnded: (Event.STREAM_STOPPED, _stream),
    TitleChanged: (Event.STREAM_TITLE_UPDATED, _stream),
    EncoderLost: (Event.ENCODER_LOST, _lost),
    EncoderReturned: (Event.ENCODER_RETURNED, _returned),
    FollowReceived: (Event.FOLLOW, _engagement),
    FollowApproved: (Event.FOLLOW, _engagement),
    PostLiked: (Event.LIKE, _engagement),
    PostShared: (Event.REPOST, _engagement),
    ReplyReceived: (Event.REPLY_RECEIVED, _reply),
    FollowerRemoved: (Event.FOLLOWER_REMOVED, _removed),
    ScheduledEventComing: (Event.SCHEDULED_EVENTS, _scheduled),
    ScheduledEventStarted: (Event.SCHEDULED_EVENTS, _scheduled),
    ScheduledEventEnded: (Event.SCHEDULED_EVENTS, _scheduled),
}

FACTS: tuple[type[Fact], ...] = tuple(_MADE)
"""The facts that lead to events."""


def event_of(fact: Fact) -> Event | None:
    """Return the event that is sent for a fact, or None."""
    made = _MADE.get(type(fact))
    if made is None:
        return None
    if isinstance(fact, ChatMessageSent) and (fact.kind, fact.origin) != (CHAT_KIND, BY_VISITOR):
        return None
    if isinstance(fact, TitleChanged) and not fact.title:
        return None
    if isinstance(fact, FollowReceived) and fact.state != "accepted":
        return None
    return made[0]


def visitor_of(fact: Fact) -> str:
    """Return the id of the visitor whose user object belongs into the payload, "" for none."""
    if isinstance(fact, ChatMessageSent | VisitorJoined | VisitorParted | VisitorRenamed):
        return fact.visitor_id
    return ""


def payload(fact: Fact, now: Occasion) -> Json:
    """Return the whole body for a fact that has an event."""
    event, make = _MADE[type(fact)]
    return {"type": event.value, "eventData": make(fact, now)}


def test_payload(at: datetime, now: Occasion) -> Json:
    """Return the body of the test event."""
    shape = _base(now) | {"id": now.id, "timestamp": moment(at), "name": now.about.name}
    return {"type": Event.TEST.value, "eventData": shape}


def known_visitors(facts: Sequence[Fact]) -> set[str]:
    """Return the ids of all visitors that the payloads of these facts need."""
    return {visitor_id for fact in facts if (visitor_id := visitor_of(fact))}

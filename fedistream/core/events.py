"""Facts: what happened on this node, in the past tense, with plain values. `reactions.py` lists the reactions.

A fact that changes rows is emitted in their transaction, and passed on after the commit. The docstring of each fact is
its documentation. All times are in UTC.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import datetime
from types import UnionType
from typing import Any, get_args, get_origin


class BadFact(Exception):
    """A stored fact cannot be read by this version; the text says why."""


@dataclass(frozen=True, slots=True)
class Fact:
    """The base of all facts. Each also has `at`, the time when it happened."""

    @classmethod
    def name(cls) -> str:
        """The printed name, `broadcast.started` for BroadcastStarted."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", ".", cls.__name__).lower()


@dataclass(frozen=True, slots=True)
class BroadcastStarted(Fact):
    """An encoder publishes, and a new broadcast has begun."""

    channel_id: int
    broadcast_id: int
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EncoderLost(Fact):
    """The encoder's connection broke; the broadcast waits for it until `until`."""

    channel_id: int
    broadcast_id: int
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class EncoderReturned(Fact):
    """The encoder is back within the grace time, and the broadcast goes on."""

    channel_id: int
    broadcast_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class BroadcastEnded(Fact):
    """The broadcast has ended. `at` is when its last sample was sent, which may be a while ago; `reason` is a
    `BroadcastEndReason`."""

    channel_id: int
    broadcast_id: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TitleChanged(Fact):
    """The channel has another title; it may be empty."""

    channel_id: int
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SettingChanged(Fact):
    """An admin changed a setting. `channel_id` is None when it was changed for the whole node."""

    setting: str
    channel_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PublishRefused(Fact):
    """An encoder at `address` was refused; `reason` is a `PublishRefusal`."""

    address: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChatMessageSent(Fact):
    """A message in the chat of a channel was stored. `kind` and `origin` are words of the chat's values; `visitor_id`
    is "" for a message that no visitor wrote. `client_id` is the connection that sent it, None for another way."""

    channel_id: int
    message_id: str
    kind: str
    origin: str
    visitor_id: str
    client_id: int | None
    body: str
    html: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _MessagesFact(Fact):
    """The members of facts about the visibility of messages."""

    channel_id: int
    message_ids: tuple[str, ...]
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MessagesHidden(_MessagesFact):
    """A moderator hid messages. `actor` is a visitor's id, or "admin"."""


@dataclass(frozen=True, slots=True)
class MessagesShown(_MessagesFact):
    """Messages that were hidden are shown again."""


@dataclass(frozen=True, slots=True)
class _PresenceFact(Fact):
    """The members of facts about a visitor's presence."""

    channel_id: int
    visitor_id: str
    at: datetime
    client_id: int | None = None


@dataclass(frozen=True, slots=True)
class VisitorJoined(_PresenceFact):
    """A visitor joined the chat by the first connection, `client_id`. A reconnection within seconds is not a join."""


@dataclass(frozen=True, slots=True)
class VisitorParted(_PresenceFact):
    """A visitor left the chat: the last connection, `client_id`, has been closed for a while."""


@dataclass(frozen=True, slots=True)
class VisitorRenamed(Fact):
    """A visitor changed their name, in the chat of `channel_id` and by the connection `client_id`."""

    channel_id: int
    visitor_id: str
    old_name: str
    new_name: str
    client_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class VisitorSignedIn(Fact):
    """A visitor signed in by the method `kind`. `former_id` is the visitor's id before that, often the same."""

    visitor_id: str
    former_id: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VisitorDisabled(Fact):
    """A moderator disabled a visitor, who can no longer chat."""

    visitor_id: str
    actor: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VisitorEnabled(Fact):
    """A moderator enabled a visitor again."""

    visitor_id: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FollowReceived(Fact):
    """A remote actor follows the channel, or asks to (`state` is "pending"). `actor` is a URL, `handle` user@host;
    `image` may be empty."""

    channel_id: int
    actor: str
    display_name: str
    handle: str
    image: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FollowApproved(Fact):
    """An admin approved a follow request, or a follower who was blocked."""

    channel_id: int
    actor: str
    display_name: str
    handle: str
    image: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FollowerRemoved(Fact):
    """A follower is gone, or a follow request was refused: `reason` is unfollowed, removed, blocked, blocked us,
    moved or gone."""

    channel_id: int
    actor: str
    handle: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PostLiked(Fact):
    """A remote actor liked a post of the channel for the first time. `reaction` is an emoji or empty,
    `reaction_image` the URL of a custom emoji's image."""

    channel_id: int
    post: str
    actor: str
    display_name: str
    handle: str
    image: str
    reaction: str
    at: datetime
    reaction_image: str = ""


@dataclass(frozen=True, slots=True)
class PostShared(Fact):
    """A remote actor boosted a post of the channel for the first time."""

    channel_id: int
    post: str
    actor: str
    display_name: str
    handle: str
    image: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReplyReceived(Fact):
    """A remote actor replied to a post of the channel, or mentioned the channel, in public. `note` is the URL of the
    reply; with the `state` "held" it waits for the admin, with "shown" it goes into the chat."""

    channel_id: int
    note: str
    actor: str
    display_name: str
    handle: str
    image: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReplyChanged(Fact):
    """The author edited a reply, or the admin approved it. `state` is held or shown, as it is now."""

    channel_id: int
    note: str
    actor: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReplyWithdrawn(Fact):
    """A reply is no longer shown, or was refused: `reason` is deleted, refused, blocked, or gone (its author is)."""

    channel_id: int
    note: str
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FlagReceived(Fact):
    """A remote server reported the channel or its posts (a Flag). `server` is host[:port]."""

    channel_id: int
    flag_id: int
    server: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _ScheduleFact(Fact):
    """The members of facts about what the admin did to a scheduled event or series."""

    channel_id: int
    event_id: str
    title: str
    series: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ScheduledEventCreated(_ScheduleFact):
    """The admin scheduled a broadcast, or with `series` a series of them. `event_id` is that of the event or the
    series."""


@dataclass(frozen=True, slots=True)
class ScheduledEventChanged(_ScheduleFact):
    """The admin changed a scheduled broadcast or a series."""


@dataclass(frozen=True, slots=True)
class ScheduledEventCancelled(_ScheduleFact):
    """The admin cancelled or removed a scheduled broadcast or a series."""


@dataclass(frozen=True, slots=True)
class _EventTimeFact(Fact):
    """The members of facts about the time of a scheduled event: its details as they were then."""

    channel_id: int
    event_id: str
    series_id: str
    title: str
    description: str
    starts_at: datetime
    minutes: int
    timezone: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ScheduledEventComing(_EventTimeFact):
    """A scheduled broadcast begins soon: the time of its reminder has come. With it come the details that its webhook
    tells, as they were then."""


@dataclass(frozen=True, slots=True)
class ScheduledEventStarted(_EventTimeFact):
    """The time of a scheduled broadcast has come, or its broadcast has begun a little before."""


@dataclass(frozen=True, slots=True)
class ScheduledEventEnded(_EventTimeFact):
    """The time of a scheduled broadcast is over."""


FACTS: Mapping[str, type[Fact]] = {
    kind.name(): kind
    for kind in (
        BroadcastStarted,
        EncoderLost,
        EncoderReturned,
        BroadcastEnded,
        TitleChanged,
        SettingChanged,
        PublishRefused,
        ChatMessageSent,
        MessagesHidden,
        MessagesShown,
        VisitorJoined,
        VisitorParted,
        VisitorRenamed,
        VisitorSignedIn,
        VisitorDisabled,
        VisitorEnabled,
        FollowReceived,
        FollowApproved,
        FollowerRemoved,
        PostLiked,
        PostShared,
        ReplyReceived,
        ReplyChanged,
        ReplyWithdrawn,
        FlagReceived,
        ScheduledEventCreated,
        ScheduledEventChanged,
        ScheduledEventCancelled,
        ScheduledEventComing,
        ScheduledEventStarted,
        ScheduledEventEnded,
    )
}

ROWLESS: frozenset[type[Fact]] = frozenset({PublishRefused, VisitorJoined, VisitorParted})
"""Facts that change no row. They have no transaction, so no job can react to them."""


def to_json(fact: Fact) -> dict[str, object]:
    """Return the fact as plain JSON values, with its name under "fact", for a row of the outbox."""
    values = {field.name: getattr(fact, field.name) for field in fields(fact)}
    plain = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}
    return {"fact": fact.name(), **plain}


def from_json(row: Mapping[str, Any]) -> Fact:
    """Return the fact that `to_json` wrote.

    A missing member gets the fact's default, because rows may be older than the member. Raises BadFact.
    """
    kind = FACTS.get(str(row.get("fact")))
    if kind is None:
        raise BadFact(f"there is no fact {row.get('fact')!r}")
    known = {field.name: field for field in fields(kind)}
    if unknown := row.keys() - known.keys() - {"fact"}:
        raise BadFact(f"{kind.name()} has no {', '.join(sorted(unknown))}")
    values = {}
    for name, field in known.items():
        if name in row:
            values[name] = _read(kind, field, row[name])
        elif field.default is MISSING:
            raise BadFact(f"{kind.name()} lacks {name}")
    return kind(**values)


def _read(kind: type[Fact], field: "Field[Any]", value: object) -> object:
    types = get_args(field.type) if isinstance(field.type, UnionType) else (field.type,)
    if datetime in types and isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise BadFact(f"{kind.name()}: {field.name} is no time") from error
    if get_origin(field.type) is tuple:  # the only kind of tuple is a list of texts
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise BadFact(f"{kind.name()}: {field.name} must be a list of texts")
        return tuple(value)
    if type(value) not in types:  # not isinstance: True is not an id
        raise BadFact(f"{kind.name()}: {field.name} cannot be {value!r}")
    return value

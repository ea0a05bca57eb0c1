"""The chat as Owncast's clients read it: pure functions from the chat's values to JSON."""

import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from html import escape
from math import ceil

import orjson

from fedistream.api.owncast.shapes import Json, geo, moment
from fedistream.chat.bans import IpBan
from fedistream.chat.emoji import Picture
from fedistream.chat.moderation import Details
from fedistream.chat.values import (
    Accepted,
    Client,
    Disabled,
    Edited,
    Event,
    Joined,
    Kind,
    Message,
    Origin,
    Parted,
    Recoloured,
    Refused,
    RemoteAuthor,
    Renamed,
    Role,
    Shown,
    UserInfo,
    Visitor,
)
from fedistream.chat.wording import because
from fedistream.viewers.values import Geo

TYPES: Mapping[Kind, str] = {
    Kind.CHAT: "CHAT",
    Kind.SYSTEM: "SYSTEM",
    Kind.ACTION: "CHAT_ACTION",
    Kind.FOLLOW: "FEDIVERSE_ENGAGEMENT_FOLLOW",
    Kind.LIKE: "FEDIVERSE_ENGAGEMENT_LIKE",
    Kind.REPOST: "FEDIVERSE_ENGAGEMENT_REPOST",
}
ENGAGEMENT = frozenset((Kind.FOLLOW, Kind.LIKE, Kind.REPOST))
COLOURS = 8
MODERATOR = "MODERATOR"
NEVER = "0001-01-01T00:00:00Z"  # Go's zero time, which Owncast sends for a time that is not set
LINK = 'rel="noopener noreferrer nofollow" target="_blank"'

NEEDS_REGISTRATION: Json = {"type": "ERROR_NEEDS_REGISTRATION"}
USER_DISABLED: Json = {"type": "ERROR_USER_DISABLED", "user": None}
CHAT_DISABLED: Json = {"type": "ERROR_CHAT_DISABLED"}  # ours
PONG: Json = {"type": "PONG"}


def user(visitor: Visitor) -> Json:
    shape: Json = {
        "id": visitor.id,
        "displayName": visitor.name,
        "displayColor": visitor.colour,
        "createdAt": moment(visitor.created_at),
        "previousNames": _previous_names(visitor),
        "isBot": visitor.role is Role.BOT,
        "authenticated": visitor.authenticated_at is not None,
    }
    if visitor.role is not Role.BOT:
        shape["nameChangedAt"] = NEVER if visitor.renamed_at is None else moment(visitor.renamed_at)
    optional = {
        "disabledAt": visitor.disabled_at,
        "authenticatedAt": visitor.authenticated_at,
    }
    shape.update({name: moment(at) for name, at in optional.items() if at is not None})
    if visitor.role is Role.MODERATOR:
        shape["scopes"] = [MODERATOR]
    return shape


def _previous_names(visitor: Visitor) -> list[str] | None:
    """Owncast counts the first name as a previous one, and sends null for bots."""
    if visitor.role is Role.BOT:
        return None
    return list(visitor.previous_names) or [visitor.name]


def remote_user(author: RemoteAuthor, at: datetime) -> Json:
    """A remote actor in the shape of a user, the only one that clients read. `remote` is our addition.

    Other clients show only the name, so the name includes the host: the actor is not the visitor of that name.
    """
    return {
        "id": author.address,
        "displayName": f"{author.name} (@{author.address})",
        "displayColor": zlib.crc32(author.address.encode("utf-8", "replace")) % COLOURS,
        "createdAt": moment(at),
        "previousNames": [author.name],
        "isBot": False,
        "authenticated": True,  # by where they come from
        "remote": {
            "name": author.name,
            "address": author.address,
            "url": author.url,
            "avatar": author.avatar,
            "picture": author.picture,
        },
    }


def message(value: Message, name: str) -> Json:
    """ChatMessage, as history and as an event. `name` is what the node is called.

    `origin`, `picture`, `reaction`, `reactionPicture`, `answers` and `editedAt` are ours, and so is `content`: with a
    warning the `body` has only the warning and a link, because other clients cannot hide text behind a warning.
    """
    shape: Json = {
        "id": value.id,
        "timestamp": moment(value.at),
        "type": TYPES[value.kind],
        "body": value.html,
        "origin": value.origin.value,
    }
    if value.warning:
        shape |= {"body": _warned(value), "warning": value.warning, "content": value.html}
    if value.origin is Origin.FEDIVERSE and value.link:
        shape["link"] = value.link
    if value.answers:
        shape["answers"] = value.answers
    if value.edited_at is not None:
        shape["editedAt"] = moment(value.edited_at)
    if value.kind in ENGAGEMENT:
        shape |= {"title": value.title, "image": value.image, "link": value.link}
        shape["picture"] = value.remote.picture if value.remote else ""
        if value.reaction:
            shape |= {"reaction": value.reaction, "reactionPicture": value.reaction_picture}
    if value.visitor is not None:
        shape["user"] = user(value.visitor)
    elif value.remote is not None and value.kind is Kind.CHAT:
        shape["user"] = remote_user(value.remote, value.at)
    elif value.kind is not Kind.ACTION:
        shape["user"] = {"displayName": value.remote.name if value.remote else name}
    if value.hidden_at is not None:
        shape["hiddenAt"] = moment(value.hidden_at)
    return shape


def _warned(value: Message) -> str:
    return f'<p>{escape(value.warning)}</p><p><a href="{escape(value.link)}" {LINK}>\u2026</a></p>'


def event(value: Event, name: str) -> Json:
    """Return the JSON of an event on the socket."""
    if isinstance(value, Message):
        shown = message(value, name)
        # on the socket alone: Owncast's history has no such member
        return shown | {"visible": value.hidden_at is None} if value.kind is Kind.CHAT else shown
    shape: Json = {"id": value.id, "timestamp": moment(value.at)}
    match value:
        case Joined():
            return shape | {"type": "USER_JOINED", "user": user(value.visitor)}
        case Parted():
            return shape | {"type": "USER_PARTED", "user": user(value.visitor)}
        case Renamed():
            return shape | {"type": "NAME_CHANGE", "user": user(value.visitor), "oldName": value.old_name}
        case Recoloured():
            return shape | {"type": "COLOR_CHANGE", "user": user(value.visitor)}
        case Shown():
            return shape | {"type": "VISIBILITY-UPDATE", "ids": list(value.ids), "visible": value.visible}
        case UserInfo():
            return shape | {"type": "CONNECTED_USER_INFO", "user": user(value.visitor)}
        case Edited():
            # a type of our own, which other clients ignore: a client that gets the same message again shows it twice,
            # and one that is told to hide it first hides both
            return shape | {"type": "MESSAGE-UPDATE", "message": message(value.message, name)}
        case Disabled():
            return shape | USER_DISABLED
        # ours, and only for clients that sent a `ref`
        case Accepted():
            accepted: Json = {"type": "ACCEPTED", "ref": value.ref}
            return shape | accepted | ({"messageId": value.message_id} if value.message_id else {})
        case Refused():
            refused: Json = {"type": "REFUSED", "ref": value.ref, "reason": value.reason, "body": value.html}
            return shape | refused | {"retryAfter": None if value.retry_s is None else ceil(value.retry_s)}


def connected(visitor: Visitor, id: str, at: datetime) -> Json:  # noqa: A002
    return {"type": "CONNECTED_USER_INFO", "id": id, "timestamp": moment(at), "user": user(visitor)}


def caught_up(since: str, first: str, *, complete: bool) -> Json:
    """Return our own event for the end of catching up: all messages after `since` were sent, or, if not `complete`,
    those from the message `first` on; the history has the others."""
    return {"type": "CAUGHT-UP", "since": since, "first": first, "complete": complete}


FindPlace = Callable[[str], Geo | None]
"""Return the place of an address."""


class Texts:
    """The broadcaster's shape: events as JSON texts. `name(channel_id)` is the name of the channel."""

    def __init__(self, name: Callable[[int], str]) -> None:
        self._name = name

    def __call__(self, channel_id: int, value: Event) -> bytes:
        return orjson.dumps(event(value, self._name(channel_id)))


def history(messages: Iterable[Message], name: str) -> list[Json]:
    return [message(value, name) for value in messages]


def client(open_socket: Client, place: Geo | None) -> Json:
    """ChatClient. `ipAddress` and `clientID` are what 0.0.x had, and `id` is ours: what to send a message to."""
    return {
        "id": open_socket.id,
        "clientID": str(open_socket.id),
        "connectedAt": moment(open_socket.connected_at),
        "user": user(open_socket.visitor),
        "geo": geo(place),
        "userAgent": open_socket.user_agent,
        "ipAddress": open_socket.address,
        "messageCount": open_socket.messages,
    }


def clients(sockets: Iterable[Client], find: FindPlace) -> list[Json]:
    return [client(each, find(each.address)) for each in sockets]


def details(found: Details, name: str, find: FindPlace) -> Json:
    """ModerationUserDetails. Only the admin sees IP addresses, so moderators get none."""
    sockets = [
        {
            "id": each.id,
            "connectedAt": moment(each.connected_at),
            "userAgent": each.user_agent,
            "geo": place.country_code if (place := find(each.address)) else "",
            "messageCount": each.messages,
        }
        for each in found.clients
    ]
    return {
        "user": user(found.visitor),
        "connectedClients": sockets,
        "messages": history(found.messages, name),
    }


def bans(banned: Iterable[IpBan]) -> list[Json]:
    return [
        {"ipAddress": ban.address, "notes": because(ban.cause, ban.notes), "createdAt": moment(ban.created_at)}
        for ban in banned
    ]


def emoji(pictures: Iterable[Picture]) -> list[Json]:
    """Return an emoji with `url`, and with the `emoji` of the early documents."""
    return [{"name": each.name, "url": each.url, "emoji": each.url} for each in pictures]

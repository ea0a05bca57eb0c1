"""What chat is made of, as values. Rows are in `models.py`, the JSON of other systems' clients in their faces."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol


class Origin(Enum):
    """Where a message was written. One log holds them all."""

    WEB = "web"
    INTEGRATION = "integration"  # a bot, by a token
    NODE = "node"  # the node itself: welcome, notices of the broadcast
    FEDIVERSE = "fediverse"
    IRC = "irc"
    NETWORK = "network"  # another streaming site's chat


class Kind(Enum):
    CHAT = "chat"  # somebody says something
    SYSTEM = "system"  # the node says something
    ACTION = "action"  # something happened, in a line
    FOLLOW = "follow"
    LIKE = "like"
    REPOST = "repost"


class Role(Enum):
    VISITOR = "visitor"
    MODERATOR = "moderator"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A chat identity. `id` is a short url-safe text; `colour` is 0 to 7."""

    id: str
    name: str
    colour: int
    created_at: datetime
    role: Role = Role.VISITOR
    previous_names: tuple[str, ...] = ()
    renamed_at: datetime | None = None
    authenticated_at: datetime | None = None
    disabled_at: datetime | None = None

    @property
    def enabled(self) -> bool:
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class RemoteAuthor:
    """Somebody who has no identity here. `address` is `user@host`, a nickname, or what their network calls them.
    `avatar` is the URL of a picture elsewhere, `picture` the path under which this node shows it."""

    name: str
    address: str
    url: str = ""
    avatar: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the log. `id` sorts by time. `body` is what was typed, `html` what may be shown.

    `visitor` is the author as he is now, for messages of visitors and bots; `remote` for messages from elsewhere;
    neither for what the node says. `title` and `image` belong to engagement, `link` leads to what a line from elsewhere
    tells of. With a `warning` (plain text) the rest is for who wants to read it in spite of that.
    """

    id: str
    channel_id: int
    kind: Kind
    origin: Origin
    body: str
    html: str
    at: datetime
    visitor: Visitor | None = None
    remote: RemoteAuthor | None = None
    hidden_at: datetime | None = None
    title: str = ""
    image: str = ""
    link: str = ""
    warning: str = ""
    answers: str = ""  # the id of the message
    reaction: str = ""  # the emoji of an engagement that is more than a like
    reaction_picture: str = ""  # the path under which this node shows a custom one
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """One open socket in a room. `id` is a small number, used once per process; `messages` counts what it sent."""

    id: int
    visitor: Visitor
    address: str
    user_agent: str
    connected_at: datetime
    messages: int


# What those in a room hear, beside `Message` itself. A face turns each into its own JSON, once for all sockets.


@dataclass(frozen=True, slots=True)
class Joined:
    visitor: Visitor
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Parted:
    visitor: Visitor
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Renamed:
    visitor: Visitor  # with the new name
    old_name: str
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recoloured:
    visitor: Visitor
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """Messages were hidden, or shown again."""

    ids: tuple[str, ...]
    visible: bool
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Told to the visitor alone: this is who he is from now on."""

    visitor: Visitor
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Edited:
    """A message says something else from now on: `message` is what it has become."""

    message: Message
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Disabled:
    """Told to the visitor alone: a moderator has disabled him, and his sockets close in a moment."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """Told to the sender alone: what its client calls `ref` is done. A line is stored and heard as `message_id`."""

    ref: str
    id: str
    at: datetime
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Told to the sender alone: what its client calls `ref` was not done. `reason` is for programs, `html` for people;
    after `retry_s` seconds the same may be tried again, None when waiting does not help."""

    ref: str
    reason: str
    html: str
    retry_s: float | None
    id: str
    at: datetime


Event = Message | Joined | Parted | Renamed | Recoloured | Shown | Edited | SignedIn | Disabled | Accepted | Refused


class CloseReason(Enum):
    """Why a socket is closed by the room. The value is the close code (RFC 6455, 7.4)."""

    DISABLED = 4001
    CHAT_DISABLED = 4002
    TOO_SLOW = 1013
    TOO_BIG = 1009
    BROKEN = 1011
    STOPPING = 1001


class Listener(Protocol):
    """A socket as the room sees it: it hears, and can be sent away. Neither call waits or raises."""

    def hear(self, event: Event) -> None:
        """Something for this one alone."""

    def close(self, why: CloseReason) -> None: ...


class Broadcaster(Protocol):
    """Makes an event heard by everybody in a channel's room: one frame for all of them, whatever the face."""

    def say(self, channel_id: int, event: Event) -> None:
        """Never waits, never raises; a slow listener is skipped and in the end closed by the loudspeaker itself."""

"""The chat's values and events. Rows are in `models.py`, the JSON of each client API in its face."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Protocol

from fedistream.core.errors import Problem

COLOURS = 8  # of names


class Origin(Enum):
    """The place where a message was written. One log holds the messages of all origins."""

    WEB = "web"
    INTEGRATION = "integration"  # a bot with an access token
    NODE = "node"  # the node itself: the welcome message, the start and end of a broadcast
    FEDIVERSE = "fediverse"
    IRC = "irc"
    NETWORK = "network"  # another streaming site's chat


class Kind(Enum):
    """The kind of a message."""

    CHAT = "chat"  # a message by a person or a bot
    SYSTEM = "system"  # a message by the node
    ACTION = "action"  # a line about an event
    FOLLOW = "follow"
    LIKE = "like"
    REPOST = "repost"


class Role(Enum):
    """The role of a visitor."""

    VISITOR = "visitor"
    MODERATOR = "moderator"
    BOT = "bot"


class ActionKind(StrEnum):
    """The kinds of moderation actions, as the moderation log stores them."""

    ANSWER = "answer"
    BLOCK_AUTHOR = "block author"
    APPROVE_FOLLOWER = "approve follower"
    REJECT_FOLLOWER = "reject follower"
    REMOVE_FOLLOWER = "remove follower"
    BLOCK_FOLLOWER = "block follower"
    UNBLOCK_FOLLOWER = "unblock follower"
    APPROVE_REPLY = "approve reply"
    REFUSE_REPLY = "refuse reply"
    BAN_ADDRESS = "ban address"
    LIFT_BAN = "lift ban"
    MAKE_MODERATOR = "make moderator"
    UNMAKE_MODERATOR = "unmake moderator"
    HIDE_MESSAGE = "hide message"
    SHOW_MESSAGE = "show message"
    DISABLE_VISITOR = "disable visitor"
    ENABLE_VISITOR = "enable visitor"
    DELETE_VISITOR = "delete visitor"


class Cause(StrEnum):
    """The cause of a ban or another action that the node states itself; people write a text instead.

    `wording.py` has the sentences.
    """

    ADMIN = "admin"  # a client of the admin banned the address and gave no reason
    VISITOR_DISABLED = "visitor-disabled"  # the visitor that the text names


def cause_of(stored: str | None) -> Cause | None:
    """Return the cause with this code; None for none, and for one that this version does not know."""
    return Cause(stored) if stored in set(Cause) else None


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
    """An author without a visitor identity.

    `address` is `user@host`, a nickname, or the name on their network. `avatar` is the URL of a remote image, `picture`
    the path under which this node shows it.
    """

    name: str
    address: str
    url: str = ""
    avatar: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the message log. Ids sort by time. `body` is the text as typed, `html` the safe HTML to show.

    `visitor` is the author in their present state, for messages of visitors and bots; `remote` is set for messages from
    elsewhere; neither for messages of the node. `title` and `image` belong to engagements; `link` is the URL of the
    remote post or actor. With a `warning` (plain text), clients show the content only on request.
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
    """One open connection. `id` is a small number, used once per process; `messages` counts the lines sent from it."""

    id: int
    visitor: Visitor
    address: str
    user_agent: str
    connected_at: datetime
    messages: int


# The events beside `Message`. A face turns each into its own JSON, once for all connections.


@dataclass(frozen=True, slots=True)
class Joined:
    """A visitor joined."""

    visitor: Visitor
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Parted:
    """A visitor left."""

    visitor: Visitor
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Renamed:
    """A visitor changed their name."""

    visitor: Visitor  # with the new name
    old_name: str
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recoloured:
    """A visitor changed their colour."""

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
class UserInfo:
    """Sent to one visitor alone: the connection belongs to `visitor`, whose present state this is."""

    visitor: Visitor
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Edited:
    """The content of a message was changed: `message` is the new state."""

    message: Message
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Disabled:
    """Sent to one visitor alone: a moderator has disabled them, and their connections will close soon."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """Sent to the sender alone: the request that its client calls `ref` is done. A message is stored as
    `message_id`."""

    ref: str
    id: str
    at: datetime
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Sent to the sender alone: the request that its client calls `ref` was refused.

    `reason` is a code for programs, `html` a sentence for people. The client may try again after `retry_s` seconds;
    None when waiting does not help.
    """

    ref: str
    reason: str
    html: str
    retry_s: float | None
    id: str
    at: datetime


Event = Message | Joined | Parted | Renamed | Recoloured | Shown | Edited | UserInfo | Disabled | Accepted | Refused


class CloseReason(Enum):
    """The reason why the chat closes a connection. The value is the close code (RFC 6455, section 7.4)."""

    DISABLED = 4001
    CHAT_DISABLED = 4002
    TOO_SLOW = 1013
    TOO_BIG = 1009
    BROKEN = 1011
    STOPPING = 1001


class Listener(Protocol):
    """A connection as the chat sees it. Neither method waits or raises."""

    def send(self, event: Event) -> None:
        """Send an event to this connection alone."""

    def close(self, why: CloseReason) -> None: ...


class Broadcaster(Protocol):
    """Sends an event to all connections of a channel: one frame for all of them in each face's format."""

    def send(self, channel_id: int, event: Event) -> None:
        """Send the event. Never waits, never raises; a slow connection is skipped, and in the end closed by the
        broadcaster."""


class ChatProblem(Problem):
    """The codes for what is wrong with a value of the chat."""

    OWN_ADDRESS = "own-address"
    MANY_BANS = "many-bans"
    IP_ADDRESS = "ip-address"
    LARGE_NETWORK = "large-network"
    EMOJI_SIZE = "emoji-size"
    EMOJI_FORMAT = "emoji-format"
    EMOJI_NAME = "emoji-name"
    MESSAGE_ID = "message-id"
    BLANK = "blank"
    TOO_MANY_BYTES = "too-many-bytes"
    NOT_IN_CHAT = "not-in-chat"
    PAGE = "page"
    COLOUR = "colour"
    IDENTITY = "identity"
    NOT_BANNED = "not-banned"
    NO_EMOJI = "no-emoji"
    EMOJI_TAKEN = "emoji-taken"
    MODERATOR = "moderator"
    NO_CLIENT = "no-client"
    BOT_DISABLED = "bot-disabled"
    ADDRESS_BANNED = "address-banned"
    CHAT_DISABLED = "chat-disabled"
    VISITOR_DISABLED = "visitor-disabled"
    NO_VISITOR = "no-visitor"
    BOT_ROLE = "bot-role"
    ACCOUNT_REMOVED = "account-removed"

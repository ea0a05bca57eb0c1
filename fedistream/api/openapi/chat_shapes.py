"""The shapes of the chat in Owncast's API, as this node sends them."""

from typing import Annotated, Literal, NotRequired, TypedDict

from fedistream.api.openapi.owncast_shapes import Count, Html, Moment, Place
from fedistream.api.openapi.schema import Keywords


class AnonymousUser(TypedDict):
    """A new visitor of the chat. `displayColor` is ours."""

    id: str
    accessToken: str
    displayName: str
    displayColor: Count


class RemoteAccount(TypedDict):
    """Ours: the account of a remote actor."""

    name: str
    address: str
    url: str
    avatar: str
    picture: str


class User(TypedDict):
    """A visitor of the chat, a bot, or (with `remote`, which is ours) a remote actor."""

    id: str
    displayName: str
    displayColor: Count
    createdAt: Moment
    previousNames: list[str] | None
    nameChangedAt: NotRequired[Moment]
    disabledAt: NotRequired[Moment]
    scopes: NotRequired[list[Literal["MODERATOR"]]]
    isBot: bool
    authenticated: bool
    authenticatedAt: NotRequired[Moment]
    remote: NotRequired[RemoteAccount]


class Users(TypedDict):
    total: Count
    results: list[User]


class NodeAuthor(TypedDict):
    """The author of a message that no visitor sent."""

    displayName: str


class ChatMessage(TypedDict):
    """A message of the chat. `origin`, `warning`, `content`, `answers`, `editedAt`, `picture`, `reaction` and
    `reactionPicture` are ours."""

    id: str
    timestamp: Moment
    type: Literal[
        "CHAT",
        "SYSTEM",
        "CHAT_ACTION",
        "FEDIVERSE_ENGAGEMENT_FOLLOW",
        "FEDIVERSE_ENGAGEMENT_LIKE",
        "FEDIVERSE_ENGAGEMENT_REPOST",
    ]
    body: Html
    origin: str
    user: NotRequired[User | NodeAuthor]
    hiddenAt: NotRequired[Moment]
    title: NotRequired[str]
    image: NotRequired[str]
    link: NotRequired[str]
    warning: NotRequired[str]
    content: NotRequired[Html]
    answers: NotRequired[str]
    editedAt: NotRequired[Moment]
    picture: NotRequired[str]
    reaction: NotRequired[str]
    reactionPicture: NotRequired[str]


class ChatClient(TypedDict):
    """An open socket. `id` is ours."""

    id: int
    clientID: str
    connectedAt: Moment
    user: User
    geo: Place | None
    userAgent: str
    ipAddress: str
    messageCount: Count


class ModerationClient(TypedDict):
    id: int
    connectedAt: Moment
    userAgent: str
    geo: Annotated[str, Keywords(description='The code of a country, "" when it is not known.')]
    messageCount: Count


class ModerationUserDetails(TypedDict):
    user: User
    connectedClients: list[ModerationClient]
    messages: list[ChatMessage]


class IPBan(TypedDict):
    ipAddress: str
    notes: str
    createdAt: Moment

"""The values of federation: followers, engagements, replies and refusals."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from fedistream.channels.values import HOME
from fedistream.core.errors import Problem, Refusal


class Off(Refusal):
    """Federation is off, or the node's public address is not known, without which none of our objects can have a
    URL."""

    def __init__(self) -> None:
        super().__init__(FederationProblem.OFF)


class State(StrEnum):
    """The state of a follower.

    A removed follower has no row and may follow again; a blocked one may not. One that has moved to another account no
    longer follows, and is kept for the sake of the new account.
    """

    PENDING = "pending"
    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    MOVED = "moved"


class Kind(StrEnum):
    """The kind of an engagement. A reaction is a like with an emoji."""

    FOLLOW = "follow"
    LIKE = "like"
    REACTION = "reaction"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Follower:
    """A follower. `handle` is "user@host"; `image` may be empty. `at` is when they were approved, or else asked;
    `held_for` is the code of the rule that holds them. A `directory` is a server that features our stream."""

    actor: str
    name: str
    handle: str
    image: str
    state: State
    at: datetime
    disabled_at: datetime | None
    held_for: str = ""
    directory: bool = False


@dataclass(frozen=True, slots=True)
class Engagement:
    """An engagement. `object` is the URL of the post, or of the channel's actor for a follow; `handle` is
    "user@host"."""

    kind: Kind
    object: str
    actor: str
    handle: str
    reaction: str
    at: datetime


class ReplyState(StrEnum):
    """The state of a reply. Refused and deleted replies have no text. Those whose author is gone keep it until the
    process that has the chat deletes them."""

    HELD = "held"
    SHOWN = "shown"
    REFUSED = "refused"
    GONE = "gone"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply or mention. `note` is its URL and `link` that of its page; `html` is a safe excerpt, `text` the same in
    plain text; `warning` is the author's content warning. `handle` is "user@host". `post_id` is our post that the
    thread began with, or empty. `message_id` is its chat message."""

    note: str
    channel_id: int
    actor: str
    name: str
    handle: str
    image: str
    html: str
    text: str
    warning: str
    link: str
    state: ReplyState
    post_id: str
    message_id: str | None
    at: datetime
    edited_at: datetime | None


class FeaturedState(StrEnum):
    """The state of a server that we asked to be featured here."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Featured:
    """A server whose stream is featured here, as it describes itself: plain text, and URLs that may be empty."""

    id: int
    url: str
    actor: str
    state: FeaturedState
    online: bool
    name: str
    title: str
    description: str
    logo: str
    thumbnail: str
    tags: tuple[str, ...]
    added_at: datetime
    followed_at: datetime | None
    status_at: datetime | None
    online_at: datetime | None


@dataclass(frozen=True, slots=True)
class Site:
    """The node's public address: `origin` is scheme://host[:port], `path` is the prefix that a proxy adds."""

    origin: str
    path: str = ""

    @property
    def base(self) -> str:
        return self.origin + self.path

    @property
    def authority(self) -> str:
        return self.origin.partition("://")[2]

    @property
    def node(self) -> str:
        """Return the node's own actor, which signs fetches."""
        return f"{self.base}/federation/node"

    @property
    def shared_inbox(self) -> str:
        return f"{self.base}/federation/inbox"

    def actor(self, name: str) -> str:
        return f"{self.base}/federation/user/{name}"

    def post(self, post_id: str) -> str:
        return f"{self.base}/federation/{post_id}"

    def event(self, event_id: str) -> str:
        """Return the Event of a scheduled broadcast."""
        return f"{self.base}/federation/event/{event_id}"

    def scheduled(self, event_id: str) -> str:
        """Return the page of a scheduled broadcast."""
        return f"{self.base}/schedule/{event_id}"

    def page(self, slug: str) -> str:
        return f"{self.base}/" if slug == HOME else f"{self.base}/c/{slug}"

    def live(self, slug: str, broadcast_id: int) -> str:
        """Return the page of one broadcast; in channels other than home, the channel's page."""
        return f"{self.base}/live/{broadcast_id}" if slug == HOME else self.page(slug)

    def still(self, slug: str, broadcast_id: int | None = None) -> str:
        """Return the thumbnail of the live broadcast; with an id, that of this broadcast, which is kept after its
        end."""
        if slug != HOME:
            return f"{self.base}/c/{slug}/thumbnail.jpg"
        return f"{self.base}/thumbnail.jpg" if broadcast_id is None else f"{self.live(slug, broadcast_id)}/still.jpg"

    def logo(self, slug: str, file: str) -> str:
        """Return the channel's logo. `file` is the setting of that name: servers fetch an image again when its URL
        changes."""
        path = f"{self.base}{'' if slug == HOME else f'/c/{slug}'}/logo"
        return f"{path}/external?uc={file.partition('.')[0][:12]}" if file else path

    def stream(self, slug: str) -> str:
        return f"{self.base}/hls/stream.m3u8" if slug == HOME else f"{self.base}/hls/{slug}/stream.m3u8"


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list of `total` items."""

    total: int
    items: tuple[T, ...]


class FederationProblem(Problem):
    """The codes for what is wrong with a post, an account, a server or a block list."""

    RESOURCE = "resource"
    THIS_SERVER = "this-server"
    BLOCKED_SERVER = "blocked-server"
    SERVER_NOT_REACHED = "server-not-reached"
    SERVER_NOT_FEATURED = "server-not-featured"
    SERVER_ADDRESS = "server-address"
    ALLOWED_HOSTS = "allowed-hosts"
    LIST_SIZE = "list-size"
    LIST_NOT_CSV = "list-not-csv"
    LIST_EMPTY = "list-empty"
    MANY_BLOCKED_DOMAINS = "many-blocked-domains"
    MANY_BLOCKED_ACCOUNTS = "many-blocked-accounts"
    HANDLE_OR_PROFILE = "handle-or-profile"
    HANDLE = "handle"
    OWN_ACCOUNT = "own-account"
    ACCOUNT_NOT_FOUND = "account-not-found"
    POST_LENGTH = "post-length"
    POST_MARKS = "post-marks"
    POST_PICTURES = "post-pictures"
    POST_URL = "post-url"
    POST_FORMATTED = "post-formatted"
    OFF = "federation-off"
    SIGNATURE = "signature"
    OTHER_SERVER = "other-server"
    NO_ACCOUNT = "no-account"
    NO_COLLECTION_PAGE = "no-collection-page"
    ADDRESS_HAS_FOLLOWERS = "address-has-followers"
    SERVER_LISTED = "server-listed"
    MANY_SERVERS = "many-servers"
    SERVER_NOT_LISTED = "server-not-listed"
    NO_FOLLOWER = "no-follower"
    NO_REPORT = "no-report"
    NO_QUOTE = "no-quote"
    QUOTE_REVOKED = "quote-revoked"
    NO_POST = "no-post"
    POST_DELETED = "post-deleted"
    AUTHOR_GONE = "author-gone"
    NOT_REMOTE = "not-remote"
    NO_REPLY = "no-reply"
    REPLY_STATE = "reply-state"
    REPLY_CHANGED = "reply-changed"

"""What federation speaks of: followers, engagements, and why it may say no."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from fedistream.channels.values import HOME
from fedistream.core.errors import Refusal


class Off(Refusal):
    """Federation is off, or the node's public address is not known, without which nothing of it can have a URL."""

    def __init__(self) -> None:
        super().__init__("federation is off")


class State(StrEnum):
    """Of a follower. Who was removed has no row and may ask again; who is blocked may not. Who has moved to another
    account follows no more, and is remembered for that account."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    MOVED = "moved"


class Kind(StrEnum):
    """What somebody did. A reaction is a like with an emoji."""

    FOLLOW = "follow"
    LIKE = "like"
    REACTION = "reaction"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Follower:
    """`handle` is "user@host"; `image` may be empty. `at` is when they were let in, or else asked;
    `held_for` is the word for the rule by which they wait. A `directory` is a server that features our stream."""

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
    """`object` is the URL of the post, or of the channel's actor for a follow; `handle` is "user@host"."""

    kind: Kind
    object: str
    actor: str
    handle: str
    reaction: str
    at: datetime


class ReplyState(StrEnum):
    """What became of what somebody wrote to a channel. Refused and deleted ones have no text any more; those that are
    gone with their author have it until they are deleted by the process that has the chat."""

    HELD = "held"
    SHOWN = "shown"
    REFUSED = "refused"
    GONE = "gone"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody wrote to a channel. `note` is its URL and `link` that of its page; `html` is an excerpt, safe to
    show, `text` the same in plain; `warning` is what its author set before it. `handle` is "user@host", `post_id` the
    post of ours that the talk began with, or empty. `message_id` is its line in the chat."""

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
    """Of a server that we asked to let itself be featured."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Featured:
    """A server whose stream is featured here, in its own words: plain text, and URLs that may be empty."""

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
    """The node as others reach it: `origin` is scheme://host[:port], `path` what a proxy has put before our paths."""

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
        """The node's own actor, which signs what is fetched."""
        return f"{self.base}/federation/node"

    @property
    def shared_inbox(self) -> str:
        return f"{self.base}/federation/inbox"

    def actor(self, name: str) -> str:
        return f"{self.base}/federation/user/{name}"

    def post(self, post_id: str) -> str:
        return f"{self.base}/federation/{post_id}"

    def page(self, slug: str) -> str:
        return f"{self.base}/" if slug == HOME else f"{self.base}/c/{slug}"

    def live(self, slug: str, broadcast_id: int) -> str:
        """The page of one broadcast; in channels other than home that is the channel's."""
        return f"{self.base}/live/{broadcast_id}" if slug == HOME else self.page(slug)

    def still(self, slug: str, broadcast_id: int | None = None) -> str:
        """A picture of what is on the air; with an id, the picture of that broadcast, which is kept after its end."""
        if slug != HOME:
            return f"{self.base}/c/{slug}/thumbnail.jpg"
        return f"{self.base}/thumbnail.jpg" if broadcast_id is None else f"{self.live(slug, broadcast_id)}/still.jpg"

    def stream(self, slug: str) -> str:
        return f"{self.base}/hls/stream.m3u8" if slug == HOME else f"{self.base}/hls/{slug}/stream.m3u8"


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of `total` things."""

    total: int
    items: tuple[T, ...]

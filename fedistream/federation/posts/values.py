"""The values of posts: drafts, mentions, pictures and published posts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activitypub.addressing import Visibility
from activitypub.vocabulary import compose


@dataclass(frozen=True, slots=True)
class Mention:
    """A remote actor that a post mentions: the URL of the actor, `handle` user@host, and its inboxes."""

    actor: str
    handle: str
    inbox: str
    shared_inbox: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture. `alt` describes it for readers that cannot see it; `focal_point` is (x, y) from -1 to 1."""

    url: str
    media_type: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    focal_point: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A post before it is published. `text` is Markdown; `summary` is a content warning, in plain text.

    `mentions` are all mentioned actors; where the text names one as @user@host, it becomes a link. `hashtags` that the
    text does not have are added below it. A private channel's posts are for its followers at most, whatever the draft
    says. `sensitive` None means the channel's setting, `language` "" is unknown. `page` is the post's web page, if that
    is not the post's own URL.
    """

    text: str
    visibility: Visibility = Visibility.PUBLIC
    in_reply_to: str | None = None
    mentions: tuple[Mention, ...] = ()
    pictures: tuple[Picture, ...] = ()
    hashtags: tuple[str, ...] = ()
    language: str = ""
    sensitive: bool | None = None
    summary: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class EventDraft:
    """A scheduled broadcast before it is published. `description` is Markdown, `page` its web page, `organizer` the
    name of the channel; `picture` stands for it where no other is shown."""

    name: str
    description: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    cancelled: bool
    page: str
    organizer: str
    picture: Picture
    hashtags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """A post. `document` is the Note or Event, without @context; `create` the activity that published it."""

    id: str
    channel_id: int
    document: Mapping[str, Any]
    visibility: Visibility

    @property
    def url(self) -> str:
        return str(self.document["id"])

    def create(self) -> dict[str, Any]:
        return self._activity("Create", f"{self.url}#create", "published")

    def update(self, token: str) -> dict[str, Any]:
        return self._activity("Update", f"{self.url}#update/{token}", "updated")

    def _activity(self, kind: str, identifier: str, when: str) -> dict[str, Any]:
        document = self.document
        more = {"to": document.get("to"), "cc": document.get("cc"), "published": document.get(when)}
        return compose.activity(kind, identifier, document["attributedTo"], dict(document), **more)

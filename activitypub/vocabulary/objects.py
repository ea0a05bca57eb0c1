"""Notes and other objects with content, read and written. HTML is not sanitised: that is left to the caller."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from activitypub import properties, type_names
from activitypub.collections import embed_link
from activitypub.refusal import Reason, Refused
from activitypub.strictjson import Json

MAX_CONTENT = 200_000  # characters; the request is limited to 1 MiB anyway
MAX_TAGS = 256
MAX_ATTACHMENTS = 32

# FEP-044f, Fedibird and Akkoma, Misskey
_QUOTE = ("quote", "quoteUri", "quoteUrl", "_misskey_quote")

TYPES = frozenset((*type_names.OBJECTS, *type_names.OTHERS))


@dataclass(frozen=True, slots=True)
class Tag:
    """A Mention, a Hashtag or a custom Emoji. `href` is a URL; `icon` is the URL of an Emoji's image."""

    type: str
    name: str
    href: str | None = None
    icon: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """An image, audio or video file. `name` is the alternative text; `focal_point` is (x, y), each from -1 to 1."""

    url: str
    type: str = "Image"
    media_type: str | None = None
    name: str | None = None
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    focal_point: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """A Note, or another object of `TYPES`. `content` and `summary` are the author's HTML, not sanitised.

    `policy` is the interactionPolicy (FEP-044f). `replies`, `likes` and `shares` are URLs of collections. `document` is
    the JSON that the object was read from.
    """

    type: str
    id: str
    attributed_to: tuple[str, ...] = ()
    content: str | None = None
    summary: str | None = None
    name: str | None = None
    language: str | None = None
    url: str | None = None
    in_reply_to: str | None = None
    quote: str | None = None
    context: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    sensitive: bool = False
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    replies: str | None = None
    likes: str | None = None
    shares: str | None = None
    policy: Json | None = None
    document: Json = field(default_factory=dict, compare=False, repr=False)


def parse_object(document: Json, *, author: str | None = None) -> Object:
    """Return the object in a document: content, an Image or a Tombstone. Raises Refused (SHAPE, UNKNOWN_TYPE).

    `author` is used if `attributedTo` is missing: pass the actor of the activity that the object was embedded in.
    """
    properties.check_plain(document)
    kind = next((name for name in properties.types(document) if name in TYPES), None)
    if kind is None:
        raise Refused(Reason.UNKNOWN_TYPE, "not an object of a known type")
    identifier = properties.id_of(document)
    if identifier is None:
        raise Refused(Reason.SHAPE, "an object without an id")
    authors = properties.ids_of(document.get("attributedTo")) or ((author,) if author else ())
    if kind in type_names.OBJECTS and not authors:
        raise Refused(Reason.SHAPE, "an object without attributedTo")
    content, language = _content(document)
    return Object(
        kind,
        identifier,
        authors,
        content=content,
        summary=properties.text(document.get("summary"), properties.MAX_LABEL * 4),
        name=properties.label(document.get("name")),
        language=language,
        url=properties.page_url_of(document.get("url"), identifier),
        in_reply_to=properties.id_of(document.get("inReplyTo")),
        quote=next(filter(None, (properties.id_of(document.get(key)) for key in _QUOTE)), None),
        context=properties.text(properties.unwrap(document.get("context")) or document.get("conversation"), 2048),
        published=properties.parse_time(document.get("published")),
        updated=properties.parse_time(document.get("updated")),
        sensitive=document.get("sensitive") is True,
        to=properties.ids_of(document.get("to")),
        cc=properties.ids_of(document.get("cc")),
        tags=tuple(tag for each in properties.as_list(document.get("tag"))[:MAX_TAGS] if (tag := _tag(each))),
        attachments=tuple(
            made
            for each in properties.as_list(document.get("attachment"))[:MAX_ATTACHMENTS]
            if (made := _attachment(each))
        ),
        replies=properties.id_of(document.get("replies")),
        likes=properties.id_of(document.get("likes")),
        shares=properties.id_of(document.get("shares")),
        policy=policy if isinstance(policy := document.get("interactionPolicy"), dict) else None,
        document=document,
    )


def write_object(value: Object) -> Json:
    """Return the document, without @context. A list of one element is written as a list, since Mastodon requires it."""
    made: Json = {
        "id": value.id,
        "type": value.type,
        "attributedTo": value.attributed_to[0] if len(value.attributed_to) == 1 else list(value.attributed_to),
        "content": value.content,
        "contentMap": {value.language: value.content} if value.language and value.content else None,
        "summary": value.summary,
        "name": value.name,
        "url": value.url,
        "inReplyTo": value.in_reply_to,
        "quote": value.quote,
        "context": value.context,
        "published": properties.write_time(value.published) if value.published else None,
        "updated": properties.write_time(value.updated) if value.updated else None,
        "sensitive": value.sensitive,
        "to": list(value.to),
        "cc": list(value.cc),
        "tag": [_write_tag(tag) for tag in value.tags],
        "attachment": [_write_attachment(each) for each in value.attachments],
        "replies": embed_link(value.replies) if value.replies else None,
        "likes": value.likes,
        "shares": value.shares,
        "interactionPolicy": value.policy,
    }
    return {key: member for key, member in made.items() if member is not None}


def _content(document: Json) -> tuple[str | None, str | None]:
    """Return the content and its language. Mastodon sends `content` and `contentMap`, other servers one of them."""
    content = properties.text(document.get("content"), MAX_CONTENT)
    by_language = document.get("contentMap")
    if isinstance(by_language, dict) and len(by_language) <= 64:
        for language, text in by_language.items():
            if content is None or text == content:
                return properties.text(text, MAX_CONTENT), properties.text(language, 35)
    return content, None


def _tag(value: Any) -> Tag | None:
    if not isinstance(value, dict):
        return None
    kind = next(iter(properties.types(value)), None)
    name = properties.label(value.get("name"))
    if kind not in {"Mention", "Hashtag", "Emoji"} or not (name or value.get("href")):
        return None
    icon = properties.unwrap(value.get("icon"))
    return Tag(
        kind, name or "", properties.url_of(value.get("href")), properties.url_of(icon) if kind == "Emoji" else None
    )


def _write_tag(tag: Tag) -> Json:
    made: Json = {"type": tag.type, "name": tag.name}
    if tag.href:
        made["href"] = tag.href
    if tag.icon:
        made["icon"] = {"type": "Image", "url": tag.icon}
    return made


def _attachment(value: Any) -> Attachment | None:
    if not isinstance(value, dict):
        return None
    # Pixelfed and Mastodon write url, PeerTube a list of links, a Link object href
    url = properties.url_of(value.get("url")) or properties.url_of(value.get("href"))
    if url is None:
        return None
    return Attachment(
        url,
        next(iter(properties.types(value)), "Document"),
        properties.text(value.get("mediaType"), 100),
        properties.label(value.get("name"), 5000),
        properties.number(value.get("width"), 100_000),
        properties.number(value.get("height"), 100_000),
        properties.text(value.get("blurhash"), 100),
        _point(value.get("focalPoint")),
    )


def _point(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    x, y = (float(axis) if type(axis) in {int, float} and -1 <= axis <= 1 else None for axis in value)
    return None if x is None or y is None else (x, y)


def _write_attachment(value: Attachment) -> Json:
    made: Json = {
        "type": value.type,
        "url": value.url,
        "mediaType": value.media_type,
        "name": value.name,
        "width": value.width,
        "height": value.height,
        "blurhash": value.blurhash,
        "focalPoint": list(value.focal_point) if value.focal_point else None,
    }
    return {key: member for key, member in made.items() if member is not None}

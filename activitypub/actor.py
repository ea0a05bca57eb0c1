"""Actor documents to values and back. Fetching is left to `discovery`, storing to the caller."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from activitypub import properties, type_names
from activitypub.refusal import Reason, Refused
from activitypub.signatures.keys import Algorithm, BadKey, PublicKey, load_multikey, load_public
from activitypub.strictjson import Json
from activitypub.urls import same_authority
from activitypub.vocabulary.contexts import with_context

MAX_KEYS = 8
MAX_FIELDS = 16
MAX_SUMMARY = 20_000

# FEP-844e: a statement that this software verifies RFC 9421 signatures
RFC9421 = {"href": "https://datatracker.ietf.org/doc/html/rfc9421", "name": "RFC-9421: HTTP Message Signatures"}


@dataclass(frozen=True, slots=True)
class ActorKey:
    """A public key under its URL, for example ACTOR#main-key."""

    id: str
    key: PublicKey


@dataclass(frozen=True, slots=True)
class Image:
    """An icon or a header image. `media_type` is what the document says, if it does."""

    url: str
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor (ActivityPub section 4), read from its document or to be written as one.

    `url` is a page on the host of the id, or None. `name` is plain text; `summary` and the second of each pair in
    `fields` are HTML as the owner wrote it, and not sanitised. `hashtags` are pairs of name and URL. `shared_inbox` is
    kept only if it is on the host of the inbox. `indexable` lets searches find the actor's posts (FEP-5feb).
    `webfinger` is "name@host" (FEP-2c59). `generator` is the URL of the application (FEP-844e), for actors of our own.
    `attribution_domains` are the domains whose pages may name the actor as their author (Mastodon). `document` is the
    JSON that the actor was read from.
    """

    id: str
    type: str
    username: str
    inbox: str
    outbox: str | None = None
    followers: str | None = None
    following: str | None = None
    featured: str | None = None
    shared_inbox: str | None = None
    name: str | None = None
    summary: str | None = None
    url: str | None = None
    icon: Image | None = None
    image: Image | None = None
    manually_approves: bool = False
    discoverable: bool = False
    indexable: bool = False
    published: datetime | None = None
    fields: tuple[tuple[str, str], ...] = ()
    hashtags: tuple[tuple[str, str], ...] = ()
    keys: tuple[ActorKey, ...] = ()
    also_known_as: tuple[str, ...] = ()
    moved_to: str | None = None
    webfinger: str | None = None
    generator: str | None = None
    attribution_domains: tuple[str, ...] = ()
    document: Json = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_complete(self) -> bool:
        """True for a whole document, which may be stored: Sharkey answers a badly signed fetch with a stub."""
        # Instance actors, which sign fetches and reports, have no followers collection. Nor have Lemmy's people, but
        # their documents have `published`, which the stubs lack.
        return bool(self.keys and (self.followers or self.published or self.type == "Application"))

    def key(self, key_id: str) -> PublicKey | None:
        """Return the public key with that URL; None if the actor has no such key."""
        return next((each.key for each in self.keys if each.id == key_id), None)


def parse_actor(document: Json) -> Actor:
    """Return the actor in a document. Raises Refused(SHAPE).

    Keys that are broken, weak or owned by another actor are left out, and the actor is still returned.
    """
    properties.check_plain(document)
    kind = next((name for name in properties.types(document) if name in type_names.ACTORS), None)
    identifier, inbox = properties.id_of(document), properties.id_of(document.get("inbox"))
    username = properties.label(document.get("preferredUsername"))
    if kind is None or identifier is None or inbox is None or username is None:
        raise Refused(Reason.SHAPE, "an actor needs a known type, an id, an inbox and a preferredUsername")
    endpoints = document.get("endpoints")
    shared = properties.id_of(endpoints.get("sharedInbox")) if isinstance(endpoints, dict) else None
    return Actor(
        identifier,
        kind,
        username,
        inbox,
        outbox=properties.id_of(document.get("outbox")),
        followers=properties.id_of(document.get("followers")),
        following=properties.id_of(document.get("following")),
        featured=properties.id_of(document.get("featured")),
        # One delivery goes there for all followers on a host: a shared inbox elsewhere would get what is for others.
        shared_inbox=shared if same_authority(shared, inbox) else None,
        name=properties.label(document.get("name")),
        summary=properties.text(document.get("summary"), MAX_SUMMARY),
        url=properties.page_url_of(document.get("url"), identifier),
        icon=_picture(document.get("icon")),
        image=_picture(document.get("image")),
        manually_approves=document.get("manuallyApprovesFollowers") is True,
        discoverable=document.get("discoverable") is True,
        indexable=document.get("indexable") is True,
        published=properties.parse_time(document.get("published")),
        fields=_fields(document.get("attachment")),
        hashtags=_hashtags(document.get("tag")),
        keys=_keys(document, identifier),
        also_known_as=properties.ids_of(document.get("alsoKnownAs"))[:MAX_FIELDS],
        moved_to=properties.id_of(document.get("movedTo")),
        webfinger=properties.text(document.get("webfinger"), 320),
        generator=properties.id_of(document.get("generator")),
        attribution_domains=_texts(document.get("attributionDomains")),
        document=document,
    )


def write_actor(value: Actor) -> Json:
    """Return the document of an actor of our own, with its @context.

    `publicKey` has one RSA key, since two break Lemmy; Ed25519 keys are listed in `assertionMethod` (FEP-521a). A list
    of one element is still written as a list.
    """
    rsa = [each for each in value.keys if each.key.algorithm is Algorithm.RSA]
    others = [each for each in value.keys if each.key.algorithm is not Algorithm.RSA]
    made: Json = {
        "id": value.id,
        "type": value.type,
        "preferredUsername": value.username,
        "name": value.name or value.username,
        "summary": value.summary or "",
        "url": value.url or value.id,
        "inbox": value.inbox,
        "outbox": value.outbox,
        "followers": value.followers,
        "following": value.following,
        "featured": value.featured,
        "endpoints": {"sharedInbox": value.shared_inbox} if value.shared_inbox else None,
        "manuallyApprovesFollowers": value.manually_approves,
        "discoverable": value.discoverable,
        "indexable": value.indexable,
        "published": properties.write_time(value.published) if value.published else None,
        "icon": _write_picture(value.icon),
        "image": _write_picture(value.image),
        "attachment": [{"type": "PropertyValue", "name": name, "value": html} for name, html in value.fields],
        "tag": [{"type": "Hashtag", "name": name, "href": href} for name, href in value.hashtags],
        "publicKey": {"id": rsa[0].id, "owner": value.id, "publicKeyPem": rsa[0].key.pem()} if rsa else None,
        "assertionMethod": [
            {"id": each.id, "type": "Multikey", "controller": value.id, "publicKeyMultibase": each.key.multikey()}
            for each in others
        ],
        "alsoKnownAs": list(value.also_known_as),
        "movedTo": value.moved_to,
        "attributionDomains": list(value.attribution_domains) or None,
        "webfinger": value.webfinger,
        "generator": {"type": "Application", "id": value.generator, "implements": [RFC9421]}
        if value.generator
        else None,
    }
    return with_context({key: member for key, member in made.items() if member is not None})


def parse_key(document: Json) -> tuple[ActorKey, str]:
    """Return a key and the URL of its owner, which is unproven until the owner's document lists the key.

    The document is an actor's `publicKey`, a Multikey, or a key served by itself (GoToSocial, activitypub.bot).
    Raises Refused(KEY).
    """
    identifier = properties.id_of(document)
    owner = properties.id_of(document.get("owner")) or properties.id_of(document.get("controller"))
    if identifier is None or not same_authority(identifier, owner):
        raise Refused(Reason.KEY, "a key needs an id and an owner on the same host")
    try:
        if "publicKeyMultibase" in document:
            key = load_multikey(document["publicKeyMultibase"])
        else:
            key = load_public(document.get("publicKeyPem"))
    except BadKey as error:
        raise Refused(Reason.KEY, str(error)) from None
    return ActorKey(identifier, key), str(owner)


def _keys(document: Json, owner: str) -> tuple[ActorKey, ...]:
    listed = [
        *properties.as_list(document.get("publicKey"))[:MAX_KEYS],
        *properties.as_list(document.get("assertionMethod"))[:MAX_KEYS],
    ]
    kept: dict[str, ActorKey] = {}
    for each in listed:
        if isinstance(each, dict):
            try:
                key, stated = parse_key(each)
            except Refused:
                continue
            if stated == owner:
                kept.setdefault(key.id, key)
    return tuple(kept.values())


def _picture(value: Any) -> Image | None:
    first = properties.as_list(value)[:1]
    url = properties.url_of(first[0].get("url") if first and isinstance(first[0], dict) else first)
    if url is None:
        return None
    return Image(url, properties.text(first[0].get("mediaType"), 100) if isinstance(first[0], dict) else None)


def _write_picture(value: Image | None) -> Json | None:
    if value is None:
        return None
    return {"type": "Image", "url": value.url} | ({"mediaType": value.media_type} if value.media_type else {})


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(text for each in properties.as_list(value)[:MAX_FIELDS] if (text := properties.label(each)))


def _fields(value: Any) -> tuple[tuple[str, str], ...]:
    pairs = (
        (properties.label(each.get("name")), properties.text(each.get("value"), 2048))
        for each in properties.as_list(value)[:MAX_FIELDS]
        if isinstance(each, dict) and "PropertyValue" in properties.types(each)
    )
    return tuple((name, html) for name, html in pairs if name and html)


def _hashtags(value: Any) -> tuple[tuple[str, str], ...]:
    pairs = (
        (properties.label(each.get("name")), properties.url_of(each.get("href")))
        for each in properties.as_list(value)[:MAX_FIELDS]
        if isinstance(each, dict) and "Hashtag" in properties.types(each)
    )
    return tuple((name, href) for name, href in pairs if name and href)

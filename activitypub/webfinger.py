"""WebFinger (RFC 7033): handles and resources, reading and writing JRDs, and the URL for following from elsewhere."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from activitypub import properties
from activitypub.refusal import Reason, Refused
from activitypub.strictjson import Json
from activitypub.urls import BadUrl, Url, parse_url

JRD = "application/jrd+json"
ACTIVITY_JSON = "application/activity+json"
LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'

SELF = "self"
PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
AVATAR = "http://webfinger.net/rel/avatar"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
FEP_3B86_FOLLOW = "https://w3id.org/fep/3b86/Follow"
FEP_3B86_OBJECT = "https://w3id.org/fep/3b86/Object"

MAX_HANDLE = 320
MAX_LINKS = 64
# As Mastodon: letters, digits and _, with . and - inside. Case is kept, but does not distinguish users.
_USER = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?")


class BadHandle(ValueError):
    """The text is not a handle."""


@dataclass(frozen=True, slots=True)
class Handle:
    """The name of an account. `host` is lower-case ASCII, with a port if it is not 443. `str` gives "@user@host"."""

    user: str
    host: str

    @property
    def acct(self) -> str:
        """The `resource` parameter of a WebFinger query, "acct:user@host" (RFC 7565)."""
        return f"acct:{self.user}@{self.host}"

    def matches(self, other: "Handle") -> bool:
        """Return whether both name the same account. The case of the user name does not count."""
        return self.host == other.host and self.user.lower() == other.user.lower()

    def __str__(self) -> str:
        return f"@{self.user}@{self.host}"


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a JRD (RFC 7033 section 4.4.4), with `href` or with `template`."""

    rel: str
    type: str | None = None
    href: str | None = None
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Jrd:
    """A JSON Resource Descriptor (RFC 7033 section 4.4). From another server, `href` may be any text: check it."""

    subject: str
    aliases: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()

    def actor_url(self) -> str | None:
        """Return the URL of the actor: the first `self` link with an ActivityStreams type; None if there is none."""
        kinds = {ACTIVITY_JSON, LD_JSON, LD_JSON.replace("; ", ";")}
        for link in self.links:
            if link.rel == SELF and link.type in kinds and properties.id_of(link.href):
                return link.href
        return None

    def handle(self) -> Handle | None:
        """Return the handle in `subject`; None if it has none."""
        try:
            return parse_handle(self.subject) if self.subject.startswith("acct:") else None
        except BadHandle:
            return None


def parse_handle(text: str) -> Handle:
    """Return the handle in "@user@host", "user@host" or "acct:user@host", as people type it. Raises BadHandle."""
    if len(text) > MAX_HANDLE:
        raise BadHandle("too long")
    bare = unquote(text).strip().removeprefix("acct:").removeprefix("@")
    user, _, host = bare.partition("@")
    if not _USER.fullmatch(user):
        raise BadHandle("a handle is user@host")
    return Handle(user, _host(host))


def parse_resource(text: str) -> Handle | Url:
    """Return what a `resource` parameter names: a handle, or the URL of an actor or a profile. Raises BadHandle."""
    if text[:8].lower().startswith(("https://", "http://")):
        try:
            return parse_url(text)
        except BadUrl as error:
            raise BadHandle(str(error)) from None
    return parse_handle(text)


def write_jrd(jrd: Jrd) -> Json:
    """Return the document. Serve it as application/jrd+json, with CORS for all origins (RFC 7033 section 5)."""
    links = []
    for link in jrd.links:
        made = {"rel": link.rel, "type": link.type, "href": link.href, "template": link.template}
        links.append({name: value for name, value in made.items() if value is not None})
    return {"subject": jrd.subject, "aliases": list(jrd.aliases), "links": links}


def parse_jrd(document: Json) -> Jrd:
    """Return the JRD in another server's document. Raises Refused(SHAPE)."""
    subject = properties.text(document.get("subject"), 2048)
    if subject is None:
        raise Refused(Reason.SHAPE, "a JRD without a subject")
    links = tuple(
        Link(rel, *(properties.text(each.get(name), 2048) for name in ("type", "href", "template")))
        for each in properties.as_list(document.get("links"))[:MAX_LINKS]
        if isinstance(each, dict) and (rel := properties.text(each.get("rel"), 2048))
    )
    return Jrd(subject, properties.ids_of(document.get("aliases"))[:MAX_LINKS], links)


def actor_jrd(
    handle: Handle,
    actor: str,
    *,
    page: str,
    avatar: Link | None = None,
    stream: str | None = None,
    more: tuple[Link, ...] = (),
) -> Jrd:
    """Return the JRD of an account: the URLs of its actor, its page and its avatar.

    `stream` is the URL of an HLS playlist, which Owncast announces too.
    """
    links = [
        Link(SELF, ACTIVITY_JSON, actor),
        # snac looks for this type
        Link(SELF, LD_JSON, actor),
        Link(PROFILE_PAGE, "text/html", page),
    ]
    if avatar is not None:
        links.append(avatar)
    if stream is not None:
        links.append(Link("alternate", "application/x-mpegURL", stream))
    return Jrd(handle.acct, tuple(dict.fromkeys((actor, page))), (*links, *more))


def interaction_url(jrd: Jrd, handle: Handle, uri: str, *, follow: bool) -> str:
    """Return the page of a visitor's own server where they follow `uri`, or like, boost or reply to it.

    `jrd` and `handle` are the visitor's. A template counts only if it leads to https on the visitor's host or a
    subdomain of it. Without one, the page is /authorize_interaction, which Mastodon and most others have.
    """
    relations = (FEP_3B86_FOLLOW, SUBSCRIBE, FEP_3B86_OBJECT) if follow else (FEP_3B86_OBJECT, SUBSCRIBE)
    for relation in relations:
        for link in jrd.links:
            if link.rel == relation and link.template:
                filled = re.sub(r"\{(?:uri|object)\}", quote(uri, safe=""), link.template)
                if filled != link.template and _leads_home(filled, handle.host):
                    return filled
    return f"https://{handle.host}/authorize_interaction?uri={quote(uri, safe='')}"


def _leads_home(url: str, host: str) -> bool:
    try:
        parsed = parse_url(url)
    except BadUrl:
        return False
    return parsed.scheme == "https" and (parsed.authority == host or parsed.authority.endswith(f".{host}"))


def _host(text: str) -> str:
    """Return the host of a handle: in lower case, by IDNA, without the default port. Raises BadHandle."""
    name, _, port = text.partition(":")
    try:
        ascii_name = name.encode("idna").decode("ascii") if not name.isascii() else name
        url = parse_url(f"https://{ascii_name}" + (f":{port}" if port else ""))
    except (UnicodeError, BadUrl):
        raise BadHandle("a handle is user@host") from None
    if url.target != "/" or url.fragment or ("." not in url.host and url.host != "localhost"):
        raise BadHandle("a handle is user@host")
    return url.authority

"""Featured streams, the directory protocol of Owncast 0.3: a server follows another, and is told when it is live.

The Follow has the term `directory`. While it is live, the followed server sends Offers with the title and so on, and a
Leave at the end. Their object is the URL of the server. All terms are full IRIs, so that no context has to define them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from activitypub import nodeinfo, properties
from activitypub.actor import Actor
from activitypub.discovery import find_actor
from activitypub.network.fetch import FetchFailed, FetchFailure
from activitypub.network.fetch_limiter import DocumentFetcher
from activitypub.refusal import Refused
from activitypub.strictjson import Json
from activitypub.urls import Url, is_url, same_authority
from activitypub.vocabulary import compose
from activitypub.webfinger import parse_jrd

NS = "https://owncast.online/ns#"
LIVE, OFFLINE = "live", "offline"
CAPABILITY = "featuredStreams"  # in NodeInfo's metadata.federation: a number, beside the actor's `username`

MAX_TITLE, MAX_DESCRIPTION, MAX_TAG, MAX_TAGS = 200, 500, 50, 20  # characters, and items


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """The status of a stream, as its server tells it: plain text within the limits above, and http(s) URLs or ""."""

    live: bool
    title: str = ""
    description: str = ""
    name: str = ""
    logo: str = ""
    thumbnail: str = ""
    tags: tuple[str, ...] = ()


def is_directory_follow(follow: Json) -> bool:
    """Return whether this Follow asks to feature our stream."""
    return _value(follow.get(f"{NS}directory")) in (True, "true")


def write_follow(identifier: str, actor: str, target: str, status: StreamStatus) -> Json:
    """Return the Follow with which `actor` asks to feature the actor `target`; `status` is about our own server."""
    terms = {"directory": True, "serverName": status.name, "streamDescription": status.description}
    made = compose.activity("Follow", identifier, actor, target, to=[target])
    return made | _terms({**terms, "streamStatus": LIVE if status.live else OFFLINE})


def write_offer(identifier: str, actor: str, server: str, status: StreamStatus, to: Sequence[str]) -> Json:
    """Return the Offer that tells the actors in `to` that `server`, a URL, is live."""
    terms = {
        "streamStatus": LIVE if status.live else OFFLINE,
        "streamTitle": status.title,
        "streamDescription": status.description,
        "serverName": status.name,
        "logoUrl": status.logo,
        "thumbnailUrl": status.thumbnail,
        "streamTags": list(status.tags),
    }
    return compose.activity("Offer", identifier, actor, server, to=list(to)) | _terms(terms)


def write_leave(identifier: str, actor: str, server: str, to: Sequence[str]) -> Json:
    """Return the Leave that tells the actors in `to` that `server`, a URL, is no longer live."""
    made = compose.activity("Leave", identifier, actor, server, to=list(to))
    return made | _terms({"streamStatus": OFFLINE})


def parse_offer(offered: Json) -> StreamStatus:
    """Return the status in an Offer. Missing and malformed members read as empty; the stream is live if not OFFLINE."""
    given = {name: offered.get(f"{NS}{name}") for name in _TEXTS}
    texts = {field: properties.label(_value(given[name]), limit) or "" for name, (field, limit) in _TEXTS.items()}
    urls = {field: _url(_value(offered.get(f"{NS}{name}"))) for name, field in _URLS.items()}
    named = (
        properties.label(_value(each), MAX_TAG)
        for each in properties.as_list(offered.get(f"{NS}streamTags"))[:MAX_TAGS]
    )
    tags = tuple(dict.fromkeys(tag.lstrip("#") for tag in named if tag and tag.lstrip("#")))
    return StreamStatus(_value(offered.get(f"{NS}streamStatus")) != OFFLINE, tags=tags, **texts, **urls)


async def find_server_actor(site: Url, fetcher: DocumentFetcher) -> Actor:
    """Return the actor of the server at `site` that can be featured, by NodeInfo and WebFinger.

    Raises FetchFailed, also if the server cannot be featured.
    """
    index = await fetcher.json(f"{site.origin}/.well-known/nodeinfo")
    try:
        described = await fetcher.json(nodeinfo.parse_index(index.document))
        federation = nodeinfo.parse_document(described.document).metadata.get("federation")
    except Refused as refused:
        raise FetchFailed(FetchFailure.INVALID, str(refused)) from None
    given = federation if isinstance(federation, dict) else {}
    name = properties.label(given.get("username"), 100)
    if not properties.number(given.get(CAPABILITY)) or name is None:
        raise FetchFailed(FetchFailure.INVALID, "the server does not offer to be featured")
    query = urlencode({"resource": f"acct:{name}@{site.authority}"}, safe=":@")
    answer = await fetcher.json(f"{site.origin}/.well-known/webfinger?{query}")
    try:
        url = parse_jrd(answer.document).actor_url()
    except Refused as refused:
        raise FetchFailed(FetchFailure.INVALID, str(refused)) from None
    # otherwise a server could make us follow an actor of another one
    if url is None or not same_authority(url, site.origin):
        raise FetchFailed(FetchFailure.INVALID, "WebFinger names no actor of this server")
    return await find_actor(url, fetcher)


_TEXTS = {
    "streamTitle": ("title", MAX_TITLE),
    "streamDescription": ("description", MAX_DESCRIPTION),
    "serverName": ("name", MAX_TITLE),
}
_URLS = {"logoUrl": "logo", "thumbnailUrl": "thumbnail"}


def _terms(values: Json) -> Json:
    return {f"{NS}{name}": value for name, value in values.items()}


def _value(given: Any) -> Any:
    """Return a value in any of JSON-LD's spellings: alone, in a list of one, as {"@value": ...} or {"@id": ...}."""
    given = properties.unwrap(given)
    if isinstance(given, dict):
        return given.get("@value", given.get("@id"))
    return given


def _url(given: Any) -> str:
    return str(given) if is_url(given) else ""

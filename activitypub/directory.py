"""Featured streams, as Owncast 0.3 speaks of them: a server follows another one as a directory, and hears when it is
live.

The Follow bears `directory`; while live the followed server sends Offers with what is on, and a Leave at the end. Their
object is the URL of the server. All terms are written as whole IRIs, so no context has to define them.
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
CAPABILITY = "featuredStreams"  # in NodeInfo: metadata.federation, a number, with the actor's name beside it

MAX_TITLE, MAX_DESCRIPTION, MAX_TAG, MAX_TAGS = 200, 500, 50, 20  # characters, and items


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """What a server says of its stream. Read from a stranger: plain text within limits, and http(s) URLs or ""."""

    live: bool
    title: str = ""
    description: str = ""
    name: str = ""
    logo: str = ""
    thumbnail: str = ""
    tags: tuple[str, ...] = ()


def is_directory_follow(follow: Json) -> bool:
    """Tell whether who sends this Follow asks to feature us."""
    return _value(follow.get(f"{NS}directory")) in (True, "true")


def write_follow(identifier: str, actor: str, target: str, news: StreamStatus) -> Json:
    """Return our Follow of a server that we want to feature; `news` is what we say of ourselves."""
    terms = {"directory": True, "serverName": news.name, "streamDescription": news.description}
    made = compose.activity("Follow", identifier, actor, target, to=[target])
    return made | _terms({**terms, "streamStatus": LIVE if news.live else OFFLINE})


def write_offer(identifier: str, actor: str, server: str, news: StreamStatus, to: Sequence[str]) -> Json:
    """Return the word that `server` is live, for those who feature it."""
    terms = {
        "streamStatus": LIVE if news.live else OFFLINE,
        "streamTitle": news.title,
        "streamDescription": news.description,
        "serverName": news.name,
        "logoUrl": news.logo,
        "thumbnailUrl": news.thumbnail,
        "streamTags": list(news.tags),
    }
    return compose.activity("Offer", identifier, actor, server, to=list(to)) | _terms(terms)


def write_leave(identifier: str, actor: str, server: str, to: Sequence[str]) -> Json:
    """Return the word that `server` is not live any more."""
    made = compose.activity("Leave", identifier, actor, server, to=list(to))
    return made | _terms({"streamStatus": OFFLINE})


def parse_offer(offered: Json) -> StreamStatus:
    """What stands in an Offer. Whatever is missing or of another kind reads as empty; who sends one is live unless it
    says otherwise."""
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
    """Who speaks for the server at this address, if it lets itself be featured. Raises FetchFailed."""
    index = await fetcher.json(f"{site.origin}/.well-known/nodeinfo")
    try:
        described = await fetcher.json(nodeinfo.parse_index(index.document))
        federation = nodeinfo.parse_document(described.document).metadata.get("federation")
    except Refused as refused:
        raise FetchFailed(FetchFailure.INVALID, str(refused)) from None
    given = federation if isinstance(federation, dict) else {}
    name = properties.label(given.get("username"), 100)
    if not properties.number(given.get(CAPABILITY)) or name is None:
        raise FetchFailed(FetchFailure.INVALID, "the server does not let itself be featured")
    query = urlencode({"resource": f"acct:{name}@{site.authority}"}, safe=":@")
    answer = await fetcher.json(f"{site.origin}/.well-known/webfinger?{query}")
    try:
        url = parse_jrd(answer.document).actor_url()
    except Refused as refused:
        raise FetchFailed(FetchFailure.INVALID, str(refused)) from None
    # or a server could have us follow somebody else's actor in its place
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
    """A value in JSON-LD's spellings: alone, in a list of one, or as {"@value": ...} or {"@id": ...}."""
    given = properties.unwrap(given)
    if isinstance(given, dict):
        return given.get("@value", given.get("@id"))
    return given


def _url(given: Any) -> str:
    return str(given) if is_url(given) else ""

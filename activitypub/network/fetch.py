"""The signed GET: documents of other servers, each believed only about its own host. Caching is left to the caller."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from activitypub import properties, strictjson
from activitypub.network.guard import Blocked
from activitypub.network.redirects import Followed, RedirectRefused, follow
from activitypub.network.schemes import Schemes
from activitypub.network.signed_transport import SignedTransport
from activitypub.network.transport import Clock, Response, ResponseTooLarge, Transport, Unreachable
from activitypub.refusal import Refused
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import outgoing_request
from activitypub.strictjson import Json
from activitypub.urls import BadUrl, same_authority, without_fragment
from activitypub.webfinger import ACTIVITY_JSON, JRD, LD_JSON

_ACCEPT = f"{ACTIVITY_JSON}, {LD_JSON}"
_PROFILE = "https://www.w3.org/ns/activitystreams"


class FetchFailure(StrEnum):
    """The reason why there is no document."""

    GONE = "gone"  # 410: it was deleted, and the server says so
    NOT_FOUND = "not-found"
    REFUSED = "refused"  # 401 or 403 for both signatures, or another 4xx
    BLOCKED = "blocked"  # by the guard
    UNREACHABLE = "unreachable"  # network, time-out, 5xx, 429
    INVALID = "invalid"  # a response that is not believed
    RATE_LIMITED = "rate-limited"  # not asked: too many requests, or it failed a moment ago (see `fetch_limiter`)


class FetchFailed(Exception):
    """There is no document. `failure` is for decisions, the text is for the log."""

    def __init__(self, failure: FetchFailure, text: str) -> None:
        super().__init__(f"{failure.value}: {text}")
        self.failure = failure


@dataclass(frozen=True, slots=True)
class FetchedDocument:
    """A JSON object, and the `url` that it was found at, after redirects and without a fragment."""

    document: Json
    url: str


class Fetcher:
    """Fetches with the signature of one actor: the instance actor, whose own document can be read without a signature.

    `clock` returns Unix seconds, for the dates of the signatures.
    """

    def __init__(self, transport: Transport, key: SigningKey, schemes: Schemes, clock: Clock) -> None:
        self._sender = SignedTransport(transport, schemes, clock)
        self._key = key

    async def activity(self, url: str) -> FetchedDocument:
        """Return the ActivityStreams document whose id is `url`, or what `url` leads to, fetched again by its own id.

        The id must be on the host that served it (CVE-2024-23832), under a media type that no upload has
        (CVE-2024-25623). Raises FetchFailed.
        """
        wanted = without_fragment(url)
        found = await self._get(wanted, _ACCEPT, _is_activity)
        stated = _id(found.document)
        # A page, or a key with a URL of its own (GoToSocial), leads to a document with another id: fetch that, once.
        if stated != wanted:
            found = await self._get(stated, _ACCEPT, _is_activity)
            if _id(found.document) != stated:
                raise FetchFailed(FetchFailure.INVALID, "the id of the document is not where it was fetched")
        if not same_authority(found.url, stated):
            raise FetchFailed(FetchFailure.INVALID, "the document was served by another host than its id names")
        return found

    async def key_document(self, url: str) -> FetchedDocument:
        """Return what is served at `url` itself, which may be a key and not an actor. Raises FetchFailed."""
        return await self._get(without_fragment(url), _ACCEPT, _is_activity)

    async def json(self, url: str) -> FetchedDocument:
        """Return a JSON object that has no id: a JRD or NodeInfo. Raises FetchFailed."""
        return await self._get(url, f"{JRD}, application/json", _is_json)

    async def _get(self, url: str, accept: str, is_wanted: Callable[[str], bool]) -> FetchedDocument:
        followed = await self._follow(url, accept)
        response = followed.response
        _check_status(response.status)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise FetchFailed(FetchFailure.INVALID, "the response is compressed, which was not asked for")
        if not is_wanted(response.media_type):
            raise FetchFailed(FetchFailure.INVALID, f"the response is {response.media_type[:80] or 'of no type'}")
        try:
            return FetchedDocument(strictjson.parse(response.body), without_fragment(followed.url))
        except Refused as refused:
            raise FetchFailed(FetchFailure.INVALID, str(refused)) from None

    async def _follow(self, url: str, accept: str) -> Followed:
        async def send(at: str) -> Response:
            request = outgoing_request("GET", at, [("Accept", accept)])
            response, _ = await self._sender.send(request, self._key)
            return response

        try:
            return await follow(url, send)
        except Blocked as error:
            raise FetchFailed(FetchFailure.BLOCKED, str(error)) from None
        except Unreachable as error:
            raise FetchFailed(FetchFailure.UNREACHABLE, str(error)) from None
        except (BadUrl, RedirectRefused, ResponseTooLarge) as error:
            raise FetchFailed(FetchFailure.INVALID, str(error)) from None


_FAILURES = {
    404: FetchFailure.NOT_FOUND,
    408: FetchFailure.UNREACHABLE,
    410: FetchFailure.GONE,
    429: FetchFailure.UNREACHABLE,
}
_FAILURES_BY_CLASS = {4: FetchFailure.REFUSED, 5: FetchFailure.UNREACHABLE}


def _check_status(status: int) -> None:
    if status != 200:
        by_class = _FAILURES_BY_CLASS.get(status // 100, FetchFailure.INVALID)
        raise FetchFailed(_FAILURES.get(status, by_class), f"status {status}")


def _id(document: Json) -> str:
    identifier = properties.id_of(document)
    if identifier is None:
        raise FetchFailed(FetchFailure.INVALID, "a document without an id")
    return identifier


def _is_activity(media_type: str) -> bool:
    kind, _, params = media_type.partition(";")
    return kind.strip() == ACTIVITY_JSON or (kind.strip() == "application/ld+json" and _PROFILE in params)


def _is_json(media_type: str) -> bool:
    kind = media_type.partition(";")[0].strip()
    return kind in {JRD, "application/json"} or kind.endswith("+json")

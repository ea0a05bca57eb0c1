"""The signed GET: documents of strangers, each believed only on its own host. Keeping them is left to the caller."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urljoin

from activitypub import properties, strictjson
from activitypub.guard import Blocked
from activitypub.http_client import HttpClient, Response, ResponseTooLarge, Unreachable
from activitypub.refusal import Refused
from activitypub.schemes import Schemes, other
from activitypub.signatures import Scheme, sign
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request, outgoing_request
from activitypub.strictjson import Json
from activitypub.urls import BadUrl, parse_url, same_authority, without_fragment
from activitypub.webfinger import ACTIVITY_JSON, JRD, LD_JSON

MAX_HOPS = 2
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ACCEPT = f"{ACTIVITY_JSON}, {LD_JSON}"
_PROFILE = "https://www.w3.org/ns/activitystreams"

Clock = Callable[[], float]


class FetchFailure(StrEnum):
    """Why there is no document."""

    GONE = "gone"  # 410: deleted, and said so
    NOT_FOUND = "not-found"
    REFUSED = "refused"  # 401, 403 by both signatures, and other 4xx
    BLOCKED = "blocked"  # by the guard
    UNREACHABLE = "unreachable"  # network, time-out, 5xx, 429
    INVALID = "invalid"  # an answer that is not to be believed
    RATE_LIMITED = "rate-limited"  # not asked: too often, or failed a moment ago (see `fetch_limiter`)


class FetchFailed(Exception):
    """There is no document. `failure` decides what to do, the text is for the log."""

    def __init__(self, failure: FetchFailure, text: str) -> None:
        super().__init__(f"{failure.value}: {text}")
        self.failure = failure


@dataclass(frozen=True, slots=True)
class FetchedDocument:
    """`url` is where the document was found, after redirects."""

    document: Json
    url: str


class Fetcher:
    """Fetches with the signature of one actor, the instance actor, whose own document needs no signature to be read."""

    def __init__(self, outside: HttpClient, signer: SigningKey, schemes: Schemes, clock: Clock) -> None:
        self._outside = outside
        self._signer = signer
        self._schemes = schemes
        self._clock = clock

    async def activity(self, url: str) -> FetchedDocument:
        """Return the ActivityStreams document whose id is `url`, or what `url` leads to, fetched again by its own id.

        The id must be on the host that served it (CVE-2024-23832), under a media type that no upload has
        (CVE-2024-25623). Raises FetchFailed.
        """
        wanted = without_fragment(url)
        found = await self._get(wanted, _ACCEPT, _is_activity)
        stated = _id(found.document)
        # A page, or a key of its own URL (GoToSocial), leads to the document of another id: ask there, once.
        if stated != wanted:
            found = await self._get(stated, _ACCEPT, _is_activity)
            if _id(found.document) != stated:
                raise FetchFailed(FetchFailure.INVALID, "the id of the document is not where it was fetched")
        if not same_authority(found.url, stated):
            raise FetchFailed(FetchFailure.INVALID, "the document was served by another host than its id names")
        return found

    async def key_document(self, url: str) -> FetchedDocument:
        """Return what is served under `url` itself, which may be a key and not an actor. Raises FetchFailed."""
        return await self._get(without_fragment(url), _ACCEPT, _is_activity)

    async def json(self, url: str) -> FetchedDocument:
        """Return a JSON object that has no id: a JRD or NodeInfo. Raises FetchFailed."""
        return await self._get(url, f"{JRD}, application/json", _is_json)

    async def _get(self, url: str, accept: str, is_wanted: Callable[[str], bool]) -> FetchedDocument:
        at = url
        for _ in range(MAX_HOPS + 1):
            answer = await self._ask(at, accept)
            if answer.status in _REDIRECTS:
                at = _target(at, answer)
                continue
            _check_status(answer.status)
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise FetchFailed(FetchFailure.INVALID, "the answer is compressed, which was not asked for")
            if not is_wanted(answer.media_type):
                raise FetchFailed(FetchFailure.INVALID, f"the answer is {answer.media_type[:80] or 'of no type'}")
            try:
                return FetchedDocument(strictjson.parse(answer.body), at)
            except Refused as refused:
                raise FetchFailed(FetchFailure.INVALID, str(refused)) from None
        raise FetchFailed(FetchFailure.INVALID, f"more than {MAX_HOPS} redirects")

    async def _ask(self, url: str, accept: str) -> Response:
        """Ask once by the scheme that the host took last, and once more by the other if it refuses."""
        try:
            request = outgoing_request("GET", url, [("Accept", accept)])
        except BadUrl as error:
            raise FetchFailed(FetchFailure.INVALID, str(error)) from None
        first = self._schemes.get(request.authority, self._clock())
        answer = await self._send(request, first)
        if answer.status in {401, 403}:
            answer = await self._send(request, other(first))
            if answer.status not in {401, 403}:
                self._schemes.put(request.authority, other(first), self._clock())
        return answer

    async def _send(self, request: Request, scheme: Scheme) -> Response:
        added = sign(scheme, request, self._signer, now=self._clock())
        signed = Request(request.method, request.origin, request.target, (*request.headers, *added))
        try:
            return await self._outside.send(signed)
        except Blocked as error:
            raise FetchFailed(FetchFailure.BLOCKED, str(error)) from None
        except Unreachable as error:
            raise FetchFailed(FetchFailure.UNREACHABLE, str(error)) from None
        except ResponseTooLarge as error:
            raise FetchFailed(FetchFailure.INVALID, str(error)) from None


def _check_status(status: int) -> None:
    if status == 200:
        return
    by_status = {
        404: FetchFailure.NOT_FOUND,
        408: FetchFailure.UNREACHABLE,
        410: FetchFailure.GONE,
        429: FetchFailure.UNREACHABLE,
    }
    kind = {4: FetchFailure.REFUSED, 5: FetchFailure.UNREACHABLE}.get(status // 100, FetchFailure.INVALID)
    raise FetchFailed(by_status.get(status, kind), f"status {status}")


def _target(at: str, answer: Response) -> str:
    """Return where a redirect leads. It is checked like any other URL when it is asked."""
    try:
        url = urljoin(at, answer.headers.get("location", ""))
        target = parse_url(url)
    except ValueError:
        raise FetchFailed(FetchFailure.INVALID, "a redirect to nowhere") from None
    if parse_url(at).scheme == "https" and target.scheme != "https":
        raise FetchFailed(FetchFailure.INVALID, "a redirect from https to http")
    return without_fragment(url)


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

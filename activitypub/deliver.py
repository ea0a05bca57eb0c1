"""One delivery: a signed POST to one inbox, and what its outcome means. Queue, back-off and expiry are the node's."""

from dataclasses import dataclass
from urllib.parse import urljoin

from activitypub import strictjson
from activitypub.fetch import MAX_HOPS, Clock
from activitypub.guard import Blocked
from activitypub.http_client import HttpClient, Response, ResponseTooLarge, Unreachable
from activitypub.schemes import Schemes, other
from activitypub.signatures import Scheme, digest, httpdate, sign
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request, outgoing_request
from activitypub.strictjson import Json
from activitypub.urls import BadUrl
from activitypub.webfinger import ACTIVITY_JSON

MAX_RETRY_AFTER_S = 86_400.0
MAX_ANSWER = 65_536  # bytes: what an inbox answers is not read, only drained to keep the connection


@dataclass(frozen=True, slots=True)
class Payload:
    """An activity as bytes, with its digests: made once, sent to any number of inboxes."""

    body: bytes
    digest: str
    content_digest: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The inbox took it. That is no proof that the signature was right: some servers verify later."""

    status: int
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class TemporaryFailure:
    """Not now. `after_s` is the wish of the far side, None where it has none; `why` is a word for the log."""

    after_s: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class PermanentFailure:
    """Never, as it is. `gone` says that the inbox itself is no more: drop it, and fetch the actor again."""

    reason: str
    gone: bool = False


Outcome = Delivered | TemporaryFailure | PermanentFailure

# Statuses that mean other than their hundred does. 401: both signatures were refused, so the far side may have an old
# key of ours; one more try, after an Update of the actor, is worth it.
_OUTCOMES: dict[int, Outcome] = {
    401: TemporaryFailure(None, "unauthorized"),
    408: TemporaryFailure(None, "status 408"),
    410: PermanentFailure("gone", gone=True),
    429: TemporaryFailure(None, "too many requests"),
    501: PermanentFailure("status 501"),
}
_KEEP_METHOD = frozenset({307, 308})  # the only redirects that let a POST be a POST


def encode_payload(document: Json) -> Payload:
    """Return the activity as it is signed and sent."""
    body = strictjson.write(document)
    return Payload(body, digest.digest(body), digest.content_digest(body))


class Deliverer:
    """Delivers over one HttpClient, remembering which scheme each host takes."""

    def __init__(self, outside: HttpClient, schemes: Schemes, clock: Clock) -> None:
        self._outside = outside
        self._schemes = schemes
        self._clock = clock

    async def deliver(self, inbox: str, parcel: Payload, signer: SigningKey) -> Outcome:
        """Try once to bring `parcel` to `inbox`; with the other signature too if the first is refused.

        Never raises for what the far side does. Raises ValueError for a key that is not RSA.
        """
        at = inbox
        for _ in range(MAX_HOPS + 1):
            try:
                answer, scheme = await self._knock(at, parcel, signer)
            except (Blocked, BadUrl) as error:
                return PermanentFailure(f"blocked: {error}")
            except Unreachable as error:
                return TemporaryFailure(None, str(error))
            if answer.status not in _KEEP_METHOD:
                return _outcome(answer, scheme, self._clock())
            at = _target(at, answer)
        return PermanentFailure("too many redirects")

    async def _knock(self, url: str, parcel: Payload, signer: SigningKey) -> tuple[Response, Scheme]:
        """Send by the scheme that the host took last; a second time by the other one on 401 or 403."""
        request = outgoing_request("POST", url, [("Content-Type", ACTIVITY_JSON)], parcel.body)
        first = self._schemes.get(request.authority, self._clock())
        answer = await self._send(request, parcel, first, signer)
        if answer.status not in {401, 403}:
            return answer, first
        second = other(first)
        again = await self._send(request, parcel, second, signer)
        if again.status in {401, 403}:
            return answer, first
        if again.status < 300:
            self._schemes.put(request.authority, second, self._clock())
        return again, second

    async def _send(self, request: Request, parcel: Payload, scheme: Scheme, signer: SigningKey) -> Response:
        made = {Scheme.CAVAGE: ("digest", parcel.digest), Scheme.RFC9421: ("content-digest", parcel.content_digest)}
        headers = (*request.headers, made[scheme])
        complete = Request(request.method, request.origin, request.target, headers, request.body)
        added = sign(scheme, complete, signer, now=self._clock())
        signed = Request(request.method, request.origin, request.target, (*headers, *added), request.body)
        try:
            return await self._outside.send(signed, max_body=MAX_ANSWER)
        except ResponseTooLarge as long:
            # the status counts; nobody wants to read the page
            return long.response


def _target(at: str, answer: Response) -> str:
    """Return where a redirect leads. Anything that is no URL is refused when it is asked."""
    try:
        return urljoin(at, answer.headers.get("location", ""))
    except ValueError:
        return ""


def _outcome(answer: Response, scheme: Scheme, now: float) -> Outcome:
    status = answer.status
    if 200 <= status < 300:
        return Delivered(status, scheme)
    known = _OUTCOMES.get(status) or (
        TemporaryFailure(None, f"status {status}") if status >= 500 else PermanentFailure(f"status {status}")
    )
    if isinstance(known, TemporaryFailure) and status in {429, 503}:
        return TemporaryFailure(retry_after(answer.headers.get("retry-after", ""), now), known.reason)
    return known


def retry_after(text: str, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110 10.2.3), at most a day; None if unclear."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(float(text), MAX_RETRY_AFTER_S)
    try:
        return min(max(httpdate.parse(text) - now, 0.0), MAX_RETRY_AFTER_S)
    except ValueError:
        return None

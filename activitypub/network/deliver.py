"""One delivery: a signed POST to one inbox, and what its response means. Queue, back-off and expiry are the node's."""

from collections.abc import Mapping
from dataclasses import dataclass

from activitypub import strictjson
from activitypub.network.guard import Blocked
from activitypub.network.redirects import KEEP_METHOD, RedirectRefused, TooManyRedirects, follow
from activitypub.network.schemes import Schemes
from activitypub.network.signed_transport import Headers, SignedTransport
from activitypub.network.transport import Clock, Response, ResponseTooLarge, Transport, Unreachable
from activitypub.signatures import Scheme, digest, httpdate, sign_request
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request, outgoing_request
from activitypub.strictjson import Json
from activitypub.urls import BadUrl
from activitypub.webfinger import ACTIVITY_JSON

MAX_RETRY_AFTER_S = 86_400.0
MAX_RESPONSE = 65_536  # bytes: the body is not used, and is only read to keep the connection open


@dataclass(frozen=True, slots=True)
class Payload:
    """An activity as the bytes that are sent, with their digests: made once for any number of inboxes."""

    body: bytes
    digest: str
    content_digest: str

    @property
    def digests(self) -> Mapping[Scheme, Headers]:
        """The header with the digest that each scheme signs."""
        return {
            Scheme.CAVAGE: (("digest", self.digest),),
            Scheme.RFC9421: (("content-digest", self.content_digest),),
        }


@dataclass(frozen=True, slots=True)
class Delivered:
    """The inbox accepted it (2xx). That does not prove the signature: some servers verify later."""

    status: int
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class TemporaryFailure:
    """Try again, after `after_s` seconds if the server names a time. `reason` is a few words for the log."""

    after_s: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class PermanentFailure:
    """Do not try again. `gone` means that the inbox does not exist any more: drop it, and fetch the actor again."""

    reason: str
    gone: bool = False


Outcome = Delivered | TemporaryFailure | PermanentFailure

# Statuses that are exceptions in their class. 401: both signatures were refused, perhaps because the server has an old
# key of ours; another attempt is worthwhile after an Update of the actor.
_OUTCOMES: dict[int, Outcome] = {
    401: TemporaryFailure(None, "unauthorized"),
    408: TemporaryFailure(None, "status 408"),
    410: PermanentFailure("gone", gone=True),
    429: TemporaryFailure(None, "too many requests"),
    501: PermanentFailure("status 501"),
}


def encode_payload(document: Json) -> Payload:
    """Return the activity as it is signed and sent. Raises ValueError for NaN and infinities."""
    body = strictjson.write(document)
    return Payload(body, digest.digest(body), digest.content_digest(body))


def sign_post(url: str, payload: Payload, key: SigningKey, scheme: Scheme = Scheme.CAVAGE, *, now: float) -> Request:
    """Return the signed POST of `payload` to the inbox at `url`, for programs that send it by a client of their own.

    `now` is in Unix seconds. Raises BadUrl, and ValueError for a key that cannot sign by the scheme.
    """
    request = outgoing_request("POST", url, [("Content-Type", ACTIVITY_JSON)], payload.body)
    return sign_request(request.with_headers(payload.digests[scheme]), key, scheme, now=now)


class Deliverer:
    """Delivers over one transport, and remembers in `schemes` which signature each host accepts.

    `clock` returns Unix seconds, for the dates of the signatures.
    """

    def __init__(self, transport: Transport, schemes: Schemes, clock: Clock) -> None:
        self._sender = SignedTransport(_StatusAlone(transport), schemes, clock)
        self._clock = clock

    async def deliver(self, inbox: str, payload: Payload, key: SigningKey) -> Outcome:
        """Send `payload` to the URL `inbox` once; with the other signature too if the first is refused.

        Never raises for what the server does. Raises ValueError for a key that is not RSA.
        """
        scheme = Scheme.CAVAGE

        async def post(url: str) -> Response:
            nonlocal scheme
            request = outgoing_request("POST", url, [("Content-Type", ACTIVITY_JSON)], payload.body)
            response, scheme = await self._sender.send(request, key, digests=payload.digests)
            return response

        try:
            followed = await follow(inbox, post, statuses=KEEP_METHOD)
        except TooManyRedirects:
            return PermanentFailure("too many redirects")
        except (Blocked, BadUrl, RedirectRefused) as error:
            return PermanentFailure(f"blocked: {error}")
        except Unreachable as error:
            return TemporaryFailure(None, str(error))
        return _outcome(followed.response, scheme, self._clock())


class _StatusAlone:
    """A transport for responses whose body does not matter: one that is too large is returned without it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, request: Request, *, max_body: int | None = MAX_RESPONSE) -> Response:
        try:
            return await self._transport.send(request, max_body=max_body)
        except ResponseTooLarge as error:
            return error.response


def _outcome(response: Response, scheme: Scheme, now: float) -> Outcome:
    status = response.status
    if 200 <= status < 300:
        return Delivered(status, scheme)
    text = f"status {status}"
    known = _OUTCOMES.get(status) or (TemporaryFailure(None, text) if status >= 500 else PermanentFailure(text))
    if isinstance(known, TemporaryFailure) and status in {429, 503}:
        return TemporaryFailure(retry_after(response.headers.get("retry-after", ""), now), known.reason)
    return known


def retry_after(text: str, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110 section 10.2.3), at most a day; None if unclear.

    `now` is in Unix seconds.
    """
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(float(text), MAX_RETRY_AFTER_S)
    try:
        return min(max(httpdate.parse(text) - now, 0.0), MAX_RETRY_AFTER_S)
    except ValueError:
        return None

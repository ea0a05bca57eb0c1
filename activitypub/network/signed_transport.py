"""Signed requests, sent a second time by the other scheme if the first signature is refused ("double-knocking").

No header says which scheme a server verifies. Mastodon since 4.5 and Fedify try both in the same way.
"""

from collections.abc import Mapping

from activitypub.network.schemes import Schemes, other
from activitypub.network.transport import Clock, Response, Transport
from activitypub.signatures import Scheme, sign_request
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request

REFUSED = frozenset({401, 403})

Headers = tuple[tuple[str, str], ...]


class SignedTransport:
    """Signs each request with the scheme that its host accepted last, as `schemes` remembers it."""

    def __init__(self, transport: Transport, schemes: Schemes, clock: Clock) -> None:
        self._transport = transport
        self._schemes = schemes
        self._clock = clock

    async def send(
        self, request: Request, key: SigningKey, *, digests: Mapping[Scheme, Headers] | None = None
    ) -> tuple[Response, Scheme]:
        """Return the response and the scheme of the request that it answers.

        `digests` are the headers with the digest of the body by scheme; without them, the body is hashed for each
        attempt. Raises what `Transport.send` raises, and ValueError for a key that cannot sign by the scheme.
        """
        now = self._clock()
        first = self._schemes.get(request.authority, now)
        response = await self._send(request, key, first, digests)
        if response.status not in REFUSED:
            return response, first
        second = other(first)
        again = await self._send(request, key, second, digests)
        if again.status in REFUSED:
            return response, first
        # after an error it is unknown whether the signature was accepted
        if again.status < 400:
            self._schemes.put(request.authority, second, self._clock())
        return again, second

    async def _send(
        self, request: Request, key: SigningKey, scheme: Scheme, digests: Mapping[Scheme, Headers] | None
    ) -> Response:
        complete = request.with_headers(digests[scheme]) if digests else request
        return await self._transport.send(sign_request(complete, key, scheme, now=self._clock()))

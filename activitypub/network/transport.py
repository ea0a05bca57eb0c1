"""The port to the network: a request goes out, a response comes back or the request fails. `http_client` implements it.

Nothing here imports aiohttp, so that reading and signing documents stays cheap for programs that never send any.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from activitypub.signatures.request import Request

Clock = Callable[[], float]  # Unix seconds


class Unreachable(Exception):
    """The host gave no response: no DNS record, no listener, a TLS failure or a timeout. A retry may succeed."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response with any status.

    `headers` have lower-case names. The first of several equal names counts; only the values of Link are joined by
    commas (RFC 9110 section 5.3).
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The Content-Type with its parameters, stripped and in lower case; "" if there is none."""
        return self.headers.get("content-type", "").strip().lower()


class ResponseTooLarge(Exception):
    """The body is larger than was allowed. `response` has the status and the headers, and an empty body; `beginning`
    are at most as many bytes of the body as were allowed."""

    def __init__(self, response: Response, limit: int, beginning: bytes = b"") -> None:
        super().__init__(f"the response has more than {limit} bytes")
        self.response = response
        self.beginning = beginning


class Transport(Protocol):
    """The port through which all requests leave: `HttpClient` implements it, and so may a client of your own."""

    async def send(self, request: Request, *, max_body: int | None = None) -> Response:
        """Send one request and return its response, whatever the status. A redirect is not followed.

        `max_body` is in bytes; None means the client's own limit. Raises `guard.Blocked` for an address that is not
        connected to, Unreachable and ResponseTooLarge.
        """
        ...

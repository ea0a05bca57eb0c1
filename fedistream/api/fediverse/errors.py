"""Error responses of this face: a status and a line of text, which other servers write into their logs."""

import math
from collections.abc import Mapping, Sequence

from starlette.responses import PlainTextResponse, Response

from fedistream.api.fediverse.signed import Unsigned
from fedistream.api.http.request import ApiRequest, TooLarge, TooSlow
from fedistream.api.wording import sentence
from fedistream.core.errors import Gone, Invalid, NotAllowed, NotFound, Refusal, TooMany, Unavailable
from fedistream.federation.inbox.service import Federation
from fedistream.federation.values import Off

STATUS: Mapping[type[Refusal], int] = {
    Invalid: 400,
    Unsigned: 401,
    NotAllowed: 403,
    NotFound: 404,
    Off: 405,  # as Owncast
    TooSlow: 408,
    Gone: 410,
    TooLarge: 413,
    TooMany: 429,
    Unavailable: 503,
}
# Requests that are refused before an inbox reads them, by the code of their counter. No other call here takes a body.
UNREAD: Mapping[type[Refusal], str] = {TooLarge: "too-large", TooSlow: "too-slow"}


class FediverseErrors:
    """`federation` counts the bodies that were not read."""

    def __init__(self, federation: Federation) -> None:
        self._federation = federation

    def refusal(self, request: ApiRequest, error: Refusal) -> Response:
        if type(error) in UNREAD:
            self._federation.refused(UNREAD[type(error)])
        status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
        headers = {"Retry-After": str(math.ceil(error.after_s))} if isinstance(error, TooMany | Unavailable) else {}
        if isinstance(error, Off):
            headers["Allow"] = ""  # RFC 9110 15.5.6: no method is allowed while federation is off
        return PlainTextResponse(sentence(error), status, headers)

    def wrong_method(self, request: ApiRequest, allowed: Sequence[str]) -> Response:
        return PlainTextResponse("Method Not Allowed", 405, {"Allow": ", ".join(allowed)})

    def fault(self, request: ApiRequest) -> Response:
        return PlainTextResponse("Internal Server Error", 500)

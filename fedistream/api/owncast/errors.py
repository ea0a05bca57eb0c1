"""Owncast's envelopes: `{success, message}` for the admin's calls and signing in, `{error}` for all others."""

import math
from collections.abc import Mapping, Sequence

from starlette.responses import PlainTextResponse, Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest, OtherSite, TooLarge, TooSlow, Unidentified
from fedistream.api.wording import sentence
from fedistream.core.errors import Conflict, Gone, Invalid, NotAllowed, NotFound, Refusal, TooMany, Unavailable

ADMIN = "/api/admin/"
SIGN_IN = "/api/auth/"
SETTERS = "/api/admin/config/"
NO_CACHE = {"Cache-Control": "no-cache, no-store, must-revalidate"}

# Owncast uses 400 for nearly everything; its clients take any status from 400 as a failure and show the text
STATUS: Mapping[type[Refusal], int] = {
    Invalid: 400,
    Conflict: 400,
    NotAllowed: 403,
    NotFound: 404,
    TooSlow: 408,
    Gone: 410,
    TooLarge: 413,
    TooMany: 429,
    Unavailable: 503,
}


def done(message: str) -> Response:
    return json_response({"success": True, "message": message})


def changed() -> Response:
    """Return the answer of every setter."""
    return done("changed")


class OwncastErrors:
    """Error responses that Owncast's clients understand."""

    def refusal(self, request: ApiRequest, error: Refusal) -> Response:
        if isinstance(error, Unidentified):
            # the admin's clients expect "Unauthorized", those with tokens "unauthorized"
            if error.challenge:
                return PlainTextResponse("Unauthorized", 401, {"WWW-Authenticate": error.challenge})
            return PlainTextResponse("unauthorized", 401)
        if isinstance(error, OtherSite):
            return PlainTextResponse("Forbidden", 403)
        status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
        headers = {"Retry-After": str(math.ceil(error.after_s))} if isinstance(error, TooMany | Unavailable) else None
        if request.path.startswith((ADMIN, SIGN_IN)):
            return json_response({"success": False, "message": sentence(error)}, status, headers)
        return json_response({"error": sentence(error)}, status, headers)

    def wrong_method(self, request: ApiRequest, allowed: Sequence[str]) -> Response:
        headers = {"Allow": ", ".join(allowed)}
        if request.path.startswith(SETTERS):
            return json_response({"success": False, "message": f"{request.method} not supported"}, 400, headers)
        return json_response({"error": f"{request.method} not supported"}, 405, headers)

    def fault(self, request: ApiRequest) -> Response:
        return json_response({"error": "internal error, the node's log says more"}, 500)


RESPONDER = OwncastErrors()

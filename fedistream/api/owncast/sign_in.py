"""Signing in to the chat: with the visitor's own website (IndieAuth), or a code sent to an account on the fediverse.

The IndieAuth callback is the one call that people open in their browser: it redirects them to the page, which shows
the result. Programs get the answers that Owncast's documents describe.
"""

from starlette.responses import RedirectResponse, Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import NO_CACHE, done
from fedistream.api.owncast.services import OwncastServices
from fedistream.core.errors import Refusal
from fedistream.signin.indieauth import CALLBACK, LIFE_S, Denied, Expired, Returned

COOKIE = "fedistream_sign_in"
HOME = "/"
# codes for the page, which has the texts: a URL must not put text on the page
REASONS: dict[type[Refusal], str] = {Denied: "denied", Expired: "expired"}
FAILED = "failed"


async def begin_indieauth(request: ApiRequest, services: OwncastServices) -> Response:
    begun = await services.indieauth.begin(
        request.principal.id, request.member("authHost", str), request.client_network
    )
    request.headers["Set-Cookie"] = _cookie(request, begun.browser, int(LIFE_S))
    return json_response({"redirect": begun.redirect}, headers=NO_CACHE)


async def finish_indieauth(request: ApiRequest, services: OwncastServices) -> Response:
    is_browser = _is_browser(request)
    given = Returned(
        state=request.query.get("state", ""),
        code=request.query.get("code", ""),
        issuer=request.query.get("iss", ""),
        error=request.query.get("error", ""),
        browser=request.cookie(COOKIE) if is_browser else None,
    )
    request.headers["Set-Cookie"] = _cookie(request, "", 0)
    try:
        await services.indieauth.finish(given)
    except Refusal as refusal:
        if not is_browser:
            raise
        return _home(f"{HOME}?sign-in={REASONS.get(type(refusal), FAILED)}")
    return _home(HOME)


async def send_code(request: ApiRequest, services: OwncastServices) -> Response:
    await services.codes.send(request.principal.id, request.member("account", str), request.client_network)
    return done("a code is on its way to this account")


async def verify_code(request: ApiRequest, services: OwncastServices) -> Response:
    await services.codes.verify(request.principal.id, request.member("code", str))
    return done("signed in")


def _home(address: str) -> Response:
    return RedirectResponse(address, 307, NO_CACHE)


def _is_browser(request: ApiRequest) -> bool:
    """Return whether a browser asks, which a link on another site may have sent here.

    Browsers send Sec-Fetch-Mode over HTTPS; over plain HTTP only the User-Agent shows one.
    """
    return "sec-fetch-mode" in request.http.headers or "mozilla" in request.user_agent.lower()


def _cookie(request: ApiRequest, value: str, age_s: int) -> str:
    """Return the Set-Cookie value. SameSite is Lax, because the browser comes back from another site."""
    rules = f"Max-Age={age_s}; Path={CALLBACK}; HttpOnly; SameSite=Lax"
    return f"{COOKIE}={value}; {rules}" + ("; Secure" if request.http.url.scheme == "https" else "")

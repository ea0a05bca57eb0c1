"""Signing in to the chat: with a website of one's own (IndieAuth), or a code sent to an account on the fediverse.

The IndieAuth callback is the one call that people see in their browser: they are sent back to the page, which tells
them how it went. Programs get the answers of the documents.
"""

from typing import Protocol

from starlette.responses import RedirectResponse, Response

from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.envelope import NO_CACHE, done
from fedistream.chat.values import Visitor
from fedistream.core.errors import Refusal
from fedistream.signin.indieauth import CALLBACK, LIFE_S, Denied, Expired, IndieAuth, Returned

COOKIE = "fedistream_sign_in"
HOME = "/"
# what a page that cannot be told more is told: the words are its own, as an address puts none on the page
REASONS: dict[type[Refusal], str] = {Denied: "denied", Expired: "expired"}
FAILED = "failed"


class Codes(Protocol):
    async def send(self, visitor_id: str, account: str, address: str) -> None: ...
    async def verify(self, visitor_id: str, code: str) -> object: ...


async def begin_indieauth(ask: ApiRequest, indieauth: IndieAuth) -> Response:
    begun = await indieauth.begin(visitor(ask).id, ask.member("authHost", str), ask.client_network)
    ask.headers["Set-Cookie"] = _cookie(ask, begun.browser, int(LIFE_S))
    return json_response({"redirect": begun.redirect}, headers=NO_CACHE)


async def finish_indieauth(ask: ApiRequest, indieauth: IndieAuth) -> Response:
    is_browser = _is_browser(ask)
    given = Returned(
        state=ask.query.get("state", ""),
        code=ask.query.get("code", ""),
        issuer=ask.query.get("iss", ""),
        error=ask.query.get("error", ""),
        browser=ask.cookie(COOKIE) if is_browser else None,
    )
    ask.headers["Set-Cookie"] = _cookie(ask, "", 0)
    try:
        await indieauth.finish(given)
    except Refusal as refusal:
        if not is_browser:
            raise
        return _home(f"{HOME}?sign-in={REASONS.get(type(refusal), FAILED)}")
    return _home(HOME)


async def send_code(ask: ApiRequest, codes: Codes) -> Response:
    await codes.send(visitor(ask).id, ask.member("account", str), ask.client_network)
    return done("a code is on its way to this account")


async def verify_code(ask: ApiRequest, codes: Codes) -> Response:
    await codes.verify(visitor(ask).id, ask.member("code", str))
    return done("signed in")


def visitor(ask: ApiRequest) -> Visitor:
    """The principal of the visitor's gate."""
    assert isinstance(ask.principal, Visitor)
    return ask.principal


def _home(address: str) -> Response:
    return RedirectResponse(address, 307, NO_CACHE)


def _is_browser(ask: ApiRequest) -> bool:
    """Whether somebody may have been lured here by a link. Every browser says so, on plain HTTP by its name alone."""
    return "sec-fetch-mode" in ask.request.headers or "mozilla" in ask.user_agent.lower()


def _cookie(ask: ApiRequest, value: str, age_s: int) -> str:
    """Lax, as the browser comes back from another site."""
    rules = f"Max-Age={age_s}; Path={CALLBACK}; HttpOnly; SameSite=Lax"
    return f"{COOKIE}={value}; {rules}" + ("; Secure" if ask.request.url.scheme == "https" else "")

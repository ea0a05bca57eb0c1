"""Sign-in elsewhere with this node's own address (IndieAuth of 11 July 2024): the authorization server's part.

The admin agrees on a page of the node. The client redeems the code, and learns the address, the name and the picture.
There are no access tokens.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from activitypub.network.guard import Blocked
from activitypub.network.redirects import RedirectLimits, RedirectRefused, get
from activitypub.network.transport import Response, ResponseTooLarge, Transport, Unreachable
from activitypub.refusal import Refused
from activitypub.strictjson import parse
from activitypub.urls import BadUrl, Url, parse_url, resolve
from fedistream.core.errors import Conflict, Invalid, Refusal, ValueProblem
from fedistream.core.ports import SettingsReader
from fedistream.signin import links
from fedistream.signin.grants import Asked, Grants, Kind
from fedistream.signin.values import SignInProblem

log = logging.getLogger(__name__)

ENDPOINT = "/api/auth/provider/indieauth"
METADATA = "/.well-known/oauth-authorization-server"
MAX_STATE = 2_048  # characters
REDIRECTS = RedirectLimits(count=3, total_s=10.0)
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # a SHA-256, RFC 7636 section 4.2
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 section 4.1
MAX_REDIRECT_URIS = 50  # that a client names


class GrantRefused(Refusal):
    """A code cannot be redeemed. `code` is that of RFC 6749, section 5.2."""

    def __init__(self, code: str, problem: SignInProblem, **values: str) -> None:
        super().__init__(problem, **values)
        self.code = code


class Provider:
    """The authorization server."""

    def __init__(self, settings: SettingsReader, transport: Transport, grants: Grants) -> None:
        self._settings, self._transport, self._grants = settings, transport, grants

    @property
    def me(self) -> str:
        """The node's address, which is also the issuer. Raises Conflict while it is not set."""
        home = str(self._settings.value("node.public_url"))
        if not home:
            raise Conflict(SignInProblem.NO_ADDRESS)
        return f"{home}/"

    def metadata(self) -> Mapping[str, object]:
        """Return the server's metadata (RFC 8414). Raises Conflict while the node's address is not set."""
        me = self.me
        return {
            "issuer": me,
            "authorization_endpoint": me + ENDPOINT[1:],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "scopes_supported": ["profile"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    async def check(self, query: Mapping[str, str]) -> Asked:
        """Check an authorization request (section 5.2). Raises Conflict, and Invalid that names the parameter."""
        _ = self.me
        for name in ("client_id", "redirect_uri", "code_challenge", "state"):
            if not query.get(name):
                raise Invalid(name, ValueProblem.MISSING)
        client, redirect = _url("client_id", query["client_id"]), _url("redirect_uri", query["redirect_uri"])
        if not CHALLENGE.fullmatch(query["code_challenge"]) or query.get("code_challenge_method", "S256") != "S256":
            raise Invalid("code_challenge", SignInProblem.CHALLENGE)
        if query.get("response_type", "code") not in ("code", "id"):
            raise Invalid("response_type", ValueProblem.CHOICE, choices="code")
        if len(query["state"]) > MAX_STATE:
            raise Invalid("state", ValueProblem.TOO_LONG, most=MAX_STATE)
        if client.origin != redirect.origin and str(redirect) not in await self._named_by(client):
            raise Invalid("redirect_uri", SignInProblem.REDIRECT_URI)
        # as they were written: the client compares them as texts
        return Asked(query["client_id"], query["redirect_uri"], query["state"], query["code_challenge"])

    async def ask(self, asked: Asked) -> str:
        """Store a request until the admin has decided. Returns the ticket of the form."""
        return await self._grants.put(Kind.REQUEST, asked)

    async def take(self, ticket: str) -> Asked:
        """Return the request of a form, once. Raises Conflict when it is unknown or has expired."""
        asked = await self._grants.take(Kind.REQUEST, ticket)
        if asked is None:
            raise Conflict(SignInProblem.DECIDED)
        return asked

    async def accept(self, asked: Asked) -> str:
        """Make a code. Returns the URL to redirect the browser to."""
        code = await self._grants.put(Kind.CODE, asked)
        log.info("the admin signs in at %s", asked.client)
        return self._back(asked, {"code": code})

    def deny(self, asked: Asked) -> str:
        """Return the URL to redirect the browser to when the admin does not agree."""
        return self._back(asked, {"error": "access_denied"})

    async def redeem(self, form: Mapping[str, str]) -> Mapping[str, object]:
        """Redeem a code (section 5.3). It is used up, also when another parameter is wrong. Raises GrantRefused."""
        code, verifier = form.get("code", ""), form.get("code_verifier") or form.get("codeVerifier", "")
        if form.get("grant_type", "authorization_code") != "authorization_code":
            raise GrantRefused("unsupported_grant_type", SignInProblem.GRANT_TYPE)
        for name, value in (("code", code), ("code_verifier", verifier)):
            if not value:
                raise GrantRefused("invalid_request", SignInProblem.PARAMETER, name=name)
        asked = await self._grants.take(Kind.CODE, code)
        if asked is None:
            raise GrantRefused("invalid_grant", SignInProblem.CODE_UNKNOWN)
        if (form.get("client_id"), form.get("redirect_uri")) != (asked.client_id, asked.redirect_uri):
            raise GrantRefused("invalid_grant", SignInProblem.CODE_OF_OTHER_CLIENT)
        if not VERIFIER.fullmatch(verifier) or not hmac.compare_digest(_challenge(verifier), asked.challenge):
            raise GrantRefused("invalid_grant", SignInProblem.VERIFIER)
        me = self.me
        name = str(self._settings.value("channel.name"))
        return {"me": me, "profile": {"name": name, "url": me, "photo": f"{me}logo"}}

    def _back(self, asked: Asked, told: Mapping[str, str]) -> str:
        locator, _, _ = asked.redirect_uri.partition("#")
        query = urlencode({**told, "state": asked.state, "iss": self.me})
        return f"{locator}{'&' if '?' in locator else '?'}{query}"

    async def _named_by(self, client: Url) -> frozenset[str]:
        """Return the redirect URIs that the client's own page or metadata document names (section 4.2.2)."""
        try:
            async with asyncio.timeout(REDIRECTS.total_s):
                accept = [("Accept", "application/json, text/html;q=0.9")]
                followed = await get(self._transport, str(client), accept, limits=REDIRECTS)
                if followed.response.status != 200:
                    return frozenset()
                # in a thread: a page may have 1 MiB
                return await asyncio.to_thread(_redirect_uris, followed.url, followed.response)
        except (Blocked, BadUrl, RedirectRefused, Unreachable, ResponseTooLarge, TimeoutError) as error:
            log.info("the page of the client %s was not read: %s %s", client, type(error).__name__, error)
            return frozenset()


def _redirect_uris(at: str, answer: Response) -> frozenset[str]:
    found: list[str] = []
    for uri in list(_written(at, answer))[:MAX_REDIRECT_URIS]:
        try:
            found.append(str(parse_url(uri)))
        except BadUrl:
            continue
    return frozenset(found)


def _written(at: str, answer: Response) -> Iterable[str]:
    if "json" in answer.media_type:
        try:
            told = parse(answer.body)
        except Refused:
            return
        uris = told.get("redirect_uris")
        # the document must be the client's own (section 4.2.1)
        if told.get("client_id") == at and isinstance(uris, list):
            yield from (uri for uri in uris if isinstance(uri, str))
        return
    yield from (link.href for link in links.of_header(answer.headers.get("link", "")) if link.rel == "redirect_uri")
    if "html" in answer.media_type:
        for link in links.of_html(answer.body.decode("utf-8", "replace")):
            if link.rel == "redirect_uri":
                try:
                    yield resolve(at, link.href)
                except BadUrl:
                    continue


def _url(name: str, text: str) -> Url:
    try:
        url = parse_url(text)
    except BadUrl:
        raise Invalid(name, SignInProblem.CLIENT_URL) from None
    if "#" in text:
        raise Invalid(name, SignInProblem.FRAGMENT)
    return url


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")

"""Sign-in with a website (IndieAuth): the client's part.

A visitor names a website, is redirected to its server, and returns with a code that only this node can redeem. Of the
server's response only the website is used, and only if the website's own page names that server.
"""

import base64
import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from activitypub.network.guard import Blocked
from activitypub.network.transport import Response, ResponseTooLarge, Transport, Unreachable
from activitypub.refusal import Refused
from activitypub.signatures.request import outgoing_request
from activitypub.strictjson import parse
from fedistream.core.errors import Conflict, Invalid, TooMany, ValueProblem
from fedistream.core.ports import SettingsReader
from fedistream.core.uniform_timing import uniform_timing
from fedistream.signin.context import Authenticate, Limit
from fedistream.signin.discovery import Profile, Server, canonical, discover
from fedistream.signin.pending import Pending
from fedistream.signin.values import SignInProblem

log = logging.getLogger(__name__)

KIND = "indieauth"
CALLBACK = "/api/auth/indieauth/callback"
LIFE_S = 600.0
MAX_WAITING = 1_000  # sign-ins in progress
MAX_BUSY = 20  # discoveries at the same time
MAX_BUSY_EACH = 3  # of these for one address: a website can be slow on purpose
MAX_GIVEN = 2_048  # characters of one parameter of a returning browser
DENIED = "access_denied"
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Begun:
    """The URL to redirect the visitor to, and the secret that their browser must show when it returns."""

    redirect: str
    browser: str


@dataclass(frozen=True, slots=True)
class Returned:
    """The parameters with which a browser returns. `browser` is the secret it has, "" for none.

    It is None for a program, which cannot be tricked into opening another person's link.
    """

    state: str
    code: str = ""
    issuer: str = ""
    error: str = ""
    browser: str | None = None


class Denied(Conflict):
    """The visitor, or the website's server, denied the sign-in."""


class Expired(Conflict):
    """The sign-in is unknown or expired."""


@dataclass(frozen=True, slots=True)
class _Underway:
    visitor_id: str
    profile: Profile
    verifier: str
    browser: str
    home: str  # the node's public address when the sign-in began
    address: str


class IndieAuth:
    """Signs visitors in with their websites.

    `limit` is called with a key for the visitor and one for the address before a request to another server. `chance(n)`
    returns n random bytes; `clock` returns monotonic seconds.
    """

    def __init__(
        self,
        settings: SettingsReader,
        authenticate: Authenticate,
        transport: Transport,
        limit: Limit,
        clock: Callable[[], float],
        chance: Callable[[int], bytes],
    ) -> None:
        self._settings, self._authenticate, self._transport = settings, authenticate, transport
        self._limit, self._chance = limit, chance
        self._underway: Pending[_Underway] = Pending(clock, most=MAX_WAITING, life_s=LIFE_S)
        self._states: Pending[str] = Pending(clock, most=MAX_WAITING, life_s=LIFE_S)  # by visitor
        self._busy: Counter[str] = Counter()

    async def begin(self, visitor_id: str, auth_host: str, address: str) -> Begun:
        """Begin a sign-in. `auth_host` is the website as typed. An earlier sign-in of the visitor is dropped.

        Raises Conflict while the node's public address is not set, Invalid, TooMany.
        """
        home = self._home()
        profile = canonical(auth_host)
        self._limit(f"visitor {visitor_id}")
        self._limit(f"address {address}")
        async with uniform_timing():
            found = await self._look(profile, address)
        state, verifier, browser = self._secret(), self._secret(), self._secret()
        if (before := self._states.take(visitor_id)) is not None:
            self._underway.take(before)
        self._underway.put(state, _Underway(visitor_id, found, verifier, browser, home, address), address)
        self._states.put(visitor_id, state, address)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": f"{home}/",
            "redirect_uri": home + CALLBACK,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "me": found.urls[-1],
        }
        endpoint = found.server.endpoint
        return Begun(f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}", browser)

    async def finish(self, given: Returned) -> str:
        """Finish the sign-in of a visitor who returned. Returns the URL of their website.

        Raises Expired, Denied, Invalid, NotFound for a visitor who was deleted meanwhile, and NotAllowed when the
        visitor or the identity's visitor is disabled.
        """
        underway = self._underway.take(given.state) if 0 < len(given.state) <= MAX_GIVEN else None
        if underway is None:
            raise Expired(SignInProblem.NO_SUCH_SIGN_IN)
        self._states.take(underway.visitor_id)
        # otherwise a link opened by a victim would sign the attacker in with the victim's website
        if given.browser is not None and not hmac.compare_digest(given.browser.encode(), underway.browser.encode()):
            raise Expired(SignInProblem.OTHER_BROWSER)
        server = underway.profile.server
        _check_issuer(server, given.issuer)
        if given.error:
            raise Denied(SignInProblem.DENIED)
        if not 0 < len(given.code) <= MAX_GIVEN:
            raise Invalid("code", ValueProblem.MISSING)
        async with uniform_timing():
            me = await self._redeem(underway, given.code)
            if me not in underway.profile.urls:
                found = await self._look(me, underway.address)
                if found.server.endpoint != server.endpoint:
                    raise Invalid("me", SignInProblem.OTHER_WEBSITE)
        await self._authenticate(underway.visitor_id, KIND, me)
        return me

    async def _redeem(self, underway: _Underway, code: str) -> str:
        """Redeem the code and return the website that the server confirms, canonical (section 5.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": f"{underway.home}/",
            "redirect_uri": underway.home + CALLBACK,
            "code_verifier": underway.verifier,
        }
        headers = [("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded")]
        endpoint = underway.profile.server.endpoint
        try:
            answer = await self._transport.send(outgoing_request("POST", endpoint, headers, urlencode(form).encode()))
        except (Blocked, Unreachable, ResponseTooLarge) as error:
            log.info("the authorization server %s did not answer the check of a code: %s", endpoint, error)
            raise Invalid("code", SignInProblem.CODE_NOT_CHECKED) from None
        return _me(answer)

    async def _look(self, profile: str, address: str) -> Profile:
        if self._busy.total() >= MAX_BUSY or self._busy[address] >= MAX_BUSY_EACH:
            raise TooMany(10)
        self._busy[address] += 1
        try:
            return await discover(self._transport, profile)
        finally:
            self._busy[address] -= 1
            if not self._busy[address]:
                del self._busy[address]

    def _home(self) -> str:
        home = str(self._settings.value("node.public_url"))
        if not home:
            raise Conflict(SignInProblem.NO_ADDRESS)
        return home

    def _secret(self) -> str:
        return base64.urlsafe_b64encode(self._chance(SECRET_BYTES)).decode().rstrip("=")


def _check_issuer(server: Server, issuer: str) -> None:
    """Check the issuer against mix-up attacks (RFC 9207). Raises Invalid."""
    if (issuer or server.says_issuer) and server.issuer and issuer != server.issuer:
        raise Invalid("iss", SignInProblem.ISSUER)


def _me(answer: Response) -> str:
    try:
        told = parse(answer.body) if answer.status == 200 else {}
    except Refused:
        told = {}
    me = told.get("me")
    if not isinstance(me, str):
        raise Invalid("code", SignInProblem.CODE_NOT_ACCEPTED)
    try:
        return canonical(me)
    except Invalid as error:
        raise Invalid("me", error.problem, **error.values) from None

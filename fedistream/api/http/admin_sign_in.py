"""Recognise the admin by a session cookie or by HTTP Basic, and open and end sessions.

A cookie is sent by the browser on its own, so calls that change something need a proof that one of our pages, or a
program, made them (`origins.py`).
"""

import logging

from fedistream.api.http.auth import AdminAuth
from fedistream.api.http.origins import refuse_forged
from fedistream.api.http.permissions import ADMIN, Principal
from fedistream.api.http.request import ApiRequest
from fedistream.core.errors import NotAllowed, NotFound, Outage, Refusal
from fedistream.people.second_factor import SecondFactor
from fedistream.people.sessions import LIFE, Sessions
from fedistream.people.values import PasswordProblem, Session, SessionKind

log = logging.getLogger(__name__)

COOKIE = "fedistream_session"


class WrongCode(Refusal):
    """The password is right, and the code of the second factor is wrong or was used."""

    def __init__(self) -> None:
        super().__init__(PasswordProblem.WRONG_CODE)


class AdminSignIn:
    """The gate of the admin's calls. The cookie is looked at first, as it costs no hash."""

    def __init__(self, password: AdminAuth, sessions: Sessions, second_factor: SecondFactor) -> None:
        self._password, self._sessions, self._second_factor = password, sessions, second_factor

    async def check(self, request: ApiRequest) -> Principal:
        """Raises Unidentified, NotAllowed and TooMany."""
        basic = "authorization" in request.http.headers
        try:
            session = await self.session(request)
        except Outage:
            if not basic:
                raise
            session = None
        if session is not None:
            refuse_forged(request)
            request.session = session.id
            return ADMIN
        principal = await self._password.check(request)
        status = await self._second_factor.recent_status()
        if status.enabled and not status.basic_allowed:
            raise NotAllowed(PasswordProblem.TWO_FACTOR_NEEDED)
        await self._introduce(request)
        return principal

    async def session(self, request: ApiRequest) -> Session | None:
        """Return the session of the request's cookie."""
        token = request.cookie(COOKIE)
        return await self._sessions.find(token) if token else None

    async def needs_code(self) -> bool:
        """Return whether the login form has to ask for a code."""
        return (await self._second_factor.status()).enabled

    async def sign_in(self, request: ApiRequest, password: str, code: str) -> None:
        """Open a session for a password from the login form. `code` is looked at when the second factor is on.

        Raises Unidentified for a wrong password, WrongCode and TooMany.
        """
        await self._password.check_password(request, password)
        if await self.needs_code() and not await self._second_factor.check(code):
            log.warning("wrong code of the second factor from %s", request.address)
            raise WrongCode
        await self._end(request)  # the browser forgets its token now
        token, session = await self._sessions.open(SessionKind.LOGIN, request.client_network, request.user_agent)
        _set_cookie(request, token, int(LIFE.total_seconds()))
        log.info("the admin signed in from %s (session %d)", request.address, session.id)

    async def sign_out(self, request: ApiRequest) -> None:
        """End the session of the request, if it has one."""
        await self._end(request)
        _set_cookie(request, "", 0)

    async def _end(self, request: ApiRequest) -> None:
        session = await self.session(request)
        if session is not None:
            try:
                await self._sessions.end(session.id)
            except NotFound:  # another request ended it
                return

    async def _introduce(self, request: ApiRequest) -> None:
        """Give a client that sent the password a session, as Owncast does."""
        try:
            token, session = await self._sessions.of_client(request.client_network, request.user_agent)
        except Outage:
            return  # a remembered password works without the database
        request.session = session.id
        _set_cookie(request, token, int(LIFE.total_seconds()))


def _set_cookie(request: ApiRequest, token: str, age_s: int) -> None:
    # Lax, not Strict: a link from another site to a page of the admin leads there without a second login
    secure = "; Secure" if request.http.url.scheme == "https" else ""
    request.set_cookies.append(f"{COOKIE}={token}; Max-Age={age_s}; Path=/; HttpOnly; SameSite=Lax{secure}")

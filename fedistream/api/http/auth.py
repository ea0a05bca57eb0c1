"""Recognise the admin by the password. Whether a password is right is decided by the people service."""

import asyncio
import base64
import binascii
import hashlib
import logging
from collections.abc import Callable, Mapping

from fedistream.api.http.endpoints import ANYONE, Authenticator
from fedistream.api.http.known_browsers import KnownBrowsers
from fedistream.api.http.login_limit import LoginLimit
from fedistream.api.http.permissions import ADMIN, Kind, Principal
from fedistream.api.http.request import ApiRequest, Unidentified
from fedistream.core.errors import TooMany
from fedistream.core.rate_limit import Rate, RateLimiter, full_bucket
from fedistream.people.service import People

log = logging.getLogger(__name__)

USER = "admin"
MAX_PASSWORD = 1024  # characters; hashing is the costly part, and no password manager makes longer ones
# Owncast calls its realm "Owncast Authenticated Request". Programs send Basic without asking, and a browser only shows
# the realm to the person who types the password, who should read the name of this program. charset: RFC 7617, 2.1.
CHALLENGE = 'Basic realm="Fedistream", charset="UTF-8"'

RANK_OF_KNOWN = -1
LONG = 20  # characters of a password that nobody finds by trying; those we make have 23

# Limit on comparing passwords of unknown clients with the remembered one, which needs no hash. The long-term rate is
# that of both hashing threads, so that guessing this way is no quicker than through the hash.
LOOKS, LOOKS_PER_S = 100, 40
# Limit on checks for a client that should wait: a right password from the address of a guesser gets through this way.
SPARE, SPARE_PER_S = 5, 0.05


def authenticators(
    people: People, login_limit: LoginLimit, known: KnownBrowsers, now: Callable[[], float]
) -> Mapping[Kind, Authenticator]:
    """Return the authenticators of anonymous principals and of the admin. `now` is a monotonic clock in seconds."""
    admin = AdminAuth(people, login_limit, known, now)
    return {Kind.ANONYMOUS: ANYONE, Kind.ADMIN: Authenticator(admin.check, ambient=True)}


class AdminAuth:
    """HTTP Basic as `admin`, with a growing delay for wrong passwords.

    The delay applies to right passwords too: otherwise an answer other than 429 would tell a guesser that the guess
    is right. An attacker must not keep the admin out by guessing, so these are checked during a delay as well:

    - a browser that signed in before: it carries a signed cookie and is counted by that, apart from its address;
    - a password that is too long to be found by trying;
    - a few shorter passwords, at a rate that helps a guesser less than waiting does.

    Programs send the password with every request, so one that was right within the last hour is compared with the
    remembered one, without a hash. The others wait for a hash; addresses with fewer wrong passwords go first.
    """

    def __init__(self, people: People, login_limit: LoginLimit, known: KnownBrowsers, now: Callable[[], float]) -> None:
        self._people, self._login_limit, self._known, self._now = people, login_limit, known, now
        self._looks = full_bucket(Rate(LOOKS, LOOKS_PER_S), now())
        self._spare = RateLimiter(now, burst=SPARE, per_s=SPARE_PER_S)
        self._checking: dict[tuple[str, bytes], asyncio.Future[bool | None]] = {}  # None: the request was cancelled

    async def check(self, request: ApiRequest) -> Principal:
        password = basic_password(request.http.headers.get("authorization", ""), USER)
        if password is None:
            raise Unidentified(CHALLENGE)  # no password is no attempt
        await self.check_password(request, password)
        return ADMIN

    async def check_password(self, request: ApiRequest, password: str) -> None:
        """Check a password of at most MAX_PASSWORD characters. Raises Unidentified and TooMany."""
        name = self._known.name(request)
        known, asker = name is not None, name or request.client_network
        long = len(password) >= LONG
        wait = self._login_limit.wait(asker, alone=known)
        counted = wait > 0 and not long
        if counted and not self._spare.allows(asker):
            raise TooMany(wait)
        if not self._recall(password, trusted=known or long) and not await self._ask_people(asker, password, known):
            log.warning("wrong admin password from %s", request.address)
            raise Unidentified(CHALLENGE)
        if counted:
            self._spare.give_back(asker)
        self._known.introduce(request)

    def _recall(self, password: str, *, trusted: bool) -> bool:
        if trusted:
            return self._people.recall(password)
        if self._looks.take(self._now()):
            return False
        if not self._people.recall(password):
            return False
        self._looks.give_back()  # a right password is no guess
        return True

    async def _ask_people(self, asker: str, password: str, known: bool) -> bool:
        """Check the password by its hash. Raises TooMany when the queue is too long.

        Simultaneous requests with the same password share one hash.
        """
        key = (asker, hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())
        while (running := self._checking.get(key)) is not None:
            found = await asyncio.shield(running)  # shielded: one of the waiting requests may be cancelled
            if found is not None:
                return found
        mine = self._checking[key] = asyncio.get_running_loop().create_future()
        right = None
        try:
            failures = self._login_limit.begin(asker)
            right = await self._check(asker, password, RANK_OF_KNOWN if known else failures)
            return right
        finally:
            del self._checking[key]
            mine.set_result(right)

    async def _check(self, asker: str, password: str, rank: int) -> bool:
        try:
            right = await self._people.check_admin(password, rank)
        except BaseException:
            self._login_limit.forgive(asker)  # nobody learned anything from a check that did not take place
            raise
        if right:
            self._login_limit.forgive(asker)
        else:
            self._login_limit.failed()
        return right


def basic_password(header: str, user: str) -> str | None:
    """Return the password in an Authorization header of the Basic scheme (RFC 7617) for `user`, or None."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return password if colon and name == user and len(password) <= MAX_PASSWORD else None

"""Who may pass: the gates that entries name. Whether a password is right is for the people service to say."""

import base64
import binascii
import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from fedistream.api.ask import Ask, Unidentified
from fedistream.api.attempts import Attempts
from fedistream.api.entries import ANYONE, Gate

log = logging.getLogger(__name__)

ADMIN = "admin"
MAX_PASSWORD = 1024  # characters; hashing is the costly part, and no password manager makes longer ones
# Owncast calls its realm "Owncast Authenticated Request". Programs send Basic without asking, and a browser only shows
# the realm to the person who types the password, who should read the name of this program.
CHALLENGE = 'Basic realm="Fedistream"'
KNOWN_COOKIE = "fedistream_known"
KNOWN_AGE_S = 30 * 86400
KNOWN_BYTES = 12


class People(Protocol):
    async def check_admin(self, password: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Admin:
    """The principal behind the admin gate."""

    address: str


def gates(people: People, attempts: Attempts, secret: bytes, chance: Callable[[int], bytes]) -> Mapping[str, Gate]:
    """The table of gates. `secret` signs cookies, `chance(n)` gives n random bytes."""
    return {"anyone": ANYONE, "admin": Gate(AdminGate(people, attempts, secret, chance).check, ambient=True)}


class AdminGate:
    """HTTP Basic as `admin`, with a limit on wrong passwords per address.

    The limit has to hold for right passwords too, or an answer that is not 429 would tell the guesser that he has it.
    So that nobody can lock the admin out from the same address (a proxy that hides its clients, a shared line), a
    browser that was right once carries a signed cookie and is counted by that. The cookie opens nothing. A program
    without cookies waits a minute at the longest after the guessing has stopped.
    """

    def __init__(self, people: People, attempts: Attempts, secret: bytes, chance: Callable[[int], bytes]) -> None:
        self._people = people
        self._attempts = attempts
        self._secret = secret
        self._chance = chance

    async def check(self, ask: Ask) -> Admin:
        header = ask.request.headers.get("authorization")
        if header is None:
            raise Unidentified(CHALLENGE)
        password = basic_password(header, ADMIN)
        if password is None:
            raise Unidentified(CHALLENGE)
        known = self._known(ask)
        asker = known or ask.household
        self._attempts.begin(asker)
        try:
            right = await self._people.check_admin(password)
        except BaseException:
            self._attempts.forgive(asker)  # nobody learned anything from a check that did not take place
            raise
        if not right:
            log.warning("wrong admin password from %s", ask.address)
            raise Unidentified(CHALLENGE)
        self._attempts.forgive(asker)
        if known is None:
            ask.headers["Set-Cookie"] = self._introduce(secure=ask.request.url.scheme == "https")
        return Admin(ask.address)

    def _known(self, ask: Ask) -> str | None:
        """The browser's id from its cookie, if we signed it."""
        token, _, mac = ask.cookie(KNOWN_COOKIE).partition(".")
        return f"known {token}" if token and hmac.compare_digest(self._sign(token), mac.encode()) else None

    def _introduce(self, *, secure: bool) -> str:
        token = self._chance(KNOWN_BYTES).hex()
        rules = f"Max-Age={KNOWN_AGE_S}; Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")
        return f"{KNOWN_COOKIE}={token}.{self._sign(token).decode()}; {rules}"

    def _sign(self, token: str) -> bytes:
        return hmac.new(self._secret, f"known {token}".encode(), hashlib.sha256).hexdigest().encode()


def basic_password(header: str, user: str) -> str | None:
    """The password in an Authorization header of the Basic scheme (RFC 7617) for `user`, or None."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return password if colon and name == user and len(password) <= MAX_PASSWORD else None

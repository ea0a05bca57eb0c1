"""Browsers that signed in before, recognised by a signed cookie. The cookie gives no access."""

import hashlib
import hmac
from collections.abc import Callable

from fedistream.api.http.request import ApiRequest

COOKIE = "fedistream_known"
AGE_S = 30 * 86400
RENEWED_S = 86400  # an older cookie is renewed, so that a browser that returns within a month stays known
BYTES = 12


class KnownBrowsers:
    """`secret` signs, and should outlive the process; `now` is in Unix seconds; `chance(n)` gives n random bytes."""

    def __init__(self, secret: bytes, now: Callable[[], float], chance: Callable[[int], bytes]) -> None:
        self._secret, self._now, self._chance = secret, now, chance

    def name(self, request: ApiRequest) -> str | None:
        """Return the name that the browser is counted by; None without a cookie of ours, or with an old one."""
        found = self._read(request)
        return f"known {found[0]}" if found is not None else None

    def introduce(self, request: ApiRequest) -> None:
        """Remember the browser, which has just sent the right password."""
        found, now = self._read(request), self._now()
        if found is not None and now - found[1] < RENEWED_S:
            return
        token = found[0] if found is not None else self._chance(BYTES).hex()
        value = f"{token}-{int(now)}"
        rules = f"Max-Age={AGE_S}; Path=/; HttpOnly; SameSite=Strict"
        secure = "; Secure" if request.http.url.scheme == "https" else ""
        request.set_cookies.append(f"{COOKIE}={value}.{self._sign(value)}; {rules}{secure}")

    def _read(self, request: ApiRequest) -> tuple[str, int] | None:
        value, _, mac = request.cookie(COOKIE).partition(".")
        if not value or not hmac.compare_digest(self._sign(value).encode(), mac.encode()):
            return None
        token, _, since = value.partition("-")  # it is signed, so it has our form
        # after the clock was set back, a cookie must not have a negative age
        return (token, int(since)) if abs(self._now() - int(since)) < AGE_S else None

    def _sign(self, value: str) -> str:
        return hmac.new(self._secret, f"known {value}".encode(), hashlib.sha256).hexdigest()

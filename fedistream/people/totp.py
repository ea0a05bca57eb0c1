"""Time-based one-time passwords (RFC 6238 on RFC 4226), as authenticator apps make them: SHA-1, 6 digits, 30 s.

Written here and not taken from a library, as it is less code than the use of one. Pure.
"""

import base64
import hashlib
import hmac
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20  # RFC 4226, section 4: the length of the hash
DRIFT = 1  # steps before and after the present one (RFC 6238, section 5.2)


def code(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of a time step (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def fitting_step(secret: bytes, typed: str, unix_s: float) -> int | None:
    """Return the time step that a code belongs to, at most DRIFT away from now, or None for a wrong one."""
    now = int(unix_s) // STEP_S
    given = typed.encode("utf-8", "replace")
    # compared with all, so that the time does not say which one fits
    fitting = [
        step
        for step in range(max(0, now - DRIFT), now + DRIFT + 1)
        if hmac.compare_digest(code(secret, step).encode(), given)
    ]
    return fitting[-1] if fitting else None


def written(secret: bytes) -> str:
    """Return the secret as people type it: base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def uri(secret: bytes, issuer: str, account: str) -> str:
    """Return the otpauth URI that authenticator apps read from a QR code."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return f"otpauth://totp/{label}?{urlencode({'secret': written(secret), 'issuer': issuer}, quote_via=quote)}"

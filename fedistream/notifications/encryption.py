"""Encryption of push messages (RFC 8291, by http-ece) and their signature (RFC 8292, by py-vapid). The only importer of
both. They are loaded with the first message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from activitypub.bounded_dict import BoundedDict
from activitypub.lazy_module import LazyModule
from fedistream.notifications.subscription_json import decode
from fedistream.notifications.values import Subscription
from fedistream.notifications.vapid import VapidKey

if TYPE_CHECKING:
    import http_ece  # type: ignore[import-untyped]
    from cryptography.hazmat.primitives.asymmetric import ec
    from py_vapid import jwt  # type: ignore[import-untyped]
else:
    ec = LazyModule("cryptography.hazmat.primitives.asymmetric.ec")
    http_ece = LazyModule("http_ece")
    jwt = LazyModule("py_vapid.jwt")

CODING = "aes128gcm"
VALID_S = 12 * 3600.0  # of a signature; section 2 allows 24 hours
RENEW_S = 3600.0  # before its end
MAX_SIGNATURES = 64  # push services that are remembered; browsers have a handful


def encrypt(subscription: Subscription, message: bytes) -> bytes:
    """Return the message as the body of a request to the subscription's endpoint, in one record."""
    sealed: bytes = http_ece.encrypt(
        message,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=subscription.p256dh,
        auth_secret=subscription.auth,
        version=CODING,
    )
    return sealed


class Signer:
    """Signs for push services. One signature is used for all messages to a service, as section 2 permits."""

    def __init__(self) -> None:
        self._made: BoundedDict[tuple[str, str, str], tuple[float, str]] = BoundedDict(MAX_SIGNATURES)

    def authorization(self, key: VapidKey, endpoint: str, contact: str, now: float) -> str:
        """Return the value of Authorization. `contact` is an https or mailto URL, or "" without one; `now` is in Unix
        seconds."""
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        known = self._made.get((key.public, audience, contact))
        if known is None or known[0] - RENEW_S <= now:
            claims = {"aud": audience, "exp": int(now + VALID_S), **({"sub": contact} if contact else {})}
            private = ec.derive_private_key(int.from_bytes(decode(key.private), "big"), ec.SECP256R1())
            known = now + VALID_S, f"vapid t={jwt.sign(claims, private)}, k={key.public}"
            self._made[key.public, audience, contact] = known
        return known[1]

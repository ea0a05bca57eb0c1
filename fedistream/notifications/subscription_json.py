"""A browser's subscription as JSON, the serialisation of the Push API (`PushSubscription.toJSON`). Pure."""

import base64
import re

import orjson

from fedistream.core.errors import Invalid
from fedistream.notifications.values import MAX_DESTINATION, MAX_ENDPOINT, NotificationProblem, Subscription

FIELD = "destination"
POINT_BYTES, AUTH_BYTES = 65, 16
MAX_KEY = 128  # characters of a key in base64
_BASE64 = re.compile(r"[A-Za-z0-9_+/-]+={0,2}")

# the curve P-256, y^2 = x^3 - 3x + b (FIPS 186-5; RFC 5480 names it secp256r1)
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def read(text: str) -> Subscription:
    """Return the subscription. Raises Invalid. Whether the endpoint may be connected to is for the caller."""
    if len(text) > MAX_DESTINATION:
        raise Invalid(FIELD, NotificationProblem.SUBSCRIPTION)
    try:
        given = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        given = None
    keys = given.get("keys") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(keys, dict):
        raise Invalid(FIELD, NotificationProblem.SUBSCRIPTION)
    endpoint = given.get("endpoint")
    if not isinstance(endpoint, str) or not 0 < len(endpoint) <= MAX_ENDPOINT:
        raise Invalid(FIELD, NotificationProblem.SUBSCRIPTION)
    p256dh, auth = decode(keys.get("p256dh")), decode(keys.get("auth"))
    if not is_point(p256dh) or len(auth) != AUTH_BYTES:
        raise Invalid(FIELD, NotificationProblem.KEYS)
    return Subscription(endpoint, p256dh, auth)


def decode(text: object) -> bytes:
    """Return the bytes of a text in base64 of either alphabet, with or without padding; nothing for another value."""
    if not isinstance(text, str) or len(text) > MAX_KEY or not _BASE64.fullmatch(text):
        return b""
    plain = text.rstrip("=").translate(str.maketrans("+/", "-_"))
    if len(plain) % 4 == 1:
        return b""
    return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))


def encode(data: bytes) -> str:
    """Return the bytes in base64url without padding, as the Push API writes them."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def is_point(data: bytes) -> bool:
    """Return whether this is an uncompressed point of P-256. A message to any other could not be encrypted."""
    if len(data) != POINT_BYTES or data[0] != 4:
        return False
    x, y = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
    return x < _P and y < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0

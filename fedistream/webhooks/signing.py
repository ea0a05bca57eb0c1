"""Signatures of webhooks, in the two schemes that receivers know. Pure: the time is an argument.

Standard Webhooks 1.0.0 signs `id.timestamp.body` with the key in the secret; a secret without the prefix `whsec_` is
the key itself. The older scheme signs `timestamp.body` with the text of the secret.
"""

import base64
import binascii
import hashlib
import hmac

from fedistream.core.errors import Invalid
from fedistream.webhooks.values import MAX_KEY, MAX_SECRET, MIN_KEY, WebhookProblem

PREFIX = "whsec_"
OTHER_HEADER = "owncast-signature"  # as its documentation of 0.3.0 says


def new_secret(random: bytes) -> str:
    """Return a secret in the form of Standard Webhooks, of MIN_KEY to MAX_KEY random bytes."""
    return PREFIX + base64.b64encode(random).decode()


def check_secret(secret: str) -> str:
    """Return the secret, which may be empty. Raises Invalid."""
    if len(secret) > MAX_SECRET or not secret.isprintable():
        raise Invalid("secret", WebhookProblem.SECRET, most=MAX_SECRET)
    if secret.startswith(PREFIX):
        try:
            length = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
        except (binascii.Error, ValueError):
            length = 0
        if not MIN_KEY <= length <= MAX_KEY:
            raise Invalid("secret", WebhookProblem.SECRET_BYTES, least=MIN_KEY, most=MAX_KEY, prefix=PREFIX)
    return secret


def key_of(secret: str) -> bytes:
    """Return the key of a secret that `check_secret` accepts."""
    if secret.startswith(PREFIX):
        return base64.b64decode(secret.removeprefix(PREFIX))
    return secret.encode()


def headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of one attempt. Without a secret there are no signatures.

    `timestamp` is in Unix seconds, and that of the attempt.
    """
    named = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    if not secret:
        return named
    digest = hmac.digest(key_of(secret), f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    other = hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hex()
    named["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return {**named, OTHER_HEADER: f"t={timestamp}.s={other}"}

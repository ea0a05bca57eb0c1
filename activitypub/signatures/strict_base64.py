"""Base64 with exactly one spelling for each value, so that a changed header never has the same signature or digest."""

import base64
import binascii


def decode(text: str) -> bytes:
    """Return the bytes of padded, canonical Base64 (RFC 4648 section 4). Raises ValueError."""
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not Base64") from error
    # b64decode ignores the unused bits of the last character
    if encode(value) != text:
        raise ValueError("not canonical Base64")
    return value


def encode(value: bytes) -> str:
    """Return the Base64 text of `value`."""
    return base64.b64encode(value).decode("ascii")

"""The digest of a body: Digest (RFC 3230), which draft-cavage signs, and Content-Digest (RFC 9530) for RFC 9421."""

import hashlib

from activitypub.refusal import Reason, Refused
from activitypub.signatures import strict_base64, structured_fields

_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def digest(body: bytes) -> str:
    """Return the value of a Digest header."""
    return f"SHA-256={strict_base64.encode(hashlib.sha256(body).digest())}"


def content_digest(body: bytes) -> str:
    """Return the value of a Content-Digest header."""
    return f"sha-256=:{strict_base64.encode(hashlib.sha256(body).digest())}:"


def check_digest(value: str, body: bytes) -> None:
    """Compare a Digest header with the body. Raises Refused(DIGEST).

    There must be a SHA-256 or SHA-512 digest, and each of them must be right. Other algorithms are ignored.
    """
    stated: dict[str, bytes] = {}
    for part in value.split(",")[: structured_fields.MAX_MEMBERS]:
        name, _, text = part.strip(" \t").partition("=")
        if name.lower() in stated:
            raise Refused(Reason.DIGEST, "a digest is stated twice")
        if name.lower() in _HASHES:
            try:
                stated[name.lower()] = strict_base64.decode(text)
            except ValueError as error:
                raise Refused(Reason.DIGEST, str(error)) from None
    _compare(stated, body)


def check_content_digest(value: str, body: bytes) -> None:
    """Compare a Content-Digest header with the body, by the rules of `check_digest`. Raises Refused(DIGEST)."""
    try:
        members = structured_fields.parse_dictionary(value)
    except structured_fields.BadField as error:
        raise Refused(Reason.DIGEST, str(error)) from None
    stated: dict[str, bytes] = {}
    for name, member in members.items():
        if name in _HASHES:
            if not isinstance(member, structured_fields.Item) or not isinstance(member.value, bytes):
                raise Refused(Reason.DIGEST, "not a byte sequence")
            stated[name] = member.value
    _compare(stated, body)


def _compare(stated: dict[str, bytes], body: bytes) -> None:
    if not stated:
        raise Refused(Reason.DIGEST, "no SHA-256 or SHA-512 digest")
    if any(_HASHES[name](body).digest() != value for name, value in stated.items()):
        raise Refused(Reason.DIGEST, "the digest is not of this body")

"""Sign and verify requests by either scheme. Which scheme a host accepts is for the caller to remember."""

from activitypub.refusal import Reason, Refused
from activitypub.signatures import cavage, rfc9421
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.parsed_signature import WINDOW_S, ParsedSignature, Scheme
from activitypub.signatures.request import Request
from activitypub.urls import BadUrl, parse_url

__all__ = ["WINDOW_S", "ParsedSignature", "Scheme", "parse_signature", "sign", "sign_request"]

_SIGN = {Scheme.CAVAGE: cavage.sign, Scheme.RFC9421: rfc9421.sign}
assert set(_SIGN) == set(Scheme)


def sign(scheme: Scheme, request: Request, signer: SigningKey, *, now: float) -> tuple[tuple[str, str], ...]:
    """Return the headers to add to `request`. Sign each attempt anew, since the time is part of the signature.

    `now` is in Unix seconds. Raises ValueError for a key or a request that cannot be signed by the scheme.
    """
    return _SIGN[scheme](request, signer, now=now)


def sign_request(request: Request, key: SigningKey, scheme: Scheme = Scheme.CAVAGE, *, now: float) -> Request:
    """Return `request` with the headers of its signature, ready to be sent by any HTTP client. See `sign`."""
    return request.with_headers(sign(scheme, request, key, now=now))


def parse_signature(request: Request, *, now: float, window_s: float = WINDOW_S) -> ParsedSignature:
    """Return the signature of a request, after all checks that need no key. Raises Refused.

    `now` is in Unix seconds; the signature may be `window_s` seconds older or newer. The caller must then resolve the
    key with the id `key_id`, check `verified_by(key)`, and compare the owner of the key with the actor of the request.
    """
    _check_host(request)
    if request.header("signature-input") is not None:
        return rfc9421.parse_signature(request, now=now, window_s=window_s)
    if request.header("signature") is not None:
        return cavage.parse_signature(request, now=now, window_s=window_s)
    raise Refused(Reason.UNSIGNED, "the request is not signed")


def _check_host(request: Request) -> None:
    """Raise Refused(HOST) unless the Host header names our own host, since a signature is for one host alone."""
    scheme = request.origin.partition("://")[0]
    try:
        host = parse_url(f"{scheme}://{request.header('host')}")
    except BadUrl:
        raise Refused(Reason.HOST, "the Host header is missing or malformed") from None
    if host.authority != request.authority or host.target != "/":
        raise Refused(Reason.HOST, f"the Host header does not name {request.authority}")

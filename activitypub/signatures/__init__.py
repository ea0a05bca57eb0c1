"""Signing and checking requests by either scheme. Which one a host wants is remembered by the caller."""

from activitypub.refusal import Reason, Refused
from activitypub.signatures import cavage, rfc9421
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.parsed_signature import WINDOW_S, ParsedSignature, Scheme
from activitypub.signatures.request import Request
from activitypub.urls import BadUrl, parse_url

__all__ = ["WINDOW_S", "ParsedSignature", "Scheme", "parse_signature", "sign"]

_SIGN = {Scheme.CAVAGE: cavage.sign, Scheme.RFC9421: rfc9421.sign}
assert set(_SIGN) == set(Scheme)


def sign(scheme: Scheme, request: Request, signer: SigningKey, *, now: float) -> tuple[tuple[str, str], ...]:
    """Return the headers which make `request` a signed one. Make a fresh one for each attempt: it is dated."""
    return _SIGN[scheme](request, signer, now=now)


def parse_signature(request: Request, *, now: float, window_s: float = WINDOW_S) -> ParsedSignature:
    """Check all of a signature that needs no key, by the scheme that the request uses. Raises Refused.

    The caller must then find the key of `claim.key_id`, ask `claim.verified_by(key)`, and compare the key's owner with
    whom the request speaks for.
    """
    _check_host(request)
    if request.header("signature-input") is not None:
        return rfc9421.parse_signature(request, now=now, window_s=window_s)
    if request.header("signature") is not None:
        return cavage.parse_signature(request, now=now, window_s=window_s)
    raise Refused(Reason.UNSIGNED, "the request is not signed")


def _check_host(request: Request) -> None:
    """A signature for another host must not count here, so Host must name us, however the proxy sets it."""
    scheme = request.origin.partition("://")[0]
    try:
        host = parse_url(f"{scheme}://{request.header('host')}")
    except BadUrl:
        raise Refused(Reason.HOST, "the Host header is missing or malformed") from None
    if host.authority != request.authority or host.target != "/":
        raise Refused(Reason.HOST, f"the Host header does not name {request.authority}")

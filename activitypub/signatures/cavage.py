"""HTTP signatures by draft-cavage-http-signatures-12, which the whole fediverse uses. The only importer of httpsig.

httpsig only makes the signing string, and reads and writes the Signature header. Its verifier lets the header choose
the algorithm, so that anybody can forge a signature with the public key as an HMAC secret. Its signer parses the key
for each request, which takes 25 ms. So `keys` signs and verifies; the only algorithm is RSA with SHA-256.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

from activitypub.import_stubs import stubbed_imports
from activitypub.refusal import Reason, Refused
from activitypub.signatures import digest, httpdate, strict_base64
from activitypub.signatures.keys import Algorithm, SigningKey
from activitypub.signatures.parsed_signature import (
    MAX_KEY_ID,
    WINDOW_S,
    ParsedSignature,
    Scheme,
    check_created,
    check_expires,
)
from activitypub.signatures.request import Request


def _no_version(name: str) -> NoReturn:
    raise LookupError(name)


# httpsig asks pkg_resources for its own version number only. setuptools 82 dropped pkg_resources, Python 3.12 dropped
# setuptools, and a real one warns and takes 0.2 s to import.
PKG_RESOURCES = {"get_distribution": _no_version, "DistributionNotFound": LookupError}

# Its signer and verifier, which are never used here, import pycryptodome, which would take 2 MB of memory for nothing.
with stubbed_imports(
    {
        "pkg_resources": PKG_RESOURCES,
        "Crypto.Hash": {"SHA": None, "SHA256": None, "SHA512": None},
        "httpsig.sign": {"Signer": None, "HeaderSigner": None},
        "httpsig.verify": {"Verifier": None, "HeaderVerifier": None},
    }
):
    from httpsig.utils import (  # type: ignore[import-untyped]
        build_signature_template,
        generate_message,
        parse_signature_header,
    )

MAX_SIGNATURE_HEADER = 6144  # a keyId of 2,048 and a signature of 1,368 characters, and room
MAX_COVERED = 32

# The headers that are signed. content-type is not required, but it decides how the body is read.
WITH_BODY = ("(request-target)", "host", "date", "digest", "content-type")
WITHOUT_BODY = ("(request-target)", "host", "date", "accept")

_REQUEST_TARGET, _CREATED, _EXPIRES = "(request-target)", "(created)", "(expires)"
_SPECIAL = frozenset({_REQUEST_TARGET, _CREATED, _EXPIRES})
_RSA = frozenset({Algorithm.RSA})
# hs2019 means that the key decides. GoToSocial sends it for RSA with SHA-256, as everybody does.
_ALGORITHMS = {"rsa-sha256", "hs2019", None}

# Stricter than httpsig's parser, which takes the last of two equal names and a part of a broken one.
_PARAM = r'[ \t]*([A-Za-z]{1,32})=(?:"[^"\\]*"|[0-9]{1,15})[ \t]*'
_ONE, _ALL = re.compile(f"{_PARAM}(?:,|$)"), re.compile(f"{_PARAM}(?:,{_PARAM}){{0,15}}")


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of a Signature header. `covered` are lower-case header names in order; times are Unix seconds."""

    key_id: str
    algorithm: str | None
    covered: tuple[str, ...]
    signature: bytes
    created: int | None = None
    expires: int | None = None


def sign(request: Request, signer: SigningKey, *, now: float) -> tuple[tuple[str, str], ...]:
    """Return the headers to add to `request`: Date, Signature, and Digest if there is a body and no Digest yet.

    `request` needs Content-Type if it has a body, and else Accept. Raises ValueError if that is missing, and for a key
    that is not RSA.
    """
    if signer.key.algorithm is not Algorithm.RSA:
        raise ValueError("draft-cavage signatures are made with RSA keys")
    names = WITH_BODY if request.body else WITHOUT_BODY
    added = {"date": httpdate.write(now)}
    if request.body and request.header("digest") is None:
        added["digest"] = digest.digest(request.body)
    values = dict(request.headers) | added
    if missing := [name for name in names if name not in values and name not in _SPECIAL]:
        raise ValueError(f"the request has no {missing[0]} header")
    text: bytes = generate_message(list(names), values, values["host"], request.method, request.target)
    # the template is filled with the % operator, and there are actors with percent-encoded URLs
    template: str = build_signature_template(signer.key_id.replace("%", "%%"), "rsa-sha256", list(names), "signature")
    return (*added.items(), ("signature", template % strict_base64.encode(signer.key.sign(text))))


def parse_header(value: str) -> Params:
    """Return the parameters in a Signature header. Raises Refused(SIGNATURE_FORM, ALGORITHM)."""
    # old versions of Node's http-signature write it like an Authorization header; Mastodon skips the word too
    value = value.removeprefix("Signature ")
    if len(value) > MAX_SIGNATURE_HEADER or not value.isascii() or not _ALL.fullmatch(value):
        raise Refused(Reason.SIGNATURE_FORM, "the Signature header is malformed or too long")
    params: dict[str, str] = parse_signature_header(value)
    if len(params) != len(_ONE.findall(value)):
        raise Refused(Reason.SIGNATURE_FORM, "a parameter comes twice")
    key_id, signature = params.get("keyid"), params.get("signature")
    if not key_id or len(key_id) > MAX_KEY_ID or not signature:
        raise Refused(Reason.SIGNATURE_FORM, "keyId or signature is missing")
    algorithm = params.get("algorithm")
    if (algorithm.lower() if algorithm else None) not in _ALGORITHMS:
        raise Refused(Reason.ALGORITHM, "only rsa-sha256 and hs2019 are verified")
    try:
        raw = strict_base64.decode(signature)
        created, expires = (int(params[name]) if name in params else None for name in ("created", "expires"))
    except ValueError:
        raise Refused(Reason.SIGNATURE_FORM, "signature, created or expires is malformed") from None
    covered = tuple(params.get("headers", "date").lower().split(" "))
    if len(covered) > MAX_COVERED or len(set(covered)) != len(covered) or "" in covered:
        raise Refused(Reason.SIGNATURE_FORM, "the list of signed headers is malformed")
    return Params(key_id, algorithm, covered, raw, created, expires)


def parse_signature(request: Request, *, now: float, window_s: float = WINDOW_S) -> ParsedSignature:
    """Return the signature of a request with a Signature header, after all checks that need no key. Raises Refused.

    The signature must cover the request target, the host, a time, and the digest of the body. Otherwise it could be
    used for another request.
    """
    params = parse_header(request.header("signature") or "")
    covered = frozenset(params.covered)
    needed = {_REQUEST_TARGET, "host"} | ({"digest"} if request.body or request.method == "POST" else set())
    if needed - covered or not covered & {"date", _CREATED}:
        raise Refused(Reason.COVERAGE, "the signature must cover (request-target), host, date and digest")
    values = _covered_values(request, params)
    _check_times(params, values, now, window_s)
    if "digest" in covered:
        digest.check_digest(values["digest"], request.body)
    # GoToSocial and older versions of Mastodon sign the path without the query
    targets = {request.target: None, request.target.partition("?")[0]: None}
    texts = tuple(
        bytes(generate_message(list(params.covered), values, values["host"], request.method, target))
        for target in targets
    )
    return ParsedSignature(Scheme.CAVAGE, params.key_id, texts, params.signature, _RSA)


def _covered_values(request: Request, params: Params) -> dict[str, str]:
    """Return the value of each covered name except the request target, which httpsig adds."""
    values: dict[str, str] = {}
    for name in params.covered:
        if name == _REQUEST_TARGET:
            continue
        value: str | None
        if name in {_CREATED, _EXPIRES}:
            # draft section 2.3: both are errors with algorithms whose names begin with rsa, hmac or ecdsa
            if params.algorithm and params.algorithm.lower() != "hs2019":
                raise Refused(Reason.ALGORITHM, f"{name} needs the algorithm hs2019")
            stated = params.created if name == _CREATED else params.expires
            value = None if stated is None else str(stated)
        else:
            value = request.header(name)
        if value is None or not value.isascii():
            raise Refused(Reason.COVERAGE, "a signed header is missing or not ASCII")
        values[name] = value
    return values


def _check_times(params: Params, values: dict[str, str], now: float, window_s: float) -> None:
    if params.created is not None:
        check_created(params.created, now, window_s)
    if params.expires is not None:
        check_expires(params.expires, now)
    if "date" in values:
        try:
            made_at = httpdate.parse(values["date"])
        except ValueError as error:
            raise Refused(Reason.DATE, str(error)) from None
        check_created(made_at, now, window_s)

"""HTTP signatures of draft-cavage-http-signatures-12, which all of the fediverse speaks. The only importer of httpsig.

httpsig gives the text that is signed and reads and writes the Signature header, no more. Its verifier lets the header
choose the algorithm, so that a public key serves as HMAC secret and anybody can forge; its signer parses keys for each
request, at 25 ms. The primitive is `keys`, and the only algorithm is RSA with SHA-256.
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


# httpsig asks pkg_resources for its own version number, and nothing else. setuptools 82 dropped pkg_resources, Python
# 3.12 dropped setuptools, and where there is a real one it warns and takes 0.2 s. pycryptodome, of which httpsig makes
# its primitives, does the same work with ctypes where there is no cffi, whose parser of C is 5 MB for nothing.
with stubbed_imports(
    {"pkg_resources": {"get_distribution": _no_version, "DistributionNotFound": LookupError}, "cffi": None}
):
    from httpsig.utils import (  # type: ignore[import-untyped]
        build_signature_template,
        generate_message,
        parse_signature_header,
    )

MAX_SIGNATURE_HEADER = 6144  # a keyId of 2,048 and a signature of 1,368 characters, and room
MAX_COVERED = 32

# What we sign. content-type is over the minimum: it decides how the body is read.
WITH_BODY = ("(request-target)", "host", "date", "digest", "content-type")
WITHOUT_BODY = ("(request-target)", "host", "date", "accept")

_REQUEST_TARGET, _CREATED, _EXPIRES = "(request-target)", "(created)", "(expires)"
_SPECIAL = frozenset({_REQUEST_TARGET, _CREATED, _EXPIRES})
_RSA = frozenset({Algorithm.RSA})
# hs2019 says "ask the key"; GoToSocial sends it and means RSA with SHA-256, as everybody does.
_ALGORITHMS = {"rsa-sha256", "hs2019", None}

# Stricter than httpsig's reader, which takes the last of two equal names and half of a broken one.
_PARAM = r'[ \t]*([A-Za-z]{1,32})=(?:"[^"\\]*"|[0-9]{1,15})[ \t]*'
_ONE, _ALL = re.compile(f"{_PARAM}(?:,|$)"), re.compile(f"{_PARAM}(?:,{_PARAM}){{0,15}}")


@dataclass(frozen=True, slots=True)
class Params:
    """The Signature header: `covered` are the lower-case names in the order of signing; times are Unix seconds."""

    key_id: str
    algorithm: str | None
    covered: tuple[str, ...]
    signature: bytes
    created: int | None = None
    expires: int | None = None


def sign(request: Request, signer: SigningKey, *, now: float) -> tuple[tuple[str, str], ...]:
    """Return the headers to add to `request`: Date, Digest if there is a body and it has none yet, and Signature.

    `request` must hold Content-Type if it has a body, and Accept if not. Raises ValueError without it, and for a key
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
    # the template is filled with the % operator, and percent-encoded actor URLs are real
    template: str = build_signature_template(signer.key_id.replace("%", "%%"), "rsa-sha256", list(names), "signature")
    return (*added.items(), ("signature", template % strict_base64.encode(signer.key.sign(text))))


def parse_header(value: str) -> Params:
    """Read a Signature header. Raises Refused(SIGNATURE_FORM, ALGORITHM)."""
    # old versions of Node's http-signature write it as if it were Authorization; Mastodon passes the word over too
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
    """Check a request that has a Signature header as far as no key is needed. Raises Refused.

    Refused is a signature that does not cover the request target, the host, a time, and the digest of the body: less
    would let a signature be used again for another request.
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
    # GoToSocial and older Mastodon sign the path without the query
    targets = {request.target: None, request.target.partition("?")[0]: None}
    texts = tuple(
        bytes(generate_message(list(params.covered), values, values["host"], request.method, target))
        for target in targets
    )
    return ParsedSignature(Scheme.CAVAGE, params.key_id, texts, params.signature, _RSA)


def _covered_values(request: Request, params: Params) -> dict[str, str]:
    """Return what each covered name stands for, less the request target, which httpsig writes itself."""
    values: dict[str, str] = {}
    for name in params.covered:
        if name == _REQUEST_TARGET:
            continue
        value: str | None
        if name in {_CREATED, _EXPIRES}:
            # draft section 2.3: these two are errors with the algorithms named by primitive
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

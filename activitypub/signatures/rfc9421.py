"""HTTP Message Signatures (RFC 9421) as Mastodon and Fedify use them: one signature over method, URL and body."""

from collections.abc import Callable

from activitypub.refusal import Reason, Refused
from activitypub.signatures import digest, parsed_signature, structured_fields
from activitypub.signatures.keys import Algorithm, SigningKey
from activitypub.signatures.parsed_signature import MAX_KEY_ID, WINDOW_S, ParsedSignature, Scheme
from activitypub.signatures.request import Request
from activitypub.signatures.structured_fields import BareItem, InnerList, Item

LABEL = "sig1"

# Section 2.2: the derived components. @query-param and @status are left out: no server signs requests with them.
_DERIVED: dict[str, Callable[[Request], str]] = {
    "@method": lambda request: request.method,
    "@target-uri": lambda request: request.url,
    "@authority": lambda request: request.authority,
    "@scheme": lambda request: request.origin.partition("://")[0],
    "@request-target": lambda request: request.target,
    "@path": lambda request: request.target.partition("?")[0],
    "@query": lambda request: "?" + request.target.partition("?")[2],
}


def sign(request: Request, signer: SigningKey, *, now: float) -> tuple[tuple[str, str], ...]:
    """Return the headers to add: Signature-Input, Signature, and Content-Digest if there is a body and none yet."""
    added: dict[str, str] = {}
    covered = ["@method", "@target-uri"]
    if request.body:
        covered.append("content-digest")
        if request.header("content-digest") is None:
            added["content-digest"] = digest.content_digest(request.body)
    params: dict[str, BareItem] = {"created": int(now), "keyid": signer.key_id, "alg": str(signer.key.algorithm)}
    inputs = InnerList(tuple(Item(name) for name in covered), params)
    complete = Request(request.method, request.origin, request.target, (*request.headers, *added.items()), request.body)
    signature = signer.key.sign(signature_base(complete, inputs))
    added["signature-input"] = structured_fields.write_dictionary({LABEL: inputs})
    added["signature"] = structured_fields.write_dictionary({LABEL: Item(signature)})
    return tuple(added.items())


def signature_base(request: Request, inputs: InnerList) -> bytes:
    """Return the signature base (section 2.5). Raises Refused(COVERAGE, HEADERS)."""
    lines: dict[str, str] = {}
    for item in inputs.items:
        name = item.value
        # section 2.1: parameters (sf, key, bs, req, tr) change the value; no fediverse server uses them
        if not isinstance(name, str) or item.params:
            raise Refused(Reason.COVERAGE, "a covered component is not a plain name")
        # section 2.5: a component may be covered only once
        if name in lines:
            raise Refused(Reason.COVERAGE, "a component is covered twice")
        lines[name] = _value(request, name)
    texts = [f'"{name}": {value}' for name, value in lines.items()]
    # section 2.3: the parameters as a canonical structured field, not in the spelling of the header
    texts.append(f'"@signature-params": {structured_fields.write_inner_list(inputs)}')
    return "\n".join(texts).encode("ascii")


def parse_signature(request: Request, *, now: float, window_s: float = WINDOW_S) -> ParsedSignature:
    """Return the signature of a request with Signature-Input, after all checks that need no key. Raises Refused."""
    inputs, signature = _one_signature(request)
    covered = {item.value for item in inputs.items if isinstance(item.value, str)}
    _check_coverage(request, covered)
    key_id, algorithms = _check_params(inputs.params, now, window_s)
    text = signature_base(request, inputs)
    if "content-digest" in covered:
        digest.check_content_digest(request.header("content-digest") or "", request.body)
    return ParsedSignature(Scheme.RFC9421, key_id, (text,), signature, algorithms)


def _one_signature(request: Request) -> tuple[InnerList, bytes]:
    """Return the inputs and the bytes of the only signature. Of several, it would be unclear which one counts."""
    try:
        inputs = structured_fields.parse_dictionary(request.header("signature-input") or "")
        signatures = structured_fields.parse_dictionary(request.header("signature") or "")
    except structured_fields.BadField as error:
        raise Refused(Reason.SIGNATURE_FORM, str(error)) from None
    if len(inputs) != 1 or inputs.keys() != signatures.keys():
        raise Refused(Reason.SIGNATURE_FORM, "there must be one signature, with its inputs under the same label")
    (stated,), (signature,) = inputs.values(), signatures.values()
    if not isinstance(stated, InnerList) or not isinstance(signature, Item) or not isinstance(signature.value, bytes):
        raise Refused(Reason.SIGNATURE_FORM, "the signature is not bytes, or its input is not a list")
    return stated, signature.value


def _check_coverage(request: Request, covered: set[str]) -> None:
    """Raise Refused(COVERAGE) unless method, host, path, query and body are all signed."""
    by_parts = "@authority" in covered and (
        "@request-target" in covered or ("@path" in covered and ("@query" in covered or "?" not in request.target))
    )
    if "@method" not in covered or not ("@target-uri" in covered or by_parts):
        raise Refused(Reason.COVERAGE, "the signature must cover @method and @target-uri")
    if "content-digest" not in covered and (request.body or request.method == "POST"):
        raise Refused(Reason.COVERAGE, "the signature must cover content-digest")


def _check_params(params: dict[str, BareItem], now: float, window_s: float) -> tuple[str, frozenset[Algorithm]]:
    created, expires, key_id, alg = (params.get(name) for name in ("created", "expires", "keyid", "alg"))
    if not isinstance(key_id, str) or not 0 < len(key_id) <= MAX_KEY_ID:
        raise Refused(Reason.SIGNATURE_FORM, "keyid is missing or not a string")
    # a bool is an int in Python, but ";created" without a value is not a time
    if not isinstance(created, int) or isinstance(created, bool):
        raise Refused(Reason.DATE, "created is missing or not a whole number")
    parsed_signature.check_created(created, now, window_s)
    if expires is not None:
        if not isinstance(expires, int) or isinstance(expires, bool):
            raise Refused(Reason.DATE, "expires is not a whole number")
        parsed_signature.check_expires(expires, now)
    if alg is None:
        return key_id, frozenset(Algorithm)
    if alg not in set(Algorithm):
        raise Refused(Reason.ALGORITHM, "only rsa-v1_5-sha256 and ed25519 are verified")
    return key_id, frozenset({Algorithm(str(alg))})


def _value(request: Request, name: str) -> str:
    if derive := _DERIVED.get(name):
        return derive(request)
    value = request.header(name) if name == name.lower() else None
    if value is None or not value.isascii():
        raise Refused(Reason.COVERAGE, "a covered component is unknown, missing or not ASCII")
    return value

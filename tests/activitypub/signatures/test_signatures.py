"""Our signer and our verifier together: what one writes, the other accepts, and nothing that differs by one bit."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.refusal import Reason, Refused
from activitypub.signatures import Scheme, cavage, parse_signature
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request, incoming_request
from tests.kit.examples import examples
from tests.kit.signing import NOW, ed25519_key, signed, signed_get, signer, with_header

BODY = b'{"id":"https://remote.example/1","type":"Follow"}'
URL = "https://node.example/inbox?a=b"


def accepted(request: Request, by: SigningKey) -> bool:
    """Return whether the request is accepted as one by the owner of `by`."""
    try:
        checked = incoming_request(request.method, request.origin, request.target, request.headers, request.body)
        parsed = parse_signature(checked, now=NOW)
    except Refused:
        return False
    return parsed.key_id == by.key_id and parsed.verified_by(by.key.public())


def flips(text: str) -> Iterator[str]:
    """Yield each text that differs from `text` in one of the lower seven bits of one character."""
    for at, char in enumerate(text):
        for bit in range(7):
            yield text[:at] + chr(ord(char) ^ (1 << bit)) + text[at + 1 :]


SIGNERS = {
    "cavage": (Scheme.CAVAGE, signer()),
    "rfc9421": (Scheme.RFC9421, signer()),
    "rfc9421_ed25519": (Scheme.RFC9421, SigningKey("https://remote.example/users/ann#ed", ed25519_key("ann"))),
}


@pytest.fixture(params=SIGNERS)
def sealed(request: pytest.FixtureRequest) -> tuple[Request, SigningKey]:
    scheme, by = SIGNERS[request.param]
    made = signed(BODY, by=by, scheme=scheme, url=URL)
    assert accepted(made, by)
    return made, by


def test_every_one_bit_change_of_the_body_is_refused(sealed: tuple[Request, SigningKey]) -> None:
    made, by = sealed
    for at in range(len(BODY)):
        for bit in range(8):
            body = BODY[:at] + bytes([BODY[at] ^ (1 << bit)]) + BODY[at + 1 :]
            assert not accepted(Request(made.method, made.origin, made.target, made.headers, body), by)
    for body in (b"", BODY + b" ", BODY[:-1]):
        assert not accepted(Request(made.method, made.origin, made.target, made.headers, body), by)


def test_every_one_bit_change_of_the_target_is_refused(sealed: tuple[Request, SigningKey]) -> None:
    made, by = sealed
    for target in (*flips(made.target), "/inbox", "/", made.target + "x"):
        assert not accepted(Request(made.method, made.origin, target, made.headers, made.body), by)


@pytest.mark.parametrize("name", ["host", "date", "digest", "content-type"])
def test_every_one_bit_change_of_a_header_signed_by_cavage_is_refused(name: str) -> None:
    made = signed(BODY, url=URL)
    value = made.header(name)
    assert value
    for changed in (*flips(value), value + "x", value[:-1], "", None):
        assert not accepted(with_header(made, name, changed), signer())


@pytest.mark.parametrize("name", ["content-digest", "signature-input", "signature"])
@pytest.mark.parametrize("kind", ["rfc9421", "rfc9421_ed25519"])
def test_every_one_bit_change_of_a_header_of_rfc9421_is_refused(name: str, kind: str) -> None:
    scheme, by = SIGNERS[kind]
    made = signed(BODY, by=by, scheme=scheme, url=URL)
    value = made.header(name)
    assert value
    for changed in (*flips(value), value + "x", value[:-1], "", None):
        assert not accepted(with_header(made, name, changed), by)


def test_a_changed_cavage_signature_header_passes_only_if_it_says_the_same() -> None:
    """Parameter names are free of case, and the algorithm's name is not signed: nothing else may change."""
    made = signed(BODY, url=URL)
    value = made.header("signature") or ""
    said = cavage.parse_header(value)
    passed = 0
    for changed in flips(value):
        if accepted(with_header(made, "signature", changed), signer()):
            passed += 1
            now_said = cavage.parse_header(changed)
            assert (now_said.key_id, now_said.covered, now_said.signature) == (
                said.key_id,
                said.covered,
                said.signature,
            )
    # most of the 4,000 changes are within the signature
    assert 0 < passed < 200


def test_the_method_is_signed(sealed: tuple[Request, SigningKey]) -> None:
    made, by = sealed
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert not accepted(Request(method, made.origin, made.target, made.headers, made.body), by)


def test_a_signature_for_another_node_is_refused(sealed: tuple[Request, SigningKey]) -> None:
    made, by = sealed
    other = Request(made.method, "https://other.example", made.target, made.headers, made.body)
    assert not accepted(other, by)
    assert not accepted(with_header(other, "host", "other.example"), by)


@pytest.mark.parametrize("scheme", Scheme)
def test_a_signature_is_of_one_key_only(scheme: Scheme) -> None:
    made = signed(BODY, scheme=scheme)
    stranger = SigningKey(signer().key_id, signer("https://other.example/users/eve").key)
    assert accepted(made, signer())
    assert not accepted(made, stranger)


@pytest.mark.parametrize("scheme", Scheme)
def test_a_get_is_signed_and_verified_too(scheme: Scheme) -> None:
    made = signed_get("https://node.example/federation/user/live", scheme=scheme)
    assert accepted(made, signer())
    for target in flips(made.target):
        assert not accepted(Request("GET", made.origin, target, made.headers), signer())


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://node.example", "node.example"),
        ("https://node.example", "NODE.example:443"),
        ("http://node.example:8080", "node.example:8080"),
    ],
)
def test_the_host_header_must_name_this_node(origin: str, host: str) -> None:
    request = incoming_request("POST", origin, "/inbox", [("Host", host)])
    with pytest.raises(Refused) as caught:
        parse_signature(request, now=NOW)
    assert caught.value.reason is Reason.UNSIGNED


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "other.example",
        "node.example:80",
        "node.example:8443",
        "node.example/x",
        "node.example.",
        "a@node.example",
    ],
)
def test_a_host_header_of_somebody_else_is_refused(host: str | None) -> None:
    with pytest.raises(Refused) as caught:
        parse_signature(with_header(signed(BODY), "host", host), now=NOW)
    assert caught.value.reason is Reason.HOST


texts = st.text(max_size=60)
pieces = st.sampled_from(
    [
        "",
        "node.example",
        's=("@method");created=1700000000;keyid="k"',
        "s=:AAAA:",
        'keyId="k",signature="AAAA",headers="host"',
    ]
)
headers = st.lists(
    st.tuples(
        st.sampled_from(["host", "date", "digest", "signature", "signature-input", "content-digest", "x"]),
        texts | pieces,
    ),
    max_size=8,
)


@examples(300)
@given(st.sampled_from(["POST", "GET", "", "é"]), texts | st.just("/inbox"), headers, st.binary(max_size=30))
def test_any_request_is_read_or_refused(method: str, target: str, made: list[tuple[str, str]], body: bytes) -> None:
    try:
        request = incoming_request(method, "https://node.example", target, made, body)
        parsed = parse_signature(request, now=NOW)
    except Refused:
        return
    assert not parsed.verified_by(signer().key.public())

import pytest

from activitypub.refusal import Reason, Refused
from activitypub.signatures import Scheme, digest, rfc9421, strict_base64, structured_fields
from activitypub.signatures.keys import PrivateKey, SigningKey, load_private, load_public
from activitypub.signatures.request import Request, outgoing_request
from activitypub.signatures.structured_fields import InnerList, Item
from tests.kit import signing
from tests.kit.signing import NOW, arrived, ed25519_key, rsa_key, signed, signed_get, signer, with_header

BODY = b'{"type":"Follow"}'
ALL = '("@method" "@target-uri" "content-digest")'
PARAMS = f';created={NOW:.0f};keyid="k"'


def hand_signed(
    components: str = ALL,
    params: str = PARAMS,
    *,
    key: PrivateKey | None = None,
    url: str = "https://node.example/inbox?x=1",
) -> Request:
    """Return a request with this Signature-Input, signed over the base that our code builds for it."""
    request = outgoing_request("POST", url, [("Date", "x"), ("Content-Digest", digest.content_digest(BODY))], BODY)
    inputs = structured_fields.parse_dictionary(f"s={components}{params}")["s"]
    assert isinstance(inputs, InnerList)
    signature = strict_base64.encode((key or rsa_key("one")).sign(rfc9421.signature_base(request, inputs)))
    return arrived(request, (("signature-input", f"s={components}{params}"), ("signature", f"s=:{signature}:")))


def proven(request: Request, key: PrivateKey | None = None) -> bool:
    return rfc9421.parse_signature(request, now=NOW).verified_by((key or rsa_key("one")).public())


def refusal(request: Request, now: float = NOW) -> Reason:
    with pytest.raises(Refused) as caught:
        rfc9421.parse_signature(request, now=now)
    return caught.value.reason


def test_the_ed25519_example_of_the_rfc_is_built_signed_and_verified() -> None:
    loaded = signing.vector("signatures/rfc9421_b26_ed25519.json")
    request = signing.vector_request(loaded)
    inputs = structured_fields.parse_dictionary(request.header("signature-input") or "")["sig-b26"]
    assert isinstance(inputs, InnerList)
    text = rfc9421.signature_base(request, inputs)
    assert text.decode() == loaded["text"]
    signature = load_private(loaded["private_key"]).sign(text)
    assert f"sig-b26=:{strict_base64.encode(signature)}:" == request.header("signature")
    assert load_public(loaded["public_key"]).verify(signature, text)


def test_the_example_of_the_rfc_leaves_the_body_out_which_is_not_enough_for_us() -> None:
    loaded = signing.vector("signatures/rfc9421_b26_ed25519.json")
    assert refusal(signing.vector_request(loaded), loaded["now"]) is Reason.COVERAGE


def test_a_signed_post_covers_method_target_and_body() -> None:
    request = signed(BODY, scheme=Scheme.RFC9421, url="https://node.example:8443/inbox?x=1")
    parsed = rfc9421.parse_signature(request, now=NOW)
    assert parsed.key_id == signer().key_id
    assert parsed.signature_bases[0].decode().splitlines() == [
        '"@method": POST',
        '"@target-uri": https://node.example:8443/inbox?x=1',
        f'"content-digest": {digest.content_digest(BODY)}',
        f'"@signature-params": {ALL};created=1700000000;keyid="{signer().key_id}";alg="rsa-v1_5-sha256"',
    ]
    assert parsed.verified_by(signer().key.public())


def test_a_signed_get_covers_method_and_target() -> None:
    request = signed_get("https://node.example/users/live", scheme=Scheme.RFC9421)
    assert (request.header("signature-input") or "").startswith('sig1=("@method" "@target-uri");created=1700000000;')
    assert rfc9421.parse_signature(request, now=NOW).verified_by(signer().key.public())


def test_an_ed25519_key_signs_under_its_own_name() -> None:
    by = SigningKey("https://remote.example/users/ann#ed25519", ed25519_key("ann"))
    request = signed(BODY, by=by, scheme=Scheme.RFC9421)
    assert 'alg="ed25519"' in (request.header("signature-input") or "")
    assert proven(request, by.key)


def test_a_content_digest_that_was_made_before_is_kept() -> None:
    made = digest.content_digest(BODY)
    request = outgoing_request("POST", "https://node.example/inbox", [("Content-Digest", made)], BODY)
    added = rfc9421.sign(request, signer(), now=NOW)
    assert [name for name, _ in added] == ["signature-input", "signature"]
    assert proven(arrived(request, added), signer().key)


@pytest.mark.parametrize(
    "components",
    [
        ALL,
        '("content-digest" "@target-uri" "@method")',
        '("@method" "@authority" "@path" "@query" "content-digest")',
        '("@method" "@authority" "@request-target" "content-digest")',
        '("@method" "@target-uri" "@authority" "host" "date" "content-digest")',
        '("@method" "@scheme" "@target-uri" "content-digest")',
    ],
)
def test_every_list_of_components_that_pins_the_request_is_accepted(components: str) -> None:
    """The fifth is what Fedify sends."""
    assert proven(hand_signed(components))


@pytest.mark.parametrize(
    "components",
    [
        "()",
        '("@method" "@target-uri")',
        '("@target-uri" "content-digest")',
        '("@method" "content-digest")',
        '("@method" "@path" "@query" "content-digest")',
        '("@method" "@authority" "content-digest")',
        '("@method" "@authority" "@path" "content-digest")',
    ],
)
def test_a_signature_over_less_than_the_whole_request_is_refused(components: str) -> None:
    assert refusal(hand_signed(components)) is Reason.COVERAGE


def test_a_path_alone_is_enough_where_there_is_no_query() -> None:
    assert proven(hand_signed('("@method" "@authority" "@path" "content-digest")', url="https://node.example/inbox"))


@pytest.mark.parametrize(
    "components",
    [
        '("@method" "@target-uri" "content-digest" "x-missing")',
        '("@method" "@target-uri" "content-digest" "@status")',
        '("@method" "@target-uri" "content-digest" "Date")',
        '("@method" "@target-uri" "content-digest" "date" "date")',
        '("@method" "@target-uri" "content-digest" "@query-param";name="x")',
        '("@method" "@target-uri" "content-digest";sf)',
        '("@method" "@target-uri" "content-digest" token)',
        '("@method" "@target-uri" "content-digest" 5)',
    ],
)
def test_a_component_that_is_unknown_doubled_or_has_parameters_is_refused(components: str) -> None:
    whole = hand_signed()
    changed = with_header(whole, "signature-input", f"s={components}{PARAMS}")
    assert refusal(changed) is Reason.COVERAGE


def test_a_covered_header_that_comes_twice_or_is_not_ascii_is_refused() -> None:
    request = hand_signed('("@method" "@target-uri" "date" "content-digest")')
    assert refusal(arrived(request, (("date", "x"),))) is Reason.HEADERS
    assert refusal(with_header(request, "date", "é")) is Reason.COVERAGE


def test_the_parameters_are_verified_in_canonical_form_however_they_are_spelled() -> None:
    request = hand_signed()
    spelled = f's=( "@method"  "@target-uri" "content-digest" ); created={NOW:.0f};  keyid="k"'
    assert proven(with_header(request, "signature-input", spelled))


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        (f";created={NOW:.0f}", Reason.SIGNATURE_FORM),
        (f";created={NOW:.0f};keyid=token", Reason.SIGNATURE_FORM),
        (f';created={NOW:.0f};keyid=""', Reason.SIGNATURE_FORM),
        (f';created={NOW:.0f};keyid="{"k" * 2049}"', Reason.SIGNATURE_FORM),
        (';keyid="k"', Reason.DATE),
        (';created;keyid="k"', Reason.DATE),
        (';created="1700000000";keyid="k"', Reason.DATE),
        (f';created={NOW:.1f};keyid="k"', Reason.DATE),
        (f';created={NOW - 3601:.0f};keyid="k"', Reason.DATE),
        (f';created={NOW + 3601:.0f};keyid="k"', Reason.DATE),
        (f';created={NOW:.0f};expires={NOW - 301:.0f};keyid="k"', Reason.DATE),
        (f';created={NOW:.0f};expires;keyid="k"', Reason.DATE),
        (PARAMS + ';alg="hmac-sha256"', Reason.ALGORITHM),
        (PARAMS + ';alg="rsa-pss-sha512"', Reason.ALGORITHM),
        (PARAMS + ";alg=ed25519", Reason.ALGORITHM),
        (PARAMS + ";alg=:AAAA:", Reason.ALGORITHM),
        (PARAMS + ";alg", Reason.ALGORITHM),
    ],
)
def test_a_wrong_time_key_id_or_algorithm_is_refused(params: str, reason: Reason) -> None:
    assert refusal(hand_signed(params=params)) is reason


@pytest.mark.parametrize(
    "params", [PARAMS, PARAMS + ';alg="rsa-v1_5-sha256"', PARAMS + f';expires={NOW + 60:.0f};nonce="x";tag="y"']
)
def test_known_and_unknown_parameters_are_signed_along(params: str) -> None:
    assert proven(hand_signed(params=params))


def test_the_header_cannot_choose_another_algorithm_than_the_key_has() -> None:
    key = ed25519_key("one")
    assert proven(hand_signed(params=PARAMS, key=key), key)
    assert not proven(hand_signed(params=PARAMS + ';alg="rsa-v1_5-sha256"', key=key), key)
    assert not proven(hand_signed(params=PARAMS + ';alg="ed25519"'))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature", None),
        ("signature", ""),
        ("signature", "s=:AB==:"),
        ("signature", 's="text"'),
        ("signature", "s=(:AAAA:)"),
        ("signature", "t=:AAAA:"),
        ("signature", "s=:AAAA:, t=:AAAA:"),
        ("signature-input", None),
        ("signature-input", "s"),
        ("signature-input", 's="@method"'),
        ("signature-input", f"s={ALL}{PARAMS}, t={ALL}{PARAMS}"),
        ("signature-input", f"s={ALL}{PARAMS}, s={ALL}{PARAMS}"),
        ("signature-input", "s=(("),
    ],
)
def test_there_must_be_one_well_formed_signature(name: str, value: str | None) -> None:
    assert refusal(with_header(hand_signed(), name, value)) is Reason.SIGNATURE_FORM


def test_a_digest_of_another_body_is_refused() -> None:
    request = hand_signed()
    other = Request(request.method, request.origin, request.target, request.headers, b"{}")
    assert refusal(other) is Reason.DIGEST


def test_the_query_component_is_a_lone_question_mark_where_there_is_no_query() -> None:
    """RFC 9421 section 2.2.7."""
    request = outgoing_request("GET", "https://node.example/x")
    text = rfc9421.signature_base(request, InnerList((Item("@query"),))).decode()
    assert text.splitlines()[0] == '"@query": ?'


@pytest.mark.parametrize(
    ("component", "value"),
    [
        ("@method", "POST"),
        ("@target-uri", "https://www.example.com/path?param=a?b"),
        ("@authority", "www.example.com"),
        ("@scheme", "https"),
        ("@request-target", "/path?param=a?b"),
        ("@path", "/path"),
        ("@query", "?param=a?b"),
    ],
)
def test_a_derived_component_has_the_value_that_the_specification_says(component: str, value: str) -> None:
    """RFC 9421 sections 2.2.1 to 2.2.7."""
    request = outgoing_request("POST", "https://WWW.example.com:443/path?param=a?b", (), BODY)
    text = rfc9421.signature_base(request, InnerList((Item(component),))).decode()
    assert text.splitlines()[0] == f'"{component}": {value}'


@pytest.mark.parametrize(("method", "body"), [("POST", b""), ("POST", BODY), ("GET", BODY)])
def test_the_body_is_covered_also_where_it_is_empty_or_not_expected(method: str, body: bytes) -> None:
    request = outgoing_request(method, "https://node.example/inbox", (), body)
    stated = f's=("@method" "@target-uri"){PARAMS}'
    inputs = structured_fields.parse_dictionary(stated)["s"]
    assert isinstance(inputs, InnerList)
    signature = strict_base64.encode(rsa_key("one").sign(rfc9421.signature_base(request, inputs)))
    assert (
        refusal(arrived(request, (("signature-input", stated), ("signature", f"s=:{signature}:")))) is Reason.COVERAGE
    )

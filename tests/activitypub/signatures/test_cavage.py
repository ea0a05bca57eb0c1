import subprocess
import sys
from base64 import b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from activitypub.refusal import Reason, Refused
from activitypub.signatures import cavage, digest, httpdate, strict_base64
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.parsed_signature import ParsedSignature
from activitypub.signatures.request import Request, outgoing_request
from tests.kit.examples import examples
from tests.kit.signing import (
    NOW,
    arrived,
    ed25519_key,
    rsa_key,
    signed,
    signed_get,
    signer,
    vector,
    vector_request,
    with_header,
)
from tests.kit.stock_httpsig import load as load_stock_httpsig

httpsig: Any = load_stock_httpsig()
utils: Any = sys.modules["httpsig.utils"]  # as the node has loaded it

BODY = b'{"type":"Follow"}'
NAMES = "(request-target) host date digest"


def hand_signed(
    names: str = NAMES,
    *,
    params: str = 'algorithm="hs2019"',
    target: str = "/inbox",
    url: str = "https://node.example/inbox",
) -> Request:
    """Return a request signed over `names` without our signer, as by another implementation; `target` is signed."""
    request = outgoing_request("POST", url, [("Content-Type", "x/y")], BODY)
    values = dict(request.headers) | {"date": httpdate.write(NOW), "digest": digest.digest(BODY)}
    specials = {"(request-target)": f"post {target}", "(created)": f"{NOW:.0f}", "(expires)": f"{NOW + 60:.0f}"}
    text = "\n".join(f"{name}: {(values | specials)[name]}" for name in names.split(" "))
    signature = strict_base64.encode(signer().key.sign(text.encode()))
    header = f'keyId="{signer().key_id}",{params},headers="{names}",signature="{signature}"'
    added = (("date", values["date"]), ("digest", values["digest"]), ("signature", header))
    return arrived(request, added)


def proven(request: Request, now: float = NOW) -> bool:
    return cavage.parse_signature(request, now=now).verified_by(signer().key.public())


def refusal(request: Request, now: float = NOW) -> Reason:
    with pytest.raises(Refused) as caught:
        cavage.parse_signature(request, now=now)
    return caught.value.reason


def test_a_signed_post_covers_body_and_type_and_is_verified_by_its_key() -> None:
    request = signed(BODY)
    parsed = cavage.parse_signature(request, now=NOW)
    assert parsed.key_id == "https://remote.example/users/ann#main-key"
    assert parsed.signature_bases[0].decode().splitlines() == [
        "(request-target): post /inbox",
        "host: node.example",
        "date: Tue, 14 Nov 2023 22:13:20 GMT",
        f"digest: {digest.digest(BODY)}",
        "content-type: application/activity+json",
    ]
    assert parsed.verified_by(signer().key.public())
    assert not parsed.verified_by(rsa_key("another").public())


def test_a_signed_get_covers_what_it_accepts() -> None:
    request = signed_get("https://node.example/federation/user/live?page=1")
    base = cavage.parse_signature(request, now=NOW).signature_bases[0].decode()
    assert [line.partition(":")[0] for line in base.splitlines()] == ["(request-target)", "host", "date", "accept"]
    assert proven(request)


def test_a_digest_that_was_made_before_is_kept() -> None:
    request = outgoing_request(
        "POST", "https://node.example/inbox", [("Content-Type", "x/y"), ("Digest", "made before")], BODY
    )
    assert "digest" not in dict(cavage.sign(request, signer(), now=NOW))


def test_a_percent_sign_in_the_key_id_survives_httpsigs_template() -> None:
    by = SigningKey("https://remote.example/users/%C3%A9%s#main-key", signer().key)
    assert cavage.parse_signature(signed(BODY, by=by), now=NOW).key_id == by.key_id


def test_only_complete_requests_are_signed_and_only_with_rsa() -> None:
    with pytest.raises(ValueError, match="content-type"):
        cavage.sign(outgoing_request("POST", "https://node.example/inbox", (), BODY), signer(), now=NOW)
    with pytest.raises(ValueError, match="accept"):
        cavage.sign(outgoing_request("GET", "https://node.example/"), signer(), now=NOW)
    with pytest.raises(ValueError, match="RSA"):
        cavage.sign(outgoing_request("GET", "https://node.example/"), SigningKey("k", ed25519_key("one")), now=NOW)


@pytest.mark.parametrize("name", ["cavage12_c1_default", "cavage12_c2_basic", "cavage12_c3_all_headers"])
def test_the_text_of_the_drafts_examples_is_what_was_signed(name: str) -> None:
    loaded = vector(f"signatures/{name}.json")
    request = vector_request(loaded)
    params = cavage.parse_header(request.header("signature") or "")
    values = {header: request.header(header) or "" for header in params.covered}
    text = utils.generate_message(list(params.covered), values, "example.com", "POST", request.target)
    assert text.decode() == loaded["text"]
    # its key has 1,024 bits, which `keys` refuses
    public = serialization.load_pem_public_key(loaded["public_key"].encode())
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(params.signature, text, padding.PKCS1v15(), hashes.SHA256())


def test_of_the_drafts_examples_only_the_one_that_signs_all_headers_is_enough() -> None:
    claims: dict[str, ParsedSignature | Reason] = {}
    for name in ("c1_default", "c2_basic", "c3_all_headers"):
        loaded = vector(f"signatures/cavage12_{name}.json")
        try:
            claims[name] = cavage.parse_signature(vector_request(loaded), now=loaded["now"])
        except Refused as refused:
            claims[name] = refused.reason
    assert claims["c1_default"] is claims["c2_basic"] is Reason.COVERAGE
    assert isinstance(claims["c3_all_headers"], ParsedSignature)
    assert (
        claims["c3_all_headers"].signature_bases[0].decode()
        == vector("signatures/cavage12_c3_all_headers.json")["text"]
    )


@pytest.mark.parametrize(
    "params", ['algorithm="rsa-sha256"', 'algorithm="RSA-SHA256"', 'algorithm="hs2019"', "created=1700000000", 'a="b"']
)
def test_the_names_that_servers_give_to_rsa_with_sha256_are_accepted(params: str) -> None:
    """Mastodon writes rsa-sha256, GoToSocial hs2019, and some servers write no algorithm."""
    assert proven(hand_signed(params=params))


@pytest.mark.parametrize(
    "algorithm", ["hmac-sha256", "rsa-sha1", "rsa-sha512", "ed25519", "none", "rsa", "ecdsa-sha256", "hs2019 ", ""]
)
def test_no_other_algorithm_is_verified(algorithm: str) -> None:
    # an empty name counts as none given
    if algorithm:
        assert refusal(hand_signed(params=f'algorithm="{algorithm}"')) is Reason.ALGORITHM
    else:
        assert proven(hand_signed(params='algorithm=""'))


def forged(algorithm: str) -> Request:
    """Return a forged request: signed by HMAC, with the public key of the actor as the secret."""
    request = outgoing_request("POST", "https://node.example/inbox", [("Content-Type", "x/y")], BODY)
    public = signer().key.public().pem()
    stock = httpsig.HeaderSigner(signer().key_id, public, "hmac-sha256", NAMES.split(" "), sign_header="signature")
    values = dict(request.headers) | {"date": httpdate.write(NOW), "digest": digest.digest(BODY)}
    header = stock.sign(values, host="node.example", method="POST", path="/inbox")["signature"]
    added = (("date", values["date"]), ("digest", values["digest"]), ("signature", header))
    return (
        arrived(request, added)
        if algorithm == "hmac-sha256"
        else arrived(request, (*added[:2], ("signature", header.replace("hmac-sha256", algorithm))))
    )


def test_the_stock_verifier_is_fooled_by_a_public_key_used_as_a_secret() -> None:
    """The reason not to use httpsig's verifier. If this fails, httpsig was fixed: read its change log."""
    request = forged("hmac-sha256")
    stock = httpsig.HeaderVerifier(
        dict(request.headers), signer().key.public().pem(), NAMES.split(" "), "POST", "/inbox", sign_header="signature"
    )
    assert stock.verify() is True


def test_our_verifier_is_not_fooled_whatever_the_forger_calls_the_algorithm() -> None:
    assert refusal(forged("hmac-sha256")) is Reason.ALGORITHM
    for algorithm in ("hs2019", "rsa-sha256"):
        assert not proven(forged(algorithm))


@pytest.mark.parametrize(
    "names",
    [
        "date",
        "host date digest",
        "(request-target) date digest",
        "(request-target) host digest",
        "(request-target) host date",
        "(request-target) host (expires) digest",
    ],
)
def test_a_signature_over_less_than_the_whole_request_is_refused(names: str) -> None:
    params = f"expires={NOW + 60:.0f}" if "expires" in names else 'algorithm="hs2019"'
    assert refusal(hand_signed(names, params=params)) is Reason.COVERAGE


def test_created_may_stand_for_the_date() -> None:
    names, params = "(request-target) (created) (expires) host digest", f"created={NOW:.0f},expires={NOW + 60:.0f}"
    assert proven(hand_signed(names, params=params))
    assert proven(hand_signed(names, params=f'algorithm="hs2019",created="{NOW:.0f}",expires={NOW + 60:.0f}'))


def test_created_with_an_algorithm_named_by_primitive_is_refused() -> None:
    names = "(request-target) (created) host digest"
    request = hand_signed(names, params=f'algorithm="rsa-sha256",created={NOW:.0f}')
    assert refusal(request) is Reason.ALGORITHM


@pytest.mark.parametrize("params", [f"created={NOW - 3601:.0f}", f"created={NOW + 3601:.0f}", "created=0"])
def test_a_created_time_outside_the_window_is_refused_even_when_it_is_not_signed(params: str) -> None:
    assert refusal(hand_signed(params=params)) is Reason.DATE


def test_a_signed_created_must_be_given() -> None:
    assert refusal(hand_signed("(request-target) (created) host digest")) is Reason.COVERAGE


def test_an_expired_signature_is_refused() -> None:
    request = hand_signed(
        "(request-target) (created) (expires) host digest", params=f"created={NOW},expires={NOW + 60}".replace(".0", "")
    )
    assert proven(request, NOW + 60)
    assert refusal(request, NOW + 400) is Reason.DATE


@pytest.mark.parametrize("late_s", [-3601, 3601, 86400 * 365])
def test_a_date_outside_the_window_is_refused(late_s: float) -> None:
    assert refusal(signed(BODY), NOW + late_s) is Reason.DATE
    assert proven(signed(BODY), NOW + 3599)


@pytest.mark.parametrize("date", ["", "yesterday", "1700000000", "2023-11-14T22:13:20Z"])
def test_a_date_header_that_is_no_date_is_refused(date: str) -> None:
    assert refusal(with_header(signed(BODY), "date", date)) is Reason.DATE


@pytest.mark.parametrize("name", ["date", "digest", "host", "content-type"])
def test_a_signed_header_that_is_missing_doubled_or_not_ascii_is_refused(name: str) -> None:
    request = signed(BODY)
    assert refusal(with_header(request, name, None)) is Reason.COVERAGE
    assert refusal(with_header(request, name, "é")) is Reason.COVERAGE
    doubled = arrived(request, ((name, request.header(name) or ""),))
    assert refusal(doubled) is Reason.HEADERS


def test_a_digest_of_another_body_is_refused() -> None:
    request = signed(BODY)
    other = Request(request.method, request.origin, request.target, request.headers, b'{"type":"Delete"}')
    assert refusal(other) is Reason.DIGEST


def test_a_post_without_a_body_must_sign_its_digest_all_the_same() -> None:
    get = signed_get("https://node.example/inbox")
    assert refusal(Request("POST", get.origin, get.target, get.headers)) is Reason.COVERAGE


@pytest.mark.parametrize("target", ["/inbox?token=x", "/inbox"])
def test_the_query_may_be_signed_or_not(target: str) -> None:
    """GoToSocial and older versions of Mastodon leave it out, and try the other way after a 401."""
    request = hand_signed(target=target, url="https://node.example/inbox?token=x")
    assert proven(request)
    assert not proven(hand_signed(target="/other", url="https://node.example/inbox?token=x"))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Signature",
        'keyId="k"',
        'signature="AAAA"',
        'keyId="",signature="AAAA"',
        'keyId="k",signature=""',
        'keyId="k",signature="AAA"',
        'keyId="k",signature="AB=="',
        'keyId="k",signature="AAAA",keyId="l"',
        'keyId="k",signature="AAAA",KEYID="l"',
        'keyId="k",signature="AAAA",headers="date  host"',
        'keyId="k",signature="AAAA",headers=""',
        'keyId="k",signature="AAAA",headers="date Date"',
        'keyId="k",signature="AAAA",created="soon"',
        'keyId="k",signature="AAAA",expires=""',
        'keyId="k",signature="AAAA",created=soon',
        'keyId="k" signature="AAAA"',
        'keyId="k",,signature="AAAA"',
        'keyId="k\\"",signature="AAAA"',
        "keyId=k,signature=AAAA",
        'keyId="k",signature="AAAA",',
        'keyId="é",signature="AAAA"',
        f'keyId="{"k" * 2049}",signature="AAAA"',
        'keyId="k",signature="AAAA",' + ",".join(f'a{"x" * n}="1"' for n in range(15)),
        'keyId="k",signature="AAAA",headers="' + " ".join(f"a{n}" for n in range(33)) + '"',
        'keyId="k",signature="' + "A" * 7000 + '"',
    ],
)
def test_a_malformed_signature_header_is_refused(header: str) -> None:
    with pytest.raises(Refused) as caught:
        cavage.parse_header(header)
    assert caught.value.reason is Reason.SIGNATURE_FORM


def test_a_signature_header_is_read_with_any_order_case_and_spacing() -> None:
    header = 'Headers="(request-target) Host", signature="AAAA" ,\tKEYID="https://a.example/k",created=5,expires="6",x="y,z=w"'
    assert cavage.parse_header(header) == cavage.Params(
        "https://a.example/k", None, ("(request-target)", "host"), b64decode("AAAA"), 5, 6
    )


def test_the_word_signature_before_the_parameters_is_skipped_once() -> None:
    """Old versions of Node's http-signature write it."""
    header = 'keyId="k",signature="AAAA"'
    assert cavage.parse_header(f"Signature {header}") == cavage.parse_header(header)
    for word in ("Signature Signature ", "signature", "Bearer "):
        with pytest.raises(Refused):
            cavage.parse_header(word + header)


@examples(300)
@given(
    st.text()
    | st.lists(st.sampled_from(['keyId="k"', 'signature="AAAA"', ",", "=", '"', "\\", "created=5", " ", "x"])).map(
        "".join
    )
)
def test_any_signature_header_is_read_or_refused(header: str) -> None:
    try:
        params = cavage.parse_header(header)
    except Refused:
        return
    assert params.key_id
    assert params.signature


def test_httpsig_builds_the_text_and_reads_the_header_as_we_rely_on() -> None:
    """The contract with httpsig 1.3.0: three functions, and the oddities that our code works around."""
    build, parse, template = (
        utils.generate_message,
        utils.parse_signature_header,
        utils.build_signature_template,
    )
    assert (
        build(["(request-target)", "host", "a"], {"A": "1"}, "h", "POST", "/x")
        == b"(request-target): post /x\nhost: h\na: 1"
    )
    # a created time is passed as if it were a header
    assert build(["(created)"], {"(created)": "5"}) == b"(created): 5"
    assert dict(parse('keyId="a",created=5,signature="x=="')) == {"keyid": "a", "created": "5", "signature": "x=="}
    # the last of two wins there; we refuse both
    assert parse('keyId="a",keyId="b"')["keyid"] == "b"
    # get() does not fold the case, so we ask in lower case
    assert parse('keyId="a"').get("keyId") is None
    assert parse('keyId="a"').get("keyid") == "a"
    # the signature is filled in with %, so a percent sign in the key id must be doubled
    assert template("a%%b", "rsa-sha256", ["date"], "signature") % "SIG" == (
        'keyId="a%b",algorithm="rsa-sha256",signature="SIG",headers="date"'
    )
    with pytest.raises(UnicodeEncodeError):
        build(["date"], {"date": "é"})
    with pytest.raises(Exception, match="missing required header"):
        build(["date"], {})


@pytest.mark.parametrize(
    "before",
    ["", "sys.modules['pkg_resources'] = None;", "import types; sys.modules['pkg_resources'] = types.ModuleType('x');"],
)
def test_httpsig_is_imported_without_pkg_resources_and_leaves_no_trace(before: str) -> None:
    code = (
        f"import sys; {before} kept = sys.modules.get('pkg_resources')\n"
        "import activitypub.signatures.cavage\n"
        "assert sys.modules.get('pkg_resources') is kept\n"
        "assert not {'cffi', 'Crypto', 'httpsig.sign'} & {*sys.modules}\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.refusal import Reason, Refused
from activitypub.signatures import digest, strict_base64
from tests.kit.examples import examples

BODY = b'{"hello": "world"}'
# RFC 9421 appendix B.2 and draft-cavage appendix C use the same body
SHA256 = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
SHA512 = "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="


def test_the_digests_of_the_rfc_examples_are_ours() -> None:
    assert digest.digest(BODY) == f"SHA-256={SHA256}"
    assert digest.content_digest(BODY) == f"sha-256=:{SHA256}:"


@pytest.mark.parametrize(
    "value",
    [
        f"SHA-256={SHA256}",
        f"sha-256={SHA256}",
        f"SHA-512={SHA512}",
        f"SHA-256={SHA256},SHA-512={SHA512}",
        f"MD5=xxxx, SHA-256={SHA256}",
        f"unixsum=30637, sha-512={SHA512}",
    ],
)
def test_a_right_digest_of_a_known_kind_passes(value: str) -> None:
    digest.check_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "SHA-256",
        "SHA-256=",
        SHA256,
        f"SHA-256={SHA256[:-1]}",
        f"SHA-256={SHA256}=",
        f"SHA-256 = {SHA256}",
        "SHA=" + strict_base64.encode(hashlib.sha1(BODY, usedforsecurity=False).digest()),
        f"SHA-256={SHA256},SHA-256={SHA256}",
        f"SHA-256={SHA256},sha-512=AAAA",
        f"SHA-256={SHA512}",
        f"SHA-512={SHA256}",
    ],
)
def test_a_wrong_weak_or_doubled_digest_is_refused(value: str) -> None:
    with pytest.raises(Refused) as caught:
        digest.check_digest(value, BODY)
    assert caught.value.reason is Reason.DIGEST


@pytest.mark.parametrize(
    "value", [f"sha-256=:{SHA256}:", f"sha-512=:{SHA512}:, sha-256=:{SHA256}:", f"unixsum=1, sha-256=:{SHA256}:"]
)
def test_a_right_content_digest_passes(value: str) -> None:
    digest.check_content_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"sha-256={SHA256}",
        f'sha-256="{SHA256}"',
        "sha-256=?1",
        f"sha-256=(:{SHA256}:)",
        f"SHA-256=:{SHA256}:",
        f"sha-256=:{SHA256}:, sha-512=:AAAA:",
        "md5=:AAAA:",
        f"sha-256=:{SHA256}:, sha-256=:{SHA256}:",
    ],
)
def test_a_wrong_or_malformed_content_digest_is_refused(value: str) -> None:
    with pytest.raises(Refused) as caught:
        digest.check_content_digest(value, BODY)
    assert caught.value.reason is Reason.DIGEST


@examples(100)
@given(st.binary(), st.binary())
def test_a_digest_fits_its_own_body_only(one: bytes, other: bytes) -> None:
    for make, check in ((digest.digest, digest.check_digest), (digest.content_digest, digest.check_content_digest)):
        check(make(one), one)
        if one != other:
            with pytest.raises(Refused):
                check(make(one), other)


@examples(100)
@given(st.text())
def test_no_text_that_is_not_a_digest_of_the_body_passes(value: str) -> None:
    for check in (digest.check_digest, digest.check_content_digest):
        with pytest.raises(Refused):
            check(value, BODY)

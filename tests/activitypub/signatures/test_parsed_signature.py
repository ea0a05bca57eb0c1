import pytest

from activitypub.refusal import Reason, Refused
from activitypub.signatures.keys import Algorithm
from activitypub.signatures.parsed_signature import SKEW_S, ParsedSignature, Scheme, check_created, check_expires
from tests.kit.signing import NOW, ed25519_key, rsa_key


@pytest.mark.parametrize("offset_s", [-3600, -1, 0, 1, 3600])
def test_a_signature_made_within_the_window_counts(offset_s: float) -> None:
    check_created(NOW + offset_s, NOW, 3600)


@pytest.mark.parametrize("made_at", [NOW - 3601, NOW + 3601, 0, float("inf"), float("nan")])
def test_a_signature_made_outside_the_window_is_refused(made_at: float) -> None:
    with pytest.raises(Refused) as caught:
        check_created(made_at, NOW, 3600)
    assert caught.value.reason is Reason.DATE


def test_an_expired_signature_is_refused_with_some_room_for_clocks() -> None:
    check_expires(NOW - SKEW_S, NOW)
    with pytest.raises(Refused):
        check_expires(NOW - SKEW_S - 1, NOW)


def test_a_signature_is_verified_by_the_right_key_over_one_of_its_bases() -> None:
    signature = rsa_key("one").sign(b"two")
    parsed = ParsedSignature(Scheme.CAVAGE, "k", (b"one", b"two"), signature, frozenset({Algorithm.RSA}))
    assert parsed.verified_by(rsa_key("one").public())
    assert not parsed.verified_by(rsa_key("two").public())
    assert not ParsedSignature(Scheme.CAVAGE, "k", (b"one",), signature, parsed.algorithms).verified_by(
        rsa_key("one").public()
    )


def test_a_right_signature_by_an_algorithm_that_the_headers_exclude_is_not_verified() -> None:
    signature = ed25519_key("one").sign(b"text")
    for algorithm, proven in ((Algorithm.RSA, False), (Algorithm.ED25519, True)):
        parsed = ParsedSignature(Scheme.RFC9421, "k", (b"text",), signature, frozenset({algorithm}))
        assert parsed.verified_by(ed25519_key("one").public()) is proven

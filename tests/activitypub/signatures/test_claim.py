import pytest

from activitypub.refusal import Reason, Refused
from activitypub.signatures.claim import SKEW_S, Claim, Scheme, check_expiry, check_moment
from activitypub.signatures.keys import Algorithm
from tests.kit.signing import NOW, ed25519_key, rsa_key


@pytest.mark.parametrize("offset_s", [-3600, -1, 0, 1, 3600])
def test_a_signature_made_within_the_window_counts(offset_s: float) -> None:
    check_moment(NOW + offset_s, NOW, 3600)


@pytest.mark.parametrize("made_at", [NOW - 3601, NOW + 3601, 0, float("inf"), float("nan")])
def test_a_signature_made_outside_the_window_is_refused(made_at: float) -> None:
    with pytest.raises(Refused) as caught:
        check_moment(made_at, NOW, 3600)
    assert caught.value.reason is Reason.DATE


def test_an_expired_signature_is_refused_with_some_room_for_clocks() -> None:
    check_expiry(NOW - SKEW_S, NOW)
    with pytest.raises(Refused):
        check_expiry(NOW - SKEW_S - 1, NOW)


def test_a_claim_is_proven_by_the_right_key_over_one_of_its_texts() -> None:
    signature = rsa_key("one").sign(b"two")
    claim = Claim(Scheme.CAVAGE, "k", (b"one", b"two"), signature, frozenset({Algorithm.RSA}))
    assert claim.proven_by(rsa_key("one").public())
    assert not claim.proven_by(rsa_key("two").public())
    assert not Claim(Scheme.CAVAGE, "k", (b"one",), signature, claim.algorithms).proven_by(rsa_key("one").public())


def test_a_right_signature_of_an_algorithm_that_the_claim_excludes_proves_nothing() -> None:
    signature = ed25519_key("one").sign(b"text")
    for algorithm, proven in ((Algorithm.RSA, False), (Algorithm.ED25519, True)):
        claim = Claim(Scheme.RFC9421, "k", (b"text",), signature, frozenset({algorithm}))
        assert claim.proven_by(ed25519_key("one").public()) is proven

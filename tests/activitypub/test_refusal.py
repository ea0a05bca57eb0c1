import pytest

from activitypub.refusal import STATUS, Reason, Refused


@pytest.mark.parametrize("reason", Reason)
def test_each_refusal_is_the_fault_of_the_sender(reason: Reason) -> None:
    assert 400 <= Refused(reason, "x").status < 500


def test_a_refusal_says_why_in_words_and_for_a_counter() -> None:
    refused = Refused(Reason.DIGEST, "the digest is not of this body")
    assert str(refused) == "digest: the digest is not of this body"
    assert (refused.reason.value, refused.status) == ("digest", STATUS[Reason.DIGEST])

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.signatures import strict_base64
from tests.kit.examples import examples


@examples(100)
@given(st.binary())
def test_bytes_survive_the_way_there_and_back(value: bytes) -> None:
    assert strict_base64.decode(strict_base64.encode(value)) == value


@pytest.mark.parametrize("text", ["A", "AA", "AA=", "AB==", "AAB=", "A A=", "AA==\n", "-_==", "AA==AA==", "é", "===="])
def test_a_second_spelling_of_the_same_bytes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Base64|ASCII"):
        strict_base64.decode(text)


def test_the_last_character_has_one_spelling_though_the_standard_library_takes_sixteen() -> None:
    spellings = [
        char for char in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if base64.b64decode(f"A{char}==", validate=True) == b"\0"
    ]
    assert len(spellings) == 16
    assert strict_base64.decode("AA==") == b"\0"
    for char in spellings[1:]:
        with pytest.raises(ValueError, match="canonical"):
            strict_base64.decode(f"A{char}==")

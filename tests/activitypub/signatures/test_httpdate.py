from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.signatures import httpdate
from tests.kit.examples import examples


def test_the_example_of_the_rfc_is_read_and_written() -> None:
    assert httpdate.parse("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777
    assert httpdate.write(784111777.9) == "Sun, 06 Nov 1994 08:49:37 GMT"


@examples(100)
@given(st.integers(0, 4_000_000_000))
def test_each_second_is_written_as_the_standard_library_does_and_read_back(second: int) -> None:
    text = httpdate.write(second)
    assert text == format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True)
    assert httpdate.parse(text) == second


def test_a_leap_second_is_a_date() -> None:
    assert httpdate.parse("Sat, 31 Dec 2016 23:59:60 GMT") == 1483228799


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Mon, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Thu, 31 Feb 2000 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT\n",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
    ],
)
def test_what_is_not_an_imf_fixdate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        httpdate.parse(text)


@examples(100)
@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT", fullmatch=True))
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    try:
        assert httpdate.write(httpdate.parse(text))[:25] in {text[:25], text[:23] + "59"}
    except ValueError:
        return

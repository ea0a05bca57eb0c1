"""Time-based one-time passwords against the vectors of the RFCs."""

import pytest

from fedistream.people import totp

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("unix_s", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238_appendix_b(unix_s: int, code: str) -> None:
    assert totp.code(SECRET, unix_s // totp.STEP_S, 8) == code
    assert totp.fitting_step(SECRET, code[2:], unix_s) == unix_s // totp.STEP_S


def test_the_codes_are_those_of_rfc_4226_appendix_d() -> None:
    assert [totp.code(SECRET, step) for step in range(4)] == ["755224", "287082", "359152", "969429"]


def test_a_code_fits_one_step_early_and_late() -> None:
    code = totp.code(SECRET, 100)
    assert [totp.fitting_step(SECRET, code, step * 30 + 5) for step in (98, 99, 100, 101, 102)] == [
        None,
        100,
        100,
        100,
        None,
    ]


@pytest.mark.parametrize("typed", ["", "75522", "7552240", "٧٥٥٢٢٤", "\ud800", "x" * 100])
def test_what_is_no_code_fits_nothing(typed: str) -> None:
    assert totp.fitting_step(SECRET, typed, 5) is None


def test_an_app_reads_the_secret_from_the_uri() -> None:
    assert totp.uri(SECRET, "Ann & Bob: live", "admin") == (
        "otpauth://totp/Ann%20%26%20Bob%3A%20live:admin"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ann%20%26%20Bob%3A%20live"
    )

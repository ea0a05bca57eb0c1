"""The sentences for the causes of bans and of other actions."""

import pytest

from fedistream.chat.values import Cause, cause_of
from fedistream.chat.wording import because


@pytest.mark.parametrize(
    ("cause", "text", "sentence"),
    [
        (None, "", ""),
        (None, "{spam}", "{spam}"),
        (Cause.ADMIN, "", "banned by the admin"),
        (Cause.VISITOR_DISABLED, "{Pest} (1zh9r9akhj)", "{Pest} (1zh9r9akhj) was disabled"),
    ],
)
def test_the_text_of_a_person_is_said_as_it_is_and_that_of_a_cause_in_its_sentence(
    cause: Cause | None, text: str, sentence: str
) -> None:
    assert because(cause, text) == sentence


def test_a_cause_of_a_newer_version_is_none() -> None:
    assert [cause_of(stored) for stored in ("admin", "visitor-disabled", "the-weather", "", None)] == [
        Cause.ADMIN,
        Cause.VISITOR_DISABLED,
        None,
        None,
        None,
    ]

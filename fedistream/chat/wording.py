"""The sentences for the causes of bans and of other actions of moderators."""

from collections.abc import Mapping
from typing import Final

from fedistream.chat.values import Cause

CAUSES: Final[Mapping[Cause, str]] = {
    Cause.ADMIN: "banned by the admin",
    Cause.VISITOR_DISABLED: "{text} was disabled",
}
assert set(CAUSES) == set(Cause)


def because(cause: Cause | None, text: str) -> str:
    """Return why something was done: the text that a person gave, or the sentence for the cause. It may be empty."""
    return text if cause is None else CAUSES[cause].format(text=text)

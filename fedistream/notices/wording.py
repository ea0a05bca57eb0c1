"""The text of a notice, as Markdown, and the sentences for its reasons. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from fedistream.notices.values import Notice, SkipReason

# a title is shown literally, except that hashtags and mentions work; within ** ** a # begins no heading
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>~|&!])")


REASONS: Final[Mapping[SkipReason, str]] = {
    SkipReason.OVER: "the broadcast was over by then",
    SkipReason.FEDERATION_OFF: "federation is off",
    SkipReason.NO_TEXT: "there is no text for it",
    SkipReason.TOO_RECENT: "the last notice is too recent",
    SkipReason.NO_CHANNEL: "there is no such channel",
    SkipReason.INVALID: "{detail}",  # the faces have the sentence
    SkipReason.REFUSED: "{detail}",
    SkipReason.OTHER: "{detail}",
}
assert set(REASONS) == set(SkipReason)


def why(notice: Notice) -> str:
    """Return why the notice was skipped, in lower case and without a full stop; "" for one that was not."""
    return "" if notice.why is None else REASONS[notice.why].format(detail=notice.detail)


def live(message: str, title: str, link: str) -> str:
    """Return the text for the start, or "" without a message: an empty message disables notices."""
    return _joined(message, title, link) if message.strip() else ""


def ended(message: str, title: str, link: str) -> str:
    """Return the text that replaces it at the end."""
    return _joined(message, title, link)


def alt(title: str, name: str) -> str:
    """Return the alternative text of the broadcast's image."""
    return f"{title} ({name})" if title else name


def _joined(message: str, title: str, link: str) -> str:
    escaped = _SPECIAL.sub(r"\\\1", title.strip())
    shown = f"**{escaped}**" if escaped else ""
    return "\n\n".join(part for part in (message.strip(), shown, link) if part)

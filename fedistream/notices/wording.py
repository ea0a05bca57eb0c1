"""The text of a notice, as Markdown, and the sentences for its reasons. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from fedistream.notices.values import Notice, SkipReason

CALENDAR = "\N{CALENDAR}"

# a title is shown literally, except that hashtags and mentions work; after the sign or ** a # begins no heading
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


def live(message: str, title: str, link: str, event: str = "") -> str:
    """Return the text for the start, or "" without a message: an empty message disables notices. `event` is the name of
    the scheduled event that the broadcast belongs to, or ""."""
    return _joined(message, title, link, event) if message.strip() else ""


def ended(message: str, title: str, link: str, event: str = "") -> str:
    """Return the text that replaces it at the end."""
    return _joined(message, title, link, event)


def alt(title: str, name: str) -> str:
    """Return the alternative text of the broadcast's image."""
    return f"{title} ({name})" if title else name


def _joined(message: str, title: str, link: str, event: str) -> str:
    title, event = title.strip(), event.strip()
    if not title or event.casefold() == title.casefold():
        title, event = title or event, ""  # the name of the event is the title, and is not said twice
    shown = f"**{_escaped(title)}**" if title else ""
    # a sign in place of a word: the text around it is in the streamer's language
    scheduled = f"{CALENDAR} {_escaped(event)}" if event else ""
    return "\n\n".join(part for part in (message.strip(), shown, scheduled, link) if part)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)

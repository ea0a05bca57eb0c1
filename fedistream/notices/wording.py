"""The text of a notice, as Markdown. Pure."""

import re

# a title is shown literally, except that hashtags and mentions work; within ** ** a # begins no heading
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>~|&!])")


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

"""The words of a notice, as Markdown. Pure."""

import re

# in a title all of it is meant as it stands; but # and @ may lead somewhere, and within ** ** they begin no heading
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>~|&!])")


def live(message: str, title: str, link: str) -> str:
    """What is said at the start; "" if there is no message, which is how no notice is wanted."""
    return _joined(message, title, link) if message.strip() else ""


def ended(message: str, title: str, link: str) -> str:
    """What is said in its place at the end."""
    return _joined(message, title, link)


def alt(title: str, name: str) -> str:
    """What a picture of the broadcast shows, for who cannot see it."""
    return f"{title} ({name})" if title else name


def _joined(message: str, title: str, link: str) -> str:
    escaped = _SPECIAL.sub(r"\\\1", title.strip())
    shown = f"**{escaped}**" if escaped else ""
    return "\n\n".join(part for part in (message.strip(), shown, link) if part)

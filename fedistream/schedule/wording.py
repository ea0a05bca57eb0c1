"""The texts of posts about scheduled broadcasts, as Markdown. Pure."""

import re

# a name is shown literally
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>~|&!#])")


def escaped(name: str) -> str:
    return _SPECIAL.sub(r"\\\1", name.strip())


def reminder(message: str, name: str, link: str) -> str:
    """Return the text of a reminder, or "" without a message: an empty message disables reminders."""
    return "\n\n".join((message.strip(), f"**{escaped(name)}**", link)) if message.strip() else ""

"""Settings as the fields of a form, and back. Whether a value fits is for the settings service to say. Pure."""

import math
from collections.abc import Callable, Mapping

from fedistream.errors import Invalid

MAX_LINKS = 50

# Settings whose values are no text: how a form writes them, and how it reads them back. All others are taken as text.


def write_list(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else ""


def read_list(text: str) -> object:
    return [item for item in (part.strip().lstrip("#").strip() for part in text.split(",")) if item]


def write_links(value: object) -> str:
    items = value if isinstance(value, list | tuple) else ()
    return "\n".join(f"{item.get('platform', '')} {item.get('url', '')}" for item in items if isinstance(item, Mapping))


def read_links(text: str) -> object:
    """`label address` a line. Raises Invalid."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) > MAX_LINKS:
        raise Invalid("socialhandles", f"may have at most {MAX_LINKS} lines")
    if any(len(parts) < 2 for parts in lines):
        raise Invalid("socialhandles", "needs a label and an address on each line")
    return [{"platform": " ".join(label), "url": url} for *label, url in lines]


def write_number(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else ""


def read_number(text: str) -> object:
    """Raises Invalid."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):  # float() knows "inf" and "nan" too
        raise Invalid("number", "must be a number")
    return int(number) if number.is_integer() else number


WRITERS: Mapping[str, Callable[[object], str]] = {
    "tags": write_list,
    "socialhandles": write_links,
    "broadcast.grace_s": write_number,
}
READERS: Mapping[str, Callable[[str], object]] = {
    "tags": read_list,
    "socialhandles": read_links,
    "broadcast.grace_s": read_number,
}
assert WRITERS.keys() == READERS.keys()


def write(name: str, value: object) -> str:
    """What the form shows of a setting."""
    return WRITERS.get(name, str)(value)


def read(name: str, text: str) -> object:
    """What a form's text means for a setting. Raises Invalid."""
    reader = READERS.get(name)
    return reader(text) if reader else text

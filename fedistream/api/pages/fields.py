"""Conversion of settings to form fields and back. The settings service checks the values. Pure."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fedistream.api.http.problems import RequestProblem
from fedistream.core.errors import Invalid, ValueProblem
from fedistream.settings.table import BY_NAME

MAX_LINKS = 50
ON = "on"  # sent by a ticked box; a hidden empty field of the same name before it means "not ticked"

# Settings whose values are not text: how they are written into a form and read from it.


def write_list(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else ""


def read_list(text: str) -> object:
    return [item for item in (part.strip().lstrip("#").strip() for part in text.split(",")) if item]


def write_links(value: object) -> str:
    items = value if isinstance(value, list | tuple) else ()
    return "\n".join(f"{item.get('platform', '')} {item.get('url', '')}" for item in items if isinstance(item, Mapping))


def read_links(text: str) -> object:
    """Read one `label address` per line. Raises Invalid."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) > MAX_LINKS:
        raise Invalid("channel.social_handles", RequestProblem.MANY_LINES, most=MAX_LINKS)
    if any(len(parts) < 2 for parts in lines):
        raise Invalid("channel.social_handles", RequestProblem.LABEL_AND_ADDRESS)
    return [{"platform": " ".join(label), "url": url} for *label, url in lines]


def write_number(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else ""


def read_number(text: str) -> object:
    """Raises Invalid."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):  # float() accepts "inf" and "nan" too
        raise Invalid("number", ValueProblem.NOT_NUMBER)
    return int(number) if number.is_integer() else number


def write_lines(value: object) -> str:
    return "\n".join(str(item) for item in value) if isinstance(value, list | tuple) else ""


def read_lines(text: str) -> object:
    """Read one item per line; commas separate items too, because lists are often pasted like that."""
    return [item for item in (part.strip() for part in text.replace(",", "\n").splitlines()) if item]


def write_flag(value: object) -> str:
    return ON if value else ""


def read_flag(text: str) -> object:
    return text == ON


def write_variables(value: object) -> str:
    return "\n".join(f"{name}: {text}" for name, text in value.items()) if isinstance(value, Mapping) else ""


def read_variables(text: str) -> object:
    """Read one `name: value` per line; a semicolon at the end is left out, as lines are often pasted from CSS. Raises
    Invalid."""
    lines = [line.strip().rstrip(";").partition(":") for line in text.splitlines() if line.strip()]
    if not all(colon for _, colon, _ in lines):
        raise Invalid("page.appearance", RequestProblem.NAME_AND_VALUE)
    return {name.strip(): value.strip() for name, _, value in lines}


@dataclass(frozen=True, slots=True)
class FieldCodec:
    """The two directions of the conversion."""

    write: Callable[[object], str]
    read: Callable[[str], object]


TEXT = FieldCodec(str, str)
NUMBER = FieldCodec(write_number, read_number)
BY_TYPE: Mapping[type, FieldCodec] = {
    bool: FieldCodec(write_flag, read_flag),
    int: NUMBER,
    float: NUMBER,
    list: FieldCodec(write_lines, read_lines),
}
BY_SETTING: Mapping[str, FieldCodec] = {
    "channel.tags": FieldCodec(write_list, read_list),
    "channel.social_handles": FieldCodec(write_links, read_links),
    "page.appearance": FieldCodec(write_variables, read_variables),
}
assert BY_SETTING.keys() <= BY_NAME.keys()


def write(name: str, value: object) -> str:
    """Return the text of a setting in its form."""
    return _way(name).write(value)


def read(name: str, text: str) -> object:
    """Return the value of a setting from a form's text. Raises Invalid."""
    return _way(name).read(text)


def _way(name: str) -> FieldCodec:
    return BY_SETTING.get(name) or BY_TYPE.get(BY_NAME[name].type, TEXT)

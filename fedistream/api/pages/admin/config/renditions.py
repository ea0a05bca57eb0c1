"""The output variants as form fields, one form each, and back. Pure."""

from collections.abc import Mapping, Sequence
from gettext import NullTranslations
from typing import Any

from fedistream.api.pages import fields
from fedistream.settings.structures import PASSTHROUGH

SETTING = "video.renditions"
NEW = "new"
FLAGS = ("videoPassthrough", "audioPassthrough", "audioOnly")
NUMBERS = ("videoBitrate", "audioBitrate", "scaledWidth", "scaledHeight", "framerate", "cpuUsageLevel")
MEMBERS = ("name", *FLAGS, *NUMBERS)
MAX_DIGITS = 9  # of a number; what is longer is out of every range
# a first choice for people who have not thought of it: 720p for a slow line
SUGGESTED: Mapping[str, Any] = {
    "name": "",
    "videoPassthrough": False,
    "audioPassthrough": True,
    "audioOnly": False,
    "videoBitrate": 1200,
    "audioBitrate": 128,
    "scaledWidth": 0,
    "scaledHeight": 720,
    "framerate": 24,
    "cpuUsageLevel": 2,
}


def field_name(place: int | str, member: str) -> str:
    return f"rendition-{place}:{member}"


def place_of(name: str) -> str:
    """Return the place in the name of a field, "" of another one."""
    return name.removeprefix("rendition-").partition(":")[0] if name.startswith("rendition-") else ""


def labels(translations: NullTranslations) -> dict[str, str]:
    """Return what the members are called."""
    _ = translations.gettext
    return {
        "name": _("Name"),
        "videoPassthrough": _("Pass the video on"),
        "audioPassthrough": _("Pass the audio on"),
        "audioOnly": _("Sound alone"),
        "videoBitrate": _("Video bitrate, in kbit/s"),
        "audioBitrate": _("Audio bitrate, in kbit/s"),
        "scaledWidth": _("Width, in pixels"),
        "scaledHeight": _("Height, in pixels"),
        "framerate": _("Frames per second"),
        "cpuUsageLevel": _("CPU usage"),
    }


def values(present: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the texts of the fields of all forms, and of the one for a new variant."""
    rows: list[tuple[int | str, Mapping[str, Any]]] = [*enumerate(present), (NEW, SUGGESTED)]
    return {field_name(place, member): _write(row.get(member)) for place, row in rows for member in MEMBERS}


def read(place: int | str, submitted: Mapping[str, str]) -> dict[str, Any]:
    """Return the variant of a form; an empty field for a number is 0, and what is no number is left as it is."""
    found: dict[str, Any] = {"name": submitted.get(field_name(place, "name"), "").strip()}
    for member in FLAGS:
        found[member] = fields.read_flag(submitted.get(field_name(place, member), ""))
    for member in NUMBERS:
        text = submitted.get(field_name(place, member), "").strip() or "0"
        known = text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
        found[member] = int(text) if known else text
    return found


def changed(
    present: Sequence[Mapping[str, Any]], place: int | None, given: Mapping[str, Any] | None
) -> list[Mapping[str, Any]]:
    """Return the list with one variant added (no `place`), changed, or removed (nothing `given`). An empty list is that
    of a new node: the stream is passed on."""
    if place is None:
        return [*present, *([given] if given is not None else [])]
    replaced = [given if number == place else each for number, each in enumerate(present)]
    return [each for each in replaced if each is not None] or [dict(PASSTHROUGH)]


def _write(value: object) -> str:
    return fields.write_flag(value) if isinstance(value, bool) else str(value or "")

"""The checks of settings whose values are objects, or lists of objects, and of texts in another language than ours.

Members that a check does not know are dropped: clients of later versions send more of them. A member that is missing
or null has its default. Pure.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from fedistream.core.errors import Invalid, ValueProblem
from fedistream.settings.checks import MAX_URL, Check, Json, flag, text, whole
from fedistream.settings.values import SettingProblem

MAX_MEMBERS = 100  # of an object, known or not; the objects here have at most 10
MAX_ACTIONS, MAX_ACTION_TITLE, MAX_ACTION_TEXT, MAX_ACTION_HTML = 30, 100, 500, 10_000
MAX_VARIABLES, MAX_VARIABLE = 200, 200
MAX_STYLES = MAX_SCRIPT = 100_000
MAX_RENDITIONS, MAX_RENDITION_NAME = 10, 100
MAX_STORAGE_WORD, MAX_PREFIX = 255, 500
MAX_GO_LIVE = 2_000

VARIABLE = re.compile(r"(?:--)?[A-Za-z][A-Za-z0-9_-]{0,99}")
COLOR = re.compile(r"[#\w(),.%/ +-]*")
LEAVES_VALUE = re.compile(r"[;{}<>\\@!]|/\*|url\s*\(|expression\s*\(", re.IGNORECASE)
LEAVES_STYLES = re.compile(r"</style|<!--", re.IGNORECASE)
PAIRS = (("(", ")"), ("[", "]"))


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object: its check, and the value it has when it is not given."""

    check: Check
    default: Json
    required: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A check for an object with these members. `rule` raises Invalid when they do not fit together."""

    members: Mapping[str, Member]
    rule: Callable[[str, dict[str, Json]], None] | None = None

    def __call__(self, name: str, value: object) -> dict[str, Json]:
        if not isinstance(value, Mapping) or len(value) > MAX_MEMBERS:
            raise Invalid(name, SettingProblem.OBJECT_SIZE, most=MAX_MEMBERS)
        found: dict[str, Json] = {}
        for key, member in self.members.items():
            given = value.get(key)
            if given is None and member.required:
                raise Invalid(f"{name}: {key}", ValueProblem.MISSING)
            found[key] = member.default if given is None else member.check(f"{name}: {key}", given)
        if self.rule is not None:
            self.rule(name, found)
        return found


@dataclass(frozen=True, slots=True)
class Records:
    """A check for a list of at most `most` values, each of which `one` accepts."""

    one: Check
    most: int

    def __call__(self, name: str, value: object) -> list[Json]:
        if not isinstance(value, list | tuple) or len(value) > self.most:
            raise Invalid(name, SettingProblem.OBJECTS, most=self.most)
        return [self.one(f"{name}: {number}", item) for number, item in enumerate(value, 1)]


def url(*schemes: str, path: bool = False) -> Check:
    """Return a check for an absolute URL with one of these schemes, or an empty text. With `path`, one of this node
    may go without scheme and host."""
    return Url(schemes, path)


@dataclass(frozen=True, slots=True)
class Url:
    """A check for an absolute URL with one of some schemes, or an empty text. See `url`."""

    schemes: tuple[str, ...]
    path: bool

    def __call__(self, name: str, value: object) -> str:
        found = str(text(MAX_URL)(name, value))
        if not found or (self.path and found.startswith("/") and not found.startswith(("//", "/\\"))):
            return found
        try:
            parts = urlsplit(found)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise Invalid(name, SettingProblem.URL) from error
        if parts.scheme not in self.schemes or not host or any(blank.isspace() for blank in found):
            raise Invalid(name, SettingProblem.URL_SCHEME, choices=" or ".join(f"{each}://" for each in self.schemes))
        return found


def color(name: str, value: object) -> str:
    """Check for a CSS colour, or an empty text."""
    found = str(text(50)(name, value))
    if not COLOR.fullmatch(found):
        raise Invalid(name, SettingProblem.CSS_COLOUR)
    return found


def styles(name: str, value: object) -> str:
    """Check for a style sheet, which must not end the element that it is put into."""
    found = str(text(MAX_STYLES, lines=True)(name, value))
    if LEAVES_STYLES.search(found):
        raise Invalid(name, SettingProblem.STYLE_END)
    return found


def variables(name: str, value: object) -> dict[str, Json]:
    """Check for CSS variables by their names. A value must not end its declaration or load anything."""
    if not isinstance(value, Mapping) or len(value) > MAX_VARIABLES:
        raise Invalid(name, SettingProblem.CSS_VARIABLES, most=MAX_VARIABLES)
    found: dict[str, Json] = {}
    for key, given in value.items():
        if not isinstance(key, str) or not VARIABLE.fullmatch(key):
            raise Invalid(name, SettingProblem.CSS_VARIABLE_NAME)
        found[key] = _css_value(f"{name}: {key}", given)
    return found


def _css_value(name: str, value: object) -> str:
    found = str(text(MAX_VARIABLE)(name, value))
    unbalanced = any(found.count(mark) % 2 for mark in "\"'") or any(found.count(a) != found.count(b) for a, b in PAIRS)
    if unbalanced or LEAVES_VALUE.search(found):
        raise Invalid(name, SettingProblem.CSS_VARIABLE_VALUE)
    return found


def _has_content(name: str, action: dict[str, Json]) -> None:
    if bool(action["url"]) == bool(action["html"]):
        raise Invalid(name, SettingProblem.URL_OR_HTML)


external_actions = Records(
    Record(
        {
            "url": Member(url("https", "http", path=True), ""),
            "html": Member(text(MAX_ACTION_HTML, lines=True), ""),
            "title": Member(text(MAX_ACTION_TITLE, empty=False), "", required=True),
            "description": Member(text(MAX_ACTION_TEXT, lines=True), ""),
            "icon": Member(url("https", "http", path=True), ""),
            "color": Member(color, ""),
            "openExternally": Member(flag, False),
        },
        _has_content,
    ),
    MAX_ACTIONS,
)

PASSTHROUGH: Mapping[str, Json] = {
    "name": "Source",
    "videoPassthrough": True,
    "audioPassthrough": True,
    "videoBitrate": 0,
    "audioBitrate": 0,
    "scaledWidth": 0,
    "scaledHeight": 0,
    "framerate": 0,
    "cpuUsageLevel": 0,
}
"""The rendition that hands on what the encoder sends."""


def _has_picture(name: str, row: dict[str, Json]) -> None:
    """Leave our own member out of rows that do not need it: clients read back what they know."""
    if not row["audioOnly"]:
        del row["audioOnly"]


renditions = Records(
    Record(
        {
            "name": Member(text(MAX_RENDITION_NAME), ""),
            "videoPassthrough": Member(flag, False),
            "audioPassthrough": Member(flag, False),
            "videoBitrate": Member(whole(0, 100_000), 0),  # kbit/s
            "audioBitrate": Member(whole(0, 2_000), 0),  # kbit/s
            "scaledWidth": Member(whole(0, 7_680), 0),  # 0: as the encoder sends it
            "scaledHeight": Member(whole(0, 4_320), 0),
            "framerate": Member(whole(0, 240), 0),
            "cpuUsageLevel": Member(whole(0, 4), 2),
            "audioOnly": Member(flag, False),  # ours: sound without a picture, for the smallest connections
        },
        _has_picture,
    ),
    MAX_RENDITIONS,
)


def _can_store(name: str, storage: dict[str, Json]) -> None:
    for key in ("endpoint", "accessKey", "secret", "bucket"):
        if storage["enabled"] and not storage[key]:
            raise Invalid(f"{name}: {key}", SettingProblem.STORAGE_NEEDS)


_STORAGE: Mapping[str, Member] = {
    "enabled": Member(flag, False),
    "endpoint": Member(url("https", "http"), ""),
    "servingEndpoint": Member(url("https", "http"), ""),
    "accessKey": Member(text(MAX_STORAGE_WORD), ""),
    "secret": Member(text(MAX_STORAGE_WORD), ""),
    "bucket": Member(text(MAX_STORAGE_WORD), ""),
    "region": Member(text(MAX_STORAGE_WORD), ""),
    "acl": Member(text(MAX_STORAGE_WORD), ""),
    "forcePathStyle": Member(flag, False),
    "pathPrefix": Member(text(MAX_PREFIX), ""),
}
storage = Record(_STORAGE, _can_store)
NO_STORAGE: Mapping[str, Json] = {name: member.default for name, member in _STORAGE.items()}


def _can_post(name: str, discord: dict[str, Json]) -> None:
    if discord["enabled"] and not discord["webhook"]:
        raise Invalid(f"{name}: webhook", SettingProblem.NOTICES_NEED)


discord = Record(
    {
        "enabled": Member(flag, False),
        "webhook": Member(url("https", "http"), ""),
        "goLiveMessage": Member(text(MAX_GO_LIVE, lines=True), ""),
    },
    _can_post,
)
browser_push = Record({"enabled": Member(flag, False), "goLiveMessage": Member(text(MAX_GO_LIVE, lines=True), "")})

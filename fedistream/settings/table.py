"""The table of what an admin may change while the node runs: names, defaults, limits, and what each change touches.

Getters, setters of other systems' APIs, the admin's form and the docs are derived from it. Values are plain JSON.
What has to be known before the database opens (ports, folders) is in `app/config.py`; the stored values are kept by
`service.py`.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from fedistream.core.errors import Invalid

Json = str | int | float | bool | list[str] | list[dict[str, str]]
Check = Callable[[str, object], Json]
Scope = Literal["node", "channel"]
Touch = Literal["page", "profile", "player", "broadcast", "chat", "followers"]

TOUCHES: Mapping[Touch, str] = {
    "page": "seen when a page or the configuration is asked for next",
    "profile": "what the fediverse knows of the channel: followers are sent an update",
    "player": "from the next broadcast on, as players would stumble over a change in the middle",
    "broadcast": "at once, also for a broadcast that is running",
    "chat": "at once, for everybody in the chat",
    "followers": "at once, for who follows or wants to",
}

MAX_NAME = 100
MAX_TITLE = 200
MAX_SUMMARY = 5_000
MAX_OFFLINE_MESSAGE = 5_000
MAX_PAGE = 100_000
MAX_TAGS, MAX_TAG = 30, 50
MAX_WORDS, MAX_WORD = 500, 64  # names and words of the chat
MAX_WELCOME = 2_000
MAX_DOMAINS = 5_000  # block lists that admins share have a few thousand
MAX_LIVE_MESSAGE = 2_000
MAX_ACCOUNTS = 10
ACCOUNT = re.compile(r"https?://[a-z0-9_.:-]+/[!-~]+", re.IGNORECASE)
USERNAME = re.compile(r"[a-z0-9_]{1,30}")  # what every server takes
DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?")
MAX_HANDLE = 320  # characters
HANDLE = re.compile(rf"\w(?:[\w.-]{{0,62}}\w)?@{DOMAIN.pattern}(?::\d{{1,5}})?")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
FORBIDDEN_NAMES = ("fedistream", "operator", "admin", "system")
MAX_HANDLES, MAX_PLATFORM, MAX_URL = 30, 50, 1_000
HANDLE_SCHEMES = ("http", "https", "mailto", "xmpp", "matrix")  # never javascript: these become links

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL keeps no NUL, and half a character has no encoding
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Setting:
    """One row. `check(name, value)` returns what is stored for a value from outside, or raises Invalid.

    `owncast_path` is where that API has a setter for it, "" for settings it does not know. A setting of a channel may
    also be given for the whole node, for channels without a value of their own.
    """

    name: str
    type: type
    default: Json
    check: Check
    touches: frozenset[Touch]
    owncast_path: str = ""
    scope: Scope = "channel"


def text(longest: int, *, lines: bool = False, empty: bool = True) -> Check:
    """A text of at most `longest` characters; blanks around it are dropped."""

    def check(name: str, value: object) -> str:
        if not isinstance(value, str):
            raise Invalid(name, "must be a text")
        value = value.strip()
        if len(value) > longest:
            raise Invalid(name, f"must be at most {longest} characters")
        if not value and not empty:
            raise Invalid(name, "must not be empty")
        if _UNSTORABLE.search(value) or _CONTROL.search(value) or (not lines and len(value.splitlines()) > 1):
            raise Invalid(name, "must have no control characters" + ("" if lines else " and no line breaks"))
        return value

    return check


def flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise Invalid(name, "must be true or false")
    return value


def language(name: str, value: object) -> str:
    """A language tag like "en" or "pt-BR" (BCP 47), or none."""
    found = str(text(35)(name, value))
    if found and not LANGUAGE.fullmatch(found):
        raise Invalid(name, "must be the tag of a language, like en or pt-BR")
    return found


def number(least: float, most: float) -> Check:
    """Any number in the range, in the unit that the setting's name says."""
    return lambda name, value: float(_ranged(name, value, least, most))


def whole(least: int, most: int) -> Check:
    """A whole number in the range. 2.0 passes as 2: JSON knows no difference."""

    def check(name: str, value: object) -> int:
        found = _ranged(name, value, least, most)
        if found != int(found):
            raise Invalid(name, "must be a whole number")
        return int(found)

    return check


def _ranged(name: str, value: object, least: float, most: float) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(name, "must be a number")
    if not least <= value <= most:  # which NaN is not either
        raise Invalid(name, f"must be between {least:g} and {most:g}")
    return value


def tags(name: str, value: object) -> list[str]:
    """Hash tags without the hash, each once."""
    if not isinstance(value, list | tuple) or len(value) > MAX_TAGS:
        raise Invalid(name, f"must be a list of at most {MAX_TAGS} tags")
    one = text(MAX_TAG)
    stripped = [str(one(name, tag)).lstrip("#").strip() for tag in value]
    return list(dict.fromkeys(tag for tag in stripped if tag))


def words(name: str, value: object) -> list[str]:
    """Names or words, each once, without blanks around them."""
    if not isinstance(value, list | tuple) or len(value) > MAX_WORDS:
        raise Invalid(name, f"must be a list of at most {MAX_WORDS} texts")
    one = text(MAX_WORD)
    return list(dict.fromkeys(found for each in value if (found := str(one(name, each)))))


def username(name: str, value: object) -> str:
    """The part before the @ of an account."""
    found = str(text(30)(name, value)).lower()
    if not USERNAME.fullmatch(found):
        raise Invalid(name, "must be 1 to 30 letters without accents, digits and underscores")
    return found


def choice(*words: str) -> Check:
    """One of these words."""

    def check(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise Invalid(name, f"must be one of {', '.join(words)}")
        return value

    return check


def domains(name: str, value: object) -> list[str]:
    """Host names, each once and in small letters; international ones in their ASCII form."""
    if not isinstance(value, list | tuple) or len(value) > MAX_DOMAINS:
        raise Invalid(name, f"must be a list of at most {MAX_DOMAINS} domains")
    one = text(253)
    found = [str(one(name, each)).lower().strip(".") for each in value]
    for each in found:
        if each and (not DOMAIN.fullmatch(each) or ".." in each):
            raise Invalid(name, f"must be a list of host names, which {each[:60]} is not")
    return list(dict.fromkeys(each for each in found if each))


def handles(name: str, value: object) -> list[dict[str, str]]:
    """[{"platform": ..., "url": ...}]; other members are dropped."""
    if not isinstance(value, list | tuple) or len(value) > MAX_HANDLES:
        raise Invalid(name, f"must be a list of at most {MAX_HANDLES} accounts")
    return [_handle(name, item) for item in value]


def _handle(name: str, item: object) -> dict[str, str]:
    if not isinstance(item, Mapping):
        raise Invalid(name, "must each have a platform and a url")
    platform = str(text(MAX_PLATFORM, empty=False)(f"{name}: platform", item.get("platform")))
    url = str(text(MAX_URL, empty=False)(f"{name}: url", item.get("url")))
    if url.partition(":")[0].lower() not in HANDLE_SCHEMES or ":" not in url:
        raise Invalid(f"{name}: url", f"must begin with one of {', '.join(f'{each}:' for each in HANDLE_SCHEMES)}")
    return {"platform": platform, "url": url}


def public_address(name: str, value: object) -> str:
    """The node's address as others reach it: http(s)://host[:port], without a slash at the end."""
    # the fields of these two errors are worded so that the whole reads as clients of that API know it
    url = str(text(MAX_URL)(name, value)).rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid("server url", "value invalid") from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or " " in url:
        raise Invalid("server url", "value invalid")
    if parts.path or parts.query or parts.fragment:
        raise Invalid("server url", "value invalid: it goes no further than the name and the port")
    try:
        private = not ipaddress.ip_address(host).is_global
    except ValueError:
        private = False  # a name; where it leads may differ from here
    if private:
        raise Invalid("Server URL", "cannot be private")
    return url


def flagged_address(value: str) -> str:
    """What `--public-url` says: the same, but it may be private, as in a lab. Raises Invalid."""
    url = value.rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid("--public-url", "must be like https://name") from error
    if (
        parts.scheme not in ("http", "https")
        or not host
        or parts.username is not None
        or url != f"{parts.scheme}://{parts.netloc}"
    ):
        raise Invalid("--public-url", "must be like https://name or https://name:port, without a path")
    return url


def people(name: str, value: object) -> list[str]:
    """Handles of accounts elsewhere, user@host, each once and in small letters."""
    if not isinstance(value, list | tuple) or len(value) > MAX_DOMAINS:
        raise Invalid(name, f"must be a list of at most {MAX_DOMAINS} accounts")
    one = text(MAX_HANDLE)
    found = [str(one(name, each)).strip().lower().removeprefix("@") for each in value]
    for each in found:
        if each and not HANDLE.fullmatch(each):
            raise Invalid(name, f"must be a list of accounts like user@host, which {each[:60]} is not")
    return list(dict.fromkeys(each for each in found if each))


def accounts(name: str, value: object) -> list[str]:
    """URLs of actors elsewhere, each once."""
    if not isinstance(value, list | tuple) or len(value) > MAX_ACCOUNTS:
        raise Invalid(name, f"must be a list of at most {MAX_ACCOUNTS} addresses")
    one = text(MAX_URL)
    found = [str(one(name, each)) for each in value]
    for each in found:
        if each and not ACCOUNT.fullmatch(each):
            raise Invalid(name, "must be addresses like https://example.com/users/name")
    return list(dict.fromkeys(each for each in found if each))


PAGE: frozenset[Touch] = frozenset({"page"})
PROFILE: frozenset[Touch] = frozenset({"page", "profile"})
ASKERS: frozenset[Touch] = frozenset({"followers", "profile"})
PLAYER: frozenset[Touch] = frozenset({"player"})
BROADCAST: frozenset[Touch] = frozenset({"broadcast"})
CHAT: frozenset[Touch] = frozenset({"chat"})


def checked(rows: Iterable[Setting]) -> tuple[Setting, ...]:
    """The table, if it can be right: a wrong one must not start."""
    table = tuple(rows)
    names, paths = [row.name for row in table], [row.owncast_path for row in table if row.owncast_path]
    assert len(set(names)) == len(names), "two settings have one name"
    assert len(set(paths)) == len(paths), "two settings have one path"
    for row in table:
        assert row.touches, f"{row.name} touches nothing"
        assert row.touches <= TOUCHES.keys(), f"{row.name} touches what is not known"
        assert type(row.default) is row.type, f"{row.name} has a default of another type"
        # the node's address is not known before somebody gives it, and "" is no address
        if row.check is not public_address:
            assert _passes(row), f"{row.name} has a default that fails its check"
    return table


def _passes(row: Setting) -> bool:
    try:
        return row.check(row.name, row.default) == row.default
    except Invalid:
        return False


SETTINGS = checked(
    (
        Setting("name", str, "Fedistream", text(MAX_NAME, empty=False), PROFILE, "name"),
        Setting("serversummary", str, "", text(MAX_SUMMARY, lines=True), PROFILE, "serversummary"),
        Setting("streamtitle", str, "", text(MAX_TITLE), frozenset({"page", "broadcast"}), "streamtitle"),
        Setting("offlinemessage", str, "", text(MAX_OFFLINE_MESSAGE, lines=True), PAGE, "offlinemessage"),
        Setting("pagecontent", str, "", text(MAX_PAGE, lines=True), PAGE, "pagecontent"),
        Setting("tags", list, [], tags, PROFILE, "tags"),
        Setting("nsfw", bool, False, flag, PAGE, "nsfw"),
        Setting("socialhandles", list, [], handles, PROFILE, "socialhandles"),
        Setting("hideviewercount", bool, False, flag, PAGE, "hideviewercount"),
        Setting("serverurl", str, "", public_address, PROFILE, "serverurl", "node"),
        Setting("disablesearchindexing", bool, False, flag, PAGE, "disablesearchindexing", "node"),
        # how long a broadcast waits for an encoder that was lost, in seconds
        Setting("broadcast.grace_s", int, 60, whole(0, 600), frozenset({"broadcast"})),
        # a part is what a player gets at once; shorter is closer to live, and more requests
        Setting("hls.part_ms", int, 333, whole(100, 1000), PLAYER),
        Setting("hls.segment_s", float, 2.0, number(1, 10), PLAYER),
        Setting("hls.window_segments", int, 15, whole(5, 60), PLAYER),
        Setting("chat.disabled", bool, False, flag, frozenset({"page", "chat"}), "chat/disable"),
        # lines about who comes and goes fill an empty chat, and nobody reads them in a full one
        Setting("chat.join_messages", bool, False, flag, CHAT, "chat/joinmessagesenabled"),
        Setting("chat.established_only", bool, False, flag, CHAT, "chat/establishedusermode"),
        Setting("chat.signed_in_only", bool, False, flag, frozenset({"page", "chat"}), "chat/requireauthentication"),
        Setting("chat.spam_protection", bool, True, flag, frozenset({"page", "chat"}), "chat/spamprotectionenabled"),
        Setting("chat.slur_filter", bool, False, flag, CHAT, "chat/slurfilterenabled"),
        Setting("chat.blocked_words", list, [], words, CHAT),
        Setting("chat.forbidden_names", list, list(FORBIDDEN_NAMES), words, CHAT, "chat/forbiddenusernames"),
        Setting("chat.suggested_names", list, [], words, CHAT, "chat/suggestedusernames"),
        Setting("chat.welcome", str, "", text(MAX_WELCOME, lines=True), CHAT, "welcomemessage"),
        # one message of each visitor in so many seconds; 0 is off
        Setting("chat.slow_s", int, 0, whole(0, 3600), CHAT),
        # how long the chat stays open after a broadcast, in seconds; a week at most is as good as always
        Setting("chat.offline_s", int, 300, whole(0, 604_800), CHAT),
        # how many days messages are kept; 0 is for good
        Setting("chat.retention_days", int, 30, whole(0, 3650), CHAT),
        # of no effect before there is a serverurl: all that federation says has a URL
        Setting("federation.enabled", bool, False, flag, PROFILE, "federation/enable", "node"),
        # followers are let in by the admin, and posts are for followers alone
        Setting("federation.private", bool, False, flag, PROFILE, "federation/private"),
        Setting("federation.show_engagement", bool, True, flag, CHAT, "federation/showengagement"),
        # what people write to the channel: left out, shown when the admin has let it in, or shown at once. Nobody wants
        # strangers on his screen unasked, and nobody wants their answers to be lost
        Setting("federation.replies", str, "held", choice("off", "held", "on"), CHAT),
        Setting("federation.replies_from", str, "all", choice("followers", "all"), CHAT),
        # of the home channel; others are called as in their paths
        Setting("federation.username", str, "streamer", username, PROFILE, "federation/username", "node"),
        Setting(
            "federation.live_message",
            str,
            "I've gone live!",
            text(MAX_LIVE_MESSAGE, lines=True),
            frozenset({"broadcast"}),
            "federation/livemessage",
        ),
        # who has to wait for the admin, beside everybody in a private channel: see the rules in the federation's doors
        Setting("federation.hold_unknown", bool, False, flag, ASKERS),
        Setting("federation.hold_younger_days", int, 0, whole(0, 3650), ASKERS),
        Setting("federation.hold_automated", bool, False, flag, ASKERS),
        # whose followers do not wait, and with the next one on, the only ones that are heard at all
        Setting("federation.known_domains", list, [], domains, frozenset({"followers"}), scope="node"),
        Setting("federation.known_only", bool, False, flag, frozenset({"followers"}), scope="node"),
        # former accounts of the streamer elsewhere: their servers look here before followers are moved over
        Setting("federation.also_known_as", list, [], accounts, PROFILE),
        # whether everybody may quote public posts; those who were told so before may go on
        Setting("federation.quotes", bool, True, flag, frozenset({"broadcast"}), "federation/enablequotes"),
        # how many follow is seen in any case
        Setting("federation.hide_followers", bool, False, flag, PAGE, "federation/hidefollowers"),
        # documents are read by other servers only with a signature, and not by those that are blocked
        Setting("federation.signed_reading", bool, False, flag, frozenset({"followers"}), scope="node"),
        # when it is said that a broadcast is live: soon, but not before a sound check is over
        Setting("notice.delay_s", int, 120, whole(0, 3600), BROADCAST),
        # within so long of the end of a broadcast that was announced, the next one is not
        Setting("notice.cooldown_s", int, 600, whole(0, 86_400), BROADCAST),
        # other servers show a card of the page, or a picture, but not both
        Setting("notice.picture", str, "card", choice("card", "picture"), BROADCAST),
        Setting("notice.at_end", str, "update", choice("update", "delete", "leave"), BROADCAST),
        Setting("notice.ended_message", str, "The stream has ended.", text(MAX_LIVE_MESSAGE, lines=True), BROADCAST),
        # of the texts that the streamer writes
        Setting("notice.language", str, "", language, BROADCAST),
        Setting(
            "federation.blocked_domains", list, [], domains, frozenset({"followers"}), "federation/blockdomains", "node"
        ),
        # people by their handles, also those of whom nothing is known yet
        Setting("federation.blocked_accounts", list, [], people, frozenset({"followers"}), scope="node"),
    )
)

BY_NAME: Mapping[str, Setting] = {row.name: row for row in SETTINGS}

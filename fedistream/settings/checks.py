"""The checks of settings: each returns the value to store, or raises Invalid. Pure."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fedistream.core.errors import Invalid, ValueProblem
from fedistream.settings.values import SettingProblem

Json = str | int | float | bool | list[Any] | dict[str, Any]
Check = Callable[[str, object], Json]
"""Called with the name of the setting and the value. Returns the value to store. Raises Invalid."""

MAX_NAME = 100
MAX_TITLE = 200
MAX_SUMMARY = 5_000
MAX_OFFLINE_MESSAGE = 5_000
MAX_PAGE = 100_000
MAX_TAGS, MAX_TAG = 30, 50
MAX_WORDS, MAX_WORD = 500, 64  # names and words of the chat
MAX_WELCOME = 2_000
MAX_DOMAINS = 5_000  # shared block lists have a few thousand
MAX_LIVE_MESSAGE = 2_000
MAX_ACCOUNTS = 10
ACCOUNT = re.compile(r"https?://[a-z0-9_.:-]+/[!-~]+", re.IGNORECASE)
# what other servers find by WebFinger; those that take local names of letters, digits and _ only find these too
USERNAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?")
MAX_USERNAME = 64
DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?")
MAX_HANDLE = 320  # characters
HANDLE = re.compile(rf"\w(?:[\w.-]{{0,62}}\w)?@{DOMAIN.pattern}(?::\d{{1,5}})?")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
MAX_HANDLES, MAX_PLATFORM, MAX_URL = 30, 50, 1_000
HANDLE_SCHEMES = ("http", "https", "mailto", "xmpp", "matrix")  # never javascript: these become links

IMAGE_FILE = re.compile(r"[0-9a-f]{32}\.[a-z]{3,4}")

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL stores no NUL, and a lone surrogate cannot be encoded
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Text:
    """A check for a text of at most `longest` characters; surrounding blanks are removed."""

    longest: int
    lines: bool = False
    empty: bool = True

    def __call__(self, name: str, value: object) -> str:
        if not isinstance(value, str):
            raise Invalid(name, ValueProblem.NOT_TEXT)
        value = value.strip()
        if len(value) > self.longest:
            raise Invalid(name, ValueProblem.TOO_LONG, most=self.longest)
        if not value and not self.empty:
            raise Invalid(name, ValueProblem.EMPTY)
        breaks = not self.lines and len(value.splitlines()) > 1
        if _UNSTORABLE.search(value) or _CONTROL.search(value) or breaks:
            problem = ValueProblem.CONTROL_CHARACTERS if self.lines else ValueProblem.CONTROL_CHARACTERS_OR_BREAKS
            raise Invalid(name, problem)
        return value


def text(longest: int, *, lines: bool = False, empty: bool = True) -> Text:
    """Return a check for a text of at most `longest` characters; surrounding blanks are removed."""
    return Text(longest, lines, empty)


def image_file(name: str, value: object) -> str:
    """Check for the name of an image file as `appearance/service.py` makes it, or an empty text."""
    found = str(text(50)(name, value))
    if found and not IMAGE_FILE.fullmatch(found):
        raise Invalid(name, SettingProblem.IMAGE_FILE)
    return found


def flag(name: str, value: object) -> bool:
    """Check for true or false."""
    if not isinstance(value, bool):
        raise Invalid(name, ValueProblem.NOT_FLAG)
    return value


def language(name: str, value: object) -> str:
    """Check for a language tag like "en" or "pt-BR" (BCP 47), or an empty text."""
    found = str(text(35)(name, value))
    if found and not LANGUAGE.fullmatch(found):
        raise Invalid(name, SettingProblem.LANGUAGE)
    return found


@dataclass(frozen=True, slots=True)
class Range:
    """A check for a number from `least` to `most`, which may have to be whole."""

    least: float
    most: float
    whole: bool

    def __call__(self, name: str, value: object) -> int | float:
        if self.whole:
            return _ranged_whole(name, value, self.least, self.most)
        return float(_ranged(name, value, self.least, self.most))


def number(least: float, most: float) -> Range:
    """Return a check for a number in the range, in the unit that the setting's name has."""
    return Range(least, most, whole=False)


def whole(least: int, most: int) -> Range:
    """Return a check for a whole number in the range. 2.0 is accepted as 2, because JSON does not distinguish them."""
    return Range(least, most, whole=True)


def _ranged_whole(name: str, value: object, least: float, most: float) -> int:
    found = _ranged(name, value, least, most)
    if found != int(found):
        raise Invalid(name, ValueProblem.NOT_WHOLE)
    return int(found)


def _ranged(name: str, value: object, least: float, most: float) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(name, ValueProblem.NOT_NUMBER)
    if not least <= value <= most:  # also false for NaN
        raise Invalid(name, ValueProblem.RANGE, least=least, most=most)
    return value


def tags(name: str, value: object) -> list[str]:
    """Check for hashtags. A leading # is removed, and duplicates are dropped."""
    if not isinstance(value, list | tuple) or len(value) > MAX_TAGS:
        raise Invalid(name, SettingProblem.TAGS, most=MAX_TAGS)
    one = text(MAX_TAG)
    stripped = [str(one(name, tag)).lstrip("#").strip() for tag in value]
    return list(dict.fromkeys(tag for tag in stripped if tag))


def words(name: str, value: object) -> list[str]:
    """Check for names or words. Surrounding blanks are removed, and duplicates are dropped."""
    if not isinstance(value, list | tuple) or len(value) > MAX_WORDS:
        raise Invalid(name, SettingProblem.WORDS, most=MAX_WORDS)
    one = text(MAX_WORD)
    return list(dict.fromkeys(found for each in value if (found := str(one(name, each)))))


def username(name: str, value: object) -> str:
    """Check for the part of an account before the @. Capital letters stay: they are part of the actor's URL."""
    found = str(text(MAX_USERNAME)(name, value))
    if not USERNAME.fullmatch(found):
        raise Invalid(name, SettingProblem.USERNAME)
    return found


@dataclass(frozen=True, slots=True)
class Choice:
    """A check for one of some words."""

    words: tuple[str, ...]

    def __call__(self, name: str, value: object) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise Invalid(name, ValueProblem.CHOICE, choices=", ".join(self.words))
        return value


def choice(*words: str) -> Choice:
    """Return a check for one of these words."""
    return Choice(words)


@dataclass(frozen=True, slots=True)
class Options:
    """A check for one of some whole numbers."""

    numbers: tuple[int, ...]

    def __call__(self, name: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value not in self.numbers:
            # the wording that clients know
            listed = f"{', '.join(map(str, self.numbers[:-1]))}, or {self.numbers[-1]}"
            raise Invalid(name, SettingProblem.ONE_OF_NUMBERS, choices=listed)
        return int(value)


def options(*numbers: int) -> Options:
    """Return a check for one of these whole numbers."""
    return Options(numbers)


def port(name: str, value: object) -> int:
    """Check for the number of a port."""
    return _ranged_whole(name, value, 1, 65_535)


def ip_address(name: str, value: object) -> str:
    """Check for an address to listen on: IPv4 or IPv6, without a name or a port."""
    found = str(text(50)(name, value))
    try:
        return str(ipaddress.ip_address(found))
    except ValueError as error:
        raise Invalid(name, SettingProblem.IP_ADDRESS) from error


def program(name: str, value: object) -> str:
    """Check for the absolute path of a program, or an empty text."""
    found = str(text(MAX_URL)(name, value))
    if found and not found.startswith("/"):
        raise Invalid(name, SettingProblem.ABSOLUTE_PATH)
    return found


def domains(name: str, value: object) -> list[str]:
    """Check for host names in lower case, IDNs in their ASCII form. Duplicates are dropped."""
    if not isinstance(value, list | tuple) or len(value) > MAX_DOMAINS:
        raise Invalid(name, SettingProblem.DOMAINS, most=MAX_DOMAINS)
    one = text(253)
    found = [str(one(name, each)).lower().strip(".") for each in value]
    for each in found:
        if each and (not DOMAIN.fullmatch(each) or ".." in each):
            raise Invalid(name, SettingProblem.HOST_NAME, item=each[:60])
    return list(dict.fromkeys(each for each in found if each))


def handles(name: str, value: object) -> list[dict[str, str]]:
    """Check for a list of {"platform": ..., "url": ...}; other members are dropped."""
    if not isinstance(value, list | tuple) or len(value) > MAX_HANDLES:
        raise Invalid(name, SettingProblem.ACCOUNTS, most=MAX_HANDLES)
    return [_handle(name, item) for item in value]


def _handle(name: str, item: object) -> dict[str, str]:
    if not isinstance(item, Mapping):
        raise Invalid(name, SettingProblem.PLATFORM_AND_URL)
    platform = str(text(MAX_PLATFORM, empty=False)(f"{name}: platform", item.get("platform")))
    url = str(text(MAX_URL, empty=False)(f"{name}: url", item.get("url")))
    if url.partition(":")[0].lower() not in HANDLE_SCHEMES or ":" not in url:
        raise Invalid(f"{name}: url", SettingProblem.SCHEME, choices=", ".join(f"{each}:" for each in HANDLE_SCHEMES))
    return {"platform": platform, "url": url}


def public_address(name: str, value: object) -> str:
    """Check for the node's public address: http(s)://host[:port], without a slash at the end."""
    # field and text together are the error messages that clients of the setter's API know
    url = str(text(MAX_URL)(name, value)).rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid("server url", SettingProblem.SERVER_URL) from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or " " in url:
        raise Invalid("server url", SettingProblem.SERVER_URL)
    if parts.path or parts.query or parts.fragment:
        raise Invalid("server url", SettingProblem.SERVER_URL_PATH)
    try:
        private = not ipaddress.ip_address(host).is_global
    except ValueError:
        private = False  # a host name: it may resolve to another address elsewhere
    if private:
        raise Invalid("Server URL", SettingProblem.PRIVATE_ADDRESS)
    return url


def flagged_address(value: str) -> str:
    """Return the address that `--public-url` gives. Unlike the setting, it may be private, as in a lab. Raises
    Invalid."""
    url = value.rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid("--public-url", SettingProblem.PUBLIC_URL) from error
    if (
        parts.scheme not in ("http", "https")
        or not host
        or parts.username is not None
        or url != f"{parts.scheme}://{parts.netloc}"
    ):
        raise Invalid("--public-url", SettingProblem.PUBLIC_URL_PATH)
    return url


def people(name: str, value: object) -> list[str]:
    """Check for remote accounts (user@host), in lower case. Duplicates are dropped."""
    if not isinstance(value, list | tuple) or len(value) > MAX_DOMAINS:
        raise Invalid(name, SettingProblem.ACCOUNTS, most=MAX_DOMAINS)
    one = text(MAX_HANDLE)
    found = [str(one(name, each)).strip().lower().removeprefix("@") for each in value]
    for each in found:
        if each and not HANDLE.fullmatch(each):
            raise Invalid(name, SettingProblem.HANDLE, item=each[:60])
    return list(dict.fromkeys(each for each in found if each))


def accounts(name: str, value: object) -> list[str]:
    """Check for URLs of remote actors. Duplicates are dropped."""
    if not isinstance(value, list | tuple) or len(value) > MAX_ACCOUNTS:
        raise Invalid(name, SettingProblem.ADDRESSES, most=MAX_ACCOUNTS)
    one = text(MAX_URL)
    found = [str(one(name, each)) for each in value]
    for each in found:
        if each and not ACCOUNT.fullmatch(each):
            raise Invalid(name, SettingProblem.ACCOUNT_ADDRESS)
    return list(dict.fromkeys(each for each in found if each))

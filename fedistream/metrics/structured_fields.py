"""Dictionaries of structured fields (RFC 9651, section 4.2.2), as CMCD writes them in headers, queries and bodies.

Every character is looked at a bounded number of times, and what does not follow the grammar is refused. Parameters are
checked and left out: CMCD needs none of them.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable

MAX_LENGTH = 8 * 1024  # characters; the query of a request has less room in most servers
MAX_MEMBERS = 128  # CMCD version 2 has about 60 keys
MAX_ITEMS = 64  # of an inner list

Bare = bool | int | float | str | bytes
Value = Bare | tuple[Bare, ...]

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_NUMBER = re.compile(r"-?([0-9]{1,16})(?:\.([0-9]{1,4}))?")
_STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")
_BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
_DATE = re.compile(r"@(-?[0-9]{1,15})(?![0-9.])")
_DISPLAY = re.compile(r'%"((?:[\x20-\x21\x23-\x24\x26-\x7e]|%[0-9a-f]{2})*)"')
_OPTIONAL_SPACE = re.compile(r"[ \t]*")
_SPACES = re.compile(r" *")
_ESCAPE = re.compile(r'\\(["\\])')
_PERCENT = re.compile(rb"%([0-9a-f]{2})")


class NotStructured(ValueError):
    """A text that is not a dictionary of structured fields, or is larger than the limits. The text says where."""


def parse_dictionary(text: str) -> dict[str, Value]:
    """Return the members of a dictionary; an inner list is a tuple, a token a text. Raises NotStructured."""
    if len(text) > MAX_LENGTH:
        raise NotStructured(f"longer than {MAX_LENGTH} characters")
    return _Parser(text).dictionary()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def dictionary(self) -> dict[str, Value]:
        members: dict[str, Value] = {}
        self._skip(_SPACES)
        while self._at < len(self._text):
            key = self._take(_KEY, "a key").group()
            members.pop(key, None)
            members[key] = self._member()
            if len(members) > MAX_MEMBERS:
                raise NotStructured(f"more than {MAX_MEMBERS} members")
            self._skip(_OPTIONAL_SPACE)
            if self._at == len(self._text):
                return members
            self._expect(",")
            self._skip(_OPTIONAL_SPACE)
            if self._at == len(self._text):
                raise NotStructured("ends in a comma")
        return members

    def _member(self) -> Value:
        if self._peek() != "=":
            self._parameters()
            return True
        self._at += 1
        value = self._inner_list() if self._peek() == "(" else self._item()
        self._parameters()
        return value

    def _inner_list(self) -> tuple[Bare, ...]:
        self._at += 1
        items: list[Bare] = []
        while True:
            self._skip(_SPACES)
            if self._peek() == ")":
                self._at += 1
                return tuple(items)
            if len(items) >= MAX_ITEMS:
                raise NotStructured(f"a list of more than {MAX_ITEMS} items")
            items.append(self._item())
            self._parameters()
            if self._peek() not in (" ", ")"):
                raise NotStructured(f"no end of an item at {self._at}")

    def _parameters(self) -> None:
        while self._peek() == ";":
            self._at += 1
            self._skip(_SPACES)
            self._take(_KEY, "a parameter")
            if self._peek() == "=":
                self._at += 1
                self._item()

    def _item(self) -> Bare:
        first = self._peek()
        if first in "-0123456789" and first:
            return self._number()
        if (first.isalpha() and first.isascii()) or first == "*":
            return self._take(_TOKEN, "a token").group()
        if first not in _KINDS:
            raise NotStructured(f"no value at {self._at}")
        pattern, read = _KINDS[first]
        return read(self._take(pattern, "a value").group(1))

    def _number(self) -> int | float:
        found = self._take(_NUMBER, "a number")
        whole, fraction = found.groups()
        after = self._peek()
        if (after and after in ".0123456789") or (fraction is None and len(whole) > 15):
            raise NotStructured(f"a number that is too long at {self._at}")
        if fraction is None:
            return int(found.group())
        if len(whole) > 12 or len(fraction) > 3:
            raise NotStructured(f"a number that is too long at {self._at}")
        return float(found.group())

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        assert found is not None  # it matches nothing too
        self._at = found.end()

    def _take(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise NotStructured(f"not {what} at {self._at}")
        self._at = found.end()
        return found

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise NotStructured(f"not {character} at {self._at}")
        self._at += 1


def _read_bytes(text: str) -> bytes:
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise NotStructured("bytes that are not base64") from error


def _read_display(text: str) -> str:
    raw = _PERCENT.sub(lambda found: bytes((int(found.group(1), 16),)), text.encode("ascii"))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotStructured("a display string that is not UTF-8") from error


_KINDS: dict[str, tuple[re.Pattern[str], Callable[[str], Bare]]] = {
    '"': (_STRING, lambda text: _ESCAPE.sub(r"\1", text)),
    ":": (_BYTES, _read_bytes),
    "?": (re.compile(r"\?([01])"), lambda text: text == "1"),
    "@": (_DATE, int),
    "%": (_DISPLAY, _read_display),
}

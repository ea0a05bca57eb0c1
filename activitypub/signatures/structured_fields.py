"""Structured fields (RFC 8941) as far as HTTP signatures need them: dictionaries of items and inner lists, both ways.

A parser of our own rather than the `http-sf` package: these headers come from anybody, so each part needs a limit, and
a value that is written again must have the bytes that were signed. The tests compare it with `http-sf`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from activitypub.signatures import strict_base64

MAX_FIELD = 8192  # characters; a signature of the largest key is 1,368
MAX_MEMBERS = 32  # members of a dictionary, items of a list, parameters of an item

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]{0,63}")
_NUMBER = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,3}))?")
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")
_BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
_SPACE = re.compile(r" *")
_COMMA = re.compile(r"[ \t]*,[ \t]*")


class BadField(ValueError):
    """The header is not a structured field, or it is beyond the limits."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token (RFC 8941 section 3.3.4), which is not the same value as the string with the same letters."""

    word: str


BareItem = str | bytes | bool | int | Decimal | Token


@dataclass(frozen=True, slots=True)
class Item:
    """A value with parameters (RFC 8941 section 3.3)."""

    value: BareItem
    params: dict[str, BareItem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InnerList:
    """A list of items, with parameters of its own (RFC 8941 section 3.1.1)."""

    items: tuple[Item, ...]
    params: dict[str, BareItem] = field(default_factory=dict)


Member = Item | InnerList


def parse_dictionary(text: str) -> dict[str, Member]:
    """Return the members of a dictionary (RFC 8941 section 3.2), in order. Raises BadField.

    Duplicate keys are refused, although by the RFC the last one counts: no signer sends them, and a signature must not
    be readable in two ways.
    """
    if len(text) > MAX_FIELD or not text.isascii():
        raise BadField("too long, or not ASCII")
    return _Reader(text.strip(" ")).dictionary()


def write_dictionary(members: dict[str, Member]) -> str:
    """Return the canonical text of a dictionary. Raises BadField if a value cannot be written."""
    return ", ".join(_member_text(key, member) for key, member in members.items())


def write_inner_list(value: InnerList) -> str:
    """Return the canonical text of an inner list with its parameters (RFC 8941 section 4.1.1.1)."""
    return "(" + " ".join(write_item(item) for item in value.items) + ")" + _params(value.params)


def write_item(item: Item) -> str:
    """Return the canonical text of an item with its parameters (RFC 8941 section 4.1.3)."""
    return _bare(item.value) + _params(item.params)


def _member_text(key: str, member: Member) -> str:
    _check_key(key)
    if isinstance(member, InnerList):
        return f"{key}={write_inner_list(member)}"
    if member.value is True:
        return key + _params(member.params)
    return f"{key}={write_item(member)}"


def _params(params: dict[str, BareItem]) -> str:
    return "".join(
        f";{_check_key(key)}" + ("" if value is True else f"={_bare(value)}") for key, value in params.items()
    )


def _check_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise BadField("not a key")
    return key


def _bare(value: BareItem) -> str:
    match value:
        case bool():
            return "?1" if value else "?0"
        case int():
            return _number(str(value))
        case Decimal():
            # RFC 8941 section 4.1.5: one to three digits after the point, without trailing zeros
            whole, _, part = f"{value:.3f}".partition(".")
            return _number(f"{whole}.{part.rstrip('0') or '0'}")
        case bytes():
            return f":{strict_base64.encode(value)}:"
        case Token():
            if not _TOKEN.fullmatch(value.word):
                raise BadField("not a token")
            return value.word
        case _:
            text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
            if not _STRING.fullmatch(text):
                raise BadField("not a printable ASCII string")
            return text


def _number(text: str) -> str:
    match = _NUMBER.fullmatch(text)
    if match is None or (match[3] and len(match[2]) > 12):
        raise BadField("number out of range")
    return text


class _Reader:
    """Reads one field from left to right (RFC 8941 section 4.2)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def dictionary(self) -> dict[str, Member]:
        members: dict[str, Member] = {}
        if not self.text:
            return members
        for _ in self._repeat():
            key = self._take(_KEY)[0]
            if key in members:
                raise BadField("a key comes twice")
            members[key] = self._member() if self._skip("=") else Item(True, self._parameters())
            if self.at == len(self.text):
                return members
            self._take(_COMMA)
        raise BadField("too many members")

    def _member(self) -> Member:
        return self._inner_list() if self._skip("(") else self._item()

    def _inner_list(self) -> InnerList:
        items: list[Item] = []
        for _ in self._repeat():
            self._take(_SPACE)
            if self._skip(")"):
                return InnerList(tuple(items), self._parameters())
            items.append(self._item())
            if self._peek() not in {" ", ")"}:
                raise BadField("list items must be separated by spaces")
        raise BadField("too many items")

    def _item(self) -> Item:
        return Item(self._bare(), self._parameters())

    def _parameters(self) -> dict[str, BareItem]:
        params: dict[str, BareItem] = {}
        for _ in self._repeat():
            if not self._skip(";"):
                return params
            self._take(_SPACE)
            key = self._take(_KEY)[0]
            if key in params:
                raise BadField("a parameter comes twice")
            params[key] = self._bare() if self._skip("=") else True
        raise BadField("too many parameters")

    def _bare(self) -> BareItem:
        first = self._peek()
        if first == '"':
            return re.sub(r"\\(.)", r"\1", self._take(_STRING)[1])
        if first == ":":
            try:
                return strict_base64.decode(self._take(_BYTES)[1])
            except ValueError as error:
                raise BadField(str(error)) from error
        if first == "?":
            self.at += 1
            if self._skip("1"):
                return True
            if self._skip("0"):
                return False
            raise BadField("not a boolean")
        if first == "-" or first.isdigit():
            return self._number()
        return Token(self._take(_TOKEN)[0])

    def _number(self) -> int | Decimal:
        match = self._take(_NUMBER)
        if match[3] is None:
            return int(match[0])
        if len(match[2]) > 12:
            raise BadField("number out of range")
        return Decimal(match[0])

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _skip(self, char: str) -> bool:
        if not self.text.startswith(char, self.at):
            return False
        self.at += 1
        return True

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise BadField(f"unexpected character at {self.at}")
        self.at = match.end()
        return match

    @staticmethod
    def _repeat() -> Iterator[int]:
        # one more than MAX_MEMBERS, because the end is found in a round of its own
        return iter(range(MAX_MEMBERS + 1))

"""JSON from other servers, read strictly: one meaning per document (RFC 8259 section 4), bounded depth and size."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from activitypub.refusal import Reason, Refused

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """Limits on the size of a document. A larger one is refused."""

    size: int = 1024 * 1024  # bytes; Mastodon's own limit for what it fetches
    depth: int = 32  # nested objects and lists
    keys: int = 2000  # in all objects together
    items: int = 5000  # in all lists together


LIMITS = JsonLimits()
_HALF = re.compile("[\ud800-\udfff]")
MAX_DIGITS = 20  # of an integer: 64 bits; more only costs time (CVE-2020-10735)


def parse(data: bytes, limits: JsonLimits = LIMITS) -> Json:
    """Return the JSON object in `data` (UTF-8). Raises Refused (TOO_LARGE, NOT_JSON, JSON_LIMITS).

    Refused are also duplicate keys, since two programs may read two values; NaN and infinities; and strings with NUL or
    lone surrogates, which databases and encoders refuse.
    """
    if len(data) > limits.size:
        raise Refused(Reason.TOO_LARGE, f"more than {limits.size} bytes")
    counter = _Counter(limits)
    try:
        document = json.loads(
            data.decode(),
            object_pairs_hook=counter,
            parse_constant=_constant,
            parse_float=counter.real,
            parse_int=counter.whole,
        )
    except RecursionError:
        raise Refused(Reason.JSON_LIMITS, f"nested deeper than {limits.depth}") from None
    except ValueError as error:  # the base class of JSONDecodeError and UnicodeDecodeError
        raise Refused(Reason.NOT_JSON, f"not JSON: {type(error).__name__}") from None
    if not isinstance(document, dict):
        raise Refused(Reason.NOT_JSON, "not a JSON object")
    # The walk costs more than the parsing, and is skipped where it cannot find anything.
    if b"\\u" in data or data.count(b"{") + data.count(b"[") > limits.depth or data.count(b",") >= limits.items:
        _walk(document, limits)
    return document


def write(document: Json) -> bytes:
    """Return the document as compact UTF-8, the bytes that are signed and sent. Raises ValueError for NaN."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


class _Counter:
    """Builds the objects and numbers, and counts keys and values in the whole document while it is parsed.

    A document beyond the limits is refused before all of it is in memory.
    """

    __slots__ = ("_keys", "_values")

    def __init__(self, limits: JsonLimits) -> None:
        self._keys = limits.keys
        self._values = limits.keys + limits.items  # an object or a number is the value of a key or an item of a list

    def __call__(self, pairs: list[tuple[str, Any]]) -> Json:
        made = dict(pairs)
        if len(made) != len(pairs):
            raise Refused(Reason.JSON_LIMITS, "an object names a key twice")
        self._keys -= len(pairs)
        if self._keys < 0:
            raise Refused(Reason.JSON_LIMITS, "too many keys")
        self._count()
        return made

    def real(self, text: str) -> float:
        self._count()
        return _float(text)

    def whole(self, text: str) -> int:
        self._count()
        return _int(text)

    def _count(self) -> None:
        self._values -= 1
        if self._values < -1:  # the document itself is neither
            raise Refused(Reason.JSON_LIMITS, "too many values")


def _constant(name: str) -> Any:
    raise Refused(Reason.NOT_JSON, f"{name} is not JSON")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Refused(Reason.NOT_JSON, "a number is out of range")
    return value


def _int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise Refused(Reason.JSON_LIMITS, f"a number has more than {MAX_DIGITS} digits")
    return int(text)


def _walk(document: Json, limits: JsonLimits) -> None:
    items = limits.items
    stack: list[tuple[Any, int]] = [(document, 1)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, str):
            _check_text(node)
            continue
        if depth > limits.depth:
            raise Refused(Reason.JSON_LIMITS, f"nested deeper than {limits.depth}")
        if isinstance(node, list):
            items -= len(node)
            if items < 0:
                raise Refused(Reason.JSON_LIMITS, f"more than {limits.items} list items")
            children = node
        else:
            for key in node:
                _check_text(key)
            children = list(node.values())
        stack.extend((child, depth + 1) for child in children if isinstance(child, str | list | dict))


def _check_text(text: str) -> None:
    if "\0" in text or (not text.isascii() and _HALF.search(text)):
        raise Refused(Reason.NOT_JSON, "a string holds a NUL or half a character")

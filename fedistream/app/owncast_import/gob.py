"""Decodes Go's gob format (encoding/gob), in which Owncast stores its settings. Pure.

A stream is a sequence of messages: definitions of types, then one value. Structs become dicts without the members that
have Go's zero value, as gob leaves them out. Interfaces, complex numbers and streams of several values are refused:
Owncast stores none. Each byte is read once, so the time is linear in the length.
"""

import struct
from dataclasses import dataclass

Value = bool | int | float | str | bytes | list["Value"] | dict[str, "Value"]

MAX_BYTES = 4 << 20  # a page of 1 MiB is the longest that Owncast's own server takes
MAX_TYPES = 64  # the most nested of Owncast's values has 5
MAX_FIELDS = 128
MAX_DEPTH = 32
MAX_NAME = 256

BOOL, INT, UINT, FLOAT, BYTES, STRING = 1, 2, 3, 4, 5, 6
FIRST_OWN = 17  # the ids below it belong to Go's basic types
WORD = 8  # bytes of the longest number
ENCODERS = range(4, 7)  # the members of a wireType for types that encode themselves: GobEncoder and its kin


class BadGob(ValueError):
    """The bytes are not a value in the gob format, or one of a kind that is not read."""


@dataclass(frozen=True, slots=True)
class _List:
    """A slice, or with a length an array."""

    item: int
    length: int | None = None


@dataclass(frozen=True, slots=True)
class _Map:
    key: int
    item: int


@dataclass(frozen=True, slots=True)
class _Struct:
    fields: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A type that encodes itself as bytes, such as time.Time."""


_Type = _List | _Map | _Struct | _Encoded


def decode(data: bytes) -> Value:
    """Return the value. Raises BadGob."""
    if len(data) > MAX_BYTES:
        raise BadGob(f"longer than {MAX_BYTES} bytes")
    types: dict[int, _Type] = {}
    at = 0
    while at < len(data):
        head = _Reader(data, at, len(data))
        length = head.unsigned()
        message = _Reader(data, head.at, head.at + length)
        at = message.end
        number = message.signed()
        if number < 0:
            _define(types, -number, message)
            continue
        value = _value(types, number, message)
        if at != len(data):
            raise BadGob("bytes after the value")
        return value
    raise BadGob("no value")


def _define(types: dict[int, _Type], number: int, message: "_Reader") -> None:
    if number in types or number < FIRST_OWN or len(types) >= MAX_TYPES:
        raise BadGob("a type is defined twice, or too many are")
    types[number] = message.definition()
    message.must_end()


def _value(types: dict[int, _Type], number: int, message: "_Reader") -> Value:
    """Read the value at the top, which is preceded by a zero unless it is a struct."""
    if not isinstance(types.get(number), _Struct) and message.unsigned() != 0:
        raise BadGob("a value without the zero in front of it")
    value = _Values(types, message).read(number, 0)
    message.must_end()
    return value


class _Reader:
    """Reads numbers and texts from data[at:end]."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        if end > len(data):
            raise BadGob("cut off")
        self.data, self.at, self.end = data, at, end

    def take(self, length: int) -> bytes:
        if length > self.end - self.at:
            raise BadGob("cut off")
        self.at += length
        return self.data[self.at - length : self.at]

    def must_end(self) -> None:
        if self.at != self.end:
            raise BadGob("a message is longer than what is in it")

    def unsigned(self) -> int:
        """Read an unsigned number: below 128 in one byte, else the negated count of the bytes that follow."""
        first = self.take(1)[0]
        if first < 128:
            return first
        if (count := 256 - first) > WORD:
            raise BadGob("a number of more than 64 bits")
        return int.from_bytes(self.take(count), "big")

    def signed(self) -> int:
        """Read a signed number: the lowest bit says whether the others are complemented."""
        number = self.unsigned()
        return ~(number >> 1) if number & 1 else number >> 1

    def count(self) -> int:
        """Read how many items follow. Each takes a byte at least, so a count cannot ask for more memory than there are
        bytes."""
        number = self.unsigned()
        if number > self.end - self.at:
            raise BadGob("cut off")
        return number

    def float(self) -> float:
        """Read a float: its bytes in reverse order, as an unsigned number."""
        found: float = struct.unpack("<d", self.unsigned().to_bytes(WORD, "big"))[0]
        return found

    def text(self, longest: int = MAX_BYTES) -> str:
        raw = self.take(self.count())
        if len(raw) > longest:
            raise BadGob("a name is too long")
        # a text in Go may be any bytes
        return raw.decode("utf-8", "replace")

    def definition(self) -> _Type:
        """Read a wireType: a struct with one member, which names the kind of type."""
        kind = self.unsigned() - 1
        found: _Type
        if kind in (0, 1):
            found = self._list(with_length=kind == 0)
        elif kind == 2:
            found = self._struct()
        elif kind == 3:
            found = self._map()
        elif kind in ENCODERS:
            self._numbers(1)
            found = _Encoded()
        else:
            raise BadGob("a type of an unknown kind")
        if self.unsigned() != 0:
            raise BadGob("a type of two kinds")
        return found

    def _list(self, *, with_length: bool) -> _List:
        numbers = self._numbers(3 if with_length else 2)
        length = numbers.get(3, 0)
        if not with_length:
            return _List(numbers.get(2, 0))
        if length < 0:
            raise BadGob("an array of a negative length")
        return _List(numbers.get(2, 0), length)

    def _map(self) -> _Map:
        numbers = self._numbers(3)
        return _Map(numbers.get(2, 0), numbers.get(3, 0))

    def _numbers(self, last: int) -> dict[int, int]:
        """Read a struct whose first member is the common part of a type, and whose others are numbers."""
        found: dict[int, int] = {}
        place = 0
        while step := self.unsigned():
            place += step
            if place > last:
                raise BadGob("a type with an unknown member")
            if place == 1:
                self._common()
            else:
                found[place] = self.signed()
        return found

    def _common(self) -> None:
        """Skip the name and the number of a type."""
        self._named()

    def _named(self) -> tuple[str, int]:
        """Read a struct of a name and a number."""
        name, number, place = "", 0, 0
        while step := self.unsigned():
            place += step
            if place == 1:
                name = self.text(MAX_NAME)
            elif place == 2:
                number = self.signed()
            else:
                raise BadGob("a type with an unknown member")
        return name, number

    def _struct(self) -> _Struct:
        fields: tuple[tuple[str, int], ...] = ()
        place = 0
        while step := self.unsigned():
            place += step
            if place == 1:
                self._common()
            elif place == 2:
                if (count := self.count()) > MAX_FIELDS:
                    raise BadGob("a struct with too many members")
                fields = tuple(self._named() for _ in range(count))
            else:
                raise BadGob("a type with an unknown member")
        return _Struct(fields)


class _Values:
    """Reads values of defined types."""

    def __init__(self, types: dict[int, _Type], reader: _Reader) -> None:
        self._types, self._reader = types, reader

    def read(self, number: int, depth: int) -> Value:
        reader = self._reader
        if number == BOOL:
            return reader.unsigned() != 0
        if number == INT:
            return reader.signed()
        if number == UINT:
            return reader.unsigned()
        if number == FLOAT:
            return reader.float()
        if number == BYTES:
            return reader.take(reader.count())
        if number == STRING:
            return reader.text()
        kind = self._types.get(number)
        if kind is None:
            raise BadGob(f"a value of an unknown type ({number})")
        if depth >= MAX_DEPTH:
            raise BadGob("nested too deep")
        if isinstance(kind, _Encoded):
            return reader.take(reader.count())
        if isinstance(kind, _List):
            return self._list(kind, depth + 1)
        return self._map(kind, depth + 1) if isinstance(kind, _Map) else self._struct(kind, depth + 1)

    def _list(self, kind: _List, depth: int) -> list[Value]:
        count = self._reader.count()
        if kind.length is not None and count != kind.length:
            raise BadGob("an array of another length")
        return [self.read(kind.item, depth) for _ in range(count)]

    def _map(self, kind: _Map, depth: int) -> dict[str, Value]:
        if kind.key != STRING:
            raise BadGob("a map whose keys are no texts")
        return {self._reader.text(): self.read(kind.item, depth) for _ in range(self._reader.count())}

    def _struct(self, kind: _Struct, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        place = -1
        while step := self._reader.unsigned():
            place += step
            if place >= len(kind.fields):
                raise BadGob("a struct with an unknown member")
            name, number = kind.fields[place]
            found[name] = self.read(number, depth)
        return found

"""AMF 0 (Adobe's specification of December 2007): the values inside commands and metadata.

`parse` and `write` are counterparts. What encoders do not send (references, AMF 3) is refused.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, Union

from media.rtmp.errors import AmfStringTooLong, AmfTooDeep, AmfTooManyItems, BadAmf
from media.rtmp.limits import DEFAULT, Limits

Value: TypeAlias = Union[bool, float, str, "Date", Mapping[str, "Value"], Sequence["Value"], None]


@dataclass(frozen=True, slots=True)
class Date:
    """Milliseconds since 1970, UTC. The zone is written as 0 and ignored when read, as the specification asks."""

    ms: float


class EcmaArray(dict[str, "Value"]):
    """A mapping that is written as an ECMA array, as encoders write onMetaData."""


NUMBER: Final = 0x00
BOOLEAN: Final = 0x01
STRING: Final = 0x02
OBJECT: Final = 0x03
NULL: Final = 0x05
UNDEFINED: Final = 0x06
REFERENCE: Final = 0x07
ECMA_ARRAY: Final = 0x08
OBJECT_END: Final = 0x09
STRICT_ARRAY: Final = 0x0A
DATE: Final = 0x0B
LONG_STRING: Final = 0x0C
UNSUPPORTED: Final = 0x0D
XML_DOCUMENT: Final = 0x0F
TYPED_OBJECT: Final = 0x10
AMF3: Final = 0x11

_END = b"\0\0" + bytes([OBJECT_END])
_double = struct.Struct(">d")


def parse(data: bytes, limits: Limits = DEFAULT) -> list[Value]:
    """Return all values in `data`, in order. Raises BadAmf, AmfTooDeep, AmfTooManyItems, AmfStringTooLong.

    Undefined and unsupported are read as None, XML as str, typed objects as a plain dict. Text that is not UTF-8 is
    read with replacement characters: hardware encoders put their own code page into metadata.
    """
    reader = _Reader(data, limits)
    values: list[Value] = []
    while reader.at < len(data):
        values.append(reader.value(0))
    return values


def write(*values: Value) -> bytes:
    """Return the values one after the other. Raises ValueError for one that AMF 0 cannot hold."""
    out = bytearray()
    for value in values:
        _write(out, value)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.at = 0
        self._limits = limits
        self._items = 0

    def value(self, depth: int) -> Value:
        self._items += 1
        if self._items > self._limits.amf_items:
            raise AmfTooManyItems(f"more than {self._limits.amf_items} AMF values in a message")
        if depth > self._limits.amf_depth:
            raise AmfTooDeep(f"AMF values nested more than {self._limits.amf_depth} deep")
        marker = self._number(1)
        read = _READERS.get(marker)
        if read is None:
            raise BadAmf(f"AMF marker 0x{marker:02x} at byte {self.at - 1}")
        return read(self, depth)

    def _take(self, size: int) -> bytes:
        at = self.at
        self.at = at + size
        if self.at > len(self.data):
            raise BadAmf(f"AMF value at byte {at} needs {self.at - len(self.data)} bytes more than there are")
        return self.data[at : self.at]

    def _number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _text(self, size_of_length: int) -> str:
        length = self._number(size_of_length)
        if length > self._limits.amf_string:
            raise AmfStringTooLong(f"an AMF string of {length} bytes, at most {self._limits.amf_string} are accepted")
        return self._take(length).decode("utf-8", "replace")

    def double(self, depth: int) -> Value:
        number: float = _double.unpack(self._take(8))[0]
        return number

    def boolean(self, depth: int) -> Value:
        return self._take(1) != b"\0"

    def string(self, depth: int) -> Value:
        return self._text(2)

    def long_string(self, depth: int) -> Value:
        return self._text(4)

    def nothing(self, depth: int) -> Value:
        return None

    def object(self, depth: int) -> Value:
        return self._properties({}, depth)

    def typed_object(self, depth: int) -> Value:
        self._text(2)  # the class name
        return self._properties({}, depth)

    def ecma_array(self, depth: int) -> Value:
        self._take(4)  # a count that several encoders leave at 0; the end marker decides
        return self._properties(EcmaArray(), depth)

    def strict_array(self, depth: int) -> Value:
        count = self._number(4)
        if self._items + count > self._limits.amf_items:
            raise AmfTooManyItems(f"an AMF array of {count} values")
        return [self.value(depth + 1) for _ in range(count)]

    def date(self, depth: int) -> Value:
        ms: float = _double.unpack(self._take(8))[0]
        self._take(2)
        return Date(ms)

    def _properties(self, into: dict[str, Value], depth: int) -> Value:
        # some recorders end the metadata without the end marker, so the end of the message is one too
        while self.at < len(self.data):
            if self.data[self.at : self.at + 3] == _END:
                self.at += 3
                break
            name = self._text(2)
            into[name] = self.value(depth + 1)
        return into


_READERS: dict[int, Callable[[_Reader, int], Value]] = {
    NUMBER: _Reader.double,
    BOOLEAN: _Reader.boolean,
    STRING: _Reader.string,
    OBJECT: _Reader.object,
    NULL: _Reader.nothing,
    UNDEFINED: _Reader.nothing,
    ECMA_ARRAY: _Reader.ecma_array,
    STRICT_ARRAY: _Reader.strict_array,
    DATE: _Reader.date,
    LONG_STRING: _Reader.long_string,
    UNSUPPORTED: _Reader.nothing,
    XML_DOCUMENT: _Reader.long_string,
    TYPED_OBJECT: _Reader.typed_object,
}


def _write(out: bytearray, value: Value) -> None:
    if value is None:
        out.append(NULL)
    elif isinstance(value, bool):
        out += bytes([BOOLEAN, value])
    elif isinstance(value, int | float):
        out.append(NUMBER)
        out += _double.pack(value)
    elif isinstance(value, str):
        _write_text(out, value)
    elif isinstance(value, Date):
        out.append(DATE)
        out += _double.pack(value.ms) + b"\0\0"
    elif isinstance(value, Mapping):
        _write_properties(out, value)
    else:
        out.append(STRICT_ARRAY)
        out += len(value).to_bytes(4, "big")
        for item in value:
            _write(out, item)


def _write_text(out: bytearray, text: str) -> None:
    data = text.encode("utf-8", "replace")
    if len(data) <= 0xFFFF:
        out.append(STRING)
        out += len(data).to_bytes(2, "big")
    else:
        out.append(LONG_STRING)
        out += len(data).to_bytes(4, "big")
    out += data


def _write_properties(out: bytearray, values: Mapping[str, Value]) -> None:
    if isinstance(values, EcmaArray):
        out.append(ECMA_ARRAY)
        out += len(values).to_bytes(4, "big")
    else:
        out.append(OBJECT)
    for name, value in values.items():
        data = name.encode("utf-8", "replace")
        if len(data) > 0xFFFF:
            raise ValueError(f"an AMF property name of {len(data)} bytes")
        out += len(data).to_bytes(2, "big") + data
        _write(out, value)
    out += _END

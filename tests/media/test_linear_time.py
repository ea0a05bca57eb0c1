"""Publishers' bytes are read in linear time, and the worst 20 kB within milliseconds."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import aac, avc, flv, nalunits
from media.depacketizers import AudioDepacketizer, VideoDepacketizer
from media.errors import Unplayable
from media.rtmp import amf0
from media.rtmp.errors import BadAmf, OverLimit
from tests.kit.examples import examples
from tests.kit.footage import flv_tags
from tests.kit.lineartime import linear_time

SIZE = 20_000
AT_ONCE_S = 0.005 * 6  # 5 ms is the reach; a machine that runs the tests beside others takes some times as long
KEY = b"\x17\1\0\0\0"


def picture(payload: bytes) -> object:
    depacketizer = VideoDepacketizer()
    depacketizer.receive(flv_tags()[1].payload)
    return depacketizer.receive(payload)


def sound(payload: bytes) -> object:
    return AudioDepacketizer().receive(payload)


def tags(file: bytes) -> object:
    return list(flv.read_tags(file))


def other_properties(size: int) -> bytes:
    return b"\x08\0\0\0\0" + b"".join(b"\0\2" + n.to_bytes(2, "big") + b"\5" for n in range(size // 5))


PIECES = [b"\0", b"\1", b"\3", b"\5", b"\x08", b"\x0a", b"\xff", b"\0\0\1", b"\x67\x64"]
HARD: dict[str, tuple[Callable[[bytes], object], Callable[[int], bytes]]] = {
    "AMF: nulls": (amf0.parse, lambda n: b"\x05" * n),
    "AMF: numbers": (amf0.parse, lambda n: (b"\0" + bytes(8)) * (n // 9)),
    "AMF: strings of bad UTF-8": (amf0.parse, lambda n: (b"\x02\0\x12" + b"\xff" * 18) * (n // 21)),
    "AMF: one string": (amf0.parse, lambda n: b"\x0c" + n.to_bytes(4, "big") + b"\xff" * n),
    "AMF: properties": (amf0.parse, lambda n: b"\x03" + b"\0\1a\x05" * (n // 4)),
    "AMF: other properties": (amf0.parse, other_properties),
    "AMF: nesting": (amf0.parse, lambda n: b"\x03\0\1a" * (n // 4)),
    "AMF: arrays": (amf0.parse, lambda n: b"\x0a\0\0\0\2" * (n // 5)),
    "AMF: empty objects": (amf0.parse, lambda n: b"\x03\0\0\x09" * (n // 4)),
    "FLV: modifiers": (flv.parse_video, lambda n: b"\x97" + b"\0\0\7" * (n // 3)),
    "FLV: tags": (tags, lambda n: b"FLV\1\5\0\0\0\x09\0\0\0\0" + bytes((8, *bytes(14))) * (n // 15)),
    "H.264: units of one byte": (picture, lambda n: KEY + b"\0\0\0\1\x65" * (n // 5)),
    "H.264: empty units": (picture, lambda n: KEY + bytes(n)),
    "H.264: start codes": (picture, lambda n: KEY + b"\0\0\1\x65" * (n // 4)),
    "H.264: start codes within lengths": (picture, lambda n: KEY + b"\0\0\0\4\0\0\1\x65" * (n // 8)),
    "H.264: parameter sets": (picture, lambda n: KEY + b"\0\0\1\x67\0\0\1\x68" * (n // 8) + b"\0\0\1\x65"),
    "H.264: one long SPS": (avc.parse_sps, lambda n: b"\x67\x64\0\x1e" + b"\0\0\3" * (n // 3)),
    "H.264: an SPS of short codes": (avc.parse_sps, lambda n: b"\x67\x64\0\x1e" + b"\xff" * n),
    "H.264: a record of empty sets": (avc.parse_config, lambda n: b"\1\x64\0\x1e\xff\xff" + b"\0\1\x67" * (n // 3)),
    "AAC: ADTS frames": (sound, lambda n: b"\xaf\1" + b"\xff\xf1\x4c\x80\x01\x1f\xfc\0" * (n // 8)),
    "AAC: a long configuration": (aac.parse_config, lambda n: b"\xff" * n),
}  # fmt: skip


@pytest.mark.untraced
@pytest.mark.parametrize("case", HARD)
def test_the_hardest_bytes_are_read_in_linear_time(case: str) -> None:
    parse, make = HARD[case]
    linear_time(parse, make, SIZE, most_s=AT_ONCE_S)


@given(
    st.lists(
        st.sampled_from([b"\0", b"\1", b"\3", b"\5", b"\x08", b"\x0a", b"\xff", b"\0\0\1", b"\x67\x64"]), max_size=60
    )
)
@examples(200)
def test_whatever_comes_only_the_documented_errors_are_raised(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    with contextlib.suppress(BadAmf, OverLimit):
        amf0.parse(data)
    for read in (flv.parse_video, flv.parse_audio):
        with contextlib.suppress(flv.BadTag):
            read(data)
    with contextlib.suppress(avc.BadConfig):
        avc.parse_config(data)
    with contextlib.suppress(aac.BadConfig):
        aac.parse_config(data)
    for take in (picture, sound):
        with contextlib.suppress(Unplayable):
            take(data)


def test_a_sample_of_more_units_than_a_picture_has_is_none() -> None:
    fits = nalunits.join([b"\x65"] * nalunits.MOST_UNITS)
    assert nalunits.walk(fits, 4) is not None
    assert nalunits.walk(fits + b"\0\0\0\1\x65", 4) is None
    assert len(nalunits.units(fits * 3, 4)) == nalunits.MOST_UNITS
    assert len(nalunits.split(b"\0\0\1\x65" * 3 * nalunits.MOST_UNITS)) <= nalunits.MOST_UNITS

"""A reader of MP4 boxes for tests: what media/fmp4.py wrote, taken apart by other means than it was put together."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack_from

CONTAINERS = frozenset({"moov", "trak", "mdia", "minf", "dinf", "stbl", "mvex", "moof", "traf"})
# bytes before the boxes within: a count, or the fields of a sample entry
PREFIXED = {"stsd": 8, "dref": 8, "avc1": 78, "mp4a": 28}


@dataclass(frozen=True, slots=True)
class Box:
    kind: str
    at: int  # where the box begins in the data it was read from
    body: bytes

    @property
    def boxes(self) -> tuple["Box", ...]:
        if self.kind in CONTAINERS:
            return tuple(boxes(self.body))
        if self.kind in PREFIXED:
            return tuple(boxes(self.body[PREFIXED[self.kind] :]))
        return ()

    def find(self, path: str) -> "Box":
        """The only box at `path`: find("mdia/minf")."""
        kind, _, rest = path.partition("/")
        (found,) = (box for box in self.boxes if box.kind == kind)
        return found.find(rest) if rest else found


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes in a row that fill `data` exactly. Raises ValueError when they do not."""
    at = 0
    while at < len(data):
        size, kind = unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):
            raise ValueError(f"box {kind!r} at {at} of {size} bytes in {len(data)}")
        yield Box(kind.decode(), at, data[at + 8 : at + size])
        at += size


@dataclass(frozen=True, slots=True)
class Sample:
    """One row of a trun, times in the track's timescale."""

    dts: int
    duration: int
    cts: int
    flags: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Fragment:
    sequence: int
    tracks: dict[int, list[Sample]]  # by track_ID


def fragments(data: bytes) -> list[Fragment]:
    """The moof and mdat pairs that fill `data`; every byte of an mdat must belong to a sample."""
    row = list(boxes(data))
    found = []
    for moof, mdat in zip(row[::2], row[1::2], strict=True):
        assert (moof.kind, mdat.kind) == ("moof", "mdat")
        (sequence,) = unpack_from(">4xI", moof.find("mfhd").body)
        tracks = dict(_track(traf, data[moof.at :]) for traf in moof.boxes if traf.kind == "traf")
        assert sum(len(sample.data) for samples in tracks.values() for sample in samples) == len(mdat.body)
        found.append(Fragment(sequence, tracks))
    return found


def _track(traf: Box, data: bytes) -> tuple[int, list[Sample]]:
    flags, number = unpack_from(">II", traf.find("tfhd").body)
    assert flags == 0x020000, "no defaults, and data counted from the moof"
    version, dts = unpack_from(">IQ", traf.find("tfdt").body)
    assert version == 1 << 24
    trun = traf.find("trun").body
    head, count, at = unpack_from(">IIi", trun)
    version, fields = head >> 24, head & 0xFFFFFF
    place, samples = 12, []
    for _ in range(count):
        values = {"flags": 0, "cts": 0}
        for bit, name, form in _FIELDS[version]:
            if fields & bit:
                (values[name],) = unpack_from(form, trun, place)
                place += 4
        size = values["size"]
        samples.append(Sample(dts, values["duration"], values["cts"], values["flags"], data[at : at + size]))
        dts, at = dts + values["duration"], at + size
    assert place == len(trun)
    return number, samples


_UNSIGNED = ((0x100, "duration", ">I"), (0x200, "size", ">I"), (0x400, "flags", ">I"))
_FIELDS = {0: (*_UNSIGNED, (0x800, "cts", ">I")), 1: (*_UNSIGNED, (0x800, "cts", ">i"))}

"""HLS playlists (RFC 8216bis) as values: str() writes one, parse() reads one. It knows the subset that a live server
writes; unknown tags are ignored, as 6.3.1 asks. What goes into a playlist is decided in media/package.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MAX_TEXT = 4 << 20  # a recording of 12 h in 2 s segments has about 1 MB
MAX_LINES = 100_000
MAX_LINE = 8192

DELTA_VERSION = 9  # EXT-X-SKIP (RFC 8216bis, 8); nothing else we write asks for more than 6


class BadPlaylist(Exception):
    """The text is no playlist, contradicts the RFC, or needs what we do not read. str() says which, with the line."""


@dataclass(frozen=True, slots=True)
class Part:
    uri: str
    duration_s: float
    independent: bool = False  # a player may begin here
    gap: bool = False  # it is missing


@dataclass(frozen=True, slots=True)
class OpenSegment:
    """The parts of a segment that is not finished. The other fields are those of Segment."""

    parts: tuple[Part, ...]
    map_uri: str | None = None
    discontinuity: bool = False
    program_date_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A finished segment. `parts` may be left out once they are old. `map_uri` is that of the init segment, None while
    none was named; the tag is written where it changes. `program_date_time` has a zone, and is written in UTC with
    milliseconds."""

    uri: str
    duration_s: float
    parts: tuple[Part, ...] = ()
    map_uri: str | None = None
    discontinuity: bool = False
    program_date_time: datetime | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class ServerControl:
    can_block_reload: bool = False
    part_hold_back_s: float | None = None
    hold_back_s: float | None = None
    can_skip_until_s: float | None = None


@dataclass(frozen=True, slots=True)
class RenditionReport:
    """The newest segment and part of another rendition (4.4.5.4); `last_part` is None where it has no parts."""

    uri: str
    last_msn: int
    last_part: int | None = None


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """`target_duration` is in whole seconds (4.4.3.1). In a delta update `skipped` segments are left out before
    `segments`; `media_sequence` counts them too. `preload_hint` is the URI of the next part."""

    target_duration: int
    media_sequence: int = 0
    segments: tuple[Segment, ...] = ()
    open: OpenSegment | None = None
    discontinuity_sequence: int = 0
    part_target_s: float | None = None
    server_control: ServerControl | None = None
    skipped: int = 0
    preload_hint: str | None = None
    rendition_reports: tuple[RenditionReport, ...] = ()
    independent_segments: bool = False
    ended: bool = False
    version: int = DELTA_VERSION

    def __str__(self) -> str:
        texts, last_map = [], None
        for segment in self.segments:
            texts.append(segment_text(segment, with_map=segment.map_uri != last_map))
            last_map = segment.map_uri
        return self.around(texts, last_map)

    def around(self, segment_texts: Iterable[str], last_map: str | None) -> str:
        """Return the text of this playlist with `segment_texts` in place of its `segments`, which are ignored.

        For the packager, which keeps the texts of finished segments (see segment_text) and writes a playlist for every
        part. `last_map` is the map_uri of the last of those segments.
        """
        lines = [
            "#EXTM3U",
            f"#EXT-X-VERSION:{self.version}",
            f"#EXT-X-TARGETDURATION:{self.target_duration}",
        ]
        if self.independent_segments:
            lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
        if self.server_control:
            lines.append(_server_control_text(self.server_control))
        if self.part_target_s is not None:
            lines.append(f"#EXT-X-PART-INF:PART-TARGET={self.part_target_s:.5f}")
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{self.media_sequence}")
        if self.discontinuity_sequence:
            lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuity_sequence}")
        if self.skipped:
            lines.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={self.skipped}")
        texts = ["\n".join(lines), "\n", *segment_texts]
        if self.open:
            texts.append(_head_text(self.open, self.open.map_uri != last_map))
            texts += map(_part_text, self.open.parts)
        if self.preload_hint is not None:
            texts.append(f"#EXT-X-PRELOAD-HINT:TYPE=PART,URI={_quoted(self.preload_hint)}\n")
        for report in self.rendition_reports:
            last_part = "" if report.last_part is None else f",LAST-PART={report.last_part}"
            texts.append(f"#EXT-X-RENDITION-REPORT:URI={_quoted(report.uri)},LAST-MSN={report.last_msn}{last_part}\n")
        if self.ended:
            texts.append("#EXT-X-ENDLIST\n")
        return "".join(texts)


@dataclass(frozen=True, slots=True)
class Variant:
    """One EXT-X-STREAM-INF. Bandwidths are in bits per second: the peak of any segment, and the mean. `codecs` are
    names of RFC 6381 with commas between; `resolution` is (width, height), `frame_rate` in frames per second."""

    uri: str
    bandwidth: int
    average_bandwidth: int | None = None
    codecs: str | None = None
    resolution: tuple[int, int] | None = None
    frame_rate: float | None = None
    name: str | None = None  # outside of the RFC; hls.js and its menus show it


@dataclass(frozen=True, slots=True)
class MultivariantPlaylist:
    variants: tuple[Variant, ...]
    independent_segments: bool = False
    version: int = 6

    def __str__(self) -> str:
        lines = ["#EXTM3U", f"#EXT-X-VERSION:{self.version}"]
        if self.independent_segments:
            lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
        for variant in self.variants:
            lines += (_variant_text(variant), _line(variant.uri))
        return "\n".join(lines) + "\n"


def segment_text(segment: Segment, *, with_parts: bool = True, with_map: bool = True) -> str:
    """Return the lines of a finished segment. `with_map` where its map_uri is not that of the segment before."""
    parts = "".join(map(_part_text, segment.parts)) if with_parts else ""
    head = _head_text(segment, with_map)
    return f"{head}{parts}#EXTINF:{segment.duration_s:.5f},{_line(segment.title)}\n{_line(segment.uri)}\n"


def _head_text(segment: Segment | OpenSegment, with_map: bool) -> str:
    text = "#EXT-X-DISCONTINUITY\n" if segment.discontinuity else ""
    if with_map and segment.map_uri is not None:
        text += f"#EXT-X-MAP:URI={_quoted(segment.map_uri)}\n"
    if segment.program_date_time is not None:
        moment = segment.program_date_time.astimezone(UTC).replace(tzinfo=None)
        text += f"#EXT-X-PROGRAM-DATE-TIME:{moment.isoformat(timespec='milliseconds')}Z\n"
    return text


def _part_text(part: Part) -> str:
    flags = ",INDEPENDENT=YES" if part.independent else ""
    flags += ",GAP=YES" if part.gap else ""
    return f"#EXT-X-PART:DURATION={part.duration_s:.5f},URI={_quoted(part.uri)}{flags}\n"


def _server_control_text(control: ServerControl) -> str:
    attributes = ["CAN-BLOCK-RELOAD=YES"] if control.can_block_reload else []
    for name, seconds in (
        ("PART-HOLD-BACK", control.part_hold_back_s),
        ("HOLD-BACK", control.hold_back_s),
        ("CAN-SKIP-UNTIL", control.can_skip_until_s),
    ):
        if seconds is not None:
            attributes.append(f"{name}={seconds:.5f}")
    return "#EXT-X-SERVER-CONTROL:" + ",".join(attributes)


def _variant_text(variant: Variant) -> str:
    attributes = [f"BANDWIDTH={variant.bandwidth}"]
    if variant.average_bandwidth is not None:
        attributes.append(f"AVERAGE-BANDWIDTH={variant.average_bandwidth}")
    if variant.codecs is not None:
        attributes.append(f"CODECS={_quoted(variant.codecs)}")
    if variant.resolution is not None:
        attributes.append("RESOLUTION={}x{}".format(*variant.resolution))
    if variant.frame_rate is not None:
        attributes.append(f"FRAME-RATE={variant.frame_rate:.3f}")
    if variant.name is not None:
        attributes.append(f"NAME={_quoted(variant.name)}")
    return "#EXT-X-STREAM-INF:" + ",".join(attributes)


_UNQUOTABLE = re.compile(r'["\r\n]')


def _quoted(text: str) -> str:
    """Return a quoted string (4.2), which cannot hold a quotation mark or a line end: ValueError."""
    if _UNQUOTABLE.search(text):
        raise ValueError(f"{text!r} does not fit into a playlist")
    return f'"{text}"'


def _line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError(f"{text!r} does not fit into a line of a playlist")
    return text


def parse(text: str) -> MultivariantPlaylist | MediaPlaylist:
    """Read either kind of playlist. Raises BadPlaylist, also for byte ranges and encryption, which are not read."""
    if len(text) > MAX_TEXT:
        raise BadPlaylist(f"the playlist has {len(text)} characters, more than {MAX_TEXT}")
    if text.count("\n") > MAX_LINES:
        raise BadPlaylist(f"the playlist has more than {MAX_LINES} lines")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if lines[0] != "#EXTM3U":
        raise BadPlaylist("the playlist does not begin with #EXTM3U")
    reader = _Reader()
    for number, line in enumerate(lines[1:], 2):
        if len(line) > MAX_LINE:
            raise BadPlaylist(f"line {number} has {len(line)} characters, more than {MAX_LINE}")
        try:
            reader.receive(line)
        except BadPlaylist as error:
            raise BadPlaylist(f"line {number}: {error}") from None
    return reader.playlist()


@dataclass(slots=True)
class _Reader:
    """Reads line by line. `values` collects the arguments of the playlist, `pending` and `variant` those of the segment
    or variant whose URI line is still to come."""

    values: dict[str, Any] = field(default_factory=dict)
    pending: dict[str, Any] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    map_uri: str | None = None
    variant: dict[str, Any] | None = None
    segments: list[Segment] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    reports: list[RenditionReport] = field(default_factory=list)

    def receive(self, line: str) -> None:
        if line.startswith("#EXT"):
            name, _, value = line[1:].partition(":")
            if name in UNREADABLE:
                raise BadPlaylist(f"{name} is not supported")
            if name in TAGS:
                TAGS[name](self, value)
        elif line and not line.startswith("#"):
            self._uri(line)

    def _uri(self, uri: str) -> None:
        if self.variant is not None:
            self.variants.append(Variant(uri, **self.variant))
            self.variant = None
        elif "duration_s" in self.pending:
            self.segments.append(Segment(uri, parts=tuple(self.parts), map_uri=self.map_uri, **self.pending))
            self.parts, self.pending = [], {}
        else:
            raise BadPlaylist("a URI has neither EXTINF nor EXT-X-STREAM-INF before it")

    def playlist(self) -> MultivariantPlaylist | MediaPlaylist:
        """Return the playlist of all lines. Raises BadPlaylist when they do not make one."""
        if self.variant is not None or "duration_s" in self.pending:
            raise BadPlaylist("the playlist ends where a URI is due")
        if self.variants:
            if "target_duration" in self.values or self.segments:
                raise BadPlaylist("the playlist has both variants and segments")
            independent = self.values.get("independent_segments", False)
            return MultivariantPlaylist(tuple(self.variants), independent, self.values.get("version", 1))
        if "target_duration" not in self.values:
            raise BadPlaylist("the playlist has no EXT-X-TARGETDURATION")
        last_map = self.segments[-1].map_uri if self.segments else None
        if self.parts or self.pending or self.map_uri != last_map:
            self.values["open"] = OpenSegment(tuple(self.parts), self.map_uri, **self.pending)
        lists = {"segments": tuple(self.segments), "rendition_reports": tuple(self.reports)}
        return MediaPlaylist(**{"version": 1, **self.values, **lists})


_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",\s]+)(?:,|$)')
_INTEGER = re.compile(r"[0-9]{1,20}")  # 4.2: up to 2^64-1
_DECIMAL = re.compile(r"[0-9]{1,10}(?:\.[0-9]{0,20})?|\.[0-9]{1,20}")  # 10 digits are 300 years of seconds
_RESOLUTION = re.compile(r"([0-9]{1,6})x([0-9]{1,6})")


def _attributes(text: str) -> dict[str, str]:
    """Read an attribute list (4.2); quoted strings keep their quotation marks."""
    values: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _ATTRIBUTE.match(text, at)
        if match is None:
            raise BadPlaylist(f"no attribute at {text[at : at + 40]!r}")
        if match[1] in values:
            raise BadPlaylist(f"the attribute {match[1]} stands twice")
        values[match[1]], at = match[2], match.end()
    return values


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise BadPlaylist(f"{text[:40]!r} is not a whole number")
    return int(text)


def _decimal(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise BadPlaylist(f"{text[:40]!r} is not a decimal number")
    return float(text)


def _string(text: str) -> str:
    if not text.startswith('"'):
        raise BadPlaylist(f"{text[:40]!r} is not a quoted string")
    return text[1:-1]


def _yes(text: str) -> bool:
    return text == "YES"


def _resolution(text: str) -> tuple[int, int]:
    match = _RESOLUTION.fullmatch(text)
    if match is None:
        raise BadPlaylist(f"{text[:40]!r} is not a resolution")
    return int(match[1]), int(match[2])


AttributeSpec = dict[str, tuple[str, Callable[[str], object]]]  # attribute: the field of the value, and how to read it

PART: AttributeSpec = {
    "URI": ("uri", _string),
    "DURATION": ("duration_s", _decimal),
    "INDEPENDENT": ("independent", _yes),
    "GAP": ("gap", _yes),
}
SERVER_CONTROL: AttributeSpec = {
    "CAN-BLOCK-RELOAD": ("can_block_reload", _yes),
    "PART-HOLD-BACK": ("part_hold_back_s", _decimal),
    "HOLD-BACK": ("hold_back_s", _decimal),
    "CAN-SKIP-UNTIL": ("can_skip_until_s", _decimal),
}
REPORT: AttributeSpec = {
    "URI": ("uri", _string),
    "LAST-MSN": ("last_msn", _integer),
    "LAST-PART": ("last_part", _integer),
}
VARIANT: AttributeSpec = {
    "BANDWIDTH": ("bandwidth", _integer),
    "AVERAGE-BANDWIDTH": ("average_bandwidth", _integer),
    "CODECS": ("codecs", _string),
    "RESOLUTION": ("resolution", _resolution),
    "FRAME-RATE": ("frame_rate", _decimal),
    "NAME": ("name", _string),
}
MAP: AttributeSpec = {"URI": ("uri", _string)}
HINT: AttributeSpec = {"URI": ("uri", _string), "TYPE": ("type", str)}
PART_INF: AttributeSpec = {"PART-TARGET": ("part_target_s", _decimal)}
SKIP: AttributeSpec = {"SKIPPED-SEGMENTS": ("skipped", _integer)}


def _parse_attributes(text: str, spec: AttributeSpec, *needed: str) -> dict[str, Any]:
    """Return the attributes named in `spec` as arguments; others are ignored. Raises BadPlaylist if a needed one is not
    there."""
    attributes = _attributes(text)
    for name in needed:
        if name not in attributes:
            raise BadPlaylist(f"the attribute {name} is missing")
    if any(name.startswith("BYTERANGE") for name in attributes):
        raise BadPlaylist("byte ranges are not supported")
    return {field: read(attributes[name]) for name, (field, read) in spec.items() if name in attributes}


def _set(name: str, read: Callable[[str], object]) -> Callable[[_Reader, str], None]:
    def tag(reader: _Reader, value: str) -> None:
        reader.values[name] = read(value)

    return tag


def _set_attributes(spec: AttributeSpec, *needed: str) -> Callable[[_Reader, str], None]:
    def tag(reader: _Reader, value: str) -> None:
        reader.values.update(_parse_attributes(value, spec, *needed))

    return tag


def _true(_: str) -> bool:
    return True


def _on_extinf(reader: _Reader, value: str) -> None:
    duration, _, title = value.partition(",")
    reader.pending |= {"duration_s": _decimal(duration.strip()), "title": title}


def _on_part(reader: _Reader, value: str) -> None:
    reader.parts.append(Part(**_parse_attributes(value, PART, "URI", "DURATION")))


def _on_map(reader: _Reader, value: str) -> None:
    reader.map_uri = str(_parse_attributes(value, MAP, "URI")["uri"])


def _on_discontinuity(reader: _Reader, _: str) -> None:
    reader.pending["discontinuity"] = True


def _on_program_date_time(reader: _Reader, value: str) -> None:
    try:
        moment = datetime.fromisoformat(value)
        # the zone is only a SHOULD; without one it is UTC, as everybody writes it
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadPlaylist(f"{value[:40]!r} is not a date and time") from None
    reader.pending["program_date_time"] = moment


def _on_server_control(reader: _Reader, value: str) -> None:
    reader.values["server_control"] = ServerControl(**_parse_attributes(value, SERVER_CONTROL))


def _on_hint(reader: _Reader, value: str) -> None:
    hint = _parse_attributes(value, HINT, "URI", "TYPE")
    if hint["type"] == "PART":  # the other type is MAP
        reader.values["preload_hint"] = hint["uri"]


def _on_report(reader: _Reader, value: str) -> None:
    reader.reports.append(RenditionReport(**_parse_attributes(value, REPORT, "URI", "LAST-MSN")))


def _on_variant(reader: _Reader, value: str) -> None:
    reader.variant = _parse_attributes(value, VARIANT, "BANDWIDTH")


TAGS: dict[str, Callable[[_Reader, str], None]] = {
    "EXT-X-VERSION": _set("version", _integer),
    "EXT-X-TARGETDURATION": _set("target_duration", _integer),
    "EXT-X-MEDIA-SEQUENCE": _set("media_sequence", _integer),
    "EXT-X-DISCONTINUITY-SEQUENCE": _set("discontinuity_sequence", _integer),
    "EXT-X-INDEPENDENT-SEGMENTS": _set("independent_segments", _true),
    "EXT-X-ENDLIST": _set("ended", _true),
    "EXT-X-PART-INF": _set_attributes(PART_INF, "PART-TARGET"),
    "EXT-X-SKIP": _set_attributes(SKIP, "SKIPPED-SEGMENTS"),
    "EXT-X-SERVER-CONTROL": _on_server_control,
    "EXT-X-MAP": _on_map,
    "EXT-X-PART": _on_part,
    "EXTINF": _on_extinf,
    "EXT-X-DISCONTINUITY": _on_discontinuity,
    "EXT-X-PROGRAM-DATE-TIME": _on_program_date_time,
    "EXT-X-PRELOAD-HINT": _on_hint,
    "EXT-X-RENDITION-REPORT": _on_report,
    "EXT-X-STREAM-INF": _on_variant,
}
UNREADABLE = frozenset({"EXT-X-BYTERANGE", "EXT-X-KEY", "EXT-X-DEFINE", "EXT-X-I-FRAMES-ONLY"})

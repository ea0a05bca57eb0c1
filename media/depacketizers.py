"""FLV tags of one track to access units in the form that MP4 stores, whatever form the encoder sends them in.

Both depacketizers work alike: `receive` takes an FLV payload and returns access units, `track` describes them, and
`unusable_reason` says why there are none. What no decoder accepts is never returned. Time and order are left to
`ingest.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from media import aac, adts, avc, flv, nalunits
from media.errors import Unplayable
from media.track import AudioTrack, VideoTrack

MAX_UNUSABLE = 1 << 30  # where the count of unusable tags stops


class UnusableReason(Enum):
    """The reason why tags could not be used."""

    NO_CONFIGURATION = "no_configuration"  # no SPS and PPS, or no AudioSpecificConfig, in any place they may stand
    DAMAGED = "damaged"  # the tag's header is cut off, or no decoder accepts the frames


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One access unit. `nth` counts those of one tag, from 0: they share its timestamp. `cts_ms` is presentation minus
    decoding time."""

    data: bytes
    key: bool = True
    cts_ms: int = 0
    nth: int = 0


NOTHING: tuple[AccessUnit, ...] = ()


_Track = TypeVar("_Track", VideoTrack, AudioTrack)
_Tag = TypeVar("_Tag", flv.VideoTag, flv.AudioTag)


class Depacketizer(ABC, Generic[_Track, _Tag]):
    """Tags of one track to access units. A damaged tag is left out and counted; only a codec or a configuration that no
    browser plays raises Unplayable.
    """

    def __init__(self) -> None:
        self.track: _Track | None = None
        self.unit_ms = 0.0  # how long one access unit of sound lasts; a picture lasts until the next one
        self.unusable_reason: UnusableReason | None = None
        self.unusable = 0  # tags that were left out since the last one that was not

    def receive(self, payload: bytes) -> Sequence[AccessUnit]:
        """Return the access units in an FLV payload, none to a few. Raises Unplayable."""
        try:
            tag = self._parse(payload)
        except flv.BadTag:
            return self._leave_out(UnusableReason.DAMAGED)
        if tag.packet in (flv.Packet.CONFIG, flv.Packet.FRAMES):
            self._check_codec(tag.codec)
        if tag.data and tag.packet is flv.Packet.CONFIG:
            self._configure(tag.data)
        elif tag.data and tag.packet is flv.Packet.FRAMES:
            return self._units(tag)
        return NOTHING

    @abstractmethod
    def _parse(self, payload: bytes) -> _Tag:
        """Raises flv.BadTag."""

    @abstractmethod
    def _check_codec(self, codec: str) -> None:
        """Raises Unplayable."""

    @abstractmethod
    def _configure(self, data: bytes) -> None:
        """Use a decoder configuration. Raises Unplayable."""

    @abstractmethod
    def _units(self, tag: _Tag) -> Sequence[AccessUnit]:
        """Return the access units of a tag with frames. Raises Unplayable."""

    def _leave_out(self, reason: UnusableReason) -> Sequence[AccessUnit]:
        self.unusable_reason, self.unusable = reason, min(self.unusable + 1, MAX_UNUSABLE)
        return NOTHING

    def _is_well(self) -> None:
        self.unusable_reason, self.unusable = None, 0


class VideoDepacketizer(Depacketizer[VideoTrack, flv.VideoTag]):
    """H.264: the configuration from the sequence header or the keyframes; samples behind lengths or start codes."""

    def __init__(self) -> None:
        super().__init__()
        self._length_size = nalunits.LENGTH_SIZE
        self._sets: tuple[tuple[bytes, ...], tuple[bytes, ...]] = ((), ())  # SPS, PPS

    def _parse(self, payload: bytes) -> flv.VideoTag:
        return flv.parse_video(payload)

    def _check_codec(self, codec: str) -> None:
        if codec != flv.AVC:
            raise Unplayable(f"Video codec {codec} cannot be shown in browsers: set the encoder to H.264.")

    def _configure(self, data: bytes) -> None:
        if nalunits.starts_with_code(data):  # SPS and PPS as they stand in a transport stream
            self._adopt(nalunits.split(data[: avc.MAX_RECORD]))
            return
        try:
            self._use(data)
        except avc.NoParameterSets:
            if len(data) > 4 and data[0] == 1 and data[4] & 3 != 2:
                self._length_size = (data[4] & 3) + 1

    def _use(self, record: bytes) -> None:
        """Raises avc.NoParameterSets, and Unplayable for every other fault."""
        try:
            config = avc.parse_config(record)
            reason = avc.why_unplayable(config)
            track = avc.track(record)
        except avc.NoParameterSets:
            raise
        except avc.BadConfig as error:
            raise Unplayable(f"The H.264 configuration cannot be used: {error}.") from error
        if reason:
            raise Unplayable(f"{reason}.")
        self._length_size, self._sets = config.length_size, (config.sps, config.pps)
        if track != self.track:
            self.track = track

    def _units(self, tag: flv.VideoTag) -> Sequence[AccessUnit]:
        data = tag.data
        kinds = nalunits.walk(data, self._length_size)
        if kinds is None or not kinds[0]:
            inside = self._reframe(data)
            kinds = [unit[0] & 0x1F for unit in inside]
            if inside:
                data = nalunits.join(inside)
                self._rewrite()
        key = nalunits.IDR in kinds
        if (key or tag.key) and nalunits.SPS in kinds and nalunits.PPS in kinds:
            self._adopt(nalunits.units(data, self._length_size))
        slices = [kind for kind in kinds if nalunits.SLICE <= kind <= nalunits.IDR]
        if not slices or self.track is None:
            if slices or not kinds:  # a sample of parameter sets alone is no picture, and nothing is lost with it
                self._leave_out(UnusableReason.DAMAGED if not slices else UnusableReason.NO_CONFIGURATION)
            return NOTHING
        if not key and tag.key:
            key = self._begins_anew(data)
        self._is_well()
        return (AccessUnit(data, key, tag.cts_ms),)

    def _reframe(self, data: bytes) -> list[bytes]:
        """Return the NAL units of a sample that is not framed as the record says; none when no framing fits."""
        if nalunits.starts_with_code(data):
            return nalunits.split(data)
        inside = nalunits.units(data, self._length_size)
        if inside and nalunits.starts_with_code(inside[0]):  # start codes behind a length: both framings at once
            return [unit for piece in inside for unit in nalunits.split(piece)]
        # a last unit that is cut off, padding, empty units: what is whole before them can be decoded
        return [unit for unit in inside if unit[0] & 0x1F]

    def _rewrite(self) -> None:
        """Go on with the four-byte lengths that converted samples have."""
        if self._length_size != nalunits.LENGTH_SIZE:
            self._length_size = nalunits.LENGTH_SIZE
            if self.track is not None:
                self._write(*self._sets)

    def _adopt(self, found: Sequence[bytes]) -> None:
        """Use the parameter sets among these units, if they are others than those that hold."""
        sps = tuple(dict.fromkeys(unit for unit in found if unit[0] & 0x1F == nalunits.SPS))
        pps = tuple(dict.fromkeys(unit for unit in found if unit[0] & 0x1F == nalunits.PPS))
        if sps and pps and not (set(sps) <= set(self._sets[0]) and set(pps) <= set(self._sets[1])):
            self._write(sps, pps)

    def _write(self, sps: tuple[bytes, ...], pps: tuple[bytes, ...]) -> None:
        try:
            record = avc.write_record(sps, pps)
        except avc.BadConfig as error:
            raise Unplayable(f"The H.264 configuration cannot be used: {error}.") from error
        if self._length_size != nalunits.LENGTH_SIZE:
            record = record[:4] + bytes((0xFC | self._length_size - 1,)) + record[5:]
        self._use(record)

    def _begins_anew(self, data: bytes) -> bool:
        """Return whether a frame that claims to be a keyframe, without being an IDR picture, has I slices."""
        for unit in nalunits.units(data, self._length_size):
            if nalunits.SLICE <= unit[0] & 0x1F <= nalunits.IDR:
                return nalunits.is_intra(unit)
        return False


class AudioDepacketizer(Depacketizer[AudioTrack, flv.AudioTag]):
    """AAC: the configuration from the sequence header or from ADTS headers, which are taken off.

    Frames without either are left out. What onMetaData says of the sound is no configuration: it knows nothing of the
    object type, and a decoder that is told the wrong one plays noise.
    """

    def _parse(self, payload: bytes) -> flv.AudioTag:
        return flv.parse_audio(payload)

    def _check_codec(self, codec: str) -> None:
        if codec != flv.AAC:
            raise Unplayable(f"Audio codec {codec} cannot be played in browsers: set the encoder to AAC.")

    def _configure(self, data: bytes) -> None:
        try:
            reason = aac.why_unplayable(aac.parse_config(data))
            track = aac.track(data)
        except aac.BadConfig as error:
            raise Unplayable(f"The AAC configuration cannot be used: {error}.") from error
        if reason:
            raise Unplayable(f"{reason}.")
        if track != self.track:
            self.track, self.unit_ms = track, track.frame_length * 1000 / track.rate

    def _units(self, tag: flv.AudioTag) -> Sequence[AccessUnit]:
        if not adts.has_header(tag.data):
            if self.track is None:
                return self._leave_out(UnusableReason.NO_CONFIGURATION)
            self._is_well()
            return (AccessUnit(tag.data),)
        try:
            header, inside = adts.split(tag.data)
        except adts.BadAdts:
            return self._leave_out(UnusableReason.DAMAGED)
        self._agree(header)
        self._is_well()
        return tuple(AccessUnit(one, nth=nth) for nth, one in enumerate(inside))

    def _agree(self, header: adts.AdtsHeader) -> None:
        """Use the ADTS header when the configuration says something else: the header is nearer to the frames."""
        rate, channels = aac.RATES[header.rate_index], aac.CHANNELS.get(header.channels)
        told = self.track
        if told is not None and channels is None:  # the speakers are described in the frames, and in the configuration
            channels = told.channels
        if told is None or (told.rate, told.channels) != (rate, channels):
            self._configure(header.config)

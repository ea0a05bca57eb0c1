"""Renditions made by a real child of real footage, and read again by a decoder of its own."""

import asyncio
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import av

from media import Hub, Ingest, Kind, Sample, Tracks, aac, avc, flv, fmp4
from media.codec.ladder import Exit, RenditionPlan, Setup, Transcoder, VideoPlan
from media.codec.ladder.transcoder import COMMAND, STALL_S

SMALL = RenditionPlan("1", VideoPlan(kbps=200, height=90))
TALK = RenditionPlan("2", None, audio_kbps=48)


@dataclass
class Made:
    """An output that keeps everything, by rendition."""

    samples: dict[int, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    configs: dict[int, list[tuple[bytes, bytes]]] = field(default_factory=lambda: defaultdict(list))
    notes: list[tuple[int, str, Mapping[str, Any]]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def tracks(self, rendition: int, video: bytes, audio: bytes) -> None:
        self.configs[rendition].append((video, audio))

    def sample(self, rendition: int, sample: Sample) -> None:
        self.samples[rendition].append(sample)
        self.came.set()

    def note(self, rendition: int, code: str, values: Mapping[str, Any]) -> None:
        self.notes.append((rendition, code, values))

    def of(self, rendition: int, kind: Kind = Kind.VIDEO) -> list[Sample]:
        return [sample for sample in self.samples[rendition] if sample.kind is kind]

    def dropped(self, rendition: int) -> int:
        """The pictures that were left out because the machine was too slow, as it may be for tests at full speed."""
        return sum(values["dropped"] for number, code, values in self.notes if (number, code) == (rendition, "behind"))

    def file(self, rendition: int) -> bytes:
        """The rendition as a fragmented MP4 with its last configurations."""
        video, audio = self.configs[rendition][-1]
        tracks = Tracks(avc.track(video) if video else None, aac.track(audio) if audio else None)
        pictures, sounds = self.of(rendition), self.of(rendition, Kind.AUDIO)
        rate = tracks.audio.rate if tracks.audio else 0
        return fmp4.init_segment(tracks.video, tracks.audio) + fmp4.part(
            1,
            [fmp4.VideoSample(one.dts_ms * 90, 33 * 90, one.cts_ms * 90, one.key, one.data) for one in pictures],
            [
                fmp4.AudioSample(sounds[0].dts_ms * rate // 1000 + n * 1024, 1024, one.data)
                for n, one in enumerate(sounds)
            ],
        )

    def decoded(self, rendition: int) -> tuple[list[av.VideoFrame], list[av.AudioFrame]]:
        """The pictures and the sound of the file, as an independent demuxer and decoder read them."""
        out: tuple[list[av.VideoFrame], list[av.AudioFrame]] = ([], [])
        with av.open(io.BytesIO(self.file(rendition)), "r") as file:
            for frame in file.decode():
                out[isinstance(frame, av.AudioFrame)].append(frame)  # type: ignore[arg-type]
        return out


def fed(hub: Hub, tags: Iterable[flv.Tag]) -> None:
    """Hand the tags of a publisher to the hub."""
    ingest = Ingest(lambda: (hub, 0))
    for tag in tags:
        if tag.kind is flv.TagKind.VIDEO:
            ingest.video(tag.timestamp_ms, tag.payload)
        elif tag.kind is flv.TagKind.AUDIO:
            ingest.audio(tag.timestamp_ms, tag.payload)


async def transcoded(
    plans: Sequence[RenditionPlan],
    tags: Iterable[flv.Tag],
    *,
    codec: str = "libx264",
    command: Sequence[str] = COMMAND,
    stall_s: float = STALL_S,
) -> tuple[Made, Exit]:
    """Run a child on these tags to its end."""
    made = Made()
    hub, child = Hub(), Transcoder(Setup(plans, codec), made, command, stall_s)
    hub.attach(child)
    fed(hub, tags)
    hub.close()
    async with asyncio.timeout(60):
        return made, await child.run()

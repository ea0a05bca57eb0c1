import asyncio

from media.hub import Hub, Reader, Tracks
from media.track import AudioTrack, Kind, Sample, VideoTrack

TRACKS = Tracks(VideoTrack(b"\1", "avc1.64001f", 640, 360), AudioTrack(b"\2", "mp4a.40.2", 48_000, 2))
SOUND_ONLY = Tracks(None, TRACKS.audio)


def frame(dts_ms: int, *, key: bool = False, size: int = 10) -> Sample:
    return Sample(Kind.VIDEO, dts_ms, bytes(size), key)


def sound(dts_ms: int) -> Sample:
    return Sample(Kind.AUDIO, dts_ms, b"aac")


class Sheet:
    """A tap that writes down what it is given."""

    def __init__(self) -> None:
        self.given: list[Tracks | Sample] = []

    def start(self, tracks: Tracks) -> None:
        self.given.append(tracks)

    def put(self, sample: Sample) -> None:
        self.given.append(sample)


async def drained(hub: Hub, reader: Reader) -> list[Tracks | Sample]:
    hub.leave(reader)
    return [item async for item in reader]


async def test_a_tap_sees_everything_in_order() -> None:
    hub, sheet = Hub(), Sheet()
    hub.tap(sheet)
    hub.start(TRACKS)
    hub.put(frame(0, key=True))
    hub.put(sound(3))
    assert sheet.given == [TRACKS, frame(0, key=True), sound(3)]
    assert hub.end_ms == 3


async def test_a_reader_that_joins_late_begins_at_the_next_keyframe() -> None:
    hub = Hub()
    hub.start(TRACKS)
    hub.put(frame(0, key=True))
    reader = hub.join()
    for sample in (frame(40), sound(41), frame(80, key=True), sound(81)):
        hub.put(sample)
    assert await drained(hub, reader) == [TRACKS, frame(80, key=True), sound(81)]
    assert reader.dropped == 2


async def test_a_reader_of_sound_alone_begins_at_once() -> None:
    hub = Hub()
    hub.start(SOUND_ONLY)
    reader = hub.join()
    hub.put(sound(0))
    assert await drained(hub, reader) == [SOUND_ONLY, sound(0)]


async def test_a_reader_that_falls_behind_loses_all_up_to_the_next_keyframe_and_counts_it() -> None:
    hub = Hub()
    hub.start(TRACKS)
    reader = hub.join(max_bytes=100)
    hub.put(frame(0, key=True, size=60))
    hub.put(frame(40, size=60))  # over the bound: the first goes, and this one cannot stand alone
    hub.put(frame(80, size=10))
    hub.put(frame(120, key=True, size=10))
    assert await drained(hub, reader) == [TRACKS, frame(120, key=True, size=10)]
    assert reader.dropped == 3


async def test_a_slow_reader_takes_nothing_from_another() -> None:
    hub = Hub()
    hub.start(TRACKS)
    slow, quick = hub.join(max_samples=2), hub.join()
    for n in range(5):
        hub.put(frame(n * 40, key=n == 0))
    assert len(await drained(hub, quick)) == 6
    assert slow.dropped > 0


async def test_new_tracks_make_every_reader_start_anew() -> None:
    hub = Hub()
    hub.start(TRACKS)
    reader = hub.join()
    hub.put(frame(0, key=True))
    other = Tracks(VideoTrack(b"\3", "avc1.42c01e", 320, 180), None)
    hub.start(other)
    hub.put(frame(40))
    hub.put(frame(80, key=True))
    assert await drained(hub, reader) == [TRACKS, frame(0, key=True), other, frame(80, key=True)]


async def test_a_waiting_reader_wakes_for_a_sample_and_ends_with_the_hub() -> None:
    hub = Hub()
    hub.start(TRACKS)
    reader = hub.join()
    got: list[Tracks | Sample] = []

    async def read() -> None:
        got.extend([item async for item in reader])

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    hub.put(frame(0, key=True))
    hub.close()
    hub.put(frame(40))
    await asyncio.wait_for(task, 5)
    assert got == [TRACKS, frame(0, key=True)]

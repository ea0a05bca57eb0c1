import asyncio

import pytest

from media.hub import DEBT_S, FREE_S, Hub, Reader, Tracks
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
        self.closed = False

    def start(self, tracks: Tracks) -> None:
        self.given.append(tracks)

    def put(self, sample: Sample) -> None:
        self.given.append(sample)

    def close(self) -> None:
        self.closed = True


def joined(hub: Hub, reader: Reader) -> Reader:
    hub.attach(reader)
    return reader


async def drained(hub: Hub, reader: Reader) -> list[Tracks | Sample]:
    hub.detach(reader)
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
    reader = joined(hub, Reader())
    for sample in (frame(40), sound(41), frame(80, key=True), sound(81)):
        hub.put(sample)
    assert await drained(hub, reader) == [TRACKS, frame(80, key=True), sound(81)]
    assert reader.dropped == 2


async def test_a_reader_of_sound_alone_begins_at_once() -> None:
    hub = Hub()
    hub.start(SOUND_ONLY)
    reader = joined(hub, Reader())
    hub.put(sound(0))
    assert await drained(hub, reader) == [SOUND_ONLY, sound(0)]


async def test_a_reader_that_falls_behind_loses_all_up_to_the_next_keyframe_and_counts_it() -> None:
    hub = Hub()
    hub.start(TRACKS)
    reader = joined(hub, Reader(max_bytes=100))
    hub.put(frame(0, key=True, size=60))
    hub.put(frame(40, size=60))  # over the bound: the first goes, and this one cannot stand alone
    hub.put(frame(80, size=10))
    hub.put(frame(120, key=True, size=10))
    assert await drained(hub, reader) == [TRACKS, frame(120, key=True, size=10)]
    assert reader.dropped == 3


async def test_a_slow_reader_takes_nothing_from_another() -> None:
    hub = Hub()
    hub.start(TRACKS)
    slow, quick = joined(hub, Reader(max_samples=2)), joined(hub, Reader())
    for n in range(5):
        hub.put(frame(n * 40, key=n == 0))
    assert len(await drained(hub, quick)) == 6
    assert slow.dropped > 0


async def test_new_tracks_make_every_reader_start_anew() -> None:
    hub = Hub()
    hub.start(TRACKS)
    reader = joined(hub, Reader())
    hub.put(frame(0, key=True))
    other = Tracks(VideoTrack(b"\3", "avc1.42c01e", 320, 180), None)
    hub.start(other)
    hub.put(frame(40))
    hub.put(frame(80, key=True))
    assert await drained(hub, reader) == [TRACKS, frame(0, key=True), other, frame(80, key=True)]


async def test_a_waiting_reader_wakes_for_a_sample_and_ends_with_the_hub() -> None:
    hub = Hub()
    hub.start(TRACKS)
    reader = joined(hub, Reader())
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


class Broken(Sheet):
    """A tap that raises at the second sample, and again while it is closed."""

    def put(self, sample: Sample) -> None:
        super().put(sample)
        if len(self.given) == 3:
            raise RuntimeError("the disk is full")

    def close(self) -> None:
        super().close()
        raise RuntimeError("the disk is still full")


class Slow(Sheet):
    """A tap that holds the clock up."""

    def __init__(self, takes_s: float) -> None:
        super().__init__()
        self.takes_s, self.now = takes_s, 0.0

    def put(self, sample: Sample) -> None:
        super().put(sample)
        self.now += self.takes_s


async def test_an_attached_tap_sees_what_the_others_see_and_its_end() -> None:
    hub, essential, attached = Hub(), Sheet(), Sheet()
    hub.tap(essential)
    hub.attach(attached)
    hub.start(TRACKS)
    hub.put(frame(0, key=True))
    hub.close()
    assert essential.given == attached.given == [TRACKS, frame(0, key=True)]
    assert attached.closed


async def test_a_tap_that_is_attached_late_begins_with_the_tracks() -> None:
    hub, late = Hub(), Sheet()
    hub.start(TRACKS)
    hub.put(frame(0, key=True))
    hub.attach(late)
    hub.put(frame(40))
    assert late.given == [TRACKS, frame(40)]


async def test_an_attached_tap_that_raises_is_closed_and_the_others_miss_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hub, essential, broken, after = Hub(), Sheet(), Broken(), Sheet()
    hub.tap(essential)
    hub.attach(broken)
    hub.attach(after)
    hub.start(TRACKS)
    for n in range(5):
        hub.put(frame(n * 40, key=n == 0))
    assert essential.given == after.given == [TRACKS, *(frame(n * 40, key=n == 0) for n in range(5))]
    assert broken.given == essential.given[:3]
    assert broken.closed
    assert "the disk is full" in caplog.text
    assert "the disk is still full" in caplog.text


async def test_an_attached_tap_that_holds_the_stream_up_is_detached(caplog: pytest.LogCaptureFixture) -> None:
    slow, other = Slow(0.3), Sheet()
    hub = Hub(lambda: slow.now)
    hub.attach(slow)
    hub.attach(other)
    hub.start(TRACKS)
    for n in range(10):
        hub.put(frame(n * 40, key=n == 0))
    assert len(slow.given) == 1 + 2  # the second of 0.3 s is one too many
    assert slow.closed
    assert len(other.given) == 1 + 10
    assert "was detached" in caplog.text


@pytest.mark.parametrize(("takes_s", "stays"), [(FREE_S, True), (FREE_S + 0.004, True), (FREE_S + 0.006, False)])
async def test_what_an_attached_tap_may_take_of_every_sample(takes_s: float, stays: bool) -> None:
    slow = Slow(takes_s)
    hub = Hub(lambda: slow.now)
    hub.attach(slow)
    hub.start(TRACKS)
    for n in range(2_000):
        hub.put(frame(n * 10, key=n == 0))
    assert slow.closed is not stays


async def test_one_pause_of_the_machine_is_forgiven() -> None:
    slow = Slow(0.0)
    hub = Hub(lambda: slow.now)
    hub.attach(slow)
    hub.start(TRACKS)
    for n in range(1_000):
        slow.takes_s = 0.9 * DEBT_S if n % 400 == 200 else 0.0
        hub.put(frame(n * 10, key=n == 0))
    assert not slow.closed


async def test_detaching_closes_once_and_a_stranger_is_nothing() -> None:
    hub, attached = Hub(), Sheet()
    hub.attach(attached)
    hub.detach(attached)
    hub.detach(attached)
    hub.start(TRACKS)
    assert attached.closed
    assert attached.given == []

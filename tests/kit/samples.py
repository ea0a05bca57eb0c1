"""Made-up samples: their bytes are nothing a decoder knows, their times and sizes are what packaging looks at."""

from media import AudioTrack, Kind, Sample, Tracks, VideoTrack

# configurations that x264 made, for an init segment has to be one that a decoder takes
_HIGH = "0164001effe100196764001eacd940a02ff9610000030001000003003c0f162d9601000468ef8fcbfdf8f800"
_BASELINE = "0142c00dffe100166742c00dda05067e7840000003004000000f03c50aa801000468ce0fc8"
VIDEO = VideoTrack(bytes.fromhex(_HIGH), "avc1.64001e", 640, 360)
OTHER_VIDEO = VideoTrack(bytes.fromhex(_BASELINE), "avc1.42c00d", 320, 180)
AUDIO = AudioTrack(b"\x11\x90", "mp4a.40.2", 48_000, 2)
BOTH, PICTURE, SOUND = Tracks(VIDEO, AUDIO), Tracks(VIDEO, None), Tracks(None, AUDIO)


def frames(seconds: float, *, fps: float = 30, gop_s: float = 2, size: int = 100, start_ms: int = 0) -> list[Sample]:
    every = round(gop_s * fps)
    count = round(seconds * fps)
    return [Sample(Kind.VIDEO, start_ms + round(n * 1000 / fps), bytes(size), n % every == 0) for n in range(count)]


def sounds(seconds: float, *, rate: int = 48_000, start_ms: int = 0) -> list[Sample]:
    count = int(seconds * rate / 1024)
    return [Sample(Kind.AUDIO, start_ms + n * 1024 * 1000 // rate, b"a") for n in range(count)]


def interleaved(*tracks: list[Sample]) -> list[Sample]:
    return sorted((sample for track in tracks for sample in track), key=lambda s: s.dts_ms)

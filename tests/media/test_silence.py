import io

import av
import pytest
from av.audio.resampler import AudioResampler

from media import aac, fmp4, silence


@pytest.mark.parametrize("layout", silence.ELEMENTS)
@pytest.mark.parametrize("rate_index", [3, 4, 11])
@pytest.mark.parametrize("short", [0, 1], ids=["1024", "960"])
def test_libav_decodes_silence_of_every_layout_and_hears_nothing(layout: int, rate_index: int, short: int) -> None:
    record = (2 << 11 | rate_index << 7 | layout << 3 | short << 2).to_bytes(2, "big")
    track = aac.track(record)
    samples = [fmp4.AudioSample(n * track.frame_length, track.frame_length, silence.frame(track)) for n in range(4)]
    file = io.BytesIO(fmp4.init_segment(None, track) + fmp4.part(1, [], samples))
    with av.open(file, "r", options={"err_detect": "explode"}) as container:
        assert [frame.samples for frame in container.decode(audio=0)] == 4 * [track.frame_length]


@pytest.mark.parametrize("layout", [1, 2, 6])
def test_silence_is_silent(layout: int) -> None:
    track = aac.track((2 << 11 | 3 << 7 | layout << 3).to_bytes(2, "big"))
    samples = [fmp4.AudioSample(n * 1024, 1024, silence.frame(track)) for n in range(4)]
    file = io.BytesIO(fmp4.init_segment(None, track) + fmp4.part(1, [], samples))
    resampler = AudioResampler(format="s16", layout="mono", rate=48_000)
    with av.open(file, "r") as container:
        heard = b"".join(
            bytes(out.planes[0]) for frame in container.decode(audio=0) for out in resampler.resample(frame)
        )
    assert len(heard) >= 2 * 4 * 1024
    assert not heard.strip(b"\0")


def test_there_is_a_track_for_broadcasts_that_never_had_sound() -> None:
    assert (silence.TRACK.rate, silence.TRACK.channels, silence.TRACK.codec) == (48_000, 2, "mp4a.40.2")
    assert aac.why_unplayable(aac.parse_config(silence.TRACK.decoder_config)) is None

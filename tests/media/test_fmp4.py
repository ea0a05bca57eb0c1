import io
import json
import shutil
import subprocess
from pathlib import Path
from struct import unpack

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import aac, avc, flv, fmp4
from media.fmp4 import AudioSample, VideoSample
from media.track import AudioTrack, VideoTrack
from tests.kit import boxes, footage
from tests.kit.examples import examples
from tests.kit.footage import Recipe
from tests.kit.sps import Sps, record

PLAIN, BFRAMES = Recipe(), Recipe(bframes=3)


def tracks(recipe: Recipe) -> tuple[VideoTrack | None, AudioTrack | None]:
    video = audio = None
    for tag in footage.flv_tags(recipe):
        if tag.kind is flv.TagKind.VIDEO:
            picture = flv.parse_video(tag.payload)
            video = avc.track(picture.data) if picture.packet is flv.Packet.CONFIG else video
        elif tag.kind is flv.TagKind.AUDIO:
            sound = flv.parse_audio(tag.payload)
            audio = aac.track(sound.data) if sound.packet is flv.Packet.CONFIG else audio
    return video, audio


def samples(recipe: Recipe) -> tuple[list[VideoSample], list[AudioSample]]:
    """The frames of `recipe` on an even clock: what the packager does, without its care for bad clocks."""
    video: list[VideoSample] = []
    audio: list[AudioSample] = []
    step = fmp4.VIDEO_TIMESCALE // recipe.fps
    for tag in footage.flv_tags(recipe):
        if tag.kind is flv.TagKind.VIDEO:
            picture = flv.parse_video(tag.payload)
            if picture.packet is flv.Packet.FRAMES:
                cts = round(picture.cts_ms * 90 / step) * step
                video.append(VideoSample(len(video) * step, step, cts, picture.key, picture.data))
        elif tag.kind is flv.TagKind.AUDIO:
            sound = flv.parse_audio(tag.payload)
            if sound.packet is flv.Packet.FRAMES:
                audio.append(AudioSample(len(audio) * 1024, 1024, sound.data))
    return video, audio


def whole(recipe: Recipe, pieces: int = 4) -> bytes:
    """An init segment and `pieces` parts."""
    video, audio = samples(recipe)
    out = [fmp4.init_segment(*tracks(recipe))]
    for number in range(pieces):
        share = [slice(len(row) * number // pieces, len(row) * (number + 1) // pieces) for row in (video, audio)]
        out.append(fmp4.part(number + 1, video[share[0]], audio[share[1]]))
    return b"".join(out)


RECIPES = [
    pytest.param(PLAIN, id="plain"),
    pytest.param(BFRAMES, id="b-frames"),
    pytest.param(Recipe(audio=False), id="video only"),
    pytest.param(Recipe(video=False, layout="mono", rate=44_100), id="audio only"),
    pytest.param(Recipe(size=(642, 362), fps=25, gop=50, rate=32_000), id="cropped"),
]


@pytest.mark.parametrize("recipe", RECIPES)
def test_libav_reads_every_sample_with_its_times(recipe: Recipe) -> None:
    video, audio = samples(recipe)
    found: dict[str, list[tuple[int, int, bool, bytes]]] = {"video": [], "audio": []}
    with av.open(io.BytesIO(whole(recipe)), "r") as container:
        for packet in container.demux():
            if packet.size:
                assert packet.pts is not None
                assert packet.dts is not None
                found[packet.stream.type].append((packet.dts, packet.pts, packet.is_keyframe, bytes(packet)))
    assert found["video"] == [(s.dts_90k, s.dts_90k + s.cts_90k, s.key, s.data) for s in video]
    assert found["audio"] == [(s.dts, s.dts, True, s.data) for s in audio]


@pytest.mark.parametrize("recipe", RECIPES)
def test_libav_decodes_every_frame(recipe: Recipe) -> None:
    video, audio = samples(recipe)
    data = whole(recipe)
    if recipe.video:
        with av.open(io.BytesIO(data), "r") as container:
            stream = container.streams.video[0]
            stream.thread_count = 1  # nothing in flight when it is dropped
            frames = list(container.decode(stream))
        assert len(frames) == len(video) == recipe.seconds * recipe.fps
        assert {(frame.width, frame.height) for frame in frames} == {recipe.size}
        times = [frame.pts for frame in frames if frame.pts is not None]
        assert times == sorted(s.dts_90k + s.cts_90k for s in video)
    if recipe.audio:
        with av.open(io.BytesIO(data), "r") as container:
            sounds = list(container.decode(audio=0))
        assert len(sounds) == len(audio)
        assert {(sound.sample_rate, sound.layout.name, sound.samples) for sound in sounds} == {
            (recipe.rate, recipe.layout, 1024)
        }


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
def test_ffprobe_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    file = tmp_path / "whole.mp4"
    file.write_bytes(whole(BFRAMES))
    command = ["ffprobe", "-v", "warning", "-count_frames", "-show_streams", "-of", "json", str(file)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert done.stderr == b""
    video, audio = json.loads(done.stdout)["streams"]
    assert (video["codec_tag_string"], video["width"], video["height"], video["nb_read_frames"]) == (
        *("avc1", 320, 180),
        "60",
    )
    assert (video["sample_aspect_ratio"], video["time_base"], video["has_b_frames"]) == ("1:1", "1/90000", 2)
    assert (audio["codec_tag_string"], audio["profile"], audio["sample_rate"], audio["channels"]) == (
        *("mp4a", "LC", "48000", 2),
    )


def test_the_boxes_of_an_init_segment_are_those_of_the_standard() -> None:
    video, audio = tracks(PLAIN)
    assert video
    assert audio
    ftyp, moov = boxes.boxes(fmp4.init_segment(video, audio))
    assert (ftyp.kind, ftyp.body) == ("ftyp", b"iso6\0\0\0\0iso6isommp41")
    assert [box.kind for box in moov.boxes] == ["mvhd", "trak", "trak", "mvex"]
    assert [len(box.body) for box in moov.boxes[:1]] == [100]
    picture, sound = (box for box in moov.boxes if box.kind == "trak")
    for trak, number, handler in ((picture, 1, b"vide"), (sound, 2, b"soun")):
        assert [box.kind for box in trak.boxes] == ["tkhd", "mdia"]
        assert len(trak.find("tkhd").body) == 84
        assert unpack(">I", trak.find("tkhd").body[12:16]) == (number,)
        assert trak.find("mdia/hdlr").body[8:12] == handler
        assert trak.find("mdia/hdlr").body.endswith(b"\0")
        tables = [box.kind for box in trak.find("mdia/minf/stbl").boxes]
        assert tables == ["stsd", "stts", "stsc", "stsz", "stco"]
    assert unpack(">II", picture.find("tkhd").body[76:]) == (320 << 16, 180 << 16)
    assert unpack(">I", picture.find("mdia/mdhd").body[12:16]) == (90_000,)
    assert unpack(">I", sound.find("mdia/mdhd").body[12:16]) == (48_000,)
    entry = picture.find("mdia/minf/stbl/stsd/avc1")
    assert entry.find("avcC").body == video.decoder_config
    assert unpack(">HH", entry.body[24:28]) == (320, 180)
    entry = sound.find("mdia/minf/stbl/stsd/mp4a")
    assert unpack(">HH4xI", entry.body[16:28]) == (2, 16, 48_000 << 16)
    assert audio.decoder_config in entry.find("esds").body


def test_an_init_segment_of_one_track_has_only_that_one() -> None:
    video, audio = tracks(PLAIN)
    for given_tracks, number in (((video, None), 1), ((None, audio), 2)):
        _, moov = boxes.boxes(fmp4.init_segment(*given_tracks))
        assert [box.kind for box in moov.boxes] == ["mvhd", "trak", "mvex"]
        assert unpack(">I", moov.find("trak/tkhd").body[12:16]) == (number,)
        assert unpack(">I", moov.find("mvex/trex").body[4:8]) == (number,)


def test_there_is_no_init_segment_without_a_track_and_no_part_without_a_sample() -> None:
    with pytest.raises(ValueError, match="track"):
        fmp4.init_segment(None, None)
    with pytest.raises(ValueError, match="sample"):
        fmp4.part(1, [], [])


def test_a_rate_beyond_16_bits_is_told_by_the_timescale_and_the_decoder_configuration() -> None:
    track = aac.track(b"\x10\x10")  # AAC-LC, 96 kHz, stereo
    _, moov = boxes.boxes(fmp4.init_segment(None, track))
    assert unpack(">I", moov.find("trak/mdia/mdhd").body[12:16]) == (96_000,)
    assert moov.find("trak/mdia/minf/stbl/stsd/mp4a").body[24:28] == bytes(4)
    with av.open(io.BytesIO(fmp4.init_segment(None, track)), "r") as container:
        assert container.streams.audio[0].rate == 96_000


def test_a_picture_of_oblong_samples_is_announced_with_its_shown_width() -> None:
    anamorphic = Recipe(seconds=0.2, size=(360, 288), audio=False, options=(("x264-params", "sar=16/11"),))
    video, _ = tracks(anamorphic)
    assert video
    assert (video.width, video.height) == (360, 288)
    _, moov = boxes.boxes(fmp4.init_segment(video, None))
    trak = moov.find("trak")
    assert unpack(">II", trak.find("mdia/minf/stbl/stsd/avc1/pasp").body) == (16, 11)
    width, height = unpack(">II", trak.find("tkhd").body[76:])
    assert (width / 65536, height >> 16) == (pytest.approx(360 * 16 / 11, abs=0.01), 288)


def test_the_widest_picture_of_the_most_oblong_samples_fits_into_its_box() -> None:
    video = avc.track(record([bytes(Sps(columns=512, rows=270, aspect=(8, 1)))]))
    _, moov = boxes.boxes(fmp4.init_segment(video, None))
    assert unpack(">II", moov.find("trak/tkhd").body[76:]) == (0xFFFFFFFF, 4320 << 16)


VIDEO_SAMPLES = st.builds(
    VideoSample,
    dts_90k=st.just(0),
    duration_90k=st.integers(0, 2**32 - 1),
    cts_90k=st.integers(-(2**31), 2**31 - 1),
    key=st.booleans(),
    data=st.binary(max_size=40),
)
AUDIO_SAMPLES = st.builds(AudioSample, dts=st.just(0), duration=st.integers(0, 2**32 - 1), data=st.binary(max_size=40))


@examples(150)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(VIDEO_SAMPLES, max_size=6),
    st.lists(AUDIO_SAMPLES, max_size=6),
    st.integers(0, 2**63),
)
def test_a_part_says_of_each_sample_what_was_given(
    sequence: int, video: list[VideoSample], audio: list[AudioSample], begin: int
) -> None:
    if not video and not audio:
        return
    if video:
        first = video[0]
        video[0] = VideoSample(begin, first.duration_90k, first.cts_90k, first.key, first.data)
    (found,) = boxes.fragments(fmp4.part(sequence, video, audio))
    assert found.sequence == sequence
    pictures, sounds = found.tracks.get(1, []), found.tracks.get(2, [])
    assert [(s.duration, s.cts, s.flags, s.data) for s in pictures] == [
        (s.duration_90k, s.cts_90k, 0x02000000 if s.key else 0x01010000, s.data) for s in video
    ]
    assert [(s.duration, s.cts, s.data) for s in sounds] == [(s.duration, 0, s.data) for s in audio]
    assert set(found.tracks) == ({1} if video else set()) | ({2} if audio else set())
    assert not pictures or pictures[0].dts == begin


def test_a_part_may_begin_after_the_32_bits_of_an_old_clock_are_used_up() -> None:
    later = 1 << 40
    data = fmp4.part(7, [VideoSample(later, 3000, -6000, True, b"picture")], [AudioSample(later, 1024, b"sound")])
    (found,) = boxes.fragments(data)
    assert (found.tracks[1][0].dts, found.tracks[1][0].cts, found.tracks[2][0].dts) == (later, -6000, later)


def test_an_empty_sample_takes_its_time_and_no_bytes() -> None:
    video = [
        VideoSample(0, 3000, 0, True, b"a"),
        VideoSample(3000, 3000, 0, False, b""),
        VideoSample(0, 1, 0, False, b"b"),
    ]
    (found,) = boxes.fragments(fmp4.part(1, video, []))
    assert [(s.dts, s.data) for s in found.tracks[1]] == [(0, b"a"), (3000, b""), (6000, b"b")]

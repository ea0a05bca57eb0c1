import av
import pytest
from av.audio.codeccontext import AudioCodecContext
from hypothesis import given
from hypothesis import strategies as st

from media import aac, flv
from media.aac import AacConfig, BadConfig
from media.track import AudioTrack
from tests.kit import corpus, footage
from tests.kit.examples import examples
from tests.kit.footage import Recipe


def config_of(recipe: Recipe) -> bytes:
    sounds = (flv.parse_audio(tag.payload) for tag in footage.flv_tags(recipe) if tag.kind is flv.TagKind.AUDIO)
    return next(sound.data for sound in sounds if sound.packet is flv.Packet.CONFIG)


def asc(*fields: tuple[int, int]) -> bytes:
    """(value, bits) one after the other, padded with zeros as encoders do."""
    text = "".join(f"{value:0{bits}b}" for value, bits in fields)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


@pytest.mark.parametrize(
    ("rate", "layout", "channels"),
    [
        *((rate, "stereo", 2) for rate in (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000)),
        *((48_000, layout, channels) for layout, channels in (("mono", 1), ("3.0", 3), ("4.0", 4), ("5.0", 5))),
        (44_100, "5.1", 6),
    ],
)
def test_the_sound_is_the_one_libav_decodes(rate: int, layout: str, channels: int) -> None:
    recipe = Recipe(seconds=0.2, video=False, rate=rate, layout=layout)
    record = config_of(recipe)
    decoder = AudioCodecContext.create("aac", "r")
    decoder.extradata = record
    # not by libav's FLV demuxer, which trusts the tag header and insists on stereo
    sounds = (flv.parse_audio(tag.payload) for tag in footage.flv_tags(recipe) if tag.kind is flv.TagKind.AUDIO)
    data = next(sound.data for sound in sounds if sound.packet is flv.Packet.FRAMES)
    (frame,) = decoder.decode(av.Packet(data))
    assert (frame.sample_rate, frame.layout.nb_channels, frame.samples) == (rate, channels, 1024)
    assert aac.parse_config(record) == AacConfig(2, rate, channels, 1024, rate)
    assert aac.track(record) == AudioTrack(record, "mp4a.40.2", rate, channels)


@pytest.mark.parametrize(
    ("record", "config"),
    [
        pytest.param("1210", AacConfig(2, 44_100, 2, 1024, 44_100), id="LC"),
        pytest.param("1194", AacConfig(2, 48_000, 2, 960, 48_000), id="frames of 960"),
        pytest.param("2b118800", AacConfig(5, 24_000, 2, 1024, 48_000), id="HE, hierarchical"),
        pytest.param("eb098800", AacConfig(29, 24_000, 1, 1024, 48_000), id="HE v2, hierarchical"),
        pytest.param("131056e598", AacConfig(5, 24_000, 2, 1024, 48_000), id="HE, backward compatible"),
        pytest.param("130856e59d4880", AacConfig(29, 24_000, 1, 1024, 48_000), id="HE v2, backward compatible"),
        pytest.param("130856e59d4800", AacConfig(5, 24_000, 1, 1024, 48_000), id="stereo coding denied"),
        pytest.param("119056e500", AacConfig(2, 48_000, 2, 1024, 48_000), id="SBR denied, as libav writes it"),
        pytest.param("119056e5", AacConfig(2, 48_000, 2, 1024, 48_000), id="extension without its flag"),
        pytest.param("131056e5f800", AacConfig(2, 24_000, 2, 1024, 24_000), id="extension without its rate"),
        pytest.param("131056e5e8", AacConfig(2, 24_000, 2, 1024, 24_000), id="extension with a reserved rate"),
        pytest.param("119056e6", AacConfig(2, 48_000, 2, 1024, 48_000), id="extension of another kind"),
        pytest.param("1190ffffff", AacConfig(2, 48_000, 2, 1024, 48_000), id="something else behind"),
        pytest.param("1190000000", AacConfig(2, 48_000, 2, 1024, 48_000), id="padding behind"),
        pytest.param("131056e598ffff", AacConfig(5, 24_000, 2, 1024, 48_000), id="something else behind SBR"),
        pytest.param("0990", AacConfig(1, 48_000, 2, 1024, 48_000), id="Main"),
    ],
)
def test_records_seen_in_the_wild_are_read(record: str, config: AacConfig) -> None:
    assert aac.parse_config(bytes.fromhex(record)) == config


def test_a_layout_that_libav_describes_at_length_is_refused() -> None:
    with pytest.raises(BadConfig, match="custom one: set the encoder to mono"):
        aac.parse_config(config_of(Recipe(seconds=0.2, video=False, layout="7.1(wide)")))


def test_the_codec_name_tells_the_extension() -> None:
    names = [aac.parse_config(bytes.fromhex(record)).codec for record in ("1210", "2b118800", "eb098800", "0990")]
    assert names == ["mp4a.40.2", "mp4a.40.5", "mp4a.40.29", "mp4a.40.1"]


def test_a_track_counts_in_the_rate_and_frame_of_the_core() -> None:
    record = asc((5, 5), (6, 4), (2, 4), (3, 4), (2, 5), (1, 1), (0, 2))  # HE-AAC, frames of 960
    assert aac.track(record) == AudioTrack(record, "mp4a.40.5", 24_000, 2, 960)


def test_a_rate_written_out_is_taken_between_the_ends_of_the_table() -> None:
    for rate in (7_350, 44_000, 96_000):
        assert aac.parse_config(asc((2, 5), (15, 4), (rate, 24), (2, 4), (0, 3))).rate == rate
    for rate in (0, 7_349, 96_001, (1 << 24) - 1):
        with pytest.raises(BadConfig, match=f"says {rate} samples a second"):
            aac.parse_config(asc((2, 5), (15, 4), (rate, 24), (2, 4), (0, 3)))


@pytest.mark.parametrize(("number", "channels"), aac.CHANNELS.items())
def test_each_channel_layout_has_its_number_of_speakers(number: int, channels: int) -> None:
    assert aac.parse_config(asc((2, 5), (3, 4), (number, 4), (0, 3))).channels == channels


def test_the_delay_of_a_core_coder_is_stepped_over() -> None:
    record = asc((2, 5), (3, 4), (2, 4), (0, 1), (1, 1), (0x2AAA, 14), (0, 1), (0x2B7, 11), (5, 5), (1, 1), (3, 4))
    assert aac.parse_config(record).object_type == 5


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"", "cut off"),
        (b"\x11", "cut off"),
        (b"\x2b\x11", "cut off"),
        (bytes(257), "has 257 bytes, more than 256"),
        (bytes.fromhex("1180"), "layout is a custom one"),
        (asc((2, 5), (3, 4), (8, 4), (0, 3)), "reserved channel layout 8"),
        (asc((2, 5), (13, 4), (2, 4), (0, 3)), "reserved rate index 13"),
        (asc((31, 5), (10, 6), (3, 4), (2, 4), (0, 3)), r"object type 42 \(xHE-AAC\)"),
        (asc((31, 5), (7, 6), (3, 4), (2, 4), (0, 3)), r"object type 39 \(AAC-ELD\)"),
        (asc((31, 5), (63, 6), (3, 4), (2, 4), (0, 3)), r"object type 95 \(unknown\)"),
        (asc((5, 5), (6, 4), (2, 4), (3, 4), (5, 5), (0, 3)), r"object type 5 \(HE-AAC\)"),  # SBR upon SBR
        (bytes(4), r"object type 0 \(null\)"),
    ],
)
def test_a_record_that_cannot_be_carried_is_refused_with_its_reason(record: bytes, reason: str) -> None:
    with pytest.raises(BadConfig, match=reason):
        aac.parse_config(record)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        *(("1210", None), ("2b118800", None), ("eb098800", None)),
        *(("0990", "AAC Main is not"), ("1990", "AAC SSR is not"), ("2190", "AAC LTP is not")),
    ],
)
def test_what_browsers_cannot_play_is_named(record: str, reason: str | None) -> None:
    found = aac.why_unplayable(aac.parse_config(bytes.fromhex(record)))
    assert (found is None) if reason is None else (found is not None and found.startswith(reason))


def outcome(record: bytes) -> str:
    try:
        config = aac.parse_config(record)
    except BadConfig as error:
        return f"BadConfig: {error}"
    return f"{config.codec} {config.rate}/{config.output_rate} {config.channels}x{config.frame_length}"


@pytest.mark.parametrize(("data", "expected"), corpus.rows("aac"))
def test_the_corpus_is_read_or_refused_as_before(data: bytes, expected: str) -> None:
    assert outcome(data) == expected


@examples(400)
@given(st.binary(max_size=12))
def test_any_bytes_are_a_record_or_a_bad_config(data: bytes) -> None:
    try:
        config = aac.parse_config(data)
    except BadConfig:
        return
    assert 7_350 <= config.rate <= 96_000
    assert config.frame_length in (960, 1024)
    assert 1 <= config.channels <= 8

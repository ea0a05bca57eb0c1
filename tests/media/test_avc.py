import io

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import avc, flv, nalunits
from media.avc import BadConfig, Picture
from media.track import VideoTrack
from tests.kit import corpus, footage
from tests.kit.examples import examples
from tests.kit.footage import Recipe
from tests.kit.sps import Sps, record

HD = Recipe(seconds=0.2, size=(1280, 720), audio=False)


def config_of(recipe: Recipe) -> bytes:
    pictures = (flv.parse_video(tag.payload) for tag in footage.flv_tags(recipe) if tag.kind is flv.TagKind.VIDEO)
    return next(picture.data for picture in pictures if picture.packet is flv.Packet.CONFIG)


def x264(**params: str) -> tuple[tuple[str, str], ...]:
    return (("x264-params", ":".join(f"{name}={value}" for name, value in params.items())),)


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(HD, id="720p"),
        pytest.param(Recipe(seconds=0.2, size=(1920, 1080), audio=False), id="1080p, 8 lines cropped"),
        pytest.param(Recipe(seconds=0.2, size=(322, 182), audio=False), id="odd size"),
        pytest.param(Recipe(seconds=0.2, size=(16, 16), audio=False), id="one macroblock"),
        pytest.param(Recipe(seconds=0.2, profile="baseline", audio=False), id="baseline"),
        pytest.param(Recipe(seconds=0.2, profile="main", audio=False), id="main"),
        pytest.param(Recipe(seconds=0.2, size=(720, 564), audio=False, options=x264(interlaced="1")), id="interlaced"),
        pytest.param(Recipe(seconds=0.2, audio=False, options=x264(cqm="jvt")), id="scaling lists"),
        pytest.param(Recipe(seconds=0.2, audio=False, options=x264(sar="64/45")), id="written aspect"),
        pytest.param(Recipe(seconds=0.2, audio=False, options=x264(sar="4/3")), id="aspect of the table"),
        pytest.param(Recipe(seconds=0.2, profile="high10", pixels="yuv420p10le", audio=False), id="10 bits"),
        pytest.param(
            Recipe(seconds=0.2, profile="high422", pixels="yuv422p", audio=False, size=(322, 182)), id="4:2:2"
        ),
        pytest.param(
            Recipe(seconds=0.2, profile="high444", pixels="yuv444p", audio=False, size=(322, 183)), id="4:4:4"
        ),
        pytest.param(Recipe(seconds=0.2, pixels="gray", audio=False, size=(322, 182)), id="greyscale"),
    ],
)
def test_the_picture_is_the_one_libav_decodes(recipe: Recipe) -> None:
    config = avc.parse_config(config_of(recipe))
    with av.open(io.BytesIO(footage.flv_file(recipe)), "r") as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        frame = next(container.decode(stream))
        aspect = stream.sample_aspect_ratio or None  # of an SPS that says none, PyAV 19 makes 0/1
        assert (config.width, config.height) == (frame.width, frame.height) == recipe.size
        assert config.codec.startswith(f"avc1.{config.profile:02x}")
        assert config.level == stream.codec_context.level
        assert config.picture.depth == frame.format.components[0].bits
        # libav paints greyscale as 4:2:0
        pixels = {0: "yuv420p", 1: "yuv420p", 2: "yuv422p", 3: "yuv444p"}[config.picture.chroma]
        assert frame.format.name.startswith(pixels)
        assert aspect is None or config.picture.sar == (aspect.numerator, aspect.denominator)
    assert (avc.why_unplayable(config) is None) == (
        recipe.profile in ("baseline", "main", "high") and recipe.pixels == "yuv420p"
    )


def test_a_track_is_what_the_record_says() -> None:
    data = config_of(HD)
    assert avc.track(data) == VideoTrack(data, "avc1.64001f", 1280, 720)


@pytest.mark.parametrize(
    ("sps", "picture"),
    [
        pytest.param(Sps(), Picture(1280, 720), id="plain"),
        pytest.param(Sps(crop=(1, 2, 3, 4)), Picture(1280 - 6, 720 - 14), id="cropped in pairs"),
        pytest.param(Sps(interlaced=True, rows=34, crop=(0, 0, 0, 2)), Picture(1280, 1080), id="fields cropped by 4"),
        pytest.param(Sps(122, chroma=2, crop=(1, 0, 0, 1)), Picture(1278, 719, chroma=2), id="4:2:2 cropped"),
        pytest.param(Sps(244, chroma=3, crop=(1, 0, 0, 1)), Picture(1279, 719, chroma=3), id="4:4:4 cropped"),
        pytest.param(
            Sps(244, chroma=3, planes=True, crop=(1, 0, 0, 1)), Picture(1279, 719, chroma=3), id="planes cropped"
        ),
        pytest.param(Sps(chroma=0, crop=(1, 0, 0, 1)), Picture(1279, 719, chroma=0), id="greyscale cropped"),
        pytest.param(Sps(110, depths=(8, 10)), Picture(1280, 720, depth=10), id="deeper chroma"),
        pytest.param(Sps(66, order_type=2), Picture(1280, 720), id="picture order of type 2"),
        pytest.param(Sps(77, order_type=1, order_cycle=(2, -9, 70_000)), Picture(1280, 720), id="of type 1"),
        pytest.param(Sps(vui=True), Picture(1280, 720), id="VUI without aspect"),
        pytest.param(Sps(aspect=2), Picture(1280, 720, sar=(12, 11)), id="aspect of the table"),
        pytest.param(Sps(aspect=0), Picture(1280, 720), id="aspect unspecified"),
        pytest.param(Sps(aspect=200), Picture(1280, 720), id="aspect reserved"),
        pytest.param(Sps(aspect=(3, 2)), Picture(1280, 720, sar=(3, 2)), id="aspect written"),
        pytest.param(Sps(aspect=(0, 1)), Picture(1280, 720), id="aspect of nothing"),
        pytest.param(Sps(aspect=(1, 0)), Picture(1280, 720), id="aspect by nothing"),
        pytest.param(Sps(aspect=(65535, 1)), Picture(1280, 720), id="aspect absurd"),
        pytest.param(Sps(scaling=[None] * 8), Picture(1280, 720), id="no list but flags"),
        pytest.param(
            Sps(scaling=[[1] * 16, [-8], None, None, None, None, [3, -2] * 32, [0, -8]]), Picture(1280, 720), id="lists"
        ),
        pytest.param(
            Sps(244, chroma=3, scaling=[None] * 11 + [[1] * 64]), Picture(1280, 720, chroma=3), id="twelve lists"
        ),
        pytest.param(Sps(columns=512, rows=512), Picture(8192, 8192), id="largest"),
    ],
)
def test_each_field_before_the_size_is_stepped_over(sps: Sps, picture: Picture) -> None:
    assert avc.parse_sps(bytes(sps)) == picture


def test_emulation_prevention_is_taken_out_before_reading() -> None:
    unit = bytes(Sps(77, order_type=1, order_cycle=[(1 << 30) - 1] * 3))
    assert b"\x00\x00\x03" in unit
    assert avc.parse_sps(unit) == Picture(1280, 720)


@pytest.mark.parametrize(
    ("sps", "reason"),
    [
        (Sps(columns=513), "8208x720"),
        (Sps(rows=257, interlaced=True), "1280x8224"),
        (Sps(crop=(640, 0, 0, 0)), "0x720"),
        (Sps(crop=(0, 0, 0, 1000)), "1280x-1280"),
        (Sps(columns=1 << 31), "up to 8192x8192 is taken"),
        (Sps(chroma=4), "chroma format 4"),
        (Sps(110, depths=(8, 15)), "15 bits per colour"),
        (Sps(77, order_type=1, order_cycle=(0,) * 256), "cycle of 256"),
        (Sps(77, order_type=3), "picture order type 3"),
    ],
)
def test_an_sps_beyond_the_limits_is_refused(sps: Sps, reason: str) -> None:
    with pytest.raises(BadConfig, match=reason):
        avc.parse_config(record([bytes(sps)]))


def test_an_sps_cut_at_any_byte_is_refused_or_lacks_only_what_is_not_read() -> None:
    unit = bytes(Sps(crop=(0, 0, 0, 4), aspect=(3, 2)))
    for cut in range(1, len(unit) - 2):
        with pytest.raises(BadConfig, match="the SPS is cut off"):
            avc.parse_config(record([unit[:cut]]))


PPS = b"\x68\xee\x3c\x80"
SPS = bytes(Sps())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cut off"),
        (b"\x01\x64\x00\x1f\xff", "cut off"),
        (record([SPS], version=0), "version 0, not 1"),
        (b"\x00\x00\x00\x01" + SPS, "version 0, not 1"),  # Annex B, which has no place in FLV
        (record([SPS], length_size=3), "3-byte lengths"),
        (record([]), "has no SPS"),
        (record([SPS], []), "has no PPS"),
        (record([SPS])[: 8 + len(SPS)], "ends before its PPS"),
        (record([SPS])[: 7 + len(SPS)], "the SPS is cut off"),
        (record([SPS])[:-1], "the PPS is cut off"),
        (record([SPS], [b""]), "the PPS is cut off"),
        (record([PPS]), "NAL unit type 8 stands where the SPS belongs"),
        (record([SPS], [SPS]), "NAL unit type 7 stands where the PPS belongs"),
        (record([SPS]) + bytes(avc.MAX_RECORD), "more than 16384"),
    ],
)
def test_a_record_that_breaks_the_standard_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BadConfig, match=reason):
        avc.parse_config(data)


def test_every_set_of_a_record_is_kept_and_the_first_sps_speaks() -> None:
    other = bytes(Sps(77, columns=40, level=30))
    config = avc.parse_config(record([SPS, other], [PPS, PPS + b"\x01"], length_size=2) + b"\xfd\xf8\xf8\x00")
    assert (config.sps, config.pps, config.length_size) == ((SPS, other), (PPS, PPS + b"\x01"), 2)
    assert (config.codec, config.width, config.height) == ("avc1.64001f", 1280, 720)


def test_the_codec_is_that_of_the_sps_even_where_the_record_says_otherwise() -> None:
    data = bytearray(record([bytes(Sps(77, 0x40, 41))]))
    data[1:4] = b"\x42\x00\x0a"
    assert avc.parse_config(bytes(data)).codec == "avc1.4d4029"


@pytest.mark.parametrize(
    ("sps", "reason"),
    [
        (Sps(66), None),
        (Sps(77), None),
        (Sps(100), None),
        (Sps(110), "profile High 10 is not"),  # some decoders look at the profile and not at the depth
        (Sps(88), "profile Extended is not"),
        (Sps(99), "profile number 99 is not"),
        (Sps(110, depths=(10, 10)), "10 bits per colour"),
        (Sps(122, chroma=2), "4:2:2 colour"),
        (Sps(244, chroma=3), "4:4:4 colour"),
        (Sps(100, chroma=0), "4:0:0 (greyscale) colour"),
    ],
)
def test_what_browsers_cannot_play_is_named(sps: Sps, reason: str | None) -> None:
    found = avc.why_unplayable(avc.parse_config(record([bytes(sps)])))
    assert found == reason if reason is None else found is not None and reason in found


def sample(*units: bytes, length_size: int = 4) -> bytes:
    return b"".join(len(unit).to_bytes(length_size, "big") + unit for unit in units)


@pytest.mark.parametrize("length_size", [1, 2, 4])
def test_nal_units_are_walked_for_every_length_size(length_size: int) -> None:
    units = [b"\x09\xf0", b"\x06" + bytes(200), b"\x65pic"]
    assert nalunits.units(sample(*units, length_size=length_size), length_size) == units


@examples(150)
@given(st.lists(st.binary(min_size=1, max_size=9), max_size=4), st.sampled_from([1, 2, 4]), st.binary(max_size=3))
def test_the_walk_gives_the_units_and_stops_at_a_broken_tail(units: list[bytes], length_size: int, tail: bytes) -> None:
    broken = sample(*units, length_size=length_size) + b"\xff" * length_size + tail
    assert nalunits.units(broken, length_size) == units


def test_the_key_flag_of_real_footage_agrees_with_its_slices() -> None:
    flags = []
    for tag in footage.flv_tags(Recipe(gop=15, bframes=2)):
        if tag.kind is flv.TagKind.VIDEO:
            picture = flv.parse_video(tag.payload)
            if picture.packet is flv.Packet.FRAMES:
                assert (nalunits.IDR in (nalunits.walk(picture.data, 4) or ())) is picture.key
                flags.append(picture.key)
    assert (len(flags), sum(flags)) == (60, 4)


def outcome(data: bytes) -> str:
    try:
        config = avc.parse_config(data)
    except BadConfig as error:
        return f"BadConfig: {error}"
    return f"{config.codec} {config.width}x{config.height} {avc.why_unplayable(config) or 'playable'}"


@pytest.mark.parametrize(("data", "expected"), corpus.rows("avc"))
def test_the_corpus_is_read_or_refused_as_before(data: bytes, expected: str) -> None:
    assert outcome(data) == expected


@examples(300)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_record_or_a_bad_config(data: bytes) -> None:
    assert outcome(data)


@examples(300)
@given(st.binary(max_size=60), st.sampled_from([66, 77, 100, 110, 122, 244]))
def test_any_sps_is_a_picture_of_a_possible_size_or_a_bad_config(rest: bytes, profile: int) -> None:
    try:
        picture = avc.parse_sps(bytes((0x67, profile, 0, 31)) + rest)
    except BadConfig:
        return
    assert 0 < picture.width <= 8192
    assert 0 < picture.height <= 8192
    assert 8 <= picture.depth <= 14


@examples(200)
@given(st.data())
def test_a_real_record_with_bytes_changed_is_read_or_a_bad_config(data: st.DataObject) -> None:
    mutant = bytearray(config_of(HD))
    for _ in range(data.draw(st.integers(1, 3))):
        mutant[data.draw(st.integers(0, len(mutant) - 1))] = data.draw(st.integers(0, 255))
    assert outcome(bytes(mutant))

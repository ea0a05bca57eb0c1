import io

import av
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from media import flv
from media.flv import AAC, AVC, AudioTag, BadTag, Packet, Tag, TagKind, VideoTag
from tests.kit import corpus, footage
from tests.kit.examples import examples
from tests.kit.footage import Recipe


@pytest.mark.parametrize(
    ("payload", "tag"),
    [
        ("17 00 000000 01640032", VideoTag(AVC, Packet.CONFIG, True, 0, b"\x01\x64\x00\x32")),
        ("17 01 000042 aabb", VideoTag(AVC, Packet.FRAMES, True, 0x42, b"\xaa\xbb")),
        ("27 01 ffffff aa", VideoTag(AVC, Packet.FRAMES, False, -1, b"\xaa")),
        ("27 01 800000", VideoTag(AVC, Packet.FRAMES, False, -(1 << 23), b"")),
        ("37 01 7fffff aa", VideoTag(AVC, Packet.FRAMES, False, (1 << 23) - 1, b"\xaa")),  # disposable
        ("47 01 000000 aa", VideoTag(AVC, Packet.FRAMES, True, 0, b"\xaa")),  # made by a server
        ("17 02 000000", VideoTag(AVC, Packet.END, True)),
        ("17 02", VideoTag(AVC, Packet.END, True)),
        ("17 09 000000 aa", VideoTag(AVC, Packet.OTHER, True, 0, b"\xaa")),
        ("57 00", VideoTag(AVC, Packet.OTHER)),  # "client-side seeking starts"
        ("52 01", VideoTag("Sorenson H.263", Packet.OTHER)),
        ("22 aabb", VideoTag("Sorenson H.263", Packet.FRAMES, False, 0, b"\xaa\xbb")),
        ("14 aa", VideoTag("VP6", Packet.FRAMES, True, 0, b"\xaa")),
        ("1c 00 000000 aa", VideoTag("HEVC", Packet.FRAMES, True, 0, b"\x00\x00\x00\x00\xaa")),
        ("1f", VideoTag("video codec 15", Packet.FRAMES, True)),
        ("", VideoTag("", Packet.OTHER)),
    ],
)
def test_video_data_of_the_adobe_specification_is_read(payload: str, tag: VideoTag) -> None:
    assert flv.parse_video(bytes.fromhex(payload)) == tag


@pytest.mark.parametrize(
    ("payload", "tag"),
    [
        # what ffmpeg and OBS send for HEVC and AV1
        ("90 68766331 0101", VideoTag("HEVC (hvc1)", Packet.CONFIG, True, 0, b"\x01\x01")),
        ("91 68766331 00002a aa", VideoTag("HEVC (hvc1)", Packet.FRAMES, True, 42, b"\xaa")),
        ("a3 68766331 aa", VideoTag("HEVC (hvc1)", Packet.FRAMES, False, 0, b"\xaa")),
        ("d4 68766331 02", VideoTag("HEVC (hvc1)", Packet.OTHER, False, 0, b"\x02")),
        ("90 61763031 81", VideoTag("AV1 (av01)", Packet.CONFIG, True, 0, b"\x81")),
        ("91 61763031 0a0b0c", VideoTag("AV1 (av01)", Packet.FRAMES, True, 0, b"\x0a\x0b\x0c")),  # no time for AV1
        ("91 76703039 aa", VideoTag("VP9 (vp09)", Packet.FRAMES, True, 0, b"\xaa")),
        # H.264 in the same wrapping must come out as if it had the old one
        ("90 61766331 01640032", VideoTag(AVC, Packet.CONFIG, True, 0, b"\x01\x64\x00\x32")),
        ("a1 61766331 fffffe aa", VideoTag(AVC, Packet.FRAMES, False, -2, b"\xaa")),
        ("93 61766331 aa", VideoTag(AVC, Packet.FRAMES, True, 0, b"\xaa")),
        ("92 61766331", VideoTag(AVC, Packet.END, True)),
        ("95 61766331 aa", VideoTag(AVC, Packet.OTHER, True, 0, b"\xaa")),  # MPEG-2 TS sequence start
        ("91 7a7a7a7a aa", VideoTag("zzzz", Packet.FRAMES, True, 0, b"\xaa")),
        ("91 00ff0a22 aa", VideoTag(r'\x00\xff\n"', Packet.FRAMES, True, 0, b"\xaa")),
        ("d0 00", VideoTag("", Packet.OTHER)),  # a command has no FourCC
        ("96 00 61766331 01 aa", VideoTag("", Packet.OTHER)),  # a further track
        # nanoseconds before the packet type, with a size byte and with a size word
        ("97 02 000001 01 61766331 000005 aa", VideoTag(AVC, Packet.FRAMES, True, 5, b"\xaa")),
        ("97 ff 0000 00 03 61766331 aa", VideoTag(AVC, Packet.FRAMES, True, 0, b"\xaa")),
        ("97 00 00 07 00 00 03 61766331", VideoTag(AVC, Packet.FRAMES, True)),
    ],
)
def test_enhanced_video_is_read_or_named(payload: str, tag: VideoTag) -> None:
    assert flv.parse_video(bytes.fromhex(payload)) == tag


@pytest.mark.parametrize(
    ("payload", "tag"),
    [
        ("af 00 1190", AudioTag(AAC, Packet.CONFIG, b"\x11\x90")),
        ("af 01 21", AudioTag(AAC, Packet.FRAMES, b"\x21")),
        ("ae 01", AudioTag(AAC, Packet.FRAMES)),
        ("af 02 aa", AudioTag(AAC, Packet.OTHER, b"\xaa")),
        ("2f fffb", AudioTag("MP3", Packet.FRAMES, b"\xff\xfb")),
        ("b2 aa", AudioTag("Speex", Packet.FRAMES, b"\xaa")),
        ("62 aa", AudioTag("Nellymoser", Packet.FRAMES, b"\xaa")),
        ("f0", AudioTag("audio codec 15", Packet.FRAMES)),
        ("", AudioTag("", Packet.OTHER)),
        ("90 4f707573 01", AudioTag("Opus", Packet.CONFIG, b"\x01")),
        ("91 664c6143 01", AudioTag("FLAC (fLaC)", Packet.FRAMES, b"\x01")),
        ("91 61632d33 01", AudioTag("AC-3", Packet.FRAMES, b"\x01")),
        ("94 4f707573 01", AudioTag("Opus", Packet.OTHER, b"\x01")),  # channel layout
        ("90 6d703461 1190", AudioTag(AAC, Packet.CONFIG, b"\x11\x90")),
        ("91 6d703461 21", AudioTag(AAC, Packet.FRAMES, b"\x21")),
        ("92 6d703461", AudioTag(AAC, Packet.END)),
        ("95 00 6d703461 01 1190", AudioTag("", Packet.OTHER)),  # a further track
        ("97 02 000001 01 6d703461 21", AudioTag(AAC, Packet.FRAMES, b"\x21")),
    ],
)
def test_audio_data_is_read_or_named(payload: str, tag: AudioTag) -> None:
    assert flv.parse_audio(bytes.fromhex(payload)) == tag


@pytest.mark.parametrize(
    "payload",
    [
        *("17", "27 01", "17 00 0000", "90", "90 687663", "91 61766331 0000"),
        *("97", "97 05 00", "97 ff", "97 ff ffff 00", "97 00 00", "97 00 00 07", "97 00 00 00"),
    ],
)
def test_a_video_header_that_is_cut_off_is_refused(payload: str) -> None:
    with pytest.raises(BadTag, match=r"cut off|ends (before|within)"):
        flv.parse_video(bytes.fromhex(payload))


@pytest.mark.parametrize("payload", ["af", "90", "91 6d7034", "97", "97 02 0000"])
def test_an_audio_header_that_is_cut_off_is_refused(payload: str) -> None:
    with pytest.raises(BadTag, match=r"cut off|ends (before|within)"):
        flv.parse_audio(bytes.fromhex(payload))


def test_ten_thousand_modifiers_take_no_longer_than_their_bytes() -> None:
    with pytest.raises(BadTag):
        flv.parse_video(b"\x97" + b"\x00\x00\x07" * 10_000)


@pytest.mark.parametrize(("data", "outcomes"), corpus.rows("flv"))
def test_the_corpus_is_read_or_refused_as_before(data: bytes, outcomes: list[str]) -> None:
    found = []
    for parse in (flv.parse_video, flv.parse_audio):
        try:
            tag: VideoTag | AudioTag = parse(data)
            found.append(f"{tag.codec} {tag.packet.value} {len(tag.data)}")
        except BadTag as error:
            found.append(f"BadTag: {error}")
    assert found == outcomes


@examples(300)
@given(st.binary(max_size=40) | st.binary(max_size=12).map(lambda rest: b"\x97" + rest))
@example(b"\x97\xff\xff\xff")
def test_any_bytes_are_a_tag_or_a_bad_tag(payload: bytes) -> None:
    for parse in (flv.parse_video, flv.parse_audio):
        try:
            tag = parse(payload)
        except BadTag:
            continue
        assert payload.endswith(tag.data)


@examples(100)
@given(
    st.sampled_from([Packet.CONFIG, Packet.FRAMES, Packet.END]),
    st.binary(max_size=20),
    st.booleans(),
    st.integers(-(1 << 23), (1 << 23) - 1),
)
def test_what_is_written_is_read_again(packet: Packet, data: bytes, key: bool, cts_ms: int) -> None:
    frames = packet is Packet.FRAMES
    written = flv.video_tag(packet, data, key=key, cts_ms=cts_ms)
    assert flv.parse_video(written) == VideoTag(AVC, packet, key or not frames, cts_ms if frames else 0, data)
    if packet is not Packet.END:
        assert flv.parse_audio(flv.audio_tag(packet, data)) == AudioTag(AAC, packet, data)


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(bframes=2), Recipe(video=False), Recipe(audio=False)])
def test_what_libav_muxed_is_taken_apart_as_libav_does(recipe: Recipe) -> None:
    """Both sides in milliseconds, which FLV counts in."""
    ours: dict[str, list[tuple[int, int, bool, bytes]]] = {"video": [], "audio": []}
    records: dict[str, bytes] = {}
    for tag in footage.flv_tags(recipe):
        if tag.kind is TagKind.VIDEO:
            picture = flv.parse_video(tag.payload)
            assert picture.codec == AVC
            if picture.packet is Packet.FRAMES:
                row = (tag.timestamp_ms, tag.timestamp_ms + picture.cts_ms, picture.key, picture.data)
                ours["video"].append(row)
            records["video"] = picture.data if picture.packet is Packet.CONFIG else records["video"]
        elif tag.kind is TagKind.AUDIO:
            sound = flv.parse_audio(tag.payload)
            assert sound.codec == AAC
            if sound.packet is Packet.FRAMES:
                ours["audio"].append((tag.timestamp_ms, tag.timestamp_ms, True, sound.data))
            records["audio"] = sound.data if sound.packet is Packet.CONFIG else records["audio"]
    theirs: dict[str, list[tuple[int, int, bool, bytes]]] = {"video": [], "audio": []}
    with av.open(io.BytesIO(footage.flv_file(recipe)), "r") as container:
        for packet in container.demux():
            if packet.size:
                assert packet.dts is not None
                assert packet.pts is not None
                theirs[packet.stream.type].append((packet.dts, packet.pts, packet.is_keyframe, bytes(packet)))
        for stream in container.streams:
            assert stream.codec_context.extradata == records[stream.type]
    assert ours == theirs
    assert len(ours["video"]) == (60 if recipe.video else 0)
    assert len(ours["audio"]) == (95 if recipe.audio else 0)


def test_the_footage_is_the_same_each_time_and_has_the_asked_shape() -> None:
    recipe = Recipe(seconds=1.0, gop=10, bframes=2)
    tags = footage.flv_tags(recipe)
    assert tuple(flv.read_tags(footage.encode(recipe))) == tags
    pictures = [flv.parse_video(tag.payload) for tag in tags if tag.kind is TagKind.VIDEO]
    keys = [picture.key for picture in pictures if picture.packet is Packet.FRAMES]
    assert [number for number, key in enumerate(keys) if key] == [0, 10, 20]
    assert max(picture.cts_ms for picture in pictures) > 33


TAGS = st.builds(Tag, st.sampled_from(list(TagKind)), st.integers(0, 2**32 - 1), st.binary(max_size=30))


@examples(100)
@given(st.lists(TAGS, max_size=5))
def test_a_file_survives_being_written_and_read(tags: list[Tag]) -> None:
    assert list(flv.read_tags(flv.write_tags(tags))) == tags


def test_a_file_of_ours_is_read_by_libav() -> None:
    tags = footage.flv_tags(Recipe(seconds=1.0))
    with av.open(io.BytesIO(flv.write_tags(tags)), "r") as container:
        sizes = [packet.size for packet in container.demux() if packet.size and packet.stream.type == "video"]
    assert len(sizes) == 30


def test_a_file_cut_at_any_byte_gives_its_whole_tags_and_then_the_error() -> None:
    tags = [Tag(TagKind.SCRIPT, 0, b"meta"), Tag(TagKind.AUDIO, 5, b""), Tag(TagKind.VIDEO, 1 << 31, b"picture")]
    whole = flv.write_tags(tags)
    ends = (13 + 11 + 4, 13 + 19 + 11, 13 + 19 + 15 + 11 + 7)  # of the payloads; 4 bytes of size follow
    between = {cut for end in (9, *ends) for cut in range(end, end + 5)}
    for cut in range(len(whole) + 1):
        found: list[Tag] = []
        failed = False
        try:
            found.extend(flv.read_tags(whole[:cut]))
        except BadTag:
            failed = True
        assert found == tags[: sum(end <= cut for end in ends)]
        assert failed == (cut not in between)


def test_a_file_with_a_strange_tag_or_no_header_is_refused() -> None:
    with pytest.raises(BadTag, match="no FLV file"):
        list(flv.read_tags(b"RIFF" + bytes(20)))
    strange = bytearray(flv.write_tags([Tag(TagKind.AUDIO, 0, b"x")]))
    strange[13] = 77
    with pytest.raises(BadTag, match="unknown kind 77"):
        list(flv.read_tags(bytes(strange)))

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import avc, flv, fmp4, m3u8
from media.fmp4 import VideoSample
from media.m3u8 import (
    BadPlaylist,
    MediaPlaylist,
    MultivariantPlaylist,
    OpenSegment,
    Part,
    RenditionReport,
    Segment,
    ServerControl,
    Variant,
)
from tests.kit import corpus, footage
from tests.kit.examples import examples
from tests.kit.footage import Recipe

NOON = datetime(2026, 1, 1, 12, 0, 28, 40_000, tzinfo=UTC)

LOW_LATENCY = """\
#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.00200,HOLD-BACK=6.00000,CAN-SKIP-UNTIL=12.00000
#EXT-X-PART-INF:PART-TARGET=0.33400
#EXT-X-MEDIA-SEQUENCE:14
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-MAP:URI="i1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:28.040Z
#EXTINF:2.00000,
s14.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="i2.mp4"
#EXT-X-PART:DURATION=0.33300,URI="p15.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.33300,URI="p15.1.m4s",GAP=YES
#EXTINF:0.66600,The second
s15.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:31.000Z
#EXT-X-PART:DURATION=0.33300,URI="p16.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p16.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../low/live.m3u8",LAST-MSN=16,LAST-PART=0
#EXT-X-RENDITION-REPORT:URI="../audio/live.m3u8",LAST-MSN=15
"""
LOW_LATENCY_VALUE = MediaPlaylist(
    target_duration=2,
    media_sequence=14,
    segments=(
        Segment("s14.m4s", 2.0, map_uri="i1.mp4", program_date_time=NOON),
        Segment(
            "s15.m4s",
            0.666,
            (Part("p15.0.m4s", 0.333, independent=True), Part("p15.1.m4s", 0.333, gap=True)),
            map_uri="i2.mp4",
            discontinuity=True,
            title="The second",
        ),
    ),
    open=OpenSegment(
        (Part("p16.0.m4s", 0.333, independent=True),), "i2.mp4", False, datetime(2026, 1, 1, 12, 0, 31, tzinfo=UTC)
    ),
    discontinuity_sequence=3,
    part_target_s=0.334,
    server_control=ServerControl(True, 1.002, 6.0, 12.0),
    preload_hint="p16.1.m4s",
    rendition_reports=(RenditionReport("../low/live.m3u8", 16, 0), RenditionReport("../audio/live.m3u8", 15)),
    independent_segments=True,
)

DELTA = """\
#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24.00000
#EXT-X-MEDIA-SEQUENCE:100
#EXT-X-SKIP:SKIPPED-SEGMENTS=7
#EXTINF:4.00000,
s107.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="i9.mp4"
#EXT-X-PART:DURATION=0.20000,URI="p108.0.m4s"
"""
DELTA_VALUE = MediaPlaylist(
    target_duration=4,
    media_sequence=100,
    segments=(Segment("s107.m4s", 4.0),),
    open=OpenSegment((Part("p108.0.m4s", 0.2),), "i9.mp4", discontinuity=True),
    server_control=ServerControl(can_skip_until_s=24.0),
    skipped=7,
)

ENDED = """\
#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2.00000,
a.m4s
#EXTINF:1.50000,
b.m4s
#EXT-X-ENDLIST
"""
ENDED_VALUE = MediaPlaylist(
    2, segments=(Segment("a.m4s", 2.0, map_uri="init.mp4"), Segment("b.m4s", 1.5, map_uri="init.mp4")),
    ended=True,
    version=6,
)  # fmt: skip

MULTIVARIANT = """\
#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=5000000,AVERAGE-BANDWIDTH=4500000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,\
FRAME-RATE=29.970,NAME="Source, as sent"
0/live.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=128000
1/live.m3u8
"""
MULTIVARIANT_VALUE = MultivariantPlaylist(
    (
        Variant("0/live.m3u8", 5_000_000, 4_500_000, "avc1.64001f,mp4a.40.2", (1280, 720), 29.97, "Source, as sent"),
        Variant("1/live.m3u8", 128_000),
    ),
    independent_segments=True,
)

EXAMPLES = [
    pytest.param(LOW_LATENCY, LOW_LATENCY_VALUE, id="low latency"),
    pytest.param(DELTA, DELTA_VALUE, id="delta update"),
    pytest.param(ENDED, ENDED_VALUE, id="ended"),
    pytest.param(MULTIVARIANT, MULTIVARIANT_VALUE, id="multivariant"),
]


@pytest.mark.parametrize(("text", "value"), EXAMPLES)
def test_a_value_is_written_as_its_text(text: str, value: MediaPlaylist | MultivariantPlaylist) -> None:
    assert str(value) == text


@pytest.mark.parametrize(("text", "value"), EXAMPLES)
def test_a_text_is_read_as_its_value(text: str, value: MediaPlaylist | MultivariantPlaylist) -> None:
    assert m3u8.parse(text) == value
    assert m3u8.parse(text.replace("\n", "\r\n")) == value


def names(max_size: int = 12) -> st.SearchStrategy[str]:
    return st.text(
        st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters='"#'), min_size=1, max_size=max_size
    )


SECONDS = st.integers(0, 10**7).map(lambda ms: ms / 1000)
COUNTS = st.integers(0, 2**63)
MOMENTS = st.integers(0, 4 * 10**12).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
PARTS = st.lists(st.builds(Part, names(), SECONDS, st.booleans(), st.booleans()), max_size=3).map(tuple)
CONTROLS = st.builds(ServerControl, st.booleans(), *[st.none() | SECONDS] * 3)
VARIANTS = st.builds(
    Variant,
    names(),
    COUNTS,
    st.none() | COUNTS,
    st.none() | names(),
    st.none() | st.tuples(st.integers(0, 99_999), st.integers(0, 99_999)),
    st.none() | SECONDS,
    st.none() | names(),
)


@st.composite
def media_playlists(draw: st.DrawFn) -> MediaPlaylist:
    maps: list[str | None] = [draw(st.none() | names())]  # a map holds until the next: there is no way back to none
    segments = []
    for _ in range(draw(st.integers(0, 4))):
        maps.append(draw(st.just(maps[-1]) | names()))
        head = (draw(PARTS), maps[-1], draw(st.booleans()), draw(st.none() | MOMENTS))
        segments.append(Segment(draw(names()), draw(SECONDS), *head, draw(st.just("") | names())))
    maps.append(draw(st.just(maps[-1]) | names()) if segments else draw(st.none() | names()))
    growing = OpenSegment(draw(PARTS.filter(bool)), maps[-1], draw(st.booleans()), draw(st.none() | MOMENTS))
    return MediaPlaylist(
        target_duration=draw(COUNTS),
        media_sequence=draw(COUNTS),
        segments=tuple(segments),
        open=draw(st.none() | st.just(growing)),
        discontinuity_sequence=draw(COUNTS),
        part_target_s=draw(st.none() | SECONDS),
        server_control=draw(st.none() | CONTROLS),
        skipped=draw(COUNTS),
        preload_hint=draw(st.none() | names()),
        rendition_reports=draw(
            st.lists(st.builds(RenditionReport, names(), COUNTS, st.none() | COUNTS), max_size=2).map(tuple)
        ),
        independent_segments=draw(st.booleans()),
        ended=draw(st.booleans()),
        version=draw(st.integers(1, 99)),
    )


@examples(150)
@given(media_playlists())
def test_every_media_playlist_survives_being_written_and_read(playlist: MediaPlaylist) -> None:
    assert m3u8.parse(str(playlist)) == playlist


@examples(100)
@given(
    st.builds(
        MultivariantPlaylist, st.lists(VARIANTS, min_size=1, max_size=3).map(tuple), st.booleans(), st.integers(1, 9)
    )
)
def test_every_multivariant_playlist_survives_being_written_and_read(playlist: MultivariantPlaylist) -> None:
    assert m3u8.parse(str(playlist)) == playlist


@examples(50)
@given(media_playlists())
def test_kept_segment_texts_make_the_same_playlist(playlist: MediaPlaylist) -> None:
    maps = [None, *(segment.map_uri for segment in playlist.segments)]
    texts = [
        m3u8.segment_text(segment, with_map=segment.map_uri != before)
        for segment, before in zip(playlist.segments, maps, strict=False)
    ]
    assert playlist.around(texts, maps[-1]) == str(playlist)


def test_a_segment_is_written_without_its_parts_once_they_are_old() -> None:
    segment = LOW_LATENCY_VALUE.segments[1]
    text = m3u8.segment_text(segment, with_parts=False, with_map=False)
    assert text == "#EXT-X-DISCONTINUITY\n#EXTINF:0.66600,The second\ns15.m4s\n"


def test_a_time_in_another_zone_is_written_in_utc() -> None:
    moment = datetime.fromisoformat("2026-01-01T13:00:28.040+01:00")
    assert "TIME:2026-01-01T12:00:28.040Z\n" in m3u8.segment_text(Segment("a", 1.0, program_date_time=moment))


def media(*lines: str) -> MediaPlaylist:
    playlist = m3u8.parse("\n".join(("#EXTM3U", "#EXT-X-TARGETDURATION:6", *lines)))
    assert isinstance(playlist, MediaPlaylist)
    return playlist


def test_a_playlist_of_another_writer_is_read_for_what_we_know() -> None:
    playlist = media(
        "# a comment",
        "",
        "#EXT-X-ALLOW-CACHE:NO",
        "#EXT-X-START:TIME-OFFSET=-3.0",
        '#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="next.mp4"',
        '#EXT-X-PART:DURATION=1,URI="p",X-COM-EXAMPLE="a,b"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T13:00:28.04+0100",
        "#EXTINF:6",
        "a.ts",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:34",
        "#EXTINF:5.5 ,no zone, and a comma in the title",
        "b.ts",
    )
    assert playlist.version == 1
    assert playlist.preload_hint is None
    assert playlist.open is None
    assert playlist.segments == (
        Segment("a.ts", 6.0, (Part("p", 1.0),), program_date_time=NOON),
        Segment(
            "b.ts",
            5.5,
            program_date_time=datetime(2026, 1, 1, 12, 0, 34, tzinfo=UTC),
            title="no zone, and a comma in the title",
        ),
    )


def test_a_map_that_is_announced_ahead_of_its_parts_opens_a_segment() -> None:
    playlist = media("#EXTINF:1,", "a.m4s", '#EXT-X-MAP:URI="new.mp4"')
    assert playlist.open == OpenSegment((), "new.mp4")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["a.m4s"], "line 3: a URI has neither"),
        (["#EXTINF:1,"], "ends where a URI is due"),
        (["#EXT-X-STREAM-INF:BANDWIDTH=1"], "ends where a URI is due"),
        (["#EXT-X-STREAM-INF:BANDWIDTH=1", "a.m3u8"], "both variants and segments"),
        (["#EXT-X-STREAM-INF:CODECS=1", "a.m3u8"], "BANDWIDTH is missing"),
        (["#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=wide"], "'wide' is not a resolution"),
        (["#EXTINF:long,"], "'long' is not a decimal number"),
        (["#EXTINF:-1,"], "'-1' is not a decimal number"),
        (["#EXTINF:12345678901,"], "'12345678901' is not a decimal number"),
        (["#EXT-X-MEDIA-SEQUENCE:1.5"], "'1.5' is not a whole number"),
        (["#EXT-X-MEDIA-SEQUENCE:²"], "'²' is not a whole number"),
        (["#EXT-X-MEDIA-SEQUENCE:" + "9" * 5000], "is not a whole number"),
        (["#EXT-X-MAP:URI=init.mp4"], "is not a quoted string"),
        (["#EXT-X-MAP:URI"], "no attribute at 'URI'"),
        (['#EXT-X-MAP:URI="a",URI="b"'], "URI stands twice"),
        (['#EXT-X-MAP:URI="a",BYTERANGE="1@2"'], "byte ranges are not supported"),
        (['#EXT-X-PRELOAD-HINT:TYPE=PART,URI="a",BYTERANGE-START=0'], "byte ranges are not supported"),
        (["#EXT-X-BYTERANGE:1@2"], "EXT-X-BYTERANGE is not supported"),
        (['#EXT-X-KEY:METHOD=AES-128,URI="k"'], "EXT-X-KEY is not supported"),
        (["#EXT-X-PROGRAM-DATE-TIME:yesterday"], "'yesterday' is not a date and time"),
        (["#EXT-X-PROGRAM-DATE-TIME:0001-01-01T00:00:00+10:00"], "is not a date and time"),
        (["#" + "x" * m3u8.MAX_LINE], "line 3 has 8193 characters, more than 8192"),
        ([""] * (m3u8.MAX_LINES + 1), "more than 100000 lines"),
        (["#" + "x" * m3u8.MAX_TEXT], "characters, more than 4194304"),
    ],
)
def test_a_bad_playlist_is_refused_with_its_reason(lines: list[str], reason: str) -> None:
    with pytest.raises(BadPlaylist, match=reason):
        media(*lines)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not begin"),
        ("\ufeff#EXTM3U\n", "does not begin"),  # RFC 8216bis, 4: no byte order mark
        ("<html>", "does not begin"),
        ("#EXTM3U\n#EXTINF:1,\na.ts\n", "no EXT-X-TARGETDURATION"),
        ("#EXTM3U\n#EXTINF:1,\na.ts\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb\n", "both variants and segments"),
    ],
)
def test_what_is_no_playlist_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadPlaylist, match=reason):
        m3u8.parse(text)


@pytest.mark.parametrize("name", ['a"b', "a\nb", "a\rb"])
def test_a_name_that_would_break_the_text_is_not_written(name: str) -> None:
    broken = (
        MediaPlaylist(1, preload_hint=name),
        MediaPlaylist(1, open=OpenSegment((Part(name, 1.0),))),
        MultivariantPlaylist((Variant("a", 1, name=name),)),
    )
    for playlist in broken:
        with pytest.raises(ValueError, match="does not fit"):
            str(playlist)


def test_a_line_end_in_a_uri_or_title_is_not_written() -> None:
    for segment in (Segment("a\n#EXT-X-ENDLIST", 1.0), Segment("a", 1.0, title="b\rc")):
        with pytest.raises(ValueError, match="does not fit"):
            m3u8.segment_text(segment)


def outcome(text: str) -> str:
    try:
        playlist = m3u8.parse(text)
    except BadPlaylist as error:
        return f"BadPlaylist: {error}"
    if isinstance(playlist, MultivariantPlaylist):
        return f"variants: {len(playlist.variants)}"
    parts = sum(len(segment.parts) for segment in playlist.segments), len(playlist.open.parts if playlist.open else ())
    first = playlist.media_sequence + playlist.skipped
    return f"segments: {len(playlist.segments)} from {first}, parts: {parts[0]} and {parts[1]}"


@pytest.mark.parametrize(("text", "expected"), corpus.rows("m3u8"))
def test_the_corpus_is_read_or_refused_as_before(text: str, expected: str) -> None:
    assert outcome(text) == expected


WORDS = st.sampled_from(
    [
        *("#EXTM3U", "#EXTINF:1,", "#EXTINF:", "a.m4s", "#EXT-X-TARGETDURATION:2", "#EXT-X-STREAM-INF:BANDWIDTH=1"),
        *('#EXT-X-PART:URI="p",DURATION=1', "#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="i"', "#EXT-X-ENDLIST"),
        *("#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z", "#EXT-X-SKIP:SKIPPED-SEGMENTS=1", "#EXT-X-PART-INF:"),
        *("#EXT-X-SERVER-CONTROL:", '#EXT-X-RENDITION-REPORT:URI="r",LAST-MSN=1', "", "\r", "#EXT-X-VERSION:"),
    ]
)


@examples(300)
@given(st.lists(WORDS | st.text(max_size=20), max_size=12))
def test_any_text_is_read_or_refused_and_what_is_read_can_be_written_again(lines: list[str]) -> None:
    try:
        playlist = m3u8.parse("\n".join(("#EXTM3U", *lines)))
    except BadPlaylist:
        return
    assert m3u8.parse(str(playlist)) == playlist


def remux(target: Path, **options: str) -> None:
    """Have libav's HLS muxer pack 4 s of footage, a keyframe each second."""
    data = footage.flv_file(Recipe(seconds=4.0))
    with av.open(io.BytesIO(data), "r") as source, av.open(str(target), "w", format="hls", options=options) as out:
        streams = {stream: out.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.size:
                packet.stream = streams[packet.stream]
                out.mux(packet)


def test_a_playlist_of_libav_is_read(tmp_path: Path) -> None:
    options = {"hls_segment_type": "fmp4", "hls_time": "1", "hls_list_size": "0", "hls_flags": "program_date_time"}
    remux(tmp_path / "live.m3u8", **options, master_pl_name="master.m3u8")
    playlist = m3u8.parse((tmp_path / "live.m3u8").read_text())
    assert isinstance(playlist, MediaPlaylist)
    assert (playlist.version, playlist.ended, playlist.target_duration) == (7, True, 1)
    assert [segment.uri for segment in playlist.segments] == [f"live{number}.m4s" for number in range(4)]
    assert {segment.map_uri for segment in playlist.segments} == {"init.mp4"}
    assert sum(segment.duration_s for segment in playlist.segments) == pytest.approx(4.0, abs=0.05)
    moments = [segment.program_date_time for segment in playlist.segments]
    assert all(moments)
    master = m3u8.parse((tmp_path / "master.m3u8").read_text())
    assert isinstance(master, MultivariantPlaylist)
    (variant,) = master.variants
    assert (variant.uri, variant.resolution, variant.codecs) == ("live.m3u8", (320, 180), "avc1.64000d,mp4a.40.2")


def packed(run: int, recipe: Recipe, folder: Path, start_90k: int = 0) -> list[Segment]:
    """`recipe` in segments of a second, each of two parts, with the init segment of that run."""
    video: list[VideoSample] = []
    record = b""
    for tag in footage.flv_tags(recipe):
        if tag.kind is flv.TagKind.VIDEO:
            picture = flv.parse_video(tag.payload)
            if picture.packet is flv.Packet.CONFIG:
                record = picture.data
            elif picture.packet is flv.Packet.FRAMES:
                cts = round(picture.cts_ms * 90 / 3000) * 3000
                video.append(VideoSample(start_90k + len(video) * 3000, 3000, cts, picture.key, picture.data))
    (folder / f"i{run}.mp4").write_bytes(fmp4.init_segment(avc.track(record), None))
    segments = []
    for begin in range(0, len(video), 30):
        parts = []
        for half in (0, 15):
            name = f"{run}-{begin}.{half}.m4s"
            (folder / name).write_bytes(fmp4.part(begin + half + 1, video[begin + half : begin + half + 15], []))
            parts.append(Part(name, 0.5, independent=half == 0))
        (folder / f"{run}-{begin}.m4s").write_bytes(b"".join((folder / part.uri).read_bytes() for part in parts))
        restarted = run > 1 and begin == 0
        segments.append(Segment(f"{run}-{begin}.m4s", 1.0, tuple(parts), f"i{run}.mp4", restarted))
    return segments


def test_libav_plays_what_we_list_across_a_discontinuity(tmp_path: Path) -> None:
    # the same picture in both runs: libav does not look at a second init segment, browsers do
    first = packed(1, Recipe(audio=False, bframes=2), tmp_path)
    # and its clock goes on, a second later: where one goes back, libav plays a part less
    second = packed(2, Recipe(seconds=1.0, audio=False, bframes=2), tmp_path, 270_000)
    playlist = MediaPlaylist(1, segments=(*first, *second), part_target_s=0.5, ended=True)
    variants = MultivariantPlaylist((Variant("live.m3u8", 300_000, codecs="avc1.64000d", resolution=(320, 180)),))
    (tmp_path / "live.m3u8").write_text(str(playlist))
    (tmp_path / "stream.m3u8").write_text(str(variants))
    with av.open(str(tmp_path / "stream.m3u8"), "r") as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        assert stream.metadata["variant_bitrate"] == "300000"
        frames = list(container.decode(stream))
    assert len(frames) == 90
    assert not any(frame.is_corrupt for frame in frames)

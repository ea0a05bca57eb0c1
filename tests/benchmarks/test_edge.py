import pytest

from benchmarks.edge import Edge, SentFrame, ages, delays, percentile
from media import m3u8

HEAD = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=0.334\n"


def playlist(first: int, finished: int, parts: int = 0) -> str:
    segments = "".join(f"#EXTINF:2.000,\ns{first + n}.m4s\n" for n in range(finished))
    grown = "".join(f'#EXT-X-PART:DURATION=0.333,URI="p{n}.m4s"\n' for n in range(parts))
    return f"{HEAD}#EXT-X-MEDIA-SEQUENCE:{first}\n{segments}{grown}"


def test_what_is_listed_counts_from_the_beginning_though_the_window_moves_on() -> None:
    edge = Edge()
    assert edge.see(playlist(0, 2)) == 4
    assert edge.see(playlist(1, 2, parts=2)) == pytest.approx(6.666)
    assert edge.see(playlist(2, 2)) == 8


def test_the_parts_of_a_growing_segment_give_way_to_the_segment() -> None:
    edge = Edge()
    assert edge.see(playlist(0, 0, parts=3)) == pytest.approx(0.999)
    assert edge.see(playlist(0, 1)) == 2


def test_a_multivariant_playlist_has_no_edge() -> None:
    with pytest.raises(m3u8.BadPlaylist):
        Edge().see("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n0/stream.m3u8\n")


SENT = [SentFrame(number % 4, 10 + number / 2, 100 + number / 2) for number in range(8)]  # half a second a frame


def test_the_age_is_what_was_sent_and_is_not_listed() -> None:
    assert ages(SENT, [(99.9, 0.0), (100.1, 0.0), (101.6, 1.0), (101.6, 2.0), (200.0, 4.0)]) == [0.5, 1.0, 0.0, 0.0]


def test_the_age_needs_two_frames() -> None:
    with pytest.raises(ValueError, match="two frames"):
        ages(SENT[:1], [])


def test_a_frame_on_show_was_sent_at_the_last_time_its_number_was() -> None:
    assert delays(SENT, [(101.2, 2), (101.9, 2), (103.2, 2), (100.2, 3), (103.0, 9)], 4) == pytest.approx(
        [0.2, 0.9, 0.2]
    )


def test_percentiles_are_values_that_were_measured() -> None:
    values = [3.0, 1.0, 2.0, 4.0]
    assert [percentile(values, percent) for percent in (0, 25, 50, 51, 95, 100)] == [1, 1, 2, 3, 4, 4]
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)

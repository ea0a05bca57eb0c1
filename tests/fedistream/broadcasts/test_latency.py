"""The latency levels: each keeps players further behind than the one before, within what playlists allow."""

import itertools

from fedistream.broadcasts.latency import LEVELS, PART_MS, SEGMENT_S, lengths
from fedistream.settings.table import SETTINGS
from media.package import CutRules


def test_a_higher_level_has_longer_parts_and_no_shorter_segments() -> None:
    for before, after in itertools.pairwise(LEVELS):
        assert before[0] < after[0]
        assert before[1] <= after[1]


def test_two_parts_fit_into_each_segment() -> None:
    for part_ms, segment_s in LEVELS:
        assert CutRules(part_ms=part_ms, segment_ms=int(segment_s * 1000)).part_limit(33.4) * 2 <= segment_s * 1000


def test_lengths_that_were_set_hold_whatever_the_level() -> None:
    assert lengths(0, PART_MS, SEGMENT_S) == (333, 2.0)
    assert lengths(4, PART_MS, SEGMENT_S) == (2000, 6.0)
    assert lengths(4, 250, SEGMENT_S) == (250, 6.0)
    assert lengths(1, PART_MS, 1.5) == (500, 1.5)


def test_the_first_level_has_the_defaults_of_the_settings() -> None:
    defaults = {each.name: each.default for each in SETTINGS}
    assert (defaults["hls.part_ms"], defaults["hls.segment_s"]) == (PART_MS, SEGMENT_S)
    assert defaults["video.latency_level"] == 0

"""Latency levels 0 to 4, as streamers choose them: the lengths of parts and segments."""

from typing import Final

from fedistream.core.ports import SettingsReader

BEHIND_PARTS = 3  # how far players stay behind the newest part (media/package/playlist.py)
# by level: a part in ms, a segment in s. Players stay three parts behind the newest one, and load whole segments where
# they do not know parts
LEVELS: Final = ((333, 2.0), (500, 2.0), (1_000, 3.0), (1_500, 4.0), (2_000, 6.0))
PART_MS, SEGMENT_S = LEVELS[0]  # the defaults of the two settings: other values of them hold whatever the level


def lengths(level: int, part_ms: int, segment_s: float) -> tuple[int, float]:
    """Return the length of a part in ms and of a segment in s for a level and the settings of the two lengths."""
    level_part_ms, level_segment_s = LEVELS[level]
    return (
        level_part_ms if part_ms == PART_MS else part_ms,
        level_segment_s if segment_s == SEGMENT_S else segment_s,
    )


def channel_lengths(settings: SettingsReader, channel_id: int) -> tuple[int, float]:
    """Return the length of a part in ms and of a segment in s, as a channel's next broadcast has them."""
    return lengths(
        int(settings.value("video.latency_level", channel_id)),
        int(settings.value("hls.part_ms", channel_id)),
        float(settings.value("hls.segment_s", channel_id)),
    )

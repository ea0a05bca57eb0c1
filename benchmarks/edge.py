"""The age of the newest media in a playlist: the time listed compared with the time sent. Pure.

Times are seconds of the clock that all processes of a machine share; media time counts from the first frame sent.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from media import m3u8


@dataclass(frozen=True, slots=True)
class SentFrame:
    """A frame of video as the publisher handed it to the sockets. `number` is that in the picture."""

    number: int
    media_s: float
    at: float


@dataclass(slots=True)
class Edge:
    """The duration of media that one playlist has listed so far. Call `see` with every version of it."""

    seen: dict[int, float] = field(default_factory=dict)  # media sequence number to seconds

    def see(self, text: str) -> float:
        """Return the seconds listed since the beginning. Raises m3u8.BadPlaylist; a multivariant one is none."""
        playlist = m3u8.parse(text)
        if not isinstance(playlist, m3u8.MediaPlaylist):
            raise m3u8.BadPlaylist("this is no media playlist")
        number = playlist.media_sequence + playlist.skipped
        for segment in playlist.segments:
            self.seen[number] = segment.duration_s
            number += 1
        if playlist.open is not None and playlist.open.parts:
            self.seen[number] = sum(part.duration_s for part in playlist.open.parts)
        return sum(self.seen.values())


def ages(sent: Sequence[SentFrame], seen: Sequence[tuple[float, float]]) -> list[float]:
    """Return, for every look (at, seconds listed), how far the newest frame sent by then was ahead of the playlist.

    The newest frame counts with its whole length, as it does when it is listed.
    """
    if len(sent) < 2:
        raise ValueError("two frames have to be sent to know how long one is")
    frame_s = sent[1].media_s - sent[0].media_s
    times = [frame.at for frame in sent]
    found = []
    for at, listed_s in seen:
        newest = bisect_right(times, at) - 1
        if newest >= 0:
            found.append(sent[newest].media_s - sent[0].media_s + frame_s - listed_s)
    return found


def delays(sent: Sequence[SentFrame], shown: Sequence[tuple[float, int]], count: int) -> list[float]:
    """Return the time since sending for every frame shown (at, number in the picture); numbers repeat after `count`.

    The newest sending of that number before it was shown is meant: nothing is more than a round late.
    """
    by_number: dict[int, list[float]] = {}
    for frame in sent:
        by_number.setdefault(frame.number % count, []).append(frame.at)
    found = []
    for at, number in shown:
        times = by_number.get(number, [])
        newest = bisect_right(times, at) - 1
        if newest >= 0:
            found.append(at - times[newest])
    return found


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values do not pass (nearest rank)."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]

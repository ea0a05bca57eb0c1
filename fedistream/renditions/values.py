"""The renditions that a channel's settings ask for, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from media.codec.ladder import RenditionPlan, VideoPlan
from media.package import FollowerRules, Supply

DEFAULT_VIDEO_KBPS = 1_200
DEFAULT_AUDIO_KBPS = 128
PASSED_ON = "copy"  # the codec of nodes that were set up before there was an encoder; it means the default
DEFAULT_CODEC = "libx264"
SOURCE_TITLE = "Source"


@dataclass(frozen=True, slots=True)
class Rendition:
    """A rendition beside the source: how it is cut, and what is encoded for it; `plan` is None where nothing is."""

    title: str
    rules: FollowerRules
    plan: RenditionPlan | None


@dataclass(frozen=True, slots=True)
class Layout:
    """All renditions of a broadcast. `source_title` is None where the source is not offered, except while nothing else
    can be played."""

    source_title: str | None
    others: tuple[Rendition, ...]
    codec: str = DEFAULT_CODEC


def layout(rows: Sequence[Mapping[str, Any]], codec: str) -> Layout:
    """Return the layout that the rows of the setting `video.renditions` describe. Without a row it is the source."""
    source_title, others = None, list[Rendition]()
    for row in rows:
        name = str(row["name"]).strip()
        made = _rendition(name, row)
        if made is None:
            source_title = source_title or name or SOURCE_TITLE
        elif made not in others:
            others.append(made)
    if not others:
        source_title = source_title or SOURCE_TITLE
    return Layout(source_title, tuple(others), DEFAULT_CODEC if codec == PASSED_ON else codec)


def titles(found: Layout) -> tuple[str, ...]:
    """Return the titles of all renditions that are offered, the source first."""
    own = (found.source_title,) if found.source_title is not None else ()
    return (*own, *(each.title for each in found.others))


def _rendition(name: str, row: Mapping[str, Any]) -> Rendition | None:
    """Return the rendition of a row, or None for the source as it is."""
    copies_sound = bool(row["audioPassthrough"]) or not row["audioBitrate"]
    audio_kbps = 0 if copies_sound else int(row["audioBitrate"])
    sound = Supply.SOURCE if copies_sound else Supply.ENCODER
    bandwidth = (audio_kbps or DEFAULT_AUDIO_KBPS) * 1000
    if row.get("audioOnly"):
        plan = RenditionPlan("", None, audio_kbps) if audio_kbps else None
        return Rendition(name or "Audio only", FollowerRules(Supply.NONE, sound, bandwidth), plan)
    if row["videoPassthrough"]:
        if copies_sound:
            return None
        plan = RenditionPlan("", None, audio_kbps)
        return Rendition(name or SOURCE_TITLE, FollowerRules(Supply.SOURCE, sound, bandwidth), plan)
    video = VideoPlan(
        int(row["videoBitrate"]) or DEFAULT_VIDEO_KBPS,
        int(row["scaledWidth"]),
        int(row["scaledHeight"]),
        int(row["framerate"]),
        int(row["cpuUsageLevel"]),
    )
    title = name or (f"{video.height}p" if video.height else f"{video.kbps} kbit/s")
    rules = FollowerRules(Supply.ENCODER, sound, video.kbps * 1000 + bandwidth, video.framerate)
    return Rendition(title, rules, RenditionPlan("", video, audio_kbps))

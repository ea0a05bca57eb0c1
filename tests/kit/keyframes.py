"""Keyframes that a decoder takes, cut out of test footage."""

from functools import cache
from typing import Any

from media import Keyframe, VideoTrack, avc, flv
from tests.kit.footage import Recipe, flv_tags


@cache
def keyframe(width: int = 320, height: int = 180, **more: Any) -> Keyframe:
    """The first picture of footage of this size; `more` are members of a Recipe."""
    recipe = Recipe(seconds=0.5, size=(width, height), audio=False, **more)
    videos = [flv.parse_video(tag.payload) for tag in flv_tags(recipe) if tag.kind is flv.TagKind.VIDEO]
    record = next(video.data for video in videos if video.packet is flv.Packet.CONFIG)
    frame = next(video.data for video in videos if video.packet is flv.Packet.FRAMES and video.key)
    return Keyframe(avc.track(record), 0, frame)


def made_up(track: VideoTrack, data: bytes) -> Keyframe:
    return Keyframe(track, 0, data)

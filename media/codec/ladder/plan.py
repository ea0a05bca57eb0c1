"""The renditions that a child shall make, as values: their sizes, rates and efforts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

X264 = "libx264"
# x264's presets by effort; the second column is their cost beside veryfast's
PRESETS = (("ultrafast", 0.4), ("superfast", 0.6), ("veryfast", 1.0), ("faster", 1.7), ("fast", 2.2))
MS_PER_MEGAPIXEL = 9.4  # CPU of veryfast for one picture of a million pixels (measured with 720p)
BUSY = 0.6  # the share of its time that a thread may encode; above it, a second one helps
MAX_THREADS = 4  # each delays the rendition by one picture
MIN_SIDE, MAX_SIDE = 16, 8192  # pixels
MAX_PLANS = 16
DEFAULT_RATE = 30.0  # pictures a second, until the source's are known


class NoteCode(StrEnum):
    """The news that a child may have of a rendition."""

    BEHIND = "behind"  # pictures were left out: encoding takes too long
    FELL_BACK = "fell-back"  # the codec that was asked for does not work here
    REFUSED = "refused"  # the rendition cannot be made
    UNDECODABLE = "undecodable"  # the source's samples cannot be decoded


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """The picture of a rendition: at most `width` by `height` pixels and `framerate` pictures a second, 0 for the
    source's. `effort` is an index of PRESETS."""

    kbps: int
    width: int = 0
    height: int = 0
    framerate: int = 0
    effort: int = 2


@dataclass(frozen=True, slots=True)
class RenditionPlan:
    """One rendition: what is encoded of it. `audio_kbps` is 0 where its sound is not encoded."""

    name: str
    video: VideoPlan | None = None
    audio_kbps: int = 0


@dataclass(frozen=True, slots=True)
class Setup:
    """All that a child is told at its start. `codec` is FFmpeg's name of the encoder for the pictures; `framerate` is
    the source's, 0 while it is unknown."""

    plans: Sequence[RenditionPlan]
    codec: str = X264
    framerate: float = 0.0

    def json(self) -> dict[str, Any]:
        """Return the JSON object of this value."""
        return asdict(self)


def read_setup(values: Mapping[str, Any]) -> Setup:
    """Return the Setup of a JSON object: the counterpart of Setup.json. Raises ValueError, TypeError, KeyError."""
    plans = tuple(
        RenditionPlan(each["name"], VideoPlan(**each["video"]) if each["video"] else None, each["audio_kbps"])
        for each in values["plans"]
    )
    if len(plans) > MAX_PLANS:
        raise ValueError(f"{len(plans)} renditions; {MAX_PLANS} are possible")
    return Setup(plans, values["codec"], values["framerate"])


def fit(size: tuple[int, int], sar: Fraction, plan: VideoPlan) -> tuple[int, int]:
    """Return width and height of the rendition of a source of `size`, whose pixels are `sar` times as wide as high.

    The picture keeps its shape, gets square pixels, is never made larger, and has even sides, as 4:2:0 needs.
    """
    shown, height = size[0] * (sar or Fraction(1)), Fraction(size[1])
    limits = [Fraction(most) / side for most, side in ((plan.width, shown), (plan.height, height)) if most]
    scale = min([Fraction(1), *limits])
    return _even(shown * scale), _even(height * scale)


def _even(side: Fraction) -> int:
    return max(MIN_SIDE, min(MAX_SIDE, round(side / 2) * 2))


def threads(size: tuple[int, int], framerate: float, effort: int, cores: int) -> int:
    """Return how many threads x264 needs to keep up: one adds no delay, each further one that of a picture."""
    cost_ms = size[0] * size[1] / 1e6 * MS_PER_MEGAPIXEL * PRESETS[effort][1]
    return max(1, min(ceil(cost_ms * framerate / 1000 / BUSY), MAX_THREADS, cores))


def measured_rate(times_ms: Sequence[int]) -> float:
    """Return the pictures a second of these decoding times: by their median distance, which one pause does not move."""
    steps = sorted(after - before for before, after in pairwise(times_ms) if after > before)
    if not steps:
        return DEFAULT_RATE
    # timestamps are whole milliseconds: 33, 33, 34. Their mean is nearer than their median, if they are even
    middle = steps[len(steps) // 2]
    near = [step for step in steps if abs(step - middle) <= 1]
    return 1000 * len(near) / sum(near)

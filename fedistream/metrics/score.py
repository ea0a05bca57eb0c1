"""The health of a stream as one score: the share of reporting players without a problem. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fedistream.metrics.values import Playback

HEALTHY_PERCENT = 75
CPU_PERCENT = 90.0
SPARE = 1.1  # a player needs more bandwidth than the stream has, as bitrates vary


class HealthReason(StrEnum):
    """The code of what is wrong, the most urgent first, or that nothing is."""

    ENCODER = "encoder"
    CPU = "cpu"
    ERRORS = "errors"
    SLOW = "slow"
    NARROW = "narrow"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Stream:
    """The stream that players are compared with. `warnings` are those of the encoder, `cpu` is in percent."""

    kbps: float = 0.0
    segment_s: float = 2.0
    viewers: int = 0
    warnings: tuple[str, ...] = ()
    cpu: float = 0.0


@dataclass(frozen=True, slots=True)
class Health:
    """The score. `percentage` of the `reporting` players have no problem; `representation` percent of viewers report.

    `affected` players have the problem of `reason`; `detail` is the encoder's warning, `number` the CPU's percent or
    the stream's kbit/s.
    """

    healthy: bool
    percentage: int
    representation: int
    reason: HealthReason
    reporting: int = 0
    affected: int = 0
    detail: str = ""
    number: float = 0.0


def health(players: Sequence[tuple[Playback, bool]], stream: Stream) -> Health | None:
    """Return the score of players (with whether each had an error lately), or None when nothing is known."""
    busy = stream.cpu >= CPU_PERCENT
    if not players and not stream.warnings and not busy:
        return None
    problems = [_problem(playback, failed, stream) for playback, failed in players]
    well = problems.count(HealthReason.FINE)
    percentage = round(100 * well / len(players)) if players else 100
    representation = min(100, round(100 * len(players) / stream.viewers)) if stream.viewers else 100
    reason, affected = HealthReason.FINE, 0
    for each in (HealthReason.ERRORS, HealthReason.SLOW, HealthReason.NARROW):
        if problems.count(each) > affected:
            reason, affected = each, problems.count(each)
    detail, number = "", stream.kbps
    if stream.warnings:
        reason, detail = HealthReason.ENCODER, stream.warnings[0]
    elif busy:
        reason, number = HealthReason.CPU, stream.cpu
    return Health(
        percentage >= HEALTHY_PERCENT and reason not in (HealthReason.ENCODER, HealthReason.CPU),
        percentage,
        representation,
        reason,
        len(players),
        affected,
        detail,
        number,
    )


def _problem(playback: Playback, failed: bool, stream: Stream) -> HealthReason:
    if failed:
        return HealthReason.ERRORS
    if playback.download_s is not None and playback.download_s > stream.segment_s:
        return HealthReason.SLOW
    needed = (playback.bitrate_kbps or stream.kbps) * SPARE
    if playback.bandwidth_kbps is not None and playback.bandwidth_kbps < needed:
        return HealthReason.NARROW
    return HealthReason.FINE

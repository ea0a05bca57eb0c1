"""The sentences for the health of a stream: what is wrong, and what helps."""

from collections.abc import Mapping
from typing import Final

from fedistream.metrics.score import Health, HealthReason

SENTENCES: Final[Mapping[HealthReason, str]] = {
    HealthReason.ENCODER: "{detail}",
    HealthReason.CPU: "The processors of the server are used to {number:.0f} %: nothing else should run on it.",
    HealthReason.ERRORS: "{affected} of {reporting} players had errors, or had to stop and wait, in the last minutes.",
    HealthReason.SLOW: (
        "{affected} of {reporting} players take longer to load the video than to play it: the server's connection, or "
        "theirs, is overloaded."
    ),
    HealthReason.NARROW: (
        "{affected} of {reporting} players have too little bandwidth for {number:.0f} kbit/s: a lower bitrate in the "
        "encoder would help them."
    ),
    HealthReason.FINE: "All {reporting} players that report play without problems.",
}
assert set(SENTENCES) == set(HealthReason)


def message(health: Health) -> str:
    """Return the health in words."""
    return SENTENCES[health.reason].format(
        detail=health.detail, number=health.number, affected=health.affected, reporting=health.reporting
    )

"""The other features as the schedule needs them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from fedistream.core.ports import FactEmitter, SettingsReader

TEND = "schedule.tend"
"""The name of the scheduled task that looks at the schedule."""

RunBy = Callable[[float], Awaitable[None]]
"""Makes the worker's scheduler look at the schedule at that time (Unix seconds) or sooner."""


@dataclass(frozen=True, slots=True)
class ScheduleContext:
    """Settings must be up to date. `token` makes ids of at most 24 letters and digits."""

    settings: SettingsReader
    facts: FactEmitter
    now: Callable[[], datetime]
    token: Callable[[], str]
    run_by: RunBy

    def enabled(self, channel_id: int) -> bool:
        return bool(self.settings.value("schedule.enabled", channel_id))

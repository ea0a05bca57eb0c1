"""The values of the listing."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Registration:
    """A directory's last answer. `error` is "" when it accepted."""

    url: str
    key: str
    success: bool
    error: str
    error_code: int | None
    at: datetime

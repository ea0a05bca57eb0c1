"""The values of people."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedistream.core.errors import Problem


class PasswordProblem(Problem):
    """The codes for what is wrong with a password."""

    PASSWORD_TOO_LONG = "password-too-long"  # noqa: S105
    PASSWORD_ENCODING = "password-encoding"  # noqa: S105
    PASSWORD_SURROGATE = "password-surrogate"  # noqa: S105
    SECOND_FACTOR = "second-factor"
    TWO_FACTOR_NEEDED = "two-factor-needed"
    TWO_FACTOR_ON = "two-factor-on"
    TWO_FACTOR_OFF = "two-factor-off"
    NOTHING_TO_CONFIRM = "nothing-to-confirm"
    WRONG_CODE = "wrong-code"
    NO_SESSION = "no-session"


class SessionKind(StrEnum):
    """The way in which a session was opened. When there are too many, those of BASIC are ended first."""

    BASIC = "basic"
    LOGIN = "login"


@dataclass(frozen=True, slots=True)
class Session:
    """A session of the admin. `network` and `user_agent` are those of the browser that opened it."""

    id: int
    kind: SessionKind
    network: str
    user_agent: str
    created_at: datetime
    last_used_at: datetime

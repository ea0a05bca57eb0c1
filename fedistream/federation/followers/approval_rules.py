"""The rules that hold a follow request for the admin, as a table. Pure: all facts are passed in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

AUTOMATED = frozenset({"Service", "Application"})


class Reason(StrEnum):
    """The reason why a follow request is held, as a code that the admin's pages turn into words."""

    PRIVATE = "private"  # a private channel holds every request
    UNKNOWN_SERVER = "unknown-server"  # no follower is on that server yet
    YOUNG = "young"  # the account is new, or does not say its age
    AUTOMATED = "automated"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that the admin has set. With `younger_days` 0 the age of an account does not matter."""

    private: bool = False
    unknown_servers: bool = False
    younger_days: int = 0
    automated: bool = False

    @property
    def any(self) -> bool:
        """Return whether any rule may hold a request."""
        return self.private or self.unknown_servers or self.younger_days > 0 or self.automated


@dataclass(frozen=True, slots=True)
class Asker:
    """The actor that asks. `type` is the actor's. `trusted`: its server is on the admin's list; `neighbour`: its server
    has a follower already."""

    type: str
    published: datetime | None
    trusted: bool
    neighbour: bool


Rule = Callable[[Rules, Asker, datetime], bool]


def _is_young(rules: Rules, asker: Asker, now: datetime) -> bool:
    if rules.younger_days == 0:
        return False
    # an account that does not say its age is held: otherwise leaving it out would avoid the rule
    return asker.published is None or now - asker.published < timedelta(days=rules.younger_days)


# the most specific reason first
TABLE: tuple[tuple[Reason, Rule], ...] = (
    (Reason.PRIVATE, lambda rules, asker, now: rules.private),
    (Reason.AUTOMATED, lambda rules, asker, now: rules.automated and asker.type in AUTOMATED and not asker.trusted),
    (Reason.YOUNG, lambda rules, asker, now: _is_young(rules, asker, now) and not asker.trusted),
    (
        Reason.UNKNOWN_SERVER,
        lambda rules, asker, now: rules.unknown_servers and not (asker.neighbour or asker.trusted),
    ),
)
assert {reason for reason, _ in TABLE} == set(Reason)


def reason_to_hold(rules: Rules, asker: Asker, now: datetime) -> Reason | None:
    """Return the first rule that holds the request; None approves it."""
    return next((reason for reason, applies in TABLE if applies(rules, asker, now)), None)

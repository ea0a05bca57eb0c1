"""Who has to wait for the admin before following, as a table of rules. Pure: what is known is handed in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

AUTOMATED = frozenset({"Service", "Application"})


class Reason(StrEnum):
    """Why somebody waits, as the admin reads it."""

    PRIVATE = "private"  # everybody waits in a private channel
    UNKNOWN_SERVER = "unknown-server"  # nobody from there follows yet
    YOUNG = "young"  # the account is new, or does not say how old it is
    AUTOMATED = "automated"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the admin has set. `younger_days` of 0 lets accounts of any age in."""

    private: bool = False
    unknown_servers: bool = False
    younger_days: int = 0
    automated: bool = False

    @property
    def any(self) -> bool:
        """Whether somebody may have to wait."""
        return self.private or self.unknown_servers or self.younger_days > 0 or self.automated


@dataclass(frozen=True, slots=True)
class Asker:
    """`type` is that of the actor. `trusted`: its server is on the admin's list; `neighbour`: somebody from there
    follows already."""

    type: str
    published: datetime | None
    trusted: bool
    neighbour: bool


Rule = Callable[[Rules, Asker, datetime], bool]


def _is_young(rules: Rules, asker: Asker, now: datetime) -> bool:
    if rules.younger_days == 0:
        return False
    # who does not say is held: to leave it out would be the way around the rule
    return asker.published is None or now - asker.published < timedelta(days=rules.younger_days)


# in the order of the reasons that say more
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
    """The first rule that lets the asker wait; None lets in."""
    return next((reason for reason, applies in TABLE if applies(rules, asker, now)), None)

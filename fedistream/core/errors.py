"""The errors of services. Each face turns them into its own responses."""

from collections.abc import Mapping
from enum import StrEnum


class Outage(Exception):
    """A system that the node needs does not answer. The text is for the operator; a face responds with Unavailable."""


class Problem(StrEnum):
    """A code for a refusal. A subclass has the codes of a feature; no code stands for two problems.

    The sentences are in `fedistream/api/wording.py`.
    """


class ValueProblem(Problem):
    """The codes for what is wrong with a value of any feature."""

    MISSING = "missing"
    EMPTY = "empty"
    NOT_TEXT = "not-text"
    TOO_LONG = "too-long"
    LENGTH = "length"
    CONTROL_CHARACTERS = "control-characters"
    CONTROL_CHARACTERS_OR_BREAKS = "control-characters-or-breaks"
    NOT_FLAG = "not-flag"
    NOT_NUMBER = "not-number"
    NOT_WHOLE = "not-whole"
    RANGE = "range"
    WHOLE_RANGE = "whole-range"
    CHOICE = "choice"
    MANY = "many"


class RefusalProblem(Problem):
    """The codes for refusals that have nothing to do with the request itself."""

    UNAVAILABLE = "unavailable"
    TOO_MANY_REQUESTS = "too-many-requests"


class Refusal(Exception):
    """A request was understood and refused: `problem` says why, with the `values` that its sentence needs.

    Values are texts and numbers. The text of the exception is for the log; the faces have the sentences.
    """

    def __init__(self, problem: Problem, **values: str | float) -> None:
        details = "".join(f", {name}={value}" for name, value in values.items())
        super().__init__(f"{problem}{details}")
        self.problem = problem
        self.values: Mapping[str, str | float] = values


class NotFound(Refusal):
    """The requested thing does not exist."""


class NotAllowed(Refusal):
    """The sender is not permitted to do this."""


class Conflict(Refusal):
    """The thing is not in the state that the request needs."""


class Gone(Refusal):
    """The thing existed and was deleted."""


class Invalid(Refusal):
    """A value is not accepted: `field` names it."""

    def __init__(self, field: str, problem: Problem, **values: str | float) -> None:
        super().__init__(problem, **values)
        self.field = field

    def __str__(self) -> str:
        return f"{self.field}: {super().__str__()}"


class Unavailable(Refusal):
    """The request cannot be done now, through no fault of the sender; retry after `after_s` seconds."""

    def __init__(self, after_s: float = 5.0) -> None:
        super().__init__(RefusalProblem.UNAVAILABLE, after_s=after_s)
        self.after_s = after_s


class TooMany(Refusal):
    """The sender made too many requests; retry after `after_s` seconds."""

    def __init__(self, after_s: float) -> None:
        super().__init__(RefusalProblem.TOO_MANY_REQUESTS, after_s=after_s)
        self.after_s = after_s

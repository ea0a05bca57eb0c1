"""A line of the doctor's report. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The outcome of a check. A warning is about what works now and may not for long, or is off on purpose."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: the part that was checked, what was found, and what to do about it, "" when all is well."""

    part: str
    state: State
    text: str
    advice: str = ""


def ok(part: str, text: str) -> Finding:
    return Finding(part, State.OK, text)


def warn(part: str, text: str, advice: str) -> Finding:
    return Finding(part, State.WARN, text, advice)


def fail(part: str, text: str, advice: str) -> Finding:
    return Finding(part, State.FAIL, text, advice)


def lines(findings: Sequence[Finding]) -> str:
    """Return the findings as lines of plain text, with the advice below each."""
    width = max((len(each.part) for each in findings), default=0)
    texts = []
    for each in findings:
        texts.append(f"{each.state:<4}  {each.part:<{width}}  {each.text}")
        if each.advice:
            texts.append(f"{'':<4}  {'':<{width}}  -> {each.advice}")
    return "\n".join(texts)

"""The body, the query and the answers of one call, which its endpoint does not say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Content:
    """An answer or a body that is not JSON by its nature. `schema` is that of the decoded content, if it has one."""

    media_type: str
    schema: object = str


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter of the query."""

    name: str
    kind: Any = str
    text: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One call. `answer` and `body` are types of JSON or Contents; several bodies are a tuple.

    `success` is the status of the answer, and `others` are statuses besides those that follow from the endpoint: one
    with None has the error's envelope, another has its own content.
    """

    summary: str
    answer: object = None
    query: tuple[Query, ...] = ()
    body: object = None
    body_required: bool = True
    success: int = 200
    others: Mapping[int, object] | None = None


def with_status(*statuses: int) -> Mapping[int, object]:
    """Return `others` of statuses with the envelope of errors."""
    return dict.fromkeys(statuses)

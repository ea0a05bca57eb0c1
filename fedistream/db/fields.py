"""Fields of models, where Tortoise's own do not do for text from outside."""

from typing import Any, Literal, TypeVar, overload

from tortoise import Model, fields

T = TypeVar("T", str, "str | None")


class CharField(fields.CharField[T]):
    """A text of a limited length. Any text may be looked up.

    Tortoise applies the limit to lookups too, and raises for a longer text. But a row with that text cannot exist, so
    the right answer is that there is none. It is the same with NUL, which PostgreSQL takes in no text.
    """

    @overload
    def __init__(self: "CharField[str]", max_length: int, *, null: Literal[False] = False, **rules: Any) -> None: ...

    @overload
    def __init__(self: "CharField[str | None]", max_length: int, *, null: Literal[True], **rules: Any) -> None: ...

    def __init__(self, max_length: int, **rules: Any) -> None:
        super().__init__(max_length, **rules)  # type: ignore[misc]

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> Any:
        if isinstance(instance, type) and isinstance(value, str):  # a lookup: a write brings the row
            return value.replace("\0", "\ufffd")
        return super().to_db_value(value, instance)

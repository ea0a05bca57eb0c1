"""Loads Tortoise without what nothing of ours uses.

That is pydantic, which it imports where another package has brought it (6 MB), and half of the filters that it makes
for each field of each model (2 MB). A command imports this before all else that stands on Tortoise.
"""

from typing import Any

from activitypub.import_stubs import stubbed_imports

with stubbed_imports({"pydantic": None}):
    import tortoise.models

from tortoise.fields import Field
from tortoise.filters import FilterInfoDict, get_filters_for_field

UNUSED = frozenset(
    {"range", "contains", "search", "endswith", "iexact", "istartswith", "iendswith", "posix_regex", "iposix_regex"}
    | {"year", "quarter", "month", "week", "day", "hour", "minute", "second", "microsecond"}
)
"""The filters that no field has. Using one, such as `body__endswith`, raises FieldError."""


def _filters(field_name: str, field: Field[Any] | None, source_field: str) -> dict[str, FilterInfoDict]:
    made = get_filters_for_field(field_name, field, source_field)
    return {name: each for name, each in made.items() if name.removeprefix(f"{field_name}__") not in UNUSED}


tortoise.models.get_filters_for_field = _filters  # type: ignore[attr-defined]

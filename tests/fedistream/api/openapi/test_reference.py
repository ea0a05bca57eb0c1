"""Types and limits in words."""

from typing import Any

import pytest

from fedistream.api.openapi.reference import Row, Type, members, types

STATUS = {"$ref": "#/components/schemas/Status"}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (STATUS, (Type("", "Status"),)),
        ({"anyOf": [STATUS, {"type": "null"}]}, (Type("", "Status"), Type("null"))),
        ({"type": "array", "items": STATUS, "maxItems": 3}, (Type("list (3 at most) of ", "Status"),)),
        ({"type": "object", "additionalProperties": STATUS}, (Type("object of ", "Status"),)),
        ({"type": ["string", "null"], "enum": ["a", None]}, (Type("a · null"),)),
        ({"type": ["integer", "null"]}, (Type("integer or null"),)),
        ({"type": "string", "format": "uri", "maxLength": 9}, (Type("string (uri), at most 9 characters"),)),
        ({"type": "integer", "minimum": 0, "maximum": 4}, (Type("integer, at least 0, at most 4"),)),
        ({}, (Type("any value"),)),
        ({"type": "array"}, (Type("list of any value"),)),
    ],
)
def test_a_type_is_said_in_words(schema: dict[str, Any], words: tuple[Type, ...]) -> None:
    assert types(schema) == words


def test_a_member_says_whether_it_is_required() -> None:
    schema = {"properties": {"a": {"type": "string", "description": "why"}, "b": STATUS}, "required": ["a"]}
    assert members(schema) == (
        Row("a", (Type("string"),), "why", required=True),
        Row("b", (Type("", "Status"),)),
    )

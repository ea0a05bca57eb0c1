"""Types as JSON Schemas."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest

from fedistream.api.openapi.schema import Keywords, Schemas


class Leaf(TypedDict):
    """A leaf,
    in two lines."""

    name: Annotated[str, Keywords(maxLength=3)]
    size: NotRequired[int | None]


class Tree(TypedDict):
    leaves: list[Leaf]


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (str, {"type": "string"}),
        (bool, {"type": "boolean"}),
        (float, {"type": "number"}),
        (Any, {}),
        (object, {}),
        (int | None, {"type": ["integer", "null"]}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a"] | None, {"type": ["string", "null"], "enum": ["a", None]}),
        (str | int, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (str | int | None, {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}),
        (list[str], {"type": "array", "items": {"type": "string"}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (Annotated[int, Keywords(minimum=0), Keywords(maximum=9)], {"type": "integer", "minimum": 0, "maximum": 9}),
        ({"type": "string", "format": "uri"}, {"type": "string", "format": "uri"}),
        (Leaf | None, {"anyOf": [{"$ref": "#/components/schemas/Leaf"}, {"type": "null"}]}),
    ],
)
def test_a_type_is_a_schema(kind: object, schema: object) -> None:
    assert Schemas().of(kind) == schema


def test_a_typeddict_is_a_component_with_its_docstring_members_and_what_is_required() -> None:
    schemas = Schemas()
    assert schemas.of(Tree) == {"$ref": "#/components/schemas/Tree"}
    assert schemas.components == {
        "Tree": {
            "type": "object",
            "properties": {"leaves": {"type": "array", "items": {"$ref": "#/components/schemas/Leaf"}}},
            "required": ["leaves"],
        },
        "Leaf": {
            "type": "object",
            "description": "A leaf, in two lines.",
            "properties": {"name": {"type": "string", "maxLength": 3}, "size": {"type": ["integer", "null"]}},
            "required": ["name"],
        },
    }


def test_a_closed_shape_has_no_other_members() -> None:
    schemas = Schemas(closed=True)
    schemas.of(Leaf)
    assert schemas.components["Leaf"]["additionalProperties"] is False


def test_a_type_without_a_schema_is_an_error_of_the_table() -> None:
    with pytest.raises(TypeError, match="has no schema"):
        Schemas().of(set[str])

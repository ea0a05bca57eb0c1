"""Types as JSON Schemas (draft 2020-12): what a TypedDict declares is what the document says. Pure.

`Annotated[str, Keywords(maxLength=100)]` adds keywords to a type. A plain mapping is a schema already.
"""

import types
from collections.abc import Mapping
from functools import reduce
from inspect import cleandoc
from operator import or_
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Schema = dict[str, Any]

NAMES: Mapping[object, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}
REFERENCE = "#/components/schemas/"


class Keywords:
    """Keywords of JSON Schema, as a part of an annotated type."""

    def __init__(self, **keywords: object) -> None:
        self.values = keywords


class Schemas:
    """The schemas of named shapes, collected while types are written as schemas. With `closed`, an object has no other
    members than those declared, which tests want and clients of later releases do not."""

    def __init__(self, *, closed: bool = False) -> None:
        self.components: dict[str, Schema] = {}
        self._closed = closed

    def of(self, kind: Any) -> Schema:
        """Return the schema of a type; that of a TypedDict is a reference. Raises TypeError for an unknown type."""
        origin, arguments = get_origin(kind), get_args(kind)
        if isinstance(kind, Mapping):
            return dict(kind)
        if is_typeddict(kind):
            return self._named(kind)
        if kind in NAMES:
            return {"type": NAMES[kind]}
        if kind in (object, Any):
            return {}
        if origin in (NotRequired, Required):
            return self.of(arguments[0])
        if origin is Annotated:
            return reduce(or_, (each.values for each in arguments[1:]), self.of(arguments[0]))
        if origin is Literal:
            return {"type": NAMES[type(arguments[0])], "enum": list(arguments)}
        if origin is list:
            return {"type": "array", "items": self.of(arguments[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if origin in (Union, types.UnionType):
            return self._one_of(arguments)
        raise TypeError(f"{kind} has no schema")

    def _one_of(self, kinds: tuple[Any, ...]) -> Schema:
        found = [self.of(kind) for kind in kinds]
        if len(found) == 2 and found[1] == {"type": "null"} and isinstance(found[0].get("type"), str):
            nullable = found[0] | {"type": [found[0]["type"], "null"]}
            return nullable | {"enum": [*nullable["enum"], None]} if "enum" in nullable else nullable
        return {"anyOf": found}

    def _named(self, shape: Any) -> Schema:
        name = shape.__name__
        if name not in self.components:
            self.components[name] = {}  # a shape may contain itself
            hints = get_type_hints(shape, include_extras=True)
            schema: Schema = {"type": "object", "properties": {key: self.of(kind) for key, kind in hints.items()}}
            if shape.__doc__:
                schema["description"] = " ".join(cleandoc(shape.__doc__).split())
            if required := [key for key in hints if key in shape.__required_keys__]:
                schema["required"] = required
            if self._closed:
                schema["additionalProperties"] = False
            self.components[name] = schema
        return {"$ref": f"{REFERENCE}{name}"}

"""The document as a page: what the template shows of each call and each shape. Pure but for the template."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from fedistream.api.openapi.schema import REFERENCE, Schema
from fedistream.api.pages.rendering import Pages
from fedistream.core.markdown import render_page

METHODS = ("get", "post", "put", "patch", "delete")
KIB = 1024
# what a reader wants to know of a value, besides its type
LIMITS: Mapping[str, str] = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "maxProperties": "at most {} members",
}


@dataclass(frozen=True, slots=True)
class Type:
    """A type in words: the text before the name of a shape, and the shape's name, "" for a type without one."""

    text: str
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter, a member of a shape, or an answer."""

    name: str
    types: tuple[Type, ...]
    text: str = ""
    required: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, as the page shows it. `search` is the text that the page's search looks through."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    source: str
    deprecated: bool
    access: tuple[str, ...]
    parameters: tuple[Row, ...]
    bodies: tuple[Row, ...]
    members: tuple[Row, ...]
    limit: str
    answers: tuple[Row, ...]

    @property
    def search(self) -> str:
        return f"{self.method} {self.path} {self.summary}".lower()


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    text: str
    members: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    text: Markup
    calls: tuple[Call, ...]


def render(pages: Pages, document: Schema) -> str:
    """Return the page of the document as HTML."""
    calls = list(_calls(document))
    groups = [
        Group(tag["name"], _prose(tag["description"]), tuple(call for name, call in calls if name == tag["name"]))
        for tag in document["tags"]
    ]
    shapes = [
        Shape(name, schema.get("description", ""), members(schema))
        for name, schema in document["components"]["schemas"].items()
    ]
    schemes = [(name, scheme["description"]) for name, scheme in document["components"]["securitySchemes"].items()]
    values = {
        "info": document["info"],
        "introduction": _prose(document["info"]["description"]),
        "schemes": [(name, _prose(text)) for name, text in schemes],
        "groups": groups,
        "shapes": shapes,
        "count": len(calls),
    }
    return pages.text("api-docs.html", values)


def _prose(markdown: str) -> Markup:
    return Markup(render_page(markdown))  # noqa: S704 - it is sanitised, and written by us


def members(schema: Schema) -> tuple[Row, ...]:
    """Return the members of an object."""
    required = schema.get("required", ())
    return tuple(
        Row(name, types(kind), kind.get("description", ""), name in required)
        for name, kind in schema.get("properties", {}).items()
    )


def types(schema: Schema) -> tuple[Type, ...]:
    """Return the type of a schema in words. An object without a name is `object`."""
    if "$ref" in schema:
        return (Type("", schema["$ref"].removeprefix(REFERENCE)),)
    if "anyOf" in schema and "type" not in schema:
        return tuple(each for one in schema["anyOf"] for each in types(one))
    if schema.get("type") == "array":
        inner = types(schema.get("items", {}))
        limit = f" ({schema['maxItems']} at most)" if "maxItems" in schema else ""
        return tuple(Type(f"list{limit} of {each.text}", each.shape) for each in inner)
    if isinstance(schema.get("additionalProperties"), dict):
        return tuple(Type(f"object of {each.text}", each.shape) for each in types(schema["additionalProperties"]))
    if "enum" in schema:
        return (Type(" · ".join("null" if each is None else str(each) for each in schema["enum"])),)
    kind = schema.get("type", "any value")
    name = " or ".join(kind) if isinstance(kind, list) else kind
    format_name = f" ({schema['format']})" if "format" in schema else ""
    return (Type(f"{name}{format_name}{_limits(schema)}"),)


def _limits(schema: Schema) -> str:
    words = [text.format(schema[name]) for name, text in LIMITS.items() if name in schema]
    return f", {', '.join(words)}" if words else ""


def _calls(document: Schema) -> Iterable[tuple[str, Call]]:
    common = document["components"]["responses"]
    for path, methods in (*document["paths"].items(), *document["webhooks"].items()):
        for method in METHODS:
            if (operation := methods.get(method)) is not None:
                yield operation["tags"][0], _call(method, path, operation, common)


def _call(method: str, path: str, operation: Schema, common: Mapping[str, Schema]) -> Call:
    body = operation.get("requestBody", {})
    contents: Mapping[str, Any] = body.get("content", {})
    inline: Schema = next((each["schema"] for each in contents.values() if "properties" in each.get("schema", {})), {})
    return Call(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=operation.get("description", "") or inline.get("description", ""),
        source=_source(operation),
        deprecated=operation.get("deprecated", False),
        access=tuple(_access(operation["security"])),
        parameters=tuple(
            Row(each["name"], types(each["schema"]), each.get("description", ""), each["required"], each["in"])
            for each in operation.get("parameters", ())
        ),
        bodies=_contents(contents),
        members=members(inline),
        limit=_size(body["x-limit"]) if "x-limit" in body else "",
        answers=tuple(
            Row(status, tuple(kind for row in _contents(answer.get("content", {})) for kind in row.types), place=place)
            for status, answer, place in _answers(operation["responses"], common)
        ),
    )


def _answers(responses: Schema, common: Mapping[str, Schema]) -> Iterable[tuple[str, Schema, str]]:
    for status, given in responses.items():
        answer = common[given["$ref"].rpartition("/")[2]] if "$ref" in given else given
        yield status, answer, answer["description"]


def _contents(contents: Mapping[str, Schema]) -> tuple[Row, ...]:
    """Return the media types of a content. One that is not JSON is its own type."""
    found = []
    for media_type, content in contents.items():
        schema = content.get("schema", {})
        named = types(schema) if media_type == "application/json" else (Type(media_type),)
        found.append(Row(media_type, named))
    return tuple(found)


def _source(operation: Schema) -> str:
    if since := operation.get("x-since"):
        return f"Owncast {since}"
    return str(operation.get("x-specification", "")).replace("fedistream", "Fedistream").replace("owncast", "Owncast")


def _access(security: Iterable[Schema]) -> Iterable[str]:
    for requirement in security:
        for name, roles in requirement.items():
            yield f"{name} ({', '.join(roles)})" if roles else name


def _size(limit: int) -> str:
    return f"{limit // KIB} KiB" if limit >= KIB else f"{limit} bytes"

"""The operations of the setters, from the table of settings: each takes `{"value": X}`."""

from collections.abc import Callable, Mapping
from typing import Any

from fedistream.api.openapi.operation import Operation
from fedistream.api.openapi.owncast_shapes import Base
from fedistream.settings import checks, structures
from fedistream.settings.table import TOUCHES, Setting

Schema = dict[str, Any]


def _list_of(longest: int, most: int) -> Schema:
    return {"type": "array", "items": {"type": "string", "maxLength": longest}, "maxItems": most}


TEXT: Schema = {"type": "string"}
NAMED: Mapping[Callable[..., object], Schema] = {
    checks.flag: {"type": "boolean"},
    checks.tags: _list_of(checks.MAX_TAG, checks.MAX_TAGS),
    checks.words: _list_of(checks.MAX_WORD, checks.MAX_WORDS),
    checks.domains: _list_of(253, checks.MAX_DOMAINS),
    checks.people: _list_of(checks.MAX_HANDLE, checks.MAX_DOMAINS),
    checks.accounts: _list_of(checks.MAX_URL, checks.MAX_ACCOUNTS),
    checks.handles: {
        "type": "array",
        "maxItems": checks.MAX_HANDLES,
        "items": {
            "type": "object",
            "required": ["platform", "url"],
            "properties": {
                "platform": {"type": "string", "minLength": 1, "maxLength": checks.MAX_PLATFORM},
                "url": {"type": "string", "format": "uri", "maxLength": checks.MAX_URL},
            },
        },
    },
    checks.username: TEXT | {"pattern": "^[A-Za-z0-9_]{1,30}$"},
    checks.language: TEXT | {"description": "A language tag (BCP 47)"},
    checks.port: {"type": "integer", "minimum": 1, "maximum": 65_535},
    checks.ip_address: TEXT | {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]},
    checks.program: TEXT | {"pattern": "^(/.*)?$", "maxLength": checks.MAX_URL},
    checks.public_address: TEXT | {"format": "uri", "maxLength": checks.MAX_URL},
    checks.image_file: TEXT,
    structures.styles: TEXT | {"maxLength": structures.MAX_STYLES, "contentMediaType": "text/css"},
    structures.color: TEXT | {"maxLength": 50, "description": "A CSS colour"},
    structures.variables: {
        "type": "object",
        "maxProperties": structures.MAX_VARIABLES,
        "propertyNames": {"pattern": f"^{structures.VARIABLE.pattern}$"},
        "additionalProperties": {"type": "string", "maxLength": structures.MAX_VARIABLE},
    },
}
"""The schemas of checks that are functions. The other checks say themselves what they accept."""


def schema(check: object) -> Schema:
    """Return the schema of the values that a check accepts. Raises KeyError for a check that is not known."""
    match check:
        case checks.Text(longest, _, empty):
            return TEXT | {"maxLength": longest} | ({} if empty else {"minLength": 1})
        case checks.Range(least, most, whole):
            return {"type": "integer" if whole else "number", "minimum": least, "maximum": most}
        case checks.Choice(words):
            return TEXT | {"enum": list(words)}
        case checks.Options(numbers):
            return {"type": "integer", "enum": list(numbers)}
        case structures.Url(schemes, _):
            return TEXT | {"maxLength": checks.MAX_URL, "description": f"A URL with {' or '.join(schemes)}, or empty"}
        case structures.Records(one, most):
            return {"type": "array", "items": schema(one), "maxItems": most}
        case structures.Record(members):
            return _object(members)
    return NAMED[check]  # type: ignore[index]


def operation(setting: Setting) -> Operation:
    """Return the operation of a setting's setter."""
    value = schema(setting.check)
    effect = "; ".join(TOUCHES[touch] for touch in sorted(setting.touches))
    text = f"Takes effect {effect}." + (" The opposite of what is stored." if setting.opposite else "")
    return Operation(
        f"Change {setting.name}",
        Base,
        body={
            "type": "object",
            "required": ["value"],
            "properties": {"value": value},
            "description": text,
        },
    )


def _object(members: Mapping[str, structures.Member]) -> Schema:
    found: Schema = {
        "type": "object",
        "properties": {
            key: schema(member.check) if member.required else _or_null(schema(member.check))
            for key, member in members.items()
        },
    }
    if required := [key for key, member in members.items() if member.required]:
        found["required"] = required
    return found


def _or_null(value: Schema) -> Schema:
    return value | {"type": [value["type"], "null"]} | ({"enum": [*value["enum"], None]} if "enum" in value else {})

"""The adapter to little-boxes 0.1.0, and its only importer: it uses the registry of types and the constructors' checks.

Nothing else is used: little-boxes would fetch any URL in a document, accept each Follow by itself, and print to stdout.
It gets a skeleton with the properties that it checks instead of the received document, since it changes its input.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from enum import Enum
from typing import Any

from activitypub import type_names
from activitypub.import_stubs import stubbed_imports
from activitypub.refusal import Reason, Refused
from activitypub.strictjson import Json

# little-boxes would fetch with requests, which is never used here, and whose import takes 5 MB of memory
with stubbed_imports({"requests": {}}):
    from little_boxes import activitypub as little_boxes  # type: ignore[import-untyped]
    from little_boxes.errors import (  # type: ignore[import-untyped]
        ActivityNotFoundError,
        Error,
        UnexpectedActivityTypeError,
    )

_STOCK = [member.value for member in little_boxes.ActivityType]


def _constant(name: str) -> str:
    """Return the name of a constant in little-boxes: OrderedCollection becomes ORDERED_COLLECTION."""
    return "".join(f"_{char}" if char.isupper() and at else char for at, char in enumerate(name)).upper()


# little-boxes looks up its types in a global of the module, so replacing it by a longer enum extends them all. (Adding
# members to the existing enum needs private attributes, which differ between Python versions.) Its own classes, most of
# them broken, stay registered under the old members, which nothing uses any more.
Type = Enum("Type", {_constant(name): name for name in sorted({*_STOCK, *type_names.KNOWN})})  # type: ignore[misc]
little_boxes.ActivityType = Type


class _Prefetched:
    """The backend of little-boxes: it knows only the actor that signed. All other hooks raise AttributeError."""

    def __init__(self) -> None:
        self.signer: ContextVar[str | None] = ContextVar("signer", default=None)

    def fetch_iri(self, iri: str) -> Json:
        if iri != self.signer.get():
            raise ActivityNotFoundError(iri)
        return {"id": iri, "type": "Person"}


class _Actor(little_boxes.BaseActivity):  # type: ignore[misc]
    ACTIVITY_TYPE, ACTOR_REQUIRED = Type("Person"), False


class _Object(little_boxes.BaseActivity):  # type: ignore[misc]
    ACTIVITY_TYPE, ACTOR_REQUIRED = Type("Note"), False


class _Activity(little_boxes.BaseActivity):  # type: ignore[misc]
    ACTIVITY_TYPE, OBJECT_REQUIRED = Type("Follow"), True


def _register(base: type, name: str, **attributes: Any) -> None:
    """Make a class. The metaclass of little-boxes registers it, in place of the existing class with that name."""
    type(base)(name, (base,), {"ACTIVITY_TYPE": Type(name), **attributes})


def _members(allowed: Iterable[str]) -> list[Enum]:
    return [Type(name) for name in allowed]


for _name in type_names.ACTORS:
    _register(_Actor, _name)
for _name in (*type_names.OBJECTS, *type_names.OTHERS):
    _register(_Object, _name)
for _name, _allowed in type_names.ACTIVITIES.items():
    _register(_Activity, _name, ALLOWED_OBJECT_TYPES=_members(_allowed))

_backend = _Prefetched()
little_boxes.use_backend(_backend)


def construct(skeleton: Json, signer: str) -> None:
    """Let little-boxes check the activity in `skeleton`, whose actor must be `signer`. Raises Refused(SHAPE).

    `skeleton` has type, id, actor and object; the object is an id or {"type", "id"}.
    """
    token = _backend.signer.set(signer)
    try:
        little_boxes.parse_activity(skeleton)
    except UnexpectedActivityTypeError:
        raise Refused(Reason.SHAPE, "the object is of a type that this activity does not take") from None
    except Error as error:
        raise Refused(Reason.SHAPE, str(error.message)[:200]) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(Reason.SHAPE, type(error).__name__) from None
    finally:
        _backend.signer.reset(token)

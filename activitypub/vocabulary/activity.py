"""Read activities from other servers. Who may do what is left to `ownership`, acting on them to the caller."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from activitypub import properties, type_names
from activitypub.actor import Actor, parse_actor
from activitypub.refusal import Reason, Refused
from activitypub.strictjson import Json
from activitypub.urls import same_authority
from activitypub.vocabulary.little_boxes_adapter import construct
from activitypub.vocabulary.objects import MAX_TAGS, Object, parse_object

MAX_REACTION = 64  # characters: an emoji, or ":name:"
_EMOJI_WITH_HOST = re.compile(r"^:([\w+-]+)@[^:]*:$")


@dataclass(frozen=True, slots=True)
class ActivityHead:
    """The properties that are read before the signature is verified. They must not be trusted until then."""

    type: str  # the first known type, else ""
    id: str
    actor: str
    object_id: str | None
    document: Json


@dataclass(frozen=True, slots=True)
class InnerActivity:
    """An activity embedded in another: what is undone, accepted or rejected. Only its type is always there."""

    type: str
    id: str | None
    actor: str | None
    object_id: str | None


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity. `object` is the embedded object, None if there is only an id; a Flag may have several `object_ids`.

    `reaction` is the emoji of an EmojiReact (FEP-c0e0) or of Misskey's Like: for a custom emoji the name between
    colons, with `reaction_image` as the URL of its image. `document` is the JSON that the activity was read from.
    """

    type: str
    id: str
    actor: str
    object_id: str | None
    object: Object | InnerActivity | Actor | None = None
    object_ids: tuple[str, ...] = ()
    target: str | None = None
    instrument: str | None = None
    result: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    published: datetime | None = None
    content: str | None = None
    reaction: str | None = None
    reaction_image: str | None = None
    document: Json = field(default_factory=dict, compare=False, repr=False)

    @property
    def replay_key(self) -> str:
        """The text by which a repeated activity is recognised: its id, or a hash if another activity may have the id.

        WriteFreely uses the id of the post for its Create, each Update and its Delete. Other servers use one id for all
        Updates.
        """
        if self.type == "Update":
            version = json.dumps(self.document.get("object"), sort_keys=True)
            return f"Update {hashlib.sha256(f'{self.id} {version}'.encode()).hexdigest()}"
        if self.type == "Delete" and self.id == self.object_id:
            return f"Delete {hashlib.sha256(self.id.encode()).hexdigest()}"
        return self.id


def peek(document: Json) -> ActivityHead:
    """Return the type, id, actor and object that a document claims. Raises Refused (SHAPE, FOREIGN)."""
    properties.check_plain(document)
    kinds = properties.types(document)
    actor = properties.single_id(document.get("actor"))
    identifier = properties.id_of(document)
    if not kinds or actor is None or identifier is None:
        raise Refused(Reason.SHAPE, "an activity needs a type, an id and an actor")
    # a server may use ids of its own host only
    if not same_authority(identifier, actor):
        raise Refused(Reason.FOREIGN, "the id of the activity is on another host than its actor")
    kind = next((name for name in kinds if name in type_names.ACTIVITIES), "")
    return ActivityHead(kind, identifier, actor, properties.id_of(document.get("object")), document)


def parse_activity(document: Json, signer: str) -> Activity:
    """Return the activity in a document whose signature was verified. `signer` is the id of the actor that signed it.

    Raises Refused: SHAPE, also for another actor; or UNKNOWN_TYPE, to be answered like success, since it is no error.
    """
    head = peek(document)
    if not head.type:
        raise Refused(Reason.UNKNOWN_TYPE, "not an activity of a known type")
    given = properties.unwrap(document.get("object"))
    object_ids = tuple(each for part in properties.as_list(given) if (each := properties.id_of(part)))
    kind = _embedded_type(given)
    if len(object_ids) > 1 and head.type != "Flag":
        raise Refused(Reason.SHAPE, f"{head.type} with several objects")
    if head.object_id is None and kind is None:
        raise Refused(Reason.SHAPE, f"{head.type} without an object")
    # An embedded activity may lack an id, and is found by actor and type then. little-boxes requires an id.
    skeleton_object = {"type": kind, "id": head.object_id or ""} if kind else head.object_id
    construct({"type": head.type, "id": head.id, "actor": head.actor, "object": skeleton_object}, signer)
    return Activity(
        head.type,
        head.id,
        head.actor,
        head.object_id,
        object=_embedded(given, kind, head.actor) if kind else None,
        object_ids=object_ids,
        target=properties.id_of(document.get("target")),
        instrument=properties.id_of(document.get("instrument")),
        result=properties.id_of(document.get("result")),
        to=properties.ids_of(document.get("to")),
        cc=properties.ids_of(document.get("cc")),
        published=properties.parse_time(document.get("published")),
        content=properties.text(document.get("content"), properties.MAX_LABEL * 10),
        reaction=_reaction(document),
        reaction_image=_reaction_image(document),
        document=document,
    )


def _embedded_type(given: Any) -> str | None:
    """Return the known type of an embedded object, None for an id. Raises Refused(UNKNOWN_TYPE)."""
    if not isinstance(given, dict):
        return None
    kinds = properties.types(given)
    # {"id": ...} without a type is the same as the id
    if not kinds:
        return None
    kind = next((name for name in kinds if name in type_names.KNOWN), None)
    if kind is None:
        raise Refused(Reason.UNKNOWN_TYPE, "the object is of an unknown type")
    return kind


def _embedded(given: Json, kind: str, author: str) -> Object | InnerActivity | Actor:
    properties.check_plain(given)
    if kind in type_names.ACTIVITIES:
        actor, thing = properties.single_id(given.get("actor")), properties.single_id(given.get("object"))
        return InnerActivity(kind, properties.id_of(given), actor, thing)
    if kind in type_names.ACTORS:
        return parse_actor(given)
    return parse_object(given, author=author)


def _reaction(document: Json) -> str | None:
    """Return the emoji of a Like by Misskey (`_misskey_reaction` and `content`), or of an EmojiReact (FEP-c0e0)."""
    for key in ("_misskey_reaction", "content"):
        if reaction := properties.label(document.get(key), MAX_REACTION):
            # Misskey adds the server of a custom emoji to its name, "." for its own
            return _EMOJI_WITH_HOST.sub(r":\1:", reaction)
    return None


def _reaction_image(document: Json) -> str | None:
    reaction = _reaction(document)
    for each in properties.as_list(document.get("tag"))[:MAX_TAGS]:
        if isinstance(each, dict) and "Emoji" in properties.types(each):
            name = properties.label(each.get("name"), MAX_REACTION) or ""
            icon = properties.unwrap(each.get("icon"))
            if reaction and name.strip(":").partition("@")[0] == reaction.strip(":"):
                return properties.url_of(icon.get("url") if isinstance(icon, dict) else icon)
    return None

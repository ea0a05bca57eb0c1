"""Activities of strangers, document to value. Who may do what is left to `inbox`, what follows of it to the node."""

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
_OF_A_HOST = re.compile(r"^:([\w+-]+)@[^:]*:$")


@dataclass(frozen=True, slots=True)
class ActivityHead:
    """What can be read before the signature is checked, and must not be believed before."""

    type: str  # the first known one, else ""
    id: str
    actor: str
    object_id: str | None
    document: Json


@dataclass(frozen=True, slots=True)
class InnerActivity:
    """An activity within an activity: what is undone, accepted or rejected. Any part may be missing but the type."""

    type: str
    id: str | None
    actor: str | None
    object_id: str | None


@dataclass(frozen=True, slots=True)
class Activity:
    """`object` is what was embedded, None if only an id came; `object_ids` are all ids, of which a Flag has several.

    `reaction` is the emoji of an EmojiReact, or of a Like by Misskey: of a custom one the name between colons, with
    `reaction_image` as the URL of its picture. `document` is what it was read from.
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
        """Return the text by which a repetition is known: the id, or of what may bear the id of something else another.

        WriteFreely gives a Create, each Update and the Delete of a post the id of the post; others count no Updates.
        """
        if self.type == "Update":
            version = json.dumps(self.document.get("object"), sort_keys=True)
            return f"Update {hashlib.sha256(f'{self.id} {version}'.encode()).hexdigest()}"
        if self.type == "Delete" and self.id == self.object_id:
            return f"Delete {hashlib.sha256(self.id.encode()).hexdigest()}"
        return self.id


def peek(document: Json) -> ActivityHead:
    """Read who claims to do what. Raises Refused(SHAPE)."""
    properties.check_plain(document)
    kinds = properties.types(document)
    actor = properties.single_id(document.get("actor"))
    identifier = properties.id_of(document)
    if not kinds or actor is None or identifier is None:
        raise Refused(Reason.SHAPE, "an activity needs a type, an id and an actor")
    # the author of the id is the host that it names: nobody may take ids of others
    if not same_authority(identifier, actor):
        raise Refused(Reason.FOREIGN, "the id of the activity is of another host than its actor")
    kind = next((name for name in kinds if name in type_names.ACTIVITIES), "")
    return ActivityHead(kind, identifier, actor, properties.id_of(document.get("object")), document)


def parse_activity(document: Json, signer: str) -> Activity:
    """Read an activity whose signature was checked; `signer` is the id of the actor that signed, and must be its actor.

    Raises Refused: SHAPE, or UNKNOWN_TYPE, which is no fault of the sender and should be answered like success.
    """
    envelope = peek(document)
    if not envelope.type:
        raise Refused(Reason.UNKNOWN_TYPE, "not an activity of a known type")
    given = properties.unwrap(document.get("object"))
    object_ids = tuple(each for part in properties.as_list(given) if (each := properties.id_of(part)))
    kind = _embedded_type(given)
    if len(object_ids) > 1 and envelope.type != "Flag":
        raise Refused(Reason.SHAPE, f"{envelope.type} with several objects")
    if envelope.object_id is None and kind is None:
        raise Refused(Reason.SHAPE, f"{envelope.type} without an object")
    # An embedded activity may lack its id (it is found by actor and type then), which little-boxes insists on.
    skeleton_object = {"type": kind, "id": envelope.object_id or ""} if kind else envelope.object_id
    construct({"type": envelope.type, "id": envelope.id, "actor": envelope.actor, "object": skeleton_object}, signer)
    return Activity(
        envelope.type,
        envelope.id,
        envelope.actor,
        envelope.object_id,
        object=_embedded(given, kind, envelope.actor) if kind else None,
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
    # {"id": ...} alone is a long way to write an id
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
    """Misskey sends a Like with `_misskey_reaction`, and the same in `content`; Akkoma and Pleroma send an EmojiReact
    (FEP-c0e0)."""
    for key in ("_misskey_reaction", "content"):
        if reaction := properties.label(document.get(key), MAX_REACTION):
            # a custom one by Misskey names its server, "." for its own
            return _OF_A_HOST.sub(r":\1:", reaction)
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

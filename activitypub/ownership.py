"""Rules for what an actor may act on: one for each activity, by author and by host. Nothing is fetched here."""

from collections.abc import Callable
from dataclasses import replace

from activitypub.actor import Actor
from activitypub.refusal import Reason, Refused
from activitypub.urls import same_authority
from activitypub.vocabulary.activity import Activity, InnerActivity
from activitypub.vocabulary.objects import Object


def enforce_ownership(activity: Activity) -> Activity:
    """Return the activity without an embedded object that its actor may not speak for. Raises Refused(FOREIGN).

    The id of a removed object is still in `object_id`, so that it can be fetched from its own host.
    """
    return _RULES.get(activity.type, _only_id)(activity)


def is_author(actor: str, thing: Object) -> bool:
    """Return whether this actor is an author of `thing`, and its id on the actor's host. Also for fetched objects."""
    return actor in thing.attributed_to and same_authority(thing.id, actor)


def _refuse(text: str) -> Refused:
    return Refused(Reason.FOREIGN, text)


def _only_id(activity: Activity) -> Activity:
    return activity if activity.object is None else replace(activity, object=None)


def _write(activity: Activity) -> Activity:
    """Create and Update: an actor may write itself and its own posts."""
    thing = activity.object
    if isinstance(thing, Object) and not is_author(activity.actor, thing):
        raise _refuse("the object has another author")
    if isinstance(thing, Actor) and thing.id != activity.actor:
        raise _refuse("the object is another actor")
    if not same_authority(activity.object_id, activity.actor):
        raise _refuse("the object is of another host")
    return activity


def _delete(activity: Activity) -> Activity:
    """Delete: only the host is checked. A Tombstone has no author: compare the actor with that of the stored object."""
    if isinstance(activity.object, Actor) and activity.object.id != activity.actor:
        raise _refuse("the object is another actor")
    if not same_authority(activity.object_id, activity.actor):
        raise _refuse("the object is of another host")
    return activity


def _undo(activity: Activity) -> Activity:
    inner = activity.object
    if isinstance(inner, InnerActivity) and inner.actor not in {None, activity.actor}:
        raise _refuse("what is undone was done by another actor")
    if activity.object_id is not None and not same_authority(activity.object_id, activity.actor):
        raise _refuse("what is undone is of another host")
    return activity


def _answer(activity: Activity) -> Activity:
    """Accept and Reject: only the actor that was asked may answer. Whether it was asked is for the caller to check."""
    inner = activity.object
    if isinstance(inner, InnerActivity) and inner.type == "Follow" and inner.object_id not in {None, activity.actor}:
        raise _refuse("somebody else was asked")
    return activity


def _move(activity: Activity) -> Activity:
    if activity.object_id != activity.actor:
        raise _refuse("only the actor itself can move")
    return _only_id(activity)


def _quote(activity: Activity) -> Activity:
    if not same_authority(activity.instrument, activity.actor):
        raise _refuse("the quoting post is of another host")
    return _only_id(activity)


def _announce_server(activity: Activity) -> Activity:
    """Offer and Leave of Owncast's directory protocol: the object is the server of the actor."""
    if not same_authority(activity.object_id, activity.actor):
        raise _refuse("the object is another server")
    return activity


_RULES: dict[str, Callable[[Activity], Activity]] = {
    "Accept": _answer,
    "Create": _write,
    "Delete": _delete,
    "Leave": _announce_server,
    "Move": _move,
    "Offer": _announce_server,
    "QuoteRequest": _quote,
    "Reject": _answer,
    "Undo": _undo,
    "Update": _write,
}

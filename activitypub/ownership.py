"""What an actor may do to what: the rules of host and author, one per activity, as a table. Knows no network."""

from collections.abc import Callable
from dataclasses import replace

from activitypub.actor import Actor
from activitypub.refusal import Reason, Refused
from activitypub.urls import same_authority
from activitypub.vocabulary.activity import Activity, InnerActivity
from activitypub.vocabulary.objects import Object


def enforce_ownership(activity: Activity) -> Activity:
    """Return the activity with no more embedded in it than its actor may speak for. Raises Refused(FOREIGN).

    What is taken away is still there as `object_id`, to be fetched from its own host.
    """
    return _RULES.get(activity.type, _only_id)(activity)


def is_author(actor: str, thing: Object) -> bool:
    """Tell whether `thing` is of this actor: by its author, and by the host of its id. Also for what was fetched."""
    return actor in thing.attributed_to and same_authority(thing.id, actor)


def _refuse(text: str) -> Refused:
    return Refused(Reason.FOREIGN, text)


def _only_id(activity: Activity) -> Activity:
    return activity if activity.object is None else replace(activity, object=None)


def _write(activity: Activity) -> Activity:
    """Create and Update: of oneself, or of what one has written."""
    thing = activity.object
    if isinstance(thing, Object) and not is_author(activity.actor, thing):
        raise _refuse("the object is of another author")
    if isinstance(thing, Actor) and thing.id != activity.actor:
        raise _refuse("the object is another actor")
    if not same_authority(activity.object_id, activity.actor):
        raise _refuse("the object is of another host")
    return activity


def _delete(activity: Activity) -> Activity:
    """A Tombstone has no author, so of an object of the same host the node must compare the author it has kept."""
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
    """Accept and Reject: only who was asked. The node compares with what it has asked."""
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
    """Offer and Leave of Owncast's directory: the object is the server that the actor lives on."""
    if not same_authority(activity.object_id, activity.actor):
        raise _refuse("the server is another one")
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

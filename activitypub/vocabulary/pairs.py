"""Which activities take each other back: a follow and its Undo, an Accept and a Reject. Pure.

Takahe and the Misskey family make the id of a Follow from the two accounts, and that of its Undo from the Follow's, so
both come again with every change of mind. Acting on one side of a pair therefore lets go of the ids of the other side.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from activitypub.vocabulary.activity import Activity, Inner

# To block somebody ends that account's follow, and to undo the Block makes a new follow possible.
_TABLE: Mapping[str, tuple[str, bool]] = {
    "Follow": ("follow", True),
    "Block": ("follow", False),
    "Like": ("Like", True),
    "EmojiReact": ("EmojiReact", True),
    "Announce": ("Announce", True),
    "Accept": ("answer", True),
    "Reject": ("answer", False),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """`side` is what is written down with the id of an activity. Acting on it lets go of the ids on these other
    `sides`, and of these `ids`."""

    side: str
    sides: tuple[str, ...]
    ids: tuple[str, ...] = ()


def pair_of(activity: Activity) -> Pair | None:
    """Return on which side of which pair an activity stands; None for one that nothing takes back."""
    if activity.type == "Undo":
        return _pair_of_undo(activity)
    if activity.type not in _TABLE or activity.object_id is None:
        return None
    family, done = _TABLE[activity.type]
    other = _side(family, activity.actor, activity.object_id, not done)
    # the second is where an Undo stands that named this one by its id alone
    sides = (other, _side("id", activity.actor, activity.id, False))
    return Pair(_side(family, activity.actor, activity.object_id, done), sides)


def _pair_of_undo(activity: Activity) -> Pair | None:
    inner, actor = activity.object, activity.actor
    # of the same host, as the rules of ownership want it
    ids = (activity.object_id,) if activity.object_id is not None else ()
    if isinstance(inner, Inner) and inner.type in _TABLE and inner.object_id is not None:
        family, done = _TABLE[inner.type]
        thing = inner.object_id
        return Pair(_side(family, actor, thing, not done), (_side(family, actor, thing, done),), ids)
    return Pair(_side("id", actor, ids[0], False), (), ids) if ids else None


def _side(family: str, actor: str, thing: str, done: bool) -> str:
    """Return a text of 65 characters: a URL may be longer than an index takes."""
    return f"{'+' if done else '-'}{hashlib.sha256(f'{family} {actor} {thing}'.encode()).hexdigest()}"

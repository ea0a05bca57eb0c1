"""Pairs of activities that reverse each other: a Follow and its Undo, an Accept and a Reject. Pure.

Takahe and the Misskey family derive the id of a Follow from the two accounts, and the id of its Undo from the Follow's,
so the same two ids are sent again each time a user changes their mind. When an activity is processed, the replay store
must therefore forget the ids of the activities that it reverses.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from activitypub.vocabulary.activity import Activity, InnerActivity

# A Block ends the follow of the blocked account, and undoing the Block makes a new follow possible.
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
class Reversal:
    """`key` is stored beside the id of the activity. When the activity is processed, the stored ids with one of
    `reversed_keys`, and those in `reversed_ids`, are forgotten."""

    key: str
    reversed_keys: tuple[str, ...]
    reversed_ids: tuple[str, ...] = ()


def reversal_of(activity: Activity) -> Reversal | None:
    """Return what an activity reverses and how it is reversed; None for a type that has no reverse."""
    if activity.type == "Undo":
        return _undo(activity)
    if activity.type not in _TABLE or activity.object_id is None:
        return None
    family, done = _TABLE[activity.type]
    opposite = _key(family, activity.actor, activity.object_id, not done)
    # the second is the key of an Undo that named this activity by its id alone
    reversed_keys = (opposite, _key("id", activity.actor, activity.id, False))
    return Reversal(_key(family, activity.actor, activity.object_id, done), reversed_keys)


def _undo(activity: Activity) -> Reversal | None:
    inner, actor = activity.object, activity.actor
    # the rules of `ownership` have made sure that the id is on the actor's host
    ids = (activity.object_id,) if activity.object_id is not None else ()
    if isinstance(inner, InnerActivity) and inner.type in _TABLE and inner.object_id is not None:
        family, done = _TABLE[inner.type]
        thing = inner.object_id
        return Reversal(_key(family, actor, thing, not done), (_key(family, actor, thing, done),), ids)
    return Reversal(_key("id", actor, ids[0], False), (), ids) if ids else None


def _key(family: str, actor: str, thing: str, done: bool) -> str:
    """Return 65 characters, a hash because a URL may be longer than a database index takes."""
    return f"{'+' if done else '-'}{hashlib.sha256(f'{family} {actor} {thing}'.encode()).hexdigest()}"

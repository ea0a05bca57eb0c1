"""Activities that we send, as documents ready to be written and signed. Ids and times come from the caller."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from activitypub import properties
from activitypub.strictjson import Json
from activitypub.vocabulary.contexts import with_context
from activitypub.vocabulary.objects import Object, write_object


def activity(kind: str, identifier: str, actor: str, thing: Any, **more: Any) -> Json:
    """Return an activity; `more` are members by their wire names, left out where None. Tuples become lists."""
    made: Json = {"id": identifier, "type": kind, "actor": actor, "object": thing}
    for name, value in more.items():
        if value is not None:
            made[name] = list(value) if isinstance(value, tuple) else value
    return with_context(made)


def create(identifier: str, actor: str, thing: Object) -> Json:
    """Return a Create, addressed as the object is."""
    return _with_object("Create", identifier, actor, thing, thing.published)


def update(identifier: str, actor: str, thing: Object) -> Json:
    """Return an Update of a post. Mastodon takes it for an edit only if the object has `updated`."""
    return _with_object("Update", identifier, actor, thing, thing.updated)


def update_actor(identifier: str, actor: Json, to: Sequence[str]) -> Json:
    """Return an Update of the actor itself: after a change of the profile, or of its key."""
    return activity("Update", identifier, actor["id"], actor, to=list(to))


def delete(
    identifier: str, actor: str, thing: str, *, former: str = "Note", to: Sequence[str], cc: Sequence[str] = ()
) -> Json:
    """Return a Delete with a Tombstone of `thing`, for those who got it."""
    return activity("Delete", identifier, actor, tombstone(thing, former), to=list(to), cc=list(cc))


def tombstone(identifier: str, former: str = "Note", deleted: datetime | None = None) -> Json:
    """Return what a deleted object is served as, with status 410."""
    made: Json = {"id": identifier, "type": "Tombstone", "formerType": former}
    return made | ({"deleted": properties.write_time(deleted)} if deleted else {})


def accept_or_reject(kind: str, identifier: str, actor: str, asked: Json, *, result: str | None = None) -> Json:
    """Return the Accept or Reject of a request, which is echoed whole and with the same id.

    Mastodon finds the Follow by its id, then by type and actor; other servers by only one of these.
    """
    return activity(kind, identifier, actor, asked, to=[asked["actor"]], result=result)


def undo(identifier: str, actor: str, undone: Json) -> Json:
    """Return the Undo of an activity of ours, for those who got it."""
    return activity("Undo", identifier, actor, undone, to=undone.get("to"), cc=undone.get("cc"))


def quote_authorization(identifier: str, author: str, quoting: str, quoted: str) -> Json:
    """Return the stamp of FEP-044f, which the author of `quoted` serves at `identifier` while the quote is allowed."""
    return with_context(
        {
            "id": identifier,
            "type": "QuoteAuthorization",
            "attributedTo": author,
            "interactingObject": quoting,
            "interactionTarget": quoted,
        }
    )


def quote_policy(approved: Sequence[str]) -> Json:
    """Return an interactionPolicy which lets these be sure to quote: as:Public, the followers, or the author alone."""
    return {"canQuote": {"automaticApproval": list(approved)}}


def _with_object(kind: str, identifier: str, actor: str, thing: Object, when: datetime | None) -> Json:
    published = properties.write_time(when) if when else None
    return activity(kind, identifier, actor, write_object(thing), to=thing.to, cc=thing.cc, published=published)

"""Write the activities that we send, as documents ready to be signed. Ids and times come from the caller."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from activitypub import properties
from activitypub.strictjson import Json
from activitypub.vocabulary.contexts import with_context
from activitypub.vocabulary.objects import Object, write_object


def activity(kind: str, identifier: str, actor: str, thing: Any, **more: Any) -> Json:
    """Return an activity of the type `kind` with the object `thing`, and its @context.

    `more` are further properties by their JSON names. Those that are None are left out; tuples become lists.
    """
    made: Json = {"id": identifier, "type": kind, "actor": actor, "object": thing}
    for name, value in more.items():
        if value is not None:
            made[name] = list(value) if isinstance(value, tuple) else value
    return with_context(made)


def create(identifier: str, actor: str, thing: Object) -> Json:
    """Return a Create with the recipients of its object."""
    return _with_object("Create", identifier, actor, thing, thing.published)


def update(identifier: str, actor: str, thing: Object) -> Json:
    """Return an Update of a post. Mastodon shows it as an edit only if the object has `updated`."""
    return _with_object("Update", identifier, actor, thing, thing.updated)


def update_actor(identifier: str, actor: Json, to: Sequence[str]) -> Json:
    """Return an Update of the actor itself, whose document is `actor`: after a change of its profile or its key."""
    return activity("Update", identifier, actor["id"], actor, to=list(to))


def delete(
    identifier: str, actor: str, thing: str, *, former: str = "Note", to: Sequence[str], cc: Sequence[str] = ()
) -> Json:
    """Return a Delete with a Tombstone in place of the object `thing`, whose type was `former`."""
    return activity("Delete", identifier, actor, tombstone(thing, former), to=list(to), cc=list(cc))


def tombstone(identifier: str, former: str = "Note", deleted: datetime | None = None) -> Json:
    """Return the Tombstone of a deleted object, which is served at its id with status 410."""
    made: Json = {"id": identifier, "type": "Tombstone", "formerType": former}
    return made | ({"deleted": properties.write_time(deleted)} if deleted else {})


def accept_or_reject(kind: str, identifier: str, actor: str, asked: Json, *, result: str | None = None) -> Json:
    """Return an Accept or Reject (`kind`) of the activity `asked`, which is embedded whole with its id.

    Mastodon finds the Follow by its id, else by type and actor; other servers use only one of the two.
    """
    return activity(kind, identifier, actor, asked, to=[asked["actor"]], result=result)


def undo(identifier: str, actor: str, undone: Json) -> Json:
    """Return the Undo of an activity that we have sent, for its recipients."""
    return activity("Undo", identifier, actor, undone, to=undone.get("to"), cc=undone.get("cc"))


def quote_authorization(identifier: str, author: str, quoting: str, quoted: str) -> Json:
    """Return the QuoteAuthorization of FEP-044f, which the author of `quoted` serves while `quoting` may quote it."""
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
    """Return an interactionPolicy (FEP-044f) with the actors or collections that may quote: for all, as:Public."""
    return {"canQuote": {"automaticApproval": list(approved)}}


def _with_object(kind: str, identifier: str, actor: str, thing: Object, when: datetime | None) -> Json:
    published = properties.write_time(when) if when else None
    return activity(kind, identifier, actor, write_object(thing), to=thing.to, cc=thing.cc, published=published)

"""Activities that we send, as documents ready to be written and signed. Ids and times come from the caller."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from activitypub import members
from activitypub.strictjson import Json
from activitypub.vocabulary.objects import Object, write_object

CONTEXT: list[Any] = [
    "https://www.w3.org/ns/activitystreams",
    {
        "Hashtag": "as:Hashtag",
        "sensitive": "as:sensitive",
        "toot": "http://joinmastodon.org/ns#",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
        "Emoji": "toot:Emoji",
        "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
        "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
        "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
        "gts": "https://gotosocial.org/ns#",
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
        "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
        "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
        "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    },
]


def with_context(document: Json) -> Json:
    """Return the document as it is served or sent by itself."""
    return {"@context": CONTEXT} | document


def activity(kind: str, identifier: str, actor: str, thing: Any, **more: Any) -> Json:
    """Return an activity; `more` are members by their wire names, left out where None. Tuples become lists."""
    made: Json = {"@context": CONTEXT, "id": identifier, "type": kind, "actor": actor, "object": thing}
    for name, value in more.items():
        if value is not None:
            made[name] = list(value) if isinstance(value, tuple) else value
    return made


def create(identifier: str, actor: str, thing: Object) -> Json:
    """Return a Create, addressed as the object is."""
    return _with_object("Create", identifier, actor, thing, thing.published)


def update(identifier: str, actor: str, thing: Object) -> Json:
    """Return an Update of a post. Mastodon takes it for an edit only if the object has `updated`."""
    return _with_object("Update", identifier, actor, thing, thing.updated)


def update_actor(identifier: str, actor: Json, to: Sequence[str]) -> Json:
    """Return an Update of the actor itself: after a change of the profile, or of its key."""
    document = {name: value for name, value in actor.items() if name != "@context"}
    made = activity("Update", identifier, actor["id"], document, to=list(to))
    # the terms of the embedded actor are defined by its own context
    return made | {"@context": actor["@context"]}


def delete(
    identifier: str, actor: str, thing: str, *, former: str = "Note", to: Sequence[str], cc: Sequence[str] = ()
) -> Json:
    """Return a Delete with a Tombstone of `thing`, for those who got it."""
    return activity("Delete", identifier, actor, tombstone(thing, former), to=list(to), cc=list(cc))


def tombstone(identifier: str, former: str = "Note", deleted: datetime | None = None) -> Json:
    """Return what a deleted object is served as, with status 410."""
    made: Json = {"id": identifier, "type": "Tombstone", "formerType": former}
    return made | ({"deleted": members.moment_text(deleted)} if deleted else {})


def answer(kind: str, identifier: str, actor: str, asked: Json, *, result: str | None = None) -> Json:
    """Return the Accept or Reject of a request, which is echoed whole and with the same id.

    Mastodon finds the Follow by its id, then by type and actor; other servers by only one of these.
    """
    echo = {name: value for name, value in asked.items() if name != "@context"}
    return activity(kind, identifier, actor, echo, to=[asked["actor"]], result=result)


def undo(identifier: str, actor: str, undone: Json) -> Json:
    """Return the Undo of an activity of ours, for those who got it."""
    echo = {name: value for name, value in undone.items() if name != "@context"}
    return activity("Undo", identifier, actor, echo, to=undone.get("to"), cc=undone.get("cc"))


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
    published = members.moment_text(when) if when else None
    return activity(kind, identifier, actor, write_object(thing), to=thing.to, cc=thing.cc, published=published)

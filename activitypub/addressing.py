"""Addressing: from a visibility to `to` and `cc` and back, and from recipients to inboxes (ActivityPub section 5.6)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
# three spellings of one IRI: in full, compacted with the prefix, compacted as a term (ActivityPub section 5.6)
PUBLIC_FORMS = frozenset({PUBLIC, "as:Public", "Public"})


class Visibility(StrEnum):
    """Mastodon's four visibilities, which most fediverse servers use."""

    PUBLIC = "public"
    UNLISTED = "unlisted"  # public, but not in public timelines; Mastodon's "quiet public"
    FOLLOWERS = "followers"
    DIRECT = "direct"


def visibility(to: Iterable[str], cc: Iterable[str], followers: str | None) -> Visibility:
    """Return the visibility of a post by its recipients. `followers` is the author's followers collection, if known.

    A post that is not public, by an author whose collection is unknown, is DIRECT: showing it to fewer is no leak.
    """
    first, second = set(to), set(cc)
    if PUBLIC_FORMS & first:
        return Visibility.PUBLIC
    if PUBLIC_FORMS & second:
        return Visibility.UNLISTED
    if followers is not None and followers in first | second:
        return Visibility.FOLLOWERS
    return Visibility.DIRECT


def audience(
    shown: Visibility, followers: str, mentioned: Collection[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return `to` and `cc` of a post that mentions these actors; `followers` is the author's followers collection."""
    people = tuple(dict.fromkeys(mentioned))
    return {
        Visibility.PUBLIC: ((PUBLIC,), (followers, *people)),
        Visibility.UNLISTED: ((followers,), (PUBLIC, *people)),
        Visibility.FOLLOWERS: ((followers,), people),
        Visibility.DIRECT: (people, ()),
    }[shown]


@dataclass(frozen=True, slots=True)
class Recipient:
    """An actor that receives an activity, by its URL, with its inbox and its server's shared inbox if there is one."""

    actor: str
    inbox: str
    shared_inbox: str | None = None


def inboxes(recipients: Iterable[Recipient], shown: Visibility) -> tuple[str, ...]:
    """Return the inboxes to deliver to, each once and in order: shared ones where there are any, except for DIRECT.

    A server that gets a direct post in its shared inbox would have to find out by itself for whom it is.
    """
    own = shown is Visibility.DIRECT
    return tuple(dict.fromkeys(each.inbox if own else each.shared_inbox or each.inbox for each in recipients))


def is_addressed(actor: str, to: Iterable[str], cc: Iterable[str]) -> bool:
    """Return whether this actor is named as a recipient."""
    return actor in {*to, *cc}

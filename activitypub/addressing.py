"""Who may see a post and where it must be sent: to and cc, their public forms, and one delivery per shared inbox."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
# three spellings of one IRI: in full, compacted with the prefix, and compacted as a term
PUBLIC_FORMS = frozenset({PUBLIC, "as:Public", "Public"})


class Visibility(StrEnum):
    """Mastodon's four, which the fediverse has settled on."""

    PUBLIC = "public"
    UNLISTED = "unlisted"  # public, but in no timeline
    FOLLOWERS = "followers"
    DIRECT = "direct"


def visibility(to: Iterable[str], cc: Iterable[str], followers: str | None) -> Visibility:
    """Return who may see what is so addressed; `followers` is the author's followers collection, if known.

    Where nothing public is named and the collection is unknown, the answer is DIRECT: to show less is never a leak.
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
    """Return to and cc of a post by the author of the `followers` collection, who mentions these actors."""
    people = tuple(dict.fromkeys(mentioned))
    return {
        Visibility.PUBLIC: ((PUBLIC,), (followers, *people)),
        Visibility.UNLISTED: ((followers,), (PUBLIC, *people)),
        Visibility.FOLLOWERS: ((followers,), people),
        Visibility.DIRECT: (people, ()),
    }[shown]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One actor that gets an activity."""

    actor: str
    inbox: str
    shared_inbox: str | None = None


def inboxes(recipients: Iterable[Recipient], shown: Visibility) -> tuple[str, ...]:
    """Return each inbox once, in order: the shared one of a host for public and followers' posts, else the actor's own.

    A direct post sent to a shared inbox would leave it to the far server to find out for whom it is.
    """
    own = shown is Visibility.DIRECT
    return tuple(dict.fromkeys(each.inbox if own else each.shared_inbox or each.inbox for each in recipients))


def is_addressed(actor: str, to: Iterable[str], cc: Iterable[str]) -> bool:
    """Tell whether this actor is named as a recipient."""
    return actor in {*to, *cc}

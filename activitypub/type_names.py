"""The types that this library knows, and which of them may be the object of which activity."""

ACTORS = ("Person", "Service", "Application", "Group", "Organization")
OBJECTS = ("Note", "Article", "Page", "Question", "Video", "Event", "Audio")  # content that has an author
OTHERS = ("Tombstone", "Image")

_CONTENT = OBJECTS
_ANYTHING = (*ACTORS, *OBJECTS, *OTHERS)

# activity -> the types that an embedded object may have; an id alone does not tell its type
ACTIVITIES: dict[str, tuple[str, ...]] = {
    "Accept": ("Follow", "QuoteRequest"),
    "Add": _CONTENT,
    "Announce": _CONTENT,
    "Block": ACTORS,
    "Create": _CONTENT,
    "Delete": _ANYTHING,
    "Dislike": _CONTENT,
    "EmojiReact": _CONTENT,
    "Flag": (*ACTORS, *OBJECTS),
    "Follow": ACTORS,
    "Leave": (),  # like Offer, of Owncast's directory protocol: the object is the URL of a server
    "Like": _CONTENT,
    "Move": ACTORS,
    "Offer": (),
    "QuoteRequest": _CONTENT,
    "Reject": ("Follow", "QuoteRequest"),
    "Remove": _CONTENT,
    "Undo": ("Follow", "Like", "Announce", "Block", "EmojiReact", "Dislike"),
    "Update": (*ACTORS, *OBJECTS),
    "View": _CONTENT,
}
KNOWN = frozenset((*_ANYTHING, *ACTIVITIES))
assert all(KNOWN.issuperset(allowed) for allowed in ACTIVITIES.values())

"""The JSON-LD contexts of our own documents: one table of terms, from which each document gets those that it uses.

A JSON-LD processor drops each term that no context defines. Few contexts are given by URL, since a processor fetches
each one that it does not know.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from activitypub.strictjson import Json

ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"
MULTIKEY = "https://w3id.org/security/multikey/v1"

# Contexts by URL, each with the terms that it is needed for.
DOCUMENTS: Mapping[str, frozenset[str]] = {
    SECURITY: frozenset({"publicKey", "publicKeyPem", "owner"}),
    MULTIKEY: frozenset({"Multikey", "publicKeyMultibase"}),
}
PREFIXES: Mapping[str, str] = {
    "ical": "http://www.w3.org/2002/12/cal/ical#",
    "toot": "http://joinmastodon.org/ns#",
    "schema": "http://schema.org#",
    "gts": "https://gotosocial.org/ns#",
}
TERMS: Mapping[str, Any] = {
    "Hashtag": "as:Hashtag",
    "sensitive": "as:sensitive",
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    # in newer versions of the ActivityStreams context, but not in the copies that servers have cached
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "attributionDomains": {"@id": "toot:attributionDomains", "@type": "@id"},
    "blurhash": "toot:blurhash",
    "discoverable": "toot:discoverable",
    "Emoji": "toot:Emoji",
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "indexable": "toot:indexable",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    # FEP-521a
    "assertionMethod": {"@id": "https://w3id.org/security#assertionMethod", "@type": "@id", "@container": "@set"},
    # FEP-2c59
    "webfinger": {
        "@id": "https://purl.archive.org/socialweb/webfinger#webfinger",
        "@type": "http://www.w3.org/2001/XMLSchema#string",
    },
    # FEP-844e
    "implements": {"@id": "https://w3id.org/fep/844e#implements", "@type": "@id", "@container": "@set"},
    # FEP-044f
    "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    # FEP-8a8e
    "eventStatus": "https://w3id.org/fep/8a8e/eventStatus",
    "timezone": "https://w3id.org/fep/8a8e/timezone",
    "displayEndTime": "https://w3id.org/fep/8a8e/displayEndTime",
    "joinMode": "https://w3id.org/fep/8a8e/joinMode",
    "organizers": {"@id": "https://w3id.org/fep/8a8e/organizers", "@type": "@id"},
    "OrganizersCollection": "https://w3id.org/fep/8a8e/OrganizersCollection",
    "VirtualLocation": "https://schema.org/VirtualLocation",
    "ical:status": "ical:status",
}


def with_context(document: Json) -> Json:
    """Return the document with an @context for all of it, in place of those inside it."""
    bare: Json = _bare(document)
    used = set(_words(bare))
    context: list[Any] = [ACTIVITYSTREAMS, *(url for url, words in DOCUMENTS.items() if words & used)]
    terms = {name: meaning for name, meaning in TERMS.items() if name in used}
    prefixes = {name: url for name, url in PREFIXES.items() if any(_begins(each, name) for each in terms.values())}
    if terms:
        context.append(prefixes | terms)
    return {"@context": context if len(context) > 1 else ACTIVITYSTREAMS} | bare


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _bare(part) for name, part in value.items() if name != "@context"}
    return [_bare(part) for part in value] if isinstance(value, list) else value


def _words(value: Any) -> Iterator[str]:
    """Yield the names of all properties, and all types."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield name
            if name == "type":
                yield from [part] if isinstance(part, str) else part if isinstance(part, list) else []
            else:
                yield from _words(part)
    elif isinstance(value, list):
        for part in value:
            yield from _words(part)


def _begins(meaning: Any, prefix: str) -> bool:
    identifier = meaning["@id"] if isinstance(meaning, dict) else meaning
    return str(identifier).startswith(f"{prefix}:")

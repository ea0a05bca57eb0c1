"""JSON-LD as servers that process it read it: expanded by PyLD, with contexts from files and without a network."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyld import jsonld  # type: ignore[import-untyped]

from activitypub.strictjson import Json
from activitypub.vocabulary.contexts import ACTIVITYSTREAMS, MULTIKEY, SECURITY

FOLDER = Path(__file__).parents[1] / "vectors" / "contexts"
# as they are served under their URLs; another one that a document names is an error
FILES = {ACTIVITYSTREAMS: "activitystreams.json", SECURITY: "security-v1.json", MULTIKEY: "multikey-v1.json"}


def expand(document: Json) -> list[Json]:
    """The document as nodes whose members and types are IRIs."""
    found: list[Json] = jsonld.expand(document, {"documentLoader": _load})
    return found


def lost(document: Json) -> set[str]:
    """The members and types that no context defines: PyLD drops them, or calls them by a blank node's name, as the
    context of ActivityStreams has it."""
    dropped: list[str | None] = []
    nodes: list[Json] = jsonld.expand(document, {"documentLoader": _load}, on_property_dropped=dropped.append)
    return {str(each) for each in dropped} | {each for each in _names(nodes) if not each.startswith(("http", "@"))}


def _load(url: str, options: Any) -> Json:
    text = (FOLDER / FILES[url]).read_text()
    return {"contextUrl": None, "documentUrl": url, "contentType": "application/ld+json", "document": json.loads(text)}


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _names(each)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            if name == "@type":
                yield from [part] if isinstance(part, str) else part
            else:
                yield from _names(part)

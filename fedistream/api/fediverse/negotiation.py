"""Content negotiation: a client gets the ActivityPub document or the page for people."""

from starlette.datastructures import Headers

DOCUMENTS = frozenset({"application/activity+json", "application/ld+json", "application/json"})
PAGES = frozenset({"text/html", "application/xhtml+xml"})


def wants_document(headers: Headers) -> bool:
    """Return whether Accept names one of the JSON types, and no page with a higher quality.

    As in Owncast, a client that accepts anything gets the page: the tools and previews of browsers send `*/*`.
    """
    quality = {"document": 0.0, "page": 0.0}
    for value in headers.getlist("accept"):
        for part in value[:2000].split(","):
            name, *parameters = (piece.strip().lower() for piece in part.split(";"))
            kind = "document" if name in DOCUMENTS else "page" if name in PAGES else ""
            if kind:
                quality[kind] = max(quality[kind], _quality(parameters))
    return quality["document"] > 0 and quality["document"] >= quality["page"]


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0

"""Read the properties of an ActivityStreams object in any spelling: one value or a list, an id or an embedded object.

JSON-LD is read as plain JSON with known terms. A value that is missing or has a wrong type reads as None or as empty:
whether that is an error is decided by the module that reads the object.
"""

import re
from datetime import UTC, datetime
from typing import Any

from activitypub.invisible import INVISIBLE
from activitypub.refusal import Reason, Refused
from activitypub.strictjson import Json
from activitypub.urls import is_url, same_authority

MAX_IDS = 1000  # in one property; a post mentions at most a few hundred actors
MAX_LABEL = 500  # characters of a name

# Keywords that move properties elsewhere: we would read another object than a JSON-LD processor (CVE-2022-24307)
_REARRANGING = frozenset({"@graph", "@included", "@reverse"})
_INVISIBLE = re.compile(f"[\\t\\n\\r{INVISIBLE}]")


def check_plain(document: Json) -> None:
    """Raise Refused(SHAPE) for JSON-LD that cannot be read as plain JSON."""
    if not _REARRANGING.isdisjoint(document):
        raise Refused(Reason.SHAPE, "JSON-LD with @graph, @included or @reverse")


def types(document: Json) -> tuple[str, ...]:
    """Return the values of `type`, at most 8."""
    return tuple(name for name in as_list(document.get("type"))[:8] if isinstance(name, str))


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, None as an empty list, and anything else as a list of one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def unwrap(value: Any) -> Any:
    """Return the element of a list of one, and anything else as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def id_of(value: Any) -> str | None:
    """Return `value` if it is a URL, or the `id` of the object that it is; in a list, the first element counts."""
    for each in as_list(value)[:1]:
        identifier = each.get("id") if isinstance(each, dict) else each
        if is_url(identifier):
            return str(identifier)
    return None


def single_id(value: Any) -> str | None:
    """Return the id of a value, or of the only element of a list; None for a longer list."""
    return None if isinstance(value, list) and len(value) != 1 else id_of(value)


def ids_of(value: Any) -> tuple[str, ...]:
    """Return the ids of a value or a list, in order and without duplicates. Any text counts: "as:Public" is no URL."""
    ids = (each.get("id") if isinstance(each, dict) else each for each in as_list(value)[:MAX_IDS])
    return tuple(dict.fromkeys(each for each in ids if isinstance(each, str) and each))


def url_of(value: Any) -> str | None:
    """Return an http(s) link: of several, the one to an HTML page, else the first (PeerTube lists its video files)."""
    pages: list[str] = []
    others: list[str] = []
    for each in as_list(value)[:32]:
        href = each.get("href") or each.get("url") if isinstance(each, dict) else each
        if is_url(href):
            page = isinstance(each, dict) and each.get("mediaType") == "text/html"
            (pages if page else others).append(str(href))
    return next(iter((*pages, *others)), None)


def page_url_of(value: Any, identifier: str) -> str | None:
    """Return the page of the object with this id, as `url_of` does; None for a page on another host.

    Readers would take such a page for the author's own. Mastodon ignores it too.
    """
    url = url_of(value)
    return url if same_authority(url, identifier) else None


def text(value: Any, limit: int) -> str | None:
    """Return a string that is not empty, cut to `limit` characters."""
    return value[:limit] if isinstance(value, str) and value else None


def label(value: Any, limit: int = MAX_LABEL) -> str | None:
    """Return a name as plain text, without invisible and bidirectional characters. It is not escaped for HTML."""
    if not isinstance(value, str):
        return None
    return _INVISIBLE.sub("", value[: 2 * limit]).strip()[:limit] or None


def number(value: Any, limit: int = 2**53) -> int | None:
    """Return a whole number from 0 to `limit`."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= limit else None


def parse_time(value: Any) -> datetime | None:
    """Return the time in an xsd:dateTime; one without a time zone counts as UTC."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def write_time(when: datetime) -> str:
    """Return a time as an xsd:dateTime, in the form that Mastodon writes: UTC, whole seconds, "Z"."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

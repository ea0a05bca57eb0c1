"""Owncast's followers, posts and engagements as rows of this node, and its federation key.

The actor and the posts keep their URLs, because both servers name them alike: /federation/user/<name> and
/federation/<id>. So followers notice nothing, as long as the address and the key are the same.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from activitypub.addressing import Visibility, audience, visibility
from activitypub.refusal import Refused
from activitypub.signatures.keys import load_private
from activitypub.urls import authority, is_url, same_authority
from activitypub.vocabulary.objects import Object, parse_object, write_object
from fedistream.app.owncast_import.folder import EPOCH, Source, moment, text
from fedistream.app.owncast_import.report import Report
from fedistream.core import plain_text
from fedistream.federation.directory.listed import MAX_SERVERS
from fedistream.federation.models import URL, EngagementRow, FeaturedServerRow, FollowerRow, PostRow, RemoteActorRow
from fedistream.federation.remote_actors import MAX_HANDLE, MAX_NAME
from fedistream.federation.urls import POST_ID
from fedistream.federation.values import FeaturedState, Kind, State

KINDS = {
    "FEDIVERSE_ENGAGEMENT_FOLLOW": Kind.FOLLOW,
    "FEDIVERSE_ENGAGEMENT_LIKE": Kind.LIKE,
    "FEDIVERSE_ENGAGEMENT_REPOST": Kind.SHARE,
}
MAX_ACTIVITY = 8192  # characters of a Follow, as in `federation/followers/service.py`
MAX_POST = 1 << 20
MAX_OBJECT = 1100  # characters, as in the column
_HANDLE = re.compile(r"[\w.-]{1,255}@[\w.:-]{1,255}")


@dataclass(frozen=True, slots=True)
class Home:
    """The channel that everything goes to: its row's id, the node's address, and the URL of its actor."""

    channel_id: int
    base: str
    actor: str


def private_key(pem: str) -> str:
    """Return the key as it is stored here. Raises BadKey."""
    return load_private(pem).pem()


def actors(source: Source, report: Report) -> Iterator[RemoteActorRow]:
    """Yield a row for each follower, and for each other actor that has liked or shared a post.

    Owncast keeps no documents, so there is none here until the actor is fetched for its next activity.
    """
    columns = ("iri", "inbox", "shared_inbox", "name", "username", "image")
    for row in source.rows("ap_followers", columns):
        url, inbox = text(row["iri"], URL + 1), text(row["inbox"], URL + 1)
        if not _fits(url) or not _fits(inbox):
            report.leave("followers", "their address cannot be read", url)
            continue
        shared, image = text(row["shared_inbox"], URL + 1), text(row["image"], URL + 1)
        handle = text(row["username"], MAX_HANDLE).strip().lstrip("@")
        yield RemoteActorRow(
            url=url,
            key_id="",
            handle=handle if _HANDLE.fullmatch(handle) else _guessed(url),
            name=plain_text.name(text(row["name"], 1000), MAX_NAME) or handle.partition("@")[0],
            image=image if _fits(image) else "",
            inbox=inbox,
            shared_inbox=shared if _fits(shared) and same_authority(shared, inbox) else "",
            document={},
            fetched_at=EPOCH,
        )
    for row in source.query(_STRANGERS) if source.count("ap_accepted_activities") else ():
        url = text(row["actor"], URL + 1)
        if _fits(url):
            yield RemoteActorRow(
                url=url, key_id="", handle=_guessed(url), name="", inbox="", document={}, fetched_at=EPOCH
            )


_STRANGERS = """
SELECT DISTINCT actor FROM ap_accepted_activities
WHERE actor NOT IN (SELECT iri FROM ap_followers) AND type IN (
    'FEDIVERSE_ENGAGEMENT_FOLLOW', 'FEDIVERSE_ENGAGEMENT_LIKE', 'FEDIVERSE_ENGAGEMENT_REPOST'
)
"""


def _fits(url: str) -> bool:
    return len(url) <= URL and is_url(url)


def _guessed(url: str) -> str:
    """Return a handle by the last part of an actor's URL, until its server tells the right one."""
    name = re.sub(r"[^\w.-]", "_", url.rstrip("/").rpartition("/")[2].lstrip("@"))
    host = authority(url)
    return f"{name[: MAX_HANDLE - 1 - len(host)]}@{host}"


def followers(source: Source, home: Home, ids: Mapping[str, int], now: datetime) -> Iterator[FollowerRow]:
    """Yield the followers. `ids` are the rows of their actors, by URL."""
    columns = (
        "iri",
        "request",
        "request_object",
        "created_at",
        "approved_at",
        "disabled_at",
        "directory|owncast_server",
    )
    for row in source.rows("ap_followers", columns):
        actor_id = ids.get(str(row["iri"]))
        if actor_id is None:
            continue  # reported with its actor
        approved, disabled = moment(row["approved_at"]), moment(row["disabled_at"])
        state = State.ACCEPTED if approved else State.PENDING
        if row["disabled_at"] is not None:
            state, disabled = State.BLOCKED, disabled or now
        yield FollowerRow(
            channel_id=home.channel_id,
            actor_id=actor_id,
            state=state.value,
            directory=bool(row["directory"]),
            follow=_follow(row, home.actor),
            created_at=moment(row["created_at"]) or now,
            approved_at=approved,
            disabled_at=disabled,
            held_for="private" if state is State.PENDING else "",
        )


def _follow(row: Mapping[str, Any], us: str) -> dict[str, Any]:
    """Return the Follow as it came, or what an answer to it has to name."""
    kept = _json(row["request_object"], MAX_ACTIVITY)
    if kept.get("type") == "Follow" and is_url(kept.get("id")):
        return {name: value for name, value in kept.items() if name != "@context"}
    request = text(row["request"], URL)
    return {"type": "Follow", "id": request, "actor": str(row["iri"]), "object": us} if is_url(request) else {}


def _json(value: object, longest: int) -> dict[str, Any]:
    """Return a JSON object that is stored as text or bytes; {} for anything else."""
    if not isinstance(value, bytes | str) or len(value) > longest:
        return {}
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def posts(source: Source, home: Home, report: Report, now: datetime) -> Iterator[PostRow]:
    seen: set[str] = set()
    for row in source.rows("ap_outbox", ("iri", "value", "type", "created_at"), "created_at, rowid"):
        iri = text(row["iri"], URL)
        found = _post(_json(row["value"], MAX_POST), iri, home)
        if isinstance(found, str):
            report.leave("posts", found, iri)
            continue
        post_id = iri.removeprefix(f"{home.base}/federation/")
        if post_id in seen:
            continue
        seen.add(post_id)
        thing, shown = found
        published = thing.published or moment(row["created_at"]) or now
        yield PostRow(
            id=post_id,
            channel_id=home.channel_id,
            document=write_object(replace(thing, published=published)),
            visibility=shown.value,
            published_at=published,
        )


def _post(document: dict[str, Any], iri: str, home: Home) -> tuple[Object, Visibility] | str:
    """Return the post in a document and its visibility, or why it is not taken."""
    inner = document.get("object")
    if document.get("type") == "Create" and isinstance(inner, dict):
        document = inner
    if not POST_ID.fullmatch(iri.removeprefix(f"{home.base}/federation/")):
        return "their address is not one of this server"
    try:
        thing = parse_object(document, author=home.actor)
    except Refused:
        return "they cannot be read"
    if thing.type != "Note":
        return "only notes are kept"
    if thing.id != iri or thing.attributed_to != (home.actor,):
        return "another actor wrote them: the name of the account was changed"
    shown = visibility(thing.to, thing.cc, f"{home.actor}/followers")
    if shown is Visibility.DIRECT and not thing.to:
        shown = Visibility.FOLLOWERS  # a private server addressed nobody
    if shown is Visibility.DIRECT:
        return "direct messages are not kept"
    to, cc = audience(shown, f"{home.actor}/followers")
    return replace(thing, to=to, cc=cc, url=thing.url or iri, replies=f"{iri}/replies"), shown


def engagements(source: Source, home: Home, ids: Mapping[str, int], report: Report) -> Iterator[EngagementRow]:
    """Yield the follows, likes and shares that Owncast has recorded, each once."""
    seen: set[tuple[int, str, str]] = set()
    columns = ("iri", "actor", "type", "timestamp")
    for row in source.rows("ap_accepted_activities", columns):
        kind, actor_id = KINDS.get(text(row["type"], 64)), ids.get(str(row["actor"]))
        at = moment(row["timestamp"])
        thing = home.actor if kind is Kind.FOLLOW else text(row["iri"], MAX_OBJECT + 1)
        if kind is None or actor_id is None or at is None or not is_url(thing) or len(thing) > MAX_OBJECT:
            report.leave("follows, likes and shares", "they cannot be read")
        elif (actor_id, kind.value, thing) not in seen:
            seen.add((actor_id, kind.value, thing))
            yield EngagementRow(
                channel_id=home.channel_id,
                actor_id=actor_id,
                kind=kind.value,
                object=thing,
                activity_id=text(row["iri"], URL),
                at=at,
            )


def featured(source: Source, home: Home, report: Report, now: datetime) -> Iterator[FeaturedServerRow]:
    """Yield the servers whose streams are featured. Owncast keeps no inbox of them, but names all actors alike."""
    columns = ("iri", "name", "stream_title", "logo_url", "added_at", "followed_at", "accepted_at", "follow_status")
    seen: set[str] = set()
    for row in source.rows("federated_servers", columns):
        actor = text(row["iri"], URL + 1).rstrip("/")
        state = _FEATURED.get(text(row["follow_status"], 20))
        if state is None or not _fits(f"{actor}/inbox") or not _OWNCAST_ACTOR.fullmatch(urlsplit(actor).path):
            report.leave("featured streams", "their address or state cannot be read", actor)
            continue
        if actor in seen or len(seen) >= MAX_SERVERS:
            report.leave("featured streams", f"there can be {MAX_SERVERS} at most, and each once", actor)
            continue
        seen.add(actor)
        logo, parts = text(row["logo_url"], URL + 1), urlsplit(actor)
        added = moment(row["added_at"]) or now
        yield FeaturedServerRow(
            url=f"{parts.scheme}://{parts.netloc}",
            actor=actor,
            inbox=f"{actor}/inbox",
            channel_id=home.channel_id,
            state=state.value,
            # an Undo of it is understood by its actor and object
            follow={"type": "Follow", "id": f"{home.actor}#follow/{len(seen)}", "actor": home.actor, "object": actor},
            name=plain_text.name(text(row["name"], 1000), MAX_NAME) or parts.netloc,
            logo=logo if _fits(logo) else "",
            title=plain_text.one_line(text(row["stream_title"], 500), 500),
            tags=[],
            added_at=added,
            followed_at=moment(row["accepted_at"]) or moment(row["followed_at"]),
        )


_FEATURED = {each.value: each for each in FeaturedState}
_OWNCAST_ACTOR = re.compile(r"/federation/user/[\w.-]{1,100}")

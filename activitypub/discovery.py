"""Find an actor by its URL, its key or its handle. What one document claims, the other has to confirm."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from activitypub import properties
from activitypub.actor import Actor, parse_actor, parse_key
from activitypub.network.fetch import FetchFailed, FetchFailure
from activitypub.network.fetch_limiter import DocumentFetcher
from activitypub.refusal import Refused
from activitypub.signer import Missing, Signer
from activitypub.strictjson import Json
from activitypub.urls import authority, same_authority
from activitypub.webfinger import BadHandle, Handle, Jrd, parse_handle, parse_jrd, parse_resource


@dataclass(frozen=True, slots=True)
class Account:
    """An actor with its handle and its WebFinger document. The handle may differ from the one that was asked for: it is
    the one that the account's own host gives."""

    handle: Handle
    actor: Actor
    jrd: Jrd


async def find_actor(url: str, fetcher: DocumentFetcher) -> Actor:
    """Return the actor at `url`, which may be the URL of its profile page. Raises FetchFailed."""
    return _actor((await fetcher.activity(url)).document)


async def find_signer(key_id: str, fetcher: DocumentFetcher) -> Signer | Missing:
    """Return a key and its owner. `key_id` is ACTOR#fragment, or the URL of a key document that names its owner.

    At most three documents are fetched, all from the host of the key. Made for `KeyResolver.resolve`: never raises for
    what the server does. Store the actor only if it `is_complete`.
    """
    try:
        actor = await _owner(key_id, fetcher)
    except FetchFailed as failed:
        return Missing.GONE if failed.failure is FetchFailure.GONE else Missing.UNKNOWN
    key = actor.key(key_id)
    return Missing.UNKNOWN if key is None else Signer(key_id, key, actor)


async def find_handle(text: str, fetcher: DocumentFetcher) -> Handle:
    """Return the handle that a user has typed, or the handle of the profile whose URL it is.

    The path /@user has the name of the user; for other paths the actor is fetched. Raises BadHandle, FetchFailed.
    """
    wanted = parse_resource(text.strip())
    if isinstance(wanted, Handle):
        return wanted
    if wanted.scheme != "https":
        raise BadHandle("the URL of a profile begins with https://")
    named = re.fullmatch(r"/@([^/@?]+)(?:@([^/@?]+))?/?", wanted.target)
    if named is not None:
        return parse_handle(f"{named[1]}@{named[2] or wanted.authority}")
    actor = await find_actor(str(wanted), fetcher)
    return parse_handle(f"{actor.username}@{authority(actor.id)}")


async def find_account(handle: Handle, fetcher: DocumentFetcher) -> Account:
    """Return the account with this handle. Raises FetchFailed.

    The WebFinger `subject` may have another host (`social.example.com` may answer for `example.com`). That host is
    asked too, and must name the same actor.
    """
    jrd = await _finger(handle, fetcher)
    url = jrd.actor_url()
    if url is None:
        raise FetchFailed(FetchFailure.INVALID, "WebFinger names no actor")
    subject = jrd.handle()
    if subject is not None and not subject.matches(handle):
        own = await _finger(subject, fetcher)
        if own.actor_url() != url:
            raise FetchFailed(FetchFailure.INVALID, "the two hosts name different actors")
        jrd, handle = own, subject
    actor = await find_actor(url, fetcher)
    if actor.id != url:
        raise FetchFailed(FetchFailure.INVALID, "WebFinger names another URL than the actor has")
    return Account(handle, actor, jrd)


async def verify_handle(actor: Actor, fetcher: DocumentFetcher) -> Handle:
    """Return the handle of an actor by WebFinger: the account @ann@example.com may have its actor on
    `social.example.com`.

    Raises FetchFailed, also if the two hosts disagree; then use the host of the actor's id.
    """
    try:
        asked = parse_handle(f"{actor.username}@{authority(actor.id)}")
    except BadHandle as error:
        raise FetchFailed(FetchFailure.INVALID, str(error)) from None
    jrd = await _finger(asked, fetcher)
    subject = jrd.handle() or asked
    if subject.user.lower() != actor.username.lower():
        # two names would alternate: this one, and the document's each time that it is read
        raise FetchFailed(FetchFailure.INVALID, "WebFinger has another name than the actor")
    if not subject.matches(asked):
        # any server can claim any host: the host that is named has to confirm it
        jrd = await _finger(subject, fetcher)
    if jrd.actor_url() != actor.id or not (jrd.handle() or subject).matches(subject):
        raise FetchFailed(FetchFailure.INVALID, "WebFinger names another actor, or another host")
    return subject


async def _owner(key_id: str, fetcher: DocumentFetcher) -> Actor:
    """Return the actor that the key names as its owner. The caller checks that the actor lists the key."""
    if "#" in key_id:
        return await find_actor(key_id, fetcher)
    document = (await fetcher.key_document(key_id)).document
    try:
        # only the owner is used: the key is taken from the owner's document
        _, owner = parse_key(document)
    except Refused:
        # GoToSocial's /main-key serves a stub of the actor: its id leads to the whole document
        stub = properties.id_of(document)
        if stub is None or not same_authority(stub, key_id):
            raise FetchFailed(FetchFailure.INVALID, "neither a key nor an actor") from None
        return await find_actor(stub, fetcher)
    return await find_actor(owner, fetcher)


async def _finger(handle: Handle, fetcher: DocumentFetcher) -> Jrd:
    query = urlencode({"resource": handle.acct}, safe=":@")
    fetched = await fetcher.json(f"https://{handle.host}/.well-known/webfinger?{query}")
    try:
        return parse_jrd(fetched.document)
    except Refused as refused:
        raise FetchFailed(FetchFailure.INVALID, str(refused)) from None


def _actor(document: Json) -> Actor:
    try:
        return parse_actor(document)
    except Refused as refused:
        raise FetchFailed(FetchFailure.INVALID, str(refused)) from None

"""From a name to an actor: of a key to its owner, of a handle to its account. Both directions must agree."""

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
    """An account: the handle is the one that its own host gives it, which may differ from the one asked for."""

    handle: Handle
    actor: Actor
    jrd: Jrd


async def find_actor(url: str, fetcher: DocumentFetcher) -> Actor:
    """Return the actor under `url`, which may be the URL of its page. Raises FetchFailed."""
    return _actor((await fetcher.activity(url)).document)


async def find_signer(key_id: str, fetcher: DocumentFetcher) -> Signer | Missing:
    """Return the owner of a key with the key: ACTOR#fragment, or a key document which names its owner.

    At most two documents are fetched, both of the host of the key. For `signer.Signers.get`.
    Keep the actor only if it is `complete`.
    """
    try:
        actor = await _owner(key_id, fetcher)
    except FetchFailed as failed:
        return Missing.GONE if failed.failure is FetchFailure.GONE else Missing.UNKNOWN
    key = actor.key(key_id)
    return Missing.UNKNOWN if key is None else Signer(key_id, key, actor)


async def find_handle(text: str, fetcher: DocumentFetcher) -> Handle:
    """Return the handle that somebody has typed, or that of a profile whose address it is. Raises BadHandle,
    FetchFailed.

    Most servers have the name in the path (/@user, /users/user); otherwise, as on Misskey, the actor is asked for.
    """
    wanted = parse_resource(text.strip())
    if isinstance(wanted, Handle):
        return wanted
    if wanted.scheme != "https":
        raise BadHandle("a profile is on https")
    named = re.fullmatch(r"/@([^/@?]+)(?:@([^/@?]+))?/?", wanted.target)
    if named is not None:
        return parse_handle(f"{named[1]}@{named[2] or wanted.authority}")
    actor = await find_actor(str(wanted), fetcher)
    return parse_handle(f"{actor.username}@{authority(actor.id)}")


async def find_account(handle: Handle, fetcher: DocumentFetcher) -> Account:
    """Return the account of a handle, as typed into a remote-follow box. Raises FetchFailed.

    A host may leave its handles to another one (`example.com` for `social.example.com`). The subject then names that
    one, and it must name the same actor.
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
    """Return the handle of an actor as its servers give it, for an account of `example.com` that lives on
    `social.example.com`. Raises FetchFailed, also where the two do not agree about whose it is; then the host of the
    actor is as good as any.
    """
    try:
        asked = parse_handle(f"{actor.username}@{authority(actor.id)}")
    except BadHandle as error:
        raise FetchFailed(FetchFailure.INVALID, str(error)) from None
    jrd = await _finger(asked, fetcher)
    subject = jrd.handle() or asked
    if subject.user.lower() != actor.username.lower():
        # it would be taken for a new name whenever the actor is seen with its own
        raise FetchFailed(FetchFailure.INVALID, "WebFinger has another name than the actor")
    if not subject.matches(asked):
        # anybody can name anybody: the host that is named has to say so too
        jrd = await _finger(subject, fetcher)
    if jrd.actor_url() != actor.id or not (jrd.handle() or subject).matches(subject):
        raise FetchFailed(FetchFailure.INVALID, "WebFinger names another actor, or another host")
    return subject


async def _owner(key_id: str, fetcher: DocumentFetcher) -> Actor:
    """Return the actor that owns the key; whether it names the key too is for the caller to see."""
    if "#" in key_id:
        return await find_actor(key_id, fetcher)
    document = (await fetcher.key_document(key_id)).document
    try:
        # what counts is the key as the owner shows it, under the id that was asked for
        _, owner = parse_key(document)
    except Refused:
        # GoToSocial's /main-key serves a stub of the actor: its id leads to the whole
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

"""The inbox: a POST by anybody becomes an activity that its signer has sent, or a reason for refusing it.

Storing, acting on the activity and the HTTP response are left to the caller, and so is limiting the bytes of the body.
"""

from dataclasses import dataclass
from typing import Protocol

from activitypub import strictjson
from activitypub.ownership import enforce_ownership
from activitypub.refusal import Reason, Refused
from activitypub.signatures import WINDOW_S, Scheme, parse_signature
from activitypub.signatures.request import Request
from activitypub.signer import KeyMissing, KeyResolver, Missing, Signer, verify
from activitypub.strictjson import Json, JsonLimits
from activitypub.urls import same_authority, without_fragment
from activitypub.vocabulary.activity import Activity, parse_activity, peek

# With any profile or none: senders take less care here than servers of documents have to (ActivityPub section 7).
MEDIA_TYPES = frozenset({"application/activity+json", "application/ld+json"})


@dataclass(frozen=True, slots=True)
class Verified:
    """The activity was sent by `signer`, who may act on its object as far as ids and hosts tell. Answer 202."""

    activity: Activity
    signer: Signer
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class ActorGone:
    """The actor was deleted, which its own server confirms by 410: delete all that is stored of it. Answer 202."""

    actor: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """An activity that is correct and asks for nothing. Answer 202; `reason` labels a counter."""

    reason: str


Outcome = Verified | ActorGone | Ignored | Refused


class InboxStore(Protocol):
    """A store of known actors and of the activities that were accepted. `memory.MemoryInboxStore` is one."""

    async def knows_actor(self, actor: str) -> bool:
        """Return whether anything of this actor, given by its URL, is stored."""
        ...

    async def was_seen(self, replay_key: str) -> bool:
        """Return whether an activity with this `Activity.replay_key` was accepted in the last 7 days or longer.

        This check stores nothing, and may answer from a cache. Store the key in the transaction that acts on the
        activity: then a crash between the two loses nothing, and a unique index decides between two deliveries at the
        same moment. Store keys of verified activities only, or one server could use up the ids of another.
        """
        ...


@dataclass(frozen=True, slots=True)
class InboxLimits:
    """Limits of the JSON, and how many seconds a signature may be older or newer than now."""

    json: JsonLimits = strictjson.LIMITS
    window_s: float = WINDOW_S


LIMITS = InboxLimits()


async def receive(
    request: Request, resolver: KeyResolver, store: InboxStore, *, now: float, limits: InboxLimits = LIMITS
) -> Outcome:
    """Return what a POST to an inbox amounts to. `now` is in Unix seconds.

    Never raises for what the sender did: a Refused is returned, to be answered with its `status`. The order of checks:
    cheap ones, the signature as far as it needs no key, the key (which may be fetched), the activity.
    """
    try:
        return await _receive(request, resolver, store, now, limits)
    except Refused as refused:
        return refused


async def _receive(
    request: Request, resolver: KeyResolver, store: InboxStore, now: float, limits: InboxLimits
) -> Outcome:
    head = peek(read_body(request, limits.json))
    deletes_itself = head.type == "Delete" and head.object_id == head.actor
    # Most of all traffic: servers tell every other server about each deleted account. Mastodon ignores them too.
    if deletes_itself and not await store.knows_actor(head.actor):
        return Ignored("delete-of-unknown")
    signature = parse_signature(request, now=now, window_s=limits.window_s)
    # Forwarded activities (signed by another server, with LD signatures inside) are refused here.
    if not same_authority(signature.key_id, head.actor):
        raise Refused(Reason.OWNER, "the signer and the actor do not match")
    if resolver.is_blocked(head.actor):
        raise Refused(Reason.BLOCKED, "this actor is blocked here")
    try:
        signer = await verify(signature, resolver)
    except KeyMissing as error:
        if error.missing is Missing.GONE and deletes_itself and await _is_gone(signature.key_id, head.actor, resolver):
            return ActorGone(head.actor)
        raise
    if signer.actor.id != head.actor:
        raise Refused(Reason.OWNER, "the signer and the actor do not match")
    try:
        activity = enforce_ownership(parse_activity(head.document, signer.actor.id))
    except Refused as refused:
        if refused.reason is Reason.UNKNOWN_TYPE:
            return Ignored(refused.reason.value)
        raise
    if await store.was_seen(activity.replay_key):
        return Ignored("replay")
    return Verified(activity, signer, signature.scheme)


def read_body(request: Request, limits: JsonLimits = strictjson.LIMITS) -> Json:
    """Return the document in the body of a POST. Raises Refused (METHOD, MEDIA_TYPE, ENCODING, and those of JSON)."""
    if request.method != "POST":
        raise Refused(Reason.METHOD, "an inbox takes POST only")
    # a compressed body has another size than it seems, and two digests
    if request.header("content-encoding") not in {None, "", "identity"}:
        raise Refused(Reason.ENCODING, "the body must not be compressed")
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise Refused(Reason.MEDIA_TYPE, "an inbox takes application/activity+json")
    return strictjson.parse(request.body, limits)


async def _is_gone(key_id: str, actor: str, resolver: KeyResolver) -> bool:
    """Return whether the actor itself is gone, and not only the key.

    A sender may give the URL of anything deleted as the key, such as a post; that says nothing about the actor.
    """
    return without_fragment(key_id) == actor or await resolver.resolve(actor) is Missing.GONE

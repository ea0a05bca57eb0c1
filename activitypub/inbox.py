"""The verified inbox: a POST of anybody becomes an activity of its signer, or a reason why not.

Rows, facts and answers are left to the node, and so is the limit on the bytes that it reads from the socket.
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

# With any profile or none: senders are not as careful here as servers of documents must be.
MEDIA_TYPES = frozenset({"application/activity+json", "application/ld+json"})


@dataclass(frozen=True, slots=True)
class Verified:
    """The activity is of `signer`, who was checked to own what it touches as far as ids and hosts tell. Answer 202."""

    activity: Activity
    signer: Signer
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class ActorGone:
    """The actor deleted itself, and its own server confirms by 410 that it is gone: forget all of it. Answer 202."""

    actor: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is wrong with it, and nothing is to be done. Answer 202; `why` is a word for a counter."""

    reason: str


Outcome = Verified | ActorGone | Ignored | Refused


class InboxStore(Protocol):
    """What the node remembers of actors and activities."""

    async def knows_actor(self, actor: str) -> bool:
        """Tell whether anything of this actor is kept here."""
        ...

    async def was_seen(self, activity_id: str) -> bool:
        """Tell whether an activity with this `replay_key`, mostly its id, was taken within the last 7 days at least, as
        far as that is known without looking it up.

        Only tell: the node writes the id down in the transaction that acts on the activity, so that a crash between the
        two loses nothing, and two that come at the same moment meet at a unique index. Written down are verified ones
        only, so nobody can use up the id of another.
        """
        ...


@dataclass(frozen=True, slots=True)
class InboxLimits:
    json: JsonLimits = strictjson.LIMITS
    window_s: float = WINDOW_S


LIMITS = InboxLimits()


async def receive(
    request: Request, signers: KeyResolver, ledger: InboxStore, *, now: float, limits: InboxLimits = LIMITS
) -> Outcome:
    """Return what a POST to an inbox is. Never raises for what the sender did; a Refused is returned, to be answered
    with its status.

    `now` is in Unix seconds. In order: cheap checks, then all of the signature that needs no key, then the key, which
    may be fetched, then the activity itself.
    """
    try:
        return await _receive(request, signers, ledger, now, limits)
    except Refused as refused:
        return refused


async def _receive(
    request: Request, signers: KeyResolver, ledger: InboxStore, now: float, limits: InboxLimits
) -> Outcome:
    envelope = peek(read_body(request, limits.json))
    deletes_itself = envelope.type == "Delete" and envelope.object_id == envelope.actor
    # The bulk of all traffic: each server tells every other one of each deleted account. Mastodon does the same.
    if deletes_itself and not await ledger.knows_actor(envelope.actor):
        return Ignored("delete-of-unknown")
    claim = parse_signature(request, now=now, window_s=limits.window_s)
    # Forwarded activities (signed by another server, with LD signatures within) are refused here.
    if not same_authority(claim.key_id, envelope.actor):
        raise Refused(Reason.OWNER, "the signer and the actor do not match")
    if signers.is_blocked(envelope.actor):
        raise Refused(Reason.BLOCKED, "this actor is blocked here")
    try:
        signer = await verify(claim, signers)
    except KeyMissing as error:
        if error.missing is Missing.GONE and deletes_itself and await _is_gone(claim.key_id, envelope.actor, signers):
            return ActorGone(envelope.actor)
        raise
    if signer.actor.id != envelope.actor:
        raise Refused(Reason.OWNER, "the signer and the actor do not match")
    try:
        activity = enforce_ownership(parse_activity(envelope.document, signer.actor.id))
    except Refused as refused:
        if refused.reason is Reason.UNKNOWN_TYPE:
            return Ignored(refused.reason.value)
        raise
    if await ledger.was_seen(activity.replay_key):
        return Ignored("replay")
    return Verified(activity, signer, claim.scheme)


def read_body(request: Request, limits: JsonLimits = strictjson.LIMITS) -> Json:
    """Return the document in the body of a POST. Raises Refused (METHOD, MEDIA_TYPE, ENCODING, and those of JSON)."""
    if request.method != "POST":
        raise Refused(Reason.METHOD, "an inbox takes POST only")
    # a packed body has another size than it seems, and a digest of which of the two?
    if request.header("content-encoding") not in {None, "", "identity"}:
        raise Refused(Reason.ENCODING, "the body must not be compressed")
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise Refused(Reason.MEDIA_TYPE, "an inbox takes application/activity+json")
    return strictjson.parse(request.body, limits)


async def _is_gone(key_id: str, actor: str, signers: KeyResolver) -> bool:
    """Tell whether the actor itself is gone, now that the key is.

    Of any other key that is gone, such as a deleted post named as one by a stranger, nothing follows for the actor.
    """
    return without_fragment(key_id) == actor or await signers.resolve(actor) is Missing.GONE

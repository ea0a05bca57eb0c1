"""ActivityPub: the actor layer and its protocol, without a database, a web framework or an application.

The names in `__all__` are the public surface:

* Keys and signatures: `make_rsa`, `SigningKey`, `sign_post` and `sign_request`; `incoming_request`, `verify_request`.
* An inbox: `receive` makes a `Verified` activity of a POST, by a `KeyResolver` and an `InboxStore`. `MemoryKeyResolver`
  and `MemoryInboxStore` keep theirs in memory.
* Delivery: `encode_payload` and `Deliverer`. Fetching: `Fetcher`, with a `FetchLimiter` around it.
* Documents: `Actor`, `Object`, `Collection` and `Jrd` have a `parse_` and a `write_` function each. Activities are read
  by `parse_activity`, and written by the functions in `activitypub.vocabulary.compose`.

`examples/activitypub_bot.py` is a server that uses them all.

Each module is imported when one of its names is first used (PEP 562): `parse_handle` loads no cryptography, and aiohttp
is loaded with the first request of an `HttpClient`.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activitypub.actor import Actor, ActorKey, Image, parse_actor, write_actor
    from activitypub.addressing import PUBLIC, Recipient, Visibility, audience, inboxes, visibility
    from activitypub.collections import Collection, parse_collection, write_collection, write_page, write_unpaged
    from activitypub.discovery import Account, find_account, find_actor, find_handle, find_signer
    from activitypub.inbox import ActorGone, Ignored, InboxStore, Verified, receive
    from activitypub.memory import MemoryInboxStore, MemoryKeyResolver
    from activitypub.network.deliver import (
        Delivered,
        Deliverer,
        Payload,
        PermanentFailure,
        TemporaryFailure,
        encode_payload,
        sign_post,
    )
    from activitypub.network.fetch import Fetcher, FetchFailed, FetchFailure
    from activitypub.network.fetch_limiter import DocumentFetcher, FetchLimiter
    from activitypub.network.guard import Blocked, Guard, parse_allowed
    from activitypub.network.http_client import HttpClient
    from activitypub.network.schemes import Schemes
    from activitypub.network.transport import Response, ResponseTooLarge, Transport, Unreachable
    from activitypub.refusal import Reason, Refused
    from activitypub.signatures import Scheme, sign_request
    from activitypub.signatures.keys import (
        BadKey,
        PrivateKey,
        PublicKey,
        SigningKey,
        load_private,
        load_public,
        make_ed25519,
        make_rsa,
    )
    from activitypub.signatures.request import Request, incoming_request, outgoing_request
    from activitypub.signer import KeyResolver, Missing, Signer, verify_request
    from activitypub.urls import BadUrl
    from activitypub.vocabulary.activity import Activity, InnerActivity, parse_activity
    from activitypub.vocabulary.objects import Attachment, Object, Tag, parse_object, write_object
    from activitypub.webfinger import BadHandle, Handle, Jrd, actor_jrd, parse_handle, parse_jrd, write_jrd
else:
    # The same names again by their modules; a test compares the two.
    _NAMES = {
        "actor": "Actor ActorKey Image parse_actor write_actor",
        "addressing": "PUBLIC Recipient Visibility audience inboxes visibility",
        "collections": "Collection parse_collection write_collection write_page write_unpaged",
        "discovery": "Account find_account find_actor find_handle find_signer",
        "inbox": "ActorGone Ignored InboxStore Verified receive",
        "memory": "MemoryInboxStore MemoryKeyResolver",
        "network.deliver": "Delivered Deliverer Payload PermanentFailure TemporaryFailure encode_payload sign_post",
        "network.fetch": "FetchFailed FetchFailure Fetcher",
        "network.fetch_limiter": "DocumentFetcher FetchLimiter",
        "network.guard": "Blocked Guard parse_allowed",
        "network.http_client": "HttpClient",
        "network.schemes": "Schemes",
        "network.transport": "Response ResponseTooLarge Transport Unreachable",
        "refusal": "Reason Refused",
        "signatures": "Scheme sign_request",
        "signatures.keys": "BadKey PrivateKey PublicKey SigningKey load_private load_public make_ed25519 make_rsa",
        "signatures.request": "Request incoming_request outgoing_request",
        "signer": "KeyResolver Missing Signer verify_request",
        "urls": "BadUrl",
        "vocabulary.activity": "Activity InnerActivity parse_activity",
        "vocabulary.objects": "Attachment Object Tag parse_object write_object",
        "webfinger": "BadHandle Handle Jrd actor_jrd parse_handle parse_jrd write_jrd",
    }
    _MODULES = {name: f"{__name__}.{module}" for module, names in _NAMES.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_MODULES[name]), name)
        setattr(sys.modules[__name__], name, value)  # from now on it is found without this function
        return value


__all__ = [
    "PUBLIC",
    "Account",
    "Activity",
    "Actor",
    "ActorGone",
    "ActorKey",
    "Attachment",
    "BadHandle",
    "BadKey",
    "BadUrl",
    "Blocked",
    "Collection",
    "Delivered",
    "Deliverer",
    "DocumentFetcher",
    "FetchFailed",
    "FetchFailure",
    "FetchLimiter",
    "Fetcher",
    "Guard",
    "Handle",
    "HttpClient",
    "Ignored",
    "Image",
    "InboxStore",
    "InnerActivity",
    "Jrd",
    "KeyResolver",
    "MemoryInboxStore",
    "MemoryKeyResolver",
    "Missing",
    "Object",
    "Payload",
    "PermanentFailure",
    "PrivateKey",
    "PublicKey",
    "Reason",
    "Recipient",
    "Refused",
    "Request",
    "Response",
    "ResponseTooLarge",
    "Scheme",
    "Schemes",
    "Signer",
    "SigningKey",
    "Tag",
    "TemporaryFailure",
    "Transport",
    "Unreachable",
    "Verified",
    "Visibility",
    "actor_jrd",
    "audience",
    "encode_payload",
    "find_account",
    "find_actor",
    "find_handle",
    "find_signer",
    "inboxes",
    "incoming_request",
    "load_private",
    "load_public",
    "make_ed25519",
    "make_rsa",
    "outgoing_request",
    "parse_activity",
    "parse_actor",
    "parse_allowed",
    "parse_collection",
    "parse_handle",
    "parse_jrd",
    "parse_object",
    "receive",
    "sign_post",
    "sign_request",
    "verify_request",
    "visibility",
    "write_actor",
    "write_collection",
    "write_jrd",
    "write_object",
    "write_page",
    "write_unpaged",
]

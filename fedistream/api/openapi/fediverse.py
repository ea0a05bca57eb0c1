"""The operations for other servers, by their handlers. Their documents are ActivityPub's, and described there."""

from collections.abc import Mapping
from typing import Annotated, Any

from fedistream.api.fediverse import actors, discovery, inbox
from fedistream.api.openapi.admin_shapes import ResourceDescriptor
from fedistream.api.openapi.operation import Content, Operation, Query
from fedistream.api.openapi.schema import Keywords

ACTIVITY = Content("application/activity+json", {"type": "object", "required": ["type"]})
NUMBER = (Query("page", Annotated[int, Keywords(minimum=0, maximum=10**9 - 1)], "A page of the collection"),)
ACTIVITIES = (ACTIVITY, Content('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', {}))
TEXT = Content("text/plain")
OFF: dict[int, object] = {404: TEXT, 405: TEXT}  # 405 while federation is off, as Owncast
SIGNED = OFF | {401: TEXT, 403: TEXT}
READ = SIGNED | {304: Content("")}

DISCOVERY: Mapping[object, Operation] = {
    discovery.webfinger: Operation(
        "Find an actor by its account (RFC 7033)",
        Content("application/jrd+json", ResourceDescriptor),
        (Query("resource", str, "acct:name@host, or a URL", required=True),),
        others=OFF,
    ),
    discovery.host_meta: Operation("Find WebFinger (RFC 6415)", Content("application/xrd+xml"), others=OFF),
    discovery.host_meta_json: Operation("Find WebFinger (RFC 6415)", ResourceDescriptor, others=OFF),
    discovery.nodeinfo_index: Operation("Find the description of the node", ResourceDescriptor, others=OFF),
    discovery.nodeinfo_2_0: Operation("Get the description of the node", dict[str, Any], others=OFF),
    discovery.nodeinfo_2_1: Operation("Get the description of the node", dict[str, Any], others=OFF),
    discovery.nodeinfo2: Operation("Get the description of the node (NodeInfo2)", dict[str, Any], others=OFF),
    discovery.instance: Operation("Get the description of the node in Mastodon's form", dict[str, Any], others=OFF),
}

ACTORS: Mapping[object, Operation] = {
    actors.actor: Operation("Get an actor; a browser is sent to its page", ACTIVITY, others=READ | {307: Content("")}),
    actors.outbox: Operation("List the posts of an actor", ACTIVITY, NUMBER, others=READ),
    actors.followers: Operation("List the followers of an actor", ACTIVITY, NUMBER, others=READ),
    actors.following: Operation("List the actors that an actor follows", ACTIVITY, others=READ),
    actors.featured: Operation("List the pinned posts of an actor", ACTIVITY, others=READ),
    actors.node: Operation("Get the actor of the node (FEP-2677)", ACTIVITY, others=READ),
    actors.node_outbox: Operation("Get the empty outbox of the node's actor", ACTIVITY, others=READ),
    actors.stamp: Operation("Get the permission of a quote (FEP-044f)", ACTIVITY, others=READ),
    actors.post: Operation(
        "Get a post; a browser gets its page",
        (ACTIVITY, Content("text/html")),
        others=READ | {307: Content(""), 410: (ACTIVITY, TEXT)},
    ),
    actors.replies: Operation("List the replies to a post", ACTIVITY, NUMBER, others=READ),
    actors.likes: Operation("List the likes of a post", ACTIVITY, NUMBER, others=READ),
    actors.shares: Operation("List the shares of a post", ACTIVITY, NUMBER, others=READ),
    inbox.own: Operation(
        "Deliver an activity to an actor, with a signature",
        body=ACTIVITIES,
        success=202,
        others=SIGNED | {400: TEXT, 415: TEXT, 429: TEXT},
    ),
    inbox.shared: Operation(
        "Deliver an activity to the node, with a signature",
        body=ACTIVITIES,
        success=202,
        others=SIGNED | {400: TEXT, 415: TEXT, 429: TEXT},
    ),
}

OPERATIONS: Mapping[object, Operation] = {**DISCOVERY, **ACTORS}

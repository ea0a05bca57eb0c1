"""Every call of other servers that the node answers. All are open to anyone: an inbox looks at signatures itself."""

from fedistream.api.fediverse import actors, discovery, inbox
from fedistream.api.http.endpoints import Endpoint

ACTOR = "/federation/user/{name}"

DISCOVERY = (
    Endpoint("GET", "/.well-known/webfinger", discovery.webfinger, "anyone", "RFC 7033"),
    Endpoint("GET", "/.well-known/host-meta", discovery.host_meta, "anyone", "RFC 6415"),
    Endpoint("GET", "/.well-known/host-meta.json", discovery.host_meta_json, "anyone", "RFC 6415"),
    Endpoint("GET", "/.well-known/nodeinfo", discovery.nodeinfo_index, "anyone", "NodeInfo"),
    Endpoint("GET", "/.well-known/x-nodeinfo2", discovery.nodeinfo2, "anyone", "NodeInfo2"),
    Endpoint("GET", "/nodeinfo/2.0", discovery.nodeinfo_2_0, "anyone", "NodeInfo"),
    Endpoint("GET", "/nodeinfo/2.1", discovery.nodeinfo_2_1, "anyone", "NodeInfo"),
    Endpoint("GET", "/api/v1/instance", discovery.instance, "anyone", "Mastodon"),
)

ACTORS = (
    Endpoint("GET", ACTOR, actors.actor, "anyone", "ActivityPub"),
    Endpoint("POST", f"{ACTOR}/inbox", inbox.own, "anyone", "ActivityPub", inbox.MAX_BODY),
    Endpoint("GET", f"{ACTOR}/outbox", actors.outbox, "anyone", "ActivityPub"),
    Endpoint("GET", f"{ACTOR}/followers", actors.followers, "anyone", "ActivityPub"),
    Endpoint("GET", f"{ACTOR}/following", actors.following, "anyone", "ActivityPub"),
    Endpoint("GET", f"{ACTOR}/featured", actors.featured, "anyone", "Mastodon"),
    Endpoint("POST", "/federation/inbox", inbox.shared, "anyone", "ActivityPub", inbox.MAX_BODY),
    Endpoint("GET", "/federation/node", actors.node, "anyone", "FEP-2677"),
    Endpoint("GET", "/federation/node/outbox", actors.node_outbox, "anyone", "ActivityPub"),
    Endpoint("GET", "/federation/quotes/{quote_id}", actors.stamp, "anyone", "FEP-044f"),
    Endpoint("GET", "/federation/{post_id}", actors.post, "anyone", "ActivityPub"),
    Endpoint("GET", "/federation/{post_id}/replies", actors.replies, "anyone", "ActivityPub"),
    Endpoint("GET", "/federation/{post_id}/likes", actors.likes, "anyone", "ActivityPub"),
    Endpoint("GET", "/federation/{post_id}/shares", actors.shares, "anyone", "ActivityPub"),
)

ENDPOINTS = (*DISCOVERY, *ACTORS)

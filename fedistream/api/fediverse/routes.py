"""Every call for other servers. None needs a permission, because the services verify signatures themselves."""

from fedistream.api.fediverse import actors, discovery, inbox
from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.permissions import Permission

ACTOR = "/federation/user/{name}"

DISCOVERY = (
    Endpoint("GET", "/.well-known/webfinger", discovery.webfinger, Permission.ANYONE, "RFC 7033"),
    Endpoint("GET", "/.well-known/host-meta", discovery.host_meta, Permission.ANYONE, "RFC 6415"),
    Endpoint("GET", "/.well-known/host-meta.json", discovery.host_meta_json, Permission.ANYONE, "RFC 6415"),
    Endpoint("GET", "/.well-known/nodeinfo", discovery.nodeinfo_index, Permission.ANYONE, "NodeInfo"),
    Endpoint("GET", "/.well-known/x-nodeinfo2", discovery.nodeinfo2, Permission.ANYONE, "NodeInfo2"),
    Endpoint("GET", "/nodeinfo/2.0", discovery.nodeinfo_2_0, Permission.ANYONE, "NodeInfo"),
    Endpoint("GET", "/nodeinfo/2.1", discovery.nodeinfo_2_1, Permission.ANYONE, "NodeInfo"),
    Endpoint("GET", "/api/v1/instance", discovery.instance, Permission.ANYONE, "Mastodon"),
)

ACTORS = (
    Endpoint("GET", ACTOR, actors.actor, Permission.ANYONE, "ActivityPub"),
    Endpoint("POST", f"{ACTOR}/inbox", inbox.own, Permission.ANYONE, "ActivityPub", inbox.MAX_BODY),
    Endpoint("GET", f"{ACTOR}/outbox", actors.outbox, Permission.ANYONE, "ActivityPub"),
    Endpoint("GET", f"{ACTOR}/followers", actors.followers, Permission.ANYONE, "ActivityPub"),
    Endpoint("GET", f"{ACTOR}/following", actors.following, Permission.ANYONE, "ActivityPub"),
    Endpoint("GET", f"{ACTOR}/featured", actors.featured, Permission.ANYONE, "Mastodon"),
    Endpoint("POST", "/federation/inbox", inbox.shared, Permission.ANYONE, "ActivityPub", inbox.MAX_BODY),
    Endpoint("GET", "/federation/node", actors.node, Permission.ANYONE, "FEP-2677"),
    Endpoint("GET", "/federation/node/outbox", actors.node_outbox, Permission.ANYONE, "ActivityPub"),
    Endpoint("GET", "/federation/quotes/{quote_id}", actors.stamp, Permission.ANYONE, "FEP-044f"),
    Endpoint("GET", "/federation/event/{post_id}", actors.post, Permission.ANYONE, "FEP-8a8e"),
    Endpoint("GET", "/federation/event/{post_id}/replies", actors.replies, Permission.ANYONE, "FEP-8a8e"),
    Endpoint("GET", "/federation/event/{post_id}/likes", actors.likes, Permission.ANYONE, "FEP-8a8e"),
    Endpoint("GET", "/federation/event/{post_id}/shares", actors.shares, Permission.ANYONE, "FEP-8a8e"),
    Endpoint("GET", "/federation/{post_id}", actors.post, Permission.ANYONE, "ActivityPub"),
    Endpoint("GET", "/federation/{post_id}/replies", actors.replies, Permission.ANYONE, "ActivityPub"),
    Endpoint("GET", "/federation/{post_id}/likes", actors.likes, Permission.ANYONE, "ActivityPub"),
    Endpoint("GET", "/federation/{post_id}/shares", actors.shares, Permission.ANYONE, "ActivityPub"),
)

ENDPOINTS = (*DISCOVERY, *ACTORS)

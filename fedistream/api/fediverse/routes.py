"""Every call of other servers that the node answers. All are open to anyone: an inbox looks at signatures itself."""

from fedistream.api.fediverse import actors, discovery, inbox
from fedistream.api.http.endpoints import Entry

ACTOR = "/federation/user/{name}"

DISCOVERY = (
    Entry("GET", "/.well-known/webfinger", discovery.webfinger, "anyone", "RFC 7033"),
    Entry("GET", "/.well-known/host-meta", discovery.host_meta, "anyone", "RFC 6415"),
    Entry("GET", "/.well-known/host-meta.json", discovery.host_meta_json, "anyone", "RFC 6415"),
    Entry("GET", "/.well-known/nodeinfo", discovery.nodeinfo_index, "anyone", "NodeInfo"),
    Entry("GET", "/.well-known/x-nodeinfo2", discovery.nodeinfo2, "anyone", "NodeInfo2"),
    Entry("GET", "/nodeinfo/2.0", discovery.nodeinfo_2_0, "anyone", "NodeInfo"),
    Entry("GET", "/nodeinfo/2.1", discovery.nodeinfo_2_1, "anyone", "NodeInfo"),
    Entry("GET", "/api/v1/instance", discovery.instance, "anyone", "Mastodon"),
)

ACTORS = (
    Entry("GET", ACTOR, actors.actor, "anyone", "ActivityPub"),
    Entry("POST", f"{ACTOR}/inbox", inbox.own, "anyone", "ActivityPub", inbox.MAX_BODY),
    Entry("GET", f"{ACTOR}/outbox", actors.outbox, "anyone", "ActivityPub"),
    Entry("GET", f"{ACTOR}/followers", actors.followers, "anyone", "ActivityPub"),
    Entry("GET", f"{ACTOR}/following", actors.following, "anyone", "ActivityPub"),
    Entry("GET", f"{ACTOR}/featured", actors.featured, "anyone", "Mastodon"),
    Entry("POST", "/federation/inbox", inbox.shared, "anyone", "ActivityPub", inbox.MAX_BODY),
    Entry("GET", "/federation/node", actors.node, "anyone", "FEP-2677"),
    Entry("GET", "/federation/node/outbox", actors.node_outbox, "anyone", "ActivityPub"),
    Entry("GET", "/federation/quotes/{quote_id}", actors.stamp, "anyone", "FEP-044f"),
    Entry("GET", "/federation/{post_id}", actors.post, "anyone", "ActivityPub"),
    Entry("GET", "/federation/{post_id}/replies", actors.replies, "anyone", "ActivityPub"),
    Entry("GET", "/federation/{post_id}/likes", actors.likes, "anyone", "ActivityPub"),
    Entry("GET", "/federation/{post_id}/shares", actors.shares, "anyone", "ActivityPub"),
)

ENTRIES = (*DISCOVERY, *ACTORS)

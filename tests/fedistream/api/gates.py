"""Every route of the node and who may use it, written out by hand: what the tables of the faces say is held against it.

A route without a row fails the tests, and so does a row without a route.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`knock` is a path to try when `path` has named parts."""

    method: str
    path: str
    who: str
    knock: str = ""

    @property
    def target(self) -> str:
        return self.knock or self.path


def rows(who: str, *calls: str) -> Iterable[Row]:
    """Rows from "METHOD /path" texts."""
    for call in calls:
        method, path = call.split(" ")
        yield Row(method, path, who)


OPS = (
    *rows("anyone", "GET /healthz", "GET /readyz", "GET /seen-as", "GET /api/openapi.json", "GET /api/docs"),
    *rows("metrics", "GET /metrics"),
)

OWNCAST_PUBLIC = rows(
    "anyone",
    "GET /api/status",
    "GET /api/config",
    "GET /api/ping",
    "GET /api/video/variants",
    "GET /api/socialplatforms",
    "GET /api/yp",
    "POST /api/metrics/cmcd",
    "GET /api/metrics/cmcd",
    "POST /api/metrics/playback",
    "GET /api/schedule",
    "GET /api/schedule.ics",
)

OWNCAST_ADMIN = rows(
    "admin",
    "GET /api/admin/status",
    "GET /api/admin/broadcaster",
    "GET /api/admin/serverconfig",
    "GET /api/admin/viewers",
    "GET /api/admin/viewersOverTime",
    "GET /api/admin/hardwarestats",
    "GET /api/admin/yp/reset",
    "POST /api/admin/yp/reset",
    "DELETE /api/admin/prometheus",
    "GET /api/admin/prometheus",
    "PATCH /api/admin/prometheus",
    "POST /api/admin/prometheus",
    "PUT /api/admin/prometheus",
    "GET /api/admin/viewers/playback",
    "GET /api/admin/metrics/video",
    "GET /api/admin/logs",
    "GET /api/admin/logs/warnings",
    "GET /api/admin/schedule",
    "POST /api/admin/schedule/event",
    "POST /api/admin/schedule/event/delete",
    "POST /api/admin/schedule/preview",
    "GET /api/admin/update/options",
    "GET /api/admin/update/start",
    "GET /api/admin/update/forcequit",
    "GET /api/admin/disconnect",
    "POST /api/admin/disconnect",
)

CHAT = (
    *rows("anyone", "POST /api/chat/register", "GET /api/emoji"),
    Row("GET", "/img/emoji/{file}", "anyone", knock="/img/emoji/none.png"),
    Row("GET", "/img/remote/{mac}/{source}", "anyone", knock="/img/remote/none/none"),
    *rows("visitor", "GET /api/chat", "POST /api/notifications/register", "POST /api/notifications/unregister"),
)

SIGN_IN = (
    *rows("visitor", "POST /api/auth/indieauth", "POST /api/auth/fediverse", "POST /api/auth/fediverse/verify"),
    *rows("anyone", "GET /api/auth/indieauth/callback"),
)

CHAT_MODERATORS = (
    *rows(
        "moderator",
        "POST /api/chat/messagevisibility",
        "POST /api/chat/updatemessagevisibility",
        "POST /api/chat/users/setenabled",
    ),
    Row("GET", "/api/moderation/chat/user/{user_id}", "moderator", knock="/api/moderation/chat/user/nobody"),
)

CHAT_ADMIN = rows(
    "admin",
    "GET /api/admin/chat/clients",
    "GET /api/admin/clients",
    "GET /api/admin/chat/messages",
    "POST /api/admin/chat/messagevisibility",
    "POST /api/admin/chat/updatemessagevisibility",
    "POST /api/admin/chat/users/setenabled",
    "GET /api/admin/chat/users/disabled",
    "GET /api/admin/users/disabled",
    "GET /api/admin/chat/users/ipbans",
    "POST /api/admin/chat/users/ipbans/create",
    "POST /api/admin/chat/users/ipbans/remove",
    "POST /api/admin/chat/users/setmoderator",
    "GET /api/admin/chat/users/moderators",
    "GET /api/admin/users",
    "POST /api/admin/users/delete",
    "POST /api/admin/emoji/upload",
    "POST /api/admin/emoji/delete",
    "GET /api/admin/accesstokens",
    "POST /api/admin/accesstokens/create",
    "POST /api/admin/accesstokens/delete",
)

INTEGRATIONS = (
    *rows(
        "bearer:CAN_SEND_MESSAGES",
        "POST /api/integrations/chat/send",
        "POST /api/integrations/chat/user",
    ),
    *rows(
        "bearer:CAN_SEND_SYSTEM_MESSAGES",
        "POST /api/integrations/chat/system",
        "POST /api/integrations/chat/action",
    ),
    Row(
        "POST",
        "/api/integrations/chat/system/client/{client_id}",
        "bearer:CAN_SEND_SYSTEM_MESSAGES",
        knock="/api/integrations/chat/system/client/999",
    ),
    *rows(
        "bearer:HAS_ADMIN_ACCESS",
        "POST /api/integrations/chat/messagevisibility",
        "POST /api/integrations/chat/updatemessagevisibility",
        "GET /api/integrations/chat",
        "GET /api/integrations/clients",
        "GET /api/integrations/status",
        "POST /api/integrations/streamtitle",
    ),
    Row(
        "GET",
        "/api/integrations/moderation/chat/user/{user_id}",
        "bearer:HAS_ADMIN_ACCESS",
        knock="/api/integrations/moderation/chat/user/nobody",
    ),
)

FEDIVERSE = (
    *rows(
        "anyone",
        "GET /.well-known/webfinger",
        "GET /.well-known/host-meta",
        "GET /.well-known/host-meta.json",
        "GET /.well-known/nodeinfo",
        "GET /.well-known/x-nodeinfo2",
        "GET /nodeinfo/2.0",
        "GET /nodeinfo/2.1",
        "GET /api/v1/instance",
        "POST /federation/inbox",
        "GET /federation/node",
        "GET /federation/node/outbox",
    ),
    Row("GET", "/federation/event/{post_id}", "anyone", knock="/federation/event/none"),
    Row("GET", "/federation/event/{post_id}/replies", "anyone", knock="/federation/event/none/replies"),
    Row("GET", "/federation/event/{post_id}/likes", "anyone", knock="/federation/event/none/likes"),
    Row("GET", "/federation/event/{post_id}/shares", "anyone", knock="/federation/event/none/shares"),
    Row("GET", "/federation/{post_id}", "anyone", knock="/federation/none"),
    *(
        Row("GET", f"/federation/{{post_id}}/{each}", "anyone", knock=f"/federation/none/{each}")
        for each in ("replies", "likes", "shares")
    ),
    Row("GET", "/federation/quotes/{quote_id}", "anyone", knock="/federation/quotes/none"),
    Row("GET", "/federation/user/{name}", "anyone", knock="/federation/user/streamer"),
    Row("POST", "/federation/user/{name}/inbox", "anyone", knock="/federation/user/streamer/inbox"),
    *(
        Row("GET", f"/federation/user/{{name}}/{each}", "anyone", knock=f"/federation/user/streamer/{each}")
        for each in ("outbox", "followers", "following", "featured")
    ),
)

FEATURED = (
    *rows("anyone", "GET /api/federation/servers"),
    *rows(
        "admin",
        "GET /api/admin/federation/servers",
        "POST /api/admin/federation/servers",
        "GET /api/admin/federation/feature-requests",
        "GET /api/admin/followers/directory",
    ),
    Row("DELETE", "/api/admin/federation/servers/{server_id}", "admin", knock="/api/admin/federation/servers/999"),
)

FEDERATION = (
    *rows("anyone", "GET /api/followers", "POST /api/remotefollow"),
    *rows(
        "admin",
        "GET /api/admin/followers",
        "GET /api/admin/followers/pending",
        "GET /api/admin/followers/blocked",
        "POST /api/admin/followers/approve",
        "POST /api/admin/followers/remove",
        "GET /api/admin/federation/actions",
        "GET /api/admin/federation/queue",
        "GET /api/admin/federation/queue/jobs",
        "POST /api/admin/federation/queue/retry",
        "POST /api/admin/federation/send",
    ),
    *rows("moderator", "POST /api/chat/replies/answer", "POST /api/chat/replies/block"),
    *rows(
        "admin",
        "GET /api/admin/federation/replies",
        "POST /api/admin/federation/replies/decide",
        "POST /api/admin/federation/replies/answer",
    ),
    *rows(
        "admin",
        "GET /api/admin/federation/refusals",
        "POST /api/admin/federation/rotatekeys",
        "GET /api/admin/federation/flags",
        "POST /api/admin/federation/flags/settle",
        "GET /api/admin/federation/quotes",
        "POST /api/admin/federation/quotes/revoke",
        "POST /api/admin/federation/blocks/import",
        "GET /api/admin/federation/blocks/export",
    ),
    *rows(
        "admin",
        "GET /api/admin/federation/notices",
        "GET /api/admin/federation/notices/preview",
        *(
            f"POST /api/admin/federation/notices/{each}"
            for each in ("preview", "edit", "cancel", "postnow", "withdraw")
        ),
    ),
)

WEBHOOKS = (
    *rows(
        "admin",
        "GET /api/admin/webhooks",
        "POST /api/admin/webhooks/create",
        "POST /api/admin/webhooks/delete",
        "GET /api/admin/webhooks/events",
        "POST /api/admin/webhooks/edit",
        "POST /api/admin/webhooks/setenabled",
        "POST /api/admin/webhooks/test",
        "GET /api/admin/webhooks/deliveries",
        "POST /api/admin/webhooks/deliveries/resend",
    ),
    Row("GET", "/api/admin/webhooks/deliveries/{delivery_id}", "admin", knock="/api/admin/webhooks/deliveries/999"),
)

OWNCAST_SETTERS = rows(
    "admin",
    "POST /api/admin/config/federation/enable",
    "POST /api/admin/config/federation/private",
    "POST /api/admin/config/federation/showengagement",
    "POST /api/admin/config/federation/username",
    "POST /api/admin/config/federation/livemessage",
    "POST /api/admin/config/federation/blockdomains",
    "POST /api/admin/config/federation/enablequotes",
    "POST /api/admin/config/federation/hidefollowers",
    "POST /api/admin/config/adminpass",
    "POST /api/admin/config/streamkeys",
    "POST /api/admin/config/key",
    "POST /api/admin/config/name",
    "POST /api/admin/config/serversummary",
    "POST /api/admin/config/streamtitle",
    "POST /api/admin/config/offlinemessage",
    "POST /api/admin/config/pagecontent",
    "POST /api/admin/config/tags",
    "POST /api/admin/config/nsfw",
    "POST /api/admin/config/socialhandles",
    "POST /api/admin/config/hideviewercount",
    "POST /api/admin/config/serverurl",
    "POST /api/admin/config/disablesearchindexing",
    "POST /api/admin/config/chat/disable",
    "POST /api/admin/config/chat/joinmessagesenabled",
    "POST /api/admin/config/chat/establishedusermode",
    "POST /api/admin/config/chat/requireauthentication",
    "POST /api/admin/config/chat/spamprotectionenabled",
    "POST /api/admin/config/chat/slurfilterenabled",
    "POST /api/admin/config/chat/forbiddenusernames",
    "POST /api/admin/config/chat/suggestedusernames",
    "POST /api/admin/config/welcomemessage",
    "POST /api/admin/config/customstyles",
    "POST /api/admin/config/customjavascript",
    "POST /api/admin/config/appearance",
    "POST /api/admin/config/externalactions",
    "POST /api/admin/config/autoplay",
    "POST /api/admin/config/directoryenabled",
    "POST /api/admin/config/webserverport",
    "POST /api/admin/config/webserverip",
    "POST /api/admin/config/rtmpserverport",
    "POST /api/admin/config/rtmpserverbindaddress",
    "POST /api/admin/config/video/codec",
    "POST /api/admin/config/ffmpegpath",
    "POST /api/admin/config/video/streamlatencylevel",
    "POST /api/admin/config/video/streamoutputvariants",
    "POST /api/admin/config/s3",
    "POST /api/admin/config/videoservingendpoint",
    "POST /api/admin/config/sockethostoverride",
    "POST /api/admin/config/notifications/discord",
    "POST /api/admin/config/notifications/browser",
    "POST /api/admin/config/schedule/enabled",
    "POST /api/admin/config/schedule/showcountdown",
    "POST /api/admin/config/schedule/chatopenminutes",
    "POST /api/admin/config/schedule/remindermessage",
    "POST /api/admin/config/logo",
    "DELETE /api/admin/config/logo",
    "POST /api/admin/config/favicon",
    "DELETE /api/admin/config/favicon",
)

PAGES = (
    *rows("anyone", "GET /", "GET /embed/video", "GET /logo", "GET /favicon.ico", "GET /admin"),
    *rows("anyone", "GET /embed/chat", "GET /embed/chat/", "GET /embed/chat/readonly", "GET /embed/chat/readwrite"),
    *rows("anyone", "GET /embed/video/", "GET /embed/chat/readonly/", "GET /embed/chat/readwrite/"),
    *rows("anyone", "GET /embed/chat/overlay", "GET /robots.txt", "GET /manifest.json", "GET /serviceWorker.js"),
    Row("GET", "/schedule/{event_id}", "anyone", knock="/schedule/none"),
    Row("GET", "/live/{broadcast_id}", "anyone", knock="/live/999"),
    Row("GET", "/live/{broadcast_id}/still.jpg", "anyone", knock="/live/999/still.jpg"),
    *rows("anyone", "GET /thumbnail.jpg", "GET /preview.gif", "GET /logo/external"),
    Row("GET", "/c/{slug}/logo", "anyone", knock="/c/none/logo"),
    Row("GET", "/c/{slug}/logo/external", "anyone", knock="/c/none/logo/external"),
    *rows("anyone", "GET /customjavascript"),
    Row("GET", "/customstyles/{edition}.css", "anyone", knock="/customstyles/0.css"),
    Row("GET", "/externalactions/{mark}", "anyone", knock="/externalactions/0"),
    Row("GET", "/img/platformlogos/{file}", "anyone", knock="/img/platformlogos/none.svg"),
    Row("GET", "/public/{path:path}", "anyone", knock="/public/none.png"),
    Row("GET", "/c/{slug}/thumbnail.jpg", "anyone", knock="/c/none/thumbnail.jpg"),
    Row("GET", "/oembed", "anyone", knock="/oembed?url=http://node.example/"),
    *rows("anyone", "GET /follow", "POST /follow", "GET /follow/qr.svg"),
    Row("GET", "/static/{edition}/{name:path}", "anyone", knock="/static/0/css/none.css"),
)

PAGES_CONFIG = (
    *rows("admin", "POST /admin/config/appearance/image", "POST /admin/config/actions/one"),
    *rows("admin", "POST /admin/config/video/variant"),
    *rows("admin", "POST /admin/config/notifications/test"),
    Row("GET", "/admin/config/streamkeys", "admin"),
    Row("GET", "/admin/config/{section}", "admin", knock="/admin/config/general"),
    Row("POST", "/admin/config/{section}", "admin", knock="/admin/config/general"),
)

PAGES_CHAT = (
    *rows(
        "admin",
        "GET /admin/chat/",
        "POST /admin/chat/",
        "GET /admin/chat/messages",
        "POST /admin/chat/messages",
        "GET /admin/chat/visitors",
        "POST /admin/chat/visitors",
        "GET /admin/chat/bans",
        "POST /admin/chat/bans",
        "POST /admin/chat/bans/remove",
        "GET /admin/chat/emoji",
        "POST /admin/chat/emoji",
        "POST /admin/chat/emoji/remove",
        "GET /admin/chat/tokens",
        "POST /admin/chat/tokens",
        "POST /admin/chat/tokens/remove",
        "GET /admin/chat/log",
    ),
    Row("GET", "/admin/chat/visitors/{visitor_id}", "admin", knock="/admin/chat/visitors/nobody"),
)

PAGES_OTHERS = (Row("GET", "/admin/{path:path}", "admin", knock="/admin/chat/users/"),)

PAGES_WEBHOOKS = (
    *rows(
        "admin",
        "GET /admin/webhooks",
        "POST /admin/webhooks",
        "POST /admin/webhooks/change",
        "GET /admin/webhooks/log",
        "POST /admin/webhooks/log/resend",
    ),
    Row("GET", "/admin/webhooks/log/{delivery_id}", "admin", knock="/admin/webhooks/log/999"),
    Row("GET", "/admin/webhooks/{webhook_id}", "admin", knock="/admin/webhooks/999"),
    Row("POST", "/admin/webhooks/{webhook_id}", "admin", knock="/admin/webhooks/999"),
)

PAGES_SIGN_IN = (
    *rows("anyone", "GET /admin/login", "POST /admin/login"),
    *rows("anyone", "GET /.well-known/oauth-authorization-server", "POST /api/auth/provider/indieauth"),
    *rows(
        "admin",
        "GET /api/auth/provider/indieauth",
        "POST /admin/indieauth",
        "POST /admin/logout",
        "GET /admin/sessions",
        "POST /admin/sessions",
        "POST /admin/sessions/others",
        "GET /admin/two-factor",
        "POST /admin/two-factor",
        "POST /admin/two-factor/confirm",
        "POST /admin/two-factor/disable",
        "POST /admin/two-factor/basic",
    ),
)

PAGES_ADMIN = rows(
    "admin",
    "GET /admin/",
    "GET /admin/live",
    "GET /admin/health",
    "POST /admin/title",
    "POST /admin/channel",
    "POST /admin/disconnect",
    "POST /admin/keys/add",
    "POST /admin/keys/renew",
    "POST /admin/keys/remove",
    "POST /admin/password",
    "GET /admin/schedule",
    "POST /admin/schedule",
    "POST /admin/schedule/settings",
    "GET /admin/federation/",
    "POST /admin/federation/",
    "GET /admin/federation/followers",
    "POST /admin/federation/followers",
    "POST /admin/federation/keys",
    "GET /admin/federation/rules",
    "POST /admin/federation/rules",
    "POST /admin/federation/rules/import",
    "GET /admin/federation/featured",
    "POST /admin/federation/featured",
    "POST /admin/federation/featured/remove",
    "POST /admin/federation/featured/listers",
    "GET /admin/federation/replies",
    "POST /admin/federation/replies",
    "GET /admin/federation/reports",
    "POST /admin/federation/reports",
    "POST /admin/federation/reports/revoke",
    "GET /admin/federation/notices",
    "POST /admin/federation/notices",
    "POST /admin/federation/notices/settings",
    "GET /admin/federation/posts",
    "POST /admin/federation/posts",
    "POST /admin/federation/posts/pin",
    "POST /admin/federation/posts/delete",
    "GET /admin/federation/deliveries",
    "POST /admin/federation/deliveries/retry",
)

ROWS: tuple[Row, ...] = (
    *OPS,
    *OWNCAST_PUBLIC,
    *OWNCAST_ADMIN,
    *WEBHOOKS,
    *OWNCAST_SETTERS,
    *FEDIVERSE,
    *FEDERATION,
    *FEATURED,
    *CHAT,
    *SIGN_IN,
    *CHAT_MODERATORS,
    *CHAT_ADMIN,
    *INTEGRATIONS,
    *PAGES,
    *PAGES_ADMIN,
    *PAGES_WEBHOOKS,
    *PAGES_SIGN_IN,
    *PAGES_OTHERS,
    *PAGES_CHAT,
    *PAGES_CONFIG,
)

# the chat's sockets are one ASGI application of their own; who has no key is let in only to be told so
SOCKETS: tuple[Row, ...] = tuple(rows("visitor", "GET /ws", "GET /entry"))

# HLS is in no table of entries: one ASGI application answers everything below /hls/
RAW: tuple[Row, ...] = tuple(
    rows(
        "anyone", "GET /hls/stream.m3u8", "GET /hls/0/stream.m3u8", "GET /hls/other/stream.m3u8", "GET /hls/0/none.m4s"
    )
)

"""Every page and file for browsers, and who may have it."""

from fedistream.api.http.endpoints import Endpoint
from fedistream.api.pages import chat as chat_pages
from fedistream.api.pages import follow, live, oembed, pictures, static, watch
from fedistream.api.pages.admin import (
    actions,
    bans,
    chat,
    deliveries,
    emoji,
    featured,
    federation,
    followers,
    messages,
    notices,
    posts,
    replies,
    reports,
    rules,
    stream,
    tokens,
    visitors,
)

FORM_LIMIT = 512 * 1024  # bytes; 100,000 characters of page content, each three bytes that a form writes as nine
PAGES = (
    Endpoint("GET", "/", watch.watch, "anyone"),
    Endpoint("GET", "/live/{broadcast_id}", live.show, "anyone"),
    Endpoint("GET", "/live/{broadcast_id}/still.jpg", pictures.of_broadcast, "anyone"),
    Endpoint("GET", "/thumbnail.jpg", pictures.thumbnail, "anyone", spec="owncast"),
    Endpoint("GET", "/preview.gif", pictures.preview, "anyone", spec="owncast"),
    Endpoint("GET", "/c/{slug}/thumbnail.jpg", pictures.channels_thumbnail, "anyone"),
    Endpoint("GET", "/oembed", oembed.show, "anyone"),
    Endpoint("GET", "/embed/video", watch.embed, "anyone", spec="owncast"),
    Endpoint("GET", "/embed/chat", chat_pages.to_read_only, "anyone", spec="owncast"),
    Endpoint("GET", "/embed/chat/", chat_pages.to_read_only, "anyone", spec="owncast"),
    Endpoint("GET", "/embed/chat/readonly", chat_pages.read_only, "anyone", spec="owncast"),
    Endpoint("GET", "/embed/chat/readwrite", chat_pages.read_write, "anyone", spec="owncast"),
    Endpoint("GET", "/embed/chat/overlay", chat_pages.overlay, "anyone"),
    Endpoint("GET", "/follow", follow.show, "anyone"),
    Endpoint("POST", "/follow", follow.find, "anyone"),
    Endpoint("GET", "/follow/qr.svg", follow.picture, "anyone"),
    Endpoint("GET", "/static/{edition}/{name:path}", static.file, "anyone"),
    Endpoint("GET", "/logo", static.logo, "anyone", spec="owncast"),
    Endpoint("GET", "/favicon.ico", static.logo, "anyone"),
)

ADMIN = (
    Endpoint("GET", "/admin", stream.to_page, "anyone"),
    Endpoint("GET", "/admin/", stream.show, "admin"),
    Endpoint("GET", "/admin/live", stream.live, "admin"),
    Endpoint("POST", "/admin/title", stream.set_title, "admin", body_limit=FORM_LIMIT),
    Endpoint("POST", "/admin/channel", stream.set_channel, "admin", body_limit=FORM_LIMIT),
    Endpoint("POST", "/admin/disconnect", stream.disconnect, "admin"),
    Endpoint("POST", "/admin/keys/add", stream.add_key, "admin"),
    Endpoint("POST", "/admin/keys/renew", stream.renew_keys, "admin"),
    Endpoint("POST", "/admin/keys/remove", stream.remove_key, "admin"),
    Endpoint("POST", "/admin/password", stream.set_password, "admin"),
)

FEDERATION = (
    Endpoint("GET", federation.PAGE, federation.show, "admin"),
    Endpoint("POST", federation.PAGE, federation.change, "admin", body_limit=FORM_LIMIT),
    Endpoint("GET", followers.PAGE, followers.show, "admin"),
    Endpoint("POST", followers.PAGE, followers.decide, "admin"),
    Endpoint("POST", f"{federation.PAGE}keys", federation.rotate, "admin"),
    Endpoint("GET", rules.PAGE, rules.show, "admin"),
    Endpoint("POST", rules.PAGE, rules.change, "admin", body_limit=FORM_LIMIT),
    Endpoint("POST", f"{rules.PAGE}/import", rules.take, "admin", body_limit=rules.UPLOAD_LIMIT),
    Endpoint("GET", featured.PAGE, featured.show, "admin"),
    Endpoint("POST", featured.PAGE, featured.add, "admin"),
    Endpoint("POST", f"{featured.PAGE}/remove", featured.remove, "admin"),
    Endpoint("POST", f"{featured.PAGE}/listers", featured.decide, "admin"),
    Endpoint("GET", replies.PAGE, replies.show, "admin"),
    Endpoint("POST", replies.PAGE, replies.decide, "admin"),
    Endpoint("GET", reports.PAGE, reports.show, "admin"),
    Endpoint("POST", reports.PAGE, reports.settle, "admin"),
    Endpoint("POST", f"{reports.PAGE}/revoke", reports.revoke, "admin"),
    Endpoint("GET", notices.PAGE, notices.show, "admin"),
    Endpoint("POST", notices.PAGE, notices.decide, "admin"),
    Endpoint("POST", f"{notices.PAGE}/settings", notices.change, "admin"),
    Endpoint("GET", posts.PAGE, posts.show, "admin"),
    Endpoint("POST", posts.PAGE, posts.write, "admin"),
    Endpoint("POST", f"{posts.PAGE}/pin", posts.pin, "admin"),
    Endpoint("POST", f"{posts.PAGE}/delete", posts.delete, "admin"),
    Endpoint("GET", deliveries.PAGE, deliveries.show, "admin"),
    Endpoint("POST", f"{deliveries.PAGE}/retry", deliveries.retry, "admin"),
)

CHAT = (
    Endpoint("GET", chat.PAGE, chat.show, "admin"),
    Endpoint("POST", chat.PAGE, chat.change, "admin", body_limit=FORM_LIMIT),
    Endpoint("GET", messages.PAGE, messages.show, "admin"),
    Endpoint("POST", messages.PAGE, messages.change, "admin"),
    Endpoint("GET", visitors.PAGE, visitors.show, "admin"),
    Endpoint("POST", visitors.PAGE, visitors.change, "admin"),
    Endpoint("GET", f"{visitors.PAGE}/{{visitor_id}}", visitors.show_one, "admin"),
    Endpoint("GET", bans.PAGE, bans.show, "admin"),
    Endpoint("POST", bans.PAGE, bans.add, "admin"),
    Endpoint("POST", f"{bans.PAGE}/remove", bans.remove, "admin"),
    Endpoint("GET", emoji.PAGE, emoji.show, "admin"),
    Endpoint("POST", emoji.PAGE, emoji.add, "admin", body_limit=emoji.UPLOAD_LIMIT),
    Endpoint("POST", f"{emoji.PAGE}/remove", emoji.remove, "admin"),
    Endpoint("GET", tokens.PAGE, tokens.show, "admin"),
    Endpoint("POST", tokens.PAGE, tokens.make, "admin"),
    Endpoint("POST", f"{tokens.PAGE}/remove", tokens.remove, "admin"),
    Endpoint("GET", actions.PAGE, actions.show, "admin"),
)

ENDPOINTS = (*PAGES, *ADMIN, *CHAT, *FEDERATION)

"""Every page and file for browsers, and who may have it."""

from fedistream.api.http.endpoints import Entry
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
    Entry("GET", "/", watch.watch, "anyone"),
    Entry("GET", "/live/{broadcast_id}", live.show, "anyone"),
    Entry("GET", "/live/{broadcast_id}/still.jpg", pictures.of_broadcast, "anyone"),
    Entry("GET", "/thumbnail.jpg", pictures.thumbnail, "anyone", spec="owncast"),
    Entry("GET", "/preview.gif", pictures.preview, "anyone", spec="owncast"),
    Entry("GET", "/c/{slug}/thumbnail.jpg", pictures.channels_thumbnail, "anyone"),
    Entry("GET", "/oembed", oembed.show, "anyone"),
    Entry("GET", "/embed/video", watch.embed, "anyone", spec="owncast"),
    Entry("GET", "/embed/chat", chat_pages.to_read_only, "anyone", spec="owncast"),
    Entry("GET", "/embed/chat/", chat_pages.to_read_only, "anyone", spec="owncast"),
    Entry("GET", "/embed/chat/readonly", chat_pages.read_only, "anyone", spec="owncast"),
    Entry("GET", "/embed/chat/readwrite", chat_pages.read_write, "anyone", spec="owncast"),
    Entry("GET", "/embed/chat/overlay", chat_pages.overlay, "anyone"),
    Entry("GET", "/follow", follow.show, "anyone"),
    Entry("POST", "/follow", follow.find, "anyone"),
    Entry("GET", "/follow/qr.svg", follow.picture, "anyone"),
    Entry("GET", "/static/{edition}/{name:path}", static.file, "anyone"),
    Entry("GET", "/logo", static.logo, "anyone", spec="owncast"),
    Entry("GET", "/favicon.ico", static.logo, "anyone"),
)

ADMIN = (
    Entry("GET", "/admin", stream.to_page, "anyone"),
    Entry("GET", "/admin/", stream.show, "admin"),
    Entry("GET", "/admin/live", stream.live, "admin"),
    Entry("POST", "/admin/title", stream.set_title, "admin", body_limit=FORM_LIMIT),
    Entry("POST", "/admin/channel", stream.set_channel, "admin", body_limit=FORM_LIMIT),
    Entry("POST", "/admin/disconnect", stream.disconnect, "admin"),
    Entry("POST", "/admin/keys/add", stream.add_key, "admin"),
    Entry("POST", "/admin/keys/renew", stream.renew_keys, "admin"),
    Entry("POST", "/admin/keys/remove", stream.remove_key, "admin"),
    Entry("POST", "/admin/password", stream.set_password, "admin"),
)

FEDERATION = (
    Entry("GET", federation.PAGE, federation.show, "admin"),
    Entry("POST", federation.PAGE, federation.change, "admin", body_limit=FORM_LIMIT),
    Entry("GET", followers.PAGE, followers.show, "admin"),
    Entry("POST", followers.PAGE, followers.decide, "admin"),
    Entry("POST", f"{federation.PAGE}keys", federation.rotate, "admin"),
    Entry("GET", rules.PAGE, rules.show, "admin"),
    Entry("POST", rules.PAGE, rules.change, "admin", body_limit=FORM_LIMIT),
    Entry("POST", f"{rules.PAGE}/import", rules.take, "admin", body_limit=rules.UPLOAD_LIMIT),
    Entry("GET", featured.PAGE, featured.show, "admin"),
    Entry("POST", featured.PAGE, featured.add, "admin"),
    Entry("POST", f"{featured.PAGE}/remove", featured.remove, "admin"),
    Entry("POST", f"{featured.PAGE}/listers", featured.decide, "admin"),
    Entry("GET", replies.PAGE, replies.show, "admin"),
    Entry("POST", replies.PAGE, replies.decide, "admin"),
    Entry("GET", reports.PAGE, reports.show, "admin"),
    Entry("POST", reports.PAGE, reports.settle, "admin"),
    Entry("POST", f"{reports.PAGE}/revoke", reports.revoke, "admin"),
    Entry("GET", notices.PAGE, notices.show, "admin"),
    Entry("POST", notices.PAGE, notices.decide, "admin"),
    Entry("POST", f"{notices.PAGE}/settings", notices.change, "admin"),
    Entry("GET", posts.PAGE, posts.show, "admin"),
    Entry("POST", posts.PAGE, posts.write, "admin"),
    Entry("POST", f"{posts.PAGE}/pin", posts.pin, "admin"),
    Entry("POST", f"{posts.PAGE}/delete", posts.delete, "admin"),
    Entry("GET", deliveries.PAGE, deliveries.show, "admin"),
    Entry("POST", f"{deliveries.PAGE}/retry", deliveries.retry, "admin"),
)

CHAT = (
    Entry("GET", chat.PAGE, chat.show, "admin"),
    Entry("POST", chat.PAGE, chat.change, "admin", body_limit=FORM_LIMIT),
    Entry("GET", messages.PAGE, messages.show, "admin"),
    Entry("POST", messages.PAGE, messages.change, "admin"),
    Entry("GET", visitors.PAGE, visitors.show, "admin"),
    Entry("POST", visitors.PAGE, visitors.change, "admin"),
    Entry("GET", f"{visitors.PAGE}/{{visitor_id}}", visitors.show_one, "admin"),
    Entry("GET", bans.PAGE, bans.show, "admin"),
    Entry("POST", bans.PAGE, bans.add, "admin"),
    Entry("POST", f"{bans.PAGE}/remove", bans.remove, "admin"),
    Entry("GET", emoji.PAGE, emoji.show, "admin"),
    Entry("POST", emoji.PAGE, emoji.add, "admin", body_limit=emoji.UPLOAD_LIMIT),
    Entry("POST", f"{emoji.PAGE}/remove", emoji.remove, "admin"),
    Entry("GET", tokens.PAGE, tokens.show, "admin"),
    Entry("POST", tokens.PAGE, tokens.make, "admin"),
    Entry("POST", f"{tokens.PAGE}/remove", tokens.remove, "admin"),
    Entry("GET", actions.PAGE, actions.show, "admin"),
)

ENTRIES = (*PAGES, *ADMIN, *CHAT, *FEDERATION)

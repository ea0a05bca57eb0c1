"""Every page for the admin, and its forms."""

from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.permissions import Permission
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
    owncast_paths,
    posts,
    replies,
    reports,
    rules,
    stream,
    tokens,
    visitors,
    webhooks,
)
from fedistream.api.pages.admin.config import pages as config
from fedistream.api.pages.admin.schedule import schedule_page
from fedistream.api.pages.error_pages import LOGIN
from fedistream.api.pages.health import page as health
from fedistream.api.pages.sign_in import login, provider, sessions, two_factor

FORM_LIMIT = 512 * 1024  # bytes; 100,000 characters of page content, each three bytes that a form writes as nine
SETTINGS_LIMIT = 2 * 1024 * 1024  # bytes; two texts of 100,000 characters

ADMIN = (
    Endpoint("GET", "/admin", stream.to_page, Permission.ANYONE),
    Endpoint("GET", LOGIN, login.show, Permission.ANYONE),
    Endpoint("POST", LOGIN, login.sign_in, Permission.ANYONE),
    Endpoint("POST", "/admin/logout", login.sign_out, Permission.ADMIN),
    Endpoint("GET", sessions.PAGE, sessions.show, Permission.ADMIN),
    Endpoint("POST", sessions.PAGE, sessions.end, Permission.ADMIN),
    Endpoint("POST", f"{sessions.PAGE}/others", sessions.end_others, Permission.ADMIN),
    Endpoint("GET", two_factor.PAGE, two_factor.show, Permission.ADMIN),
    Endpoint("POST", two_factor.PAGE, two_factor.begin, Permission.ADMIN),
    Endpoint("POST", f"{two_factor.PAGE}/confirm", two_factor.confirm, Permission.ADMIN),
    Endpoint("POST", f"{two_factor.PAGE}/disable", two_factor.disable, Permission.ADMIN),
    Endpoint("POST", f"{two_factor.PAGE}/basic", two_factor.allow_basic, Permission.ADMIN),
    Endpoint("POST", provider.DECISION, provider.decide, Permission.ADMIN),
    Endpoint("GET", "/admin/", stream.show, Permission.ADMIN),
    Endpoint("GET", "/admin/live", stream.live, Permission.ADMIN),
    Endpoint("GET", health.PAGE, health.show, Permission.ADMIN),
    Endpoint("POST", "/admin/title", stream.set_title, Permission.ADMIN, body_limit=FORM_LIMIT),
    Endpoint("POST", "/admin/channel", stream.set_channel, Permission.ADMIN, body_limit=FORM_LIMIT),
    Endpoint("POST", "/admin/disconnect", stream.disconnect, Permission.ADMIN),
    Endpoint("POST", "/admin/keys/add", stream.add_key, Permission.ADMIN),
    Endpoint("POST", "/admin/keys/renew", stream.renew_keys, Permission.ADMIN),
    Endpoint("POST", "/admin/keys/remove", stream.remove_key, Permission.ADMIN),
    Endpoint("POST", "/admin/password", stream.set_password, Permission.ADMIN),
)

FEDERATION = (
    Endpoint("GET", federation.PAGE, federation.show, Permission.ADMIN),
    Endpoint("POST", federation.PAGE, federation.change, Permission.ADMIN, body_limit=FORM_LIMIT),
    Endpoint("GET", followers.PAGE, followers.show, Permission.ADMIN),
    Endpoint("POST", followers.PAGE, followers.decide, Permission.ADMIN),
    Endpoint("POST", f"{federation.PAGE}keys", federation.rotate, Permission.ADMIN),
    Endpoint("GET", rules.PAGE, rules.show, Permission.ADMIN),
    Endpoint("POST", rules.PAGE, rules.change, Permission.ADMIN, body_limit=FORM_LIMIT),
    Endpoint("POST", f"{rules.PAGE}/import", rules.take, Permission.ADMIN, body_limit=rules.UPLOAD_LIMIT),
    Endpoint("GET", featured.PAGE, featured.show, Permission.ADMIN),
    Endpoint("POST", featured.PAGE, featured.add, Permission.ADMIN),
    Endpoint("POST", f"{featured.PAGE}/remove", featured.remove, Permission.ADMIN),
    Endpoint("POST", f"{featured.PAGE}/listers", featured.decide, Permission.ADMIN),
    Endpoint("GET", replies.PAGE, replies.show, Permission.ADMIN),
    Endpoint("POST", replies.PAGE, replies.decide, Permission.ADMIN),
    Endpoint("GET", reports.PAGE, reports.show, Permission.ADMIN),
    Endpoint("POST", reports.PAGE, reports.settle, Permission.ADMIN),
    Endpoint("POST", f"{reports.PAGE}/revoke", reports.revoke, Permission.ADMIN),
    Endpoint("GET", notices.PAGE, notices.show, Permission.ADMIN),
    Endpoint("POST", notices.PAGE, notices.decide, Permission.ADMIN),
    Endpoint("POST", f"{notices.PAGE}/settings", notices.change, Permission.ADMIN),
    Endpoint("GET", posts.PAGE, posts.show, Permission.ADMIN),
    Endpoint("POST", posts.PAGE, posts.write, Permission.ADMIN),
    Endpoint("POST", f"{posts.PAGE}/pin", posts.pin, Permission.ADMIN),
    Endpoint("POST", f"{posts.PAGE}/delete", posts.delete, Permission.ADMIN),
    Endpoint("GET", deliveries.PAGE, deliveries.show, Permission.ADMIN),
    Endpoint("POST", f"{deliveries.PAGE}/retry", deliveries.retry, Permission.ADMIN),
)

CHAT = (
    Endpoint("GET", chat.PAGE, chat.show, Permission.ADMIN),
    Endpoint("POST", chat.PAGE, chat.change, Permission.ADMIN, body_limit=FORM_LIMIT),
    Endpoint("GET", messages.PAGE, messages.show, Permission.ADMIN),
    Endpoint("POST", messages.PAGE, messages.change, Permission.ADMIN),
    Endpoint("GET", visitors.PAGE, visitors.show, Permission.ADMIN),
    Endpoint("POST", visitors.PAGE, visitors.change, Permission.ADMIN),
    Endpoint("GET", f"{visitors.PAGE}/{{visitor_id}}", visitors.show_one, Permission.ADMIN),
    Endpoint("GET", bans.PAGE, bans.show, Permission.ADMIN),
    Endpoint("POST", bans.PAGE, bans.add, Permission.ADMIN),
    Endpoint("POST", f"{bans.PAGE}/remove", bans.remove, Permission.ADMIN),
    Endpoint("GET", emoji.PAGE, emoji.show, Permission.ADMIN),
    Endpoint("POST", emoji.PAGE, emoji.add, Permission.ADMIN, body_limit=emoji.UPLOAD_LIMIT),
    Endpoint("POST", f"{emoji.PAGE}/remove", emoji.remove, Permission.ADMIN),
    Endpoint("GET", tokens.PAGE, tokens.show, Permission.ADMIN),
    Endpoint("POST", tokens.PAGE, tokens.make, Permission.ADMIN),
    Endpoint("POST", f"{tokens.PAGE}/remove", tokens.remove, Permission.ADMIN),
    Endpoint("GET", actions.PAGE, actions.show, Permission.ADMIN),
)

SCHEDULE = (
    Endpoint("GET", schedule_page.PAGE, schedule_page.show, Permission.ADMIN),
    Endpoint("POST", schedule_page.PAGE, schedule_page.change, Permission.ADMIN),
    Endpoint("POST", f"{schedule_page.PAGE}/settings", schedule_page.change_settings, Permission.ADMIN),
)

WEBHOOKS = (
    Endpoint("GET", webhooks.PAGE, webhooks.show, Permission.ADMIN),
    Endpoint("POST", webhooks.PAGE, webhooks.create, Permission.ADMIN),
    Endpoint("POST", f"{webhooks.PAGE}/change", webhooks.change, Permission.ADMIN),
    Endpoint("GET", webhooks.LOG, webhooks.show_log, Permission.ADMIN),
    Endpoint("POST", f"{webhooks.LOG}/resend", webhooks.resend, Permission.ADMIN),
    Endpoint("GET", f"{webhooks.LOG}/{{delivery_id}}", webhooks.show_delivery, Permission.ADMIN),
    Endpoint("GET", f"{webhooks.PAGE}/{{webhook_id}}", webhooks.show_one, Permission.ADMIN),
    Endpoint("POST", f"{webhooks.PAGE}/{{webhook_id}}", webhooks.edit, Permission.ADMIN),
)

CONFIG = (
    Endpoint(
        "POST", f"{config.PAGE}appearance/image", config.change_image, Permission.ADMIN, body_limit=config.UPLOAD_LIMIT
    ),
    Endpoint("POST", f"{config.PAGE}notifications/test", config.test_notification, Permission.ADMIN),
    Endpoint("POST", f"{config.PAGE}actions/one", config.change_action, Permission.ADMIN, body_limit=FORM_LIMIT),
    Endpoint("POST", f"{config.PAGE}video/variant", config.change_rendition, Permission.ADMIN, body_limit=FORM_LIMIT),
    Endpoint(
        "GET",
        f"{owncast_paths.STREAM}{owncast_paths.STREAM_KEYS}",
        owncast_paths.redirect,
        Permission.ADMIN,
        spec="owncast",
    ),
    Endpoint("GET", f"{config.PAGE}{{section}}", config.show, Permission.ADMIN),
    Endpoint("POST", f"{config.PAGE}{{section}}", config.change, Permission.ADMIN, body_limit=SETTINGS_LIMIT),
)

# after all others, as the first that fits is taken
OTHERS = (Endpoint("GET", owncast_paths.ANY, owncast_paths.redirect, Permission.ADMIN, spec="owncast"),)
ENDPOINTS = (*ADMIN, *CHAT, *FEDERATION, *SCHEDULE, *WEBHOOKS, *CONFIG, *OTHERS)

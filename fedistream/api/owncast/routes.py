"""Every call of Owncast's API that the node answers, with its permission. `spec` is where a call first appears."""

from functools import partial

from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.permissions import Permission
from fedistream.api.owncast import (
    access_tokens,
    admin,
    chat,
    chat_admin,
    directory,
    featured,
    federation,
    images,
    metrics,
    playback,
    public,
    schedule,
    setters,
    sign_in,
    webhooks,
)
from fedistream.api.owncast.browser_push import registration
from fedistream.api.owncast.errors import SETTERS
from fedistream.settings.checks import MAX_PAGE
from fedistream.settings.table import SETTINGS
from fedistream.signin.indieauth import CALLBACK

EARLIEST = "0.0.6"
EARLY = "0.0.11"  # in the first complete API document, and in all after it
LATER = "0.2.0"
SETTER_LIMIT = 12 * MAX_PAGE + 1024  # bytes; JSON may write one character as two escapes of six letters each

PUBLIC = (
    Endpoint("GET", "/api/status", public.status, Permission.ANYONE, EARLY),
    Endpoint("GET", "/api/config", public.config, Permission.ANYONE, EARLY),
    Endpoint("GET", "/api/ping", public.ping, Permission.ANYONE, EARLY),
    Endpoint("GET", "/api/video/variants", public.variants, Permission.ANYONE, LATER),
    Endpoint("GET", "/api/socialplatforms", public.platforms, Permission.ANYONE, LATER),
)

ADMIN = (
    Endpoint("GET", "/api/admin/status", admin.status, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/broadcaster", admin.broadcaster, Permission.ADMIN, EARLIEST),
    Endpoint("GET", "/api/admin/serverconfig", admin.server_config, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/viewers", admin.viewer_list, Permission.ADMIN, LATER),
    Endpoint("GET", "/api/admin/logs", admin.logs, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/logs/warnings", admin.warnings, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/update/options", admin.update_options, Permission.ADMIN, LATER),
    Endpoint("GET", "/api/admin/update/start", admin.update, Permission.ADMIN, LATER, changes=True),
    Endpoint("GET", "/api/admin/update/forcequit", admin.update, Permission.ADMIN, LATER, changes=True),
    # the documents say POST, the servers up to 0.2.5 took GET and Owlbot 1.2 sends it
    Endpoint("POST", "/api/admin/disconnect", admin.disconnect, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/disconnect", admin.disconnect, Permission.ADMIN, "0.2.5", changes=True),
)

VISITORS = (
    Endpoint("POST", "/api/chat/register", chat.register, Permission.ANYONE, EARLY),
    Endpoint("GET", "/api/chat", chat.history, Permission.VISITOR, EARLY),
    Endpoint("GET", "/api/emoji", chat.emoji_list, Permission.ANYONE, EARLY),
    Endpoint("GET", "/img/emoji/{file}", chat.picture, Permission.ANYONE, EARLY),
    Endpoint("GET", "/img/remote/{mac}/{source}", chat.remote_picture, Permission.ANYONE, "fedistream"),
)

SIGN_IN = (
    Endpoint("POST", "/api/auth/indieauth", sign_in.begin_indieauth, Permission.VISITOR, LATER),
    Endpoint("GET", CALLBACK, sign_in.finish_indieauth, Permission.ANYONE, LATER, changes=True),
    Endpoint("POST", "/api/auth/fediverse", sign_in.send_code, Permission.VISITOR, LATER),
    Endpoint("POST", "/api/auth/fediverse/verify", sign_in.verify_code, Permission.VISITOR, LATER),
)

# each under its present name and under the one it had in the early documents
MODERATORS = (
    Endpoint("POST", "/api/chat/messagevisibility", chat.set_visible, Permission.MODERATOR, LATER),
    Endpoint("POST", "/api/chat/updatemessagevisibility", chat.set_visible, Permission.MODERATOR, EARLY),
    Endpoint("POST", "/api/chat/users/setenabled", chat.set_enabled, Permission.MODERATOR, EARLY),
    Endpoint("GET", "/api/moderation/chat/user/{user_id}", chat.details, Permission.MODERATOR, LATER),
)

CHAT_ADMIN = (
    Endpoint("GET", "/api/admin/chat/clients", chat_admin.clients, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/clients", chat_admin.clients, Permission.ADMIN, EARLIEST),
    Endpoint("GET", "/api/admin/chat/messages", chat_admin.messages_list, Permission.ADMIN, EARLY),
    Endpoint("POST", "/api/admin/chat/messagevisibility", chat.set_visible, Permission.ADMIN, LATER),
    Endpoint("POST", "/api/admin/chat/updatemessagevisibility", chat.set_visible, Permission.ADMIN, EARLY),
    Endpoint("POST", "/api/admin/chat/users/setenabled", chat.set_enabled, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/chat/users/disabled", chat_admin.disabled, Permission.ADMIN, LATER),
    Endpoint("GET", "/api/admin/users/disabled", chat_admin.disabled, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/chat/users/ipbans", chat_admin.ip_bans, Permission.ADMIN, LATER),
    Endpoint("POST", "/api/admin/chat/users/ipbans/create", chat_admin.ban, Permission.ADMIN, LATER),
    Endpoint("POST", "/api/admin/chat/users/ipbans/remove", chat_admin.lift_ban, Permission.ADMIN, LATER),
    Endpoint("POST", "/api/admin/chat/users/setmoderator", chat_admin.set_moderator, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/chat/users/moderators", chat_admin.moderators, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/users", chat_admin.users, Permission.ADMIN, "0.2.5"),
    Endpoint("POST", "/api/admin/users/delete", chat_admin.delete_user, Permission.ADMIN, "0.2.5"),
    Endpoint(
        "POST", "/api/admin/emoji/upload", chat_admin.upload_emoji, Permission.ADMIN, LATER, chat_admin.EMOJI_LIMIT
    ),
    Endpoint("POST", "/api/admin/emoji/delete", chat_admin.delete_emoji, Permission.ADMIN, LATER),
    Endpoint("GET", "/api/admin/accesstokens", chat_admin.tokens, Permission.ADMIN, EARLY),
    Endpoint("POST", "/api/admin/accesstokens/create", chat_admin.make_token, Permission.ADMIN, EARLY),
    Endpoint("POST", "/api/admin/accesstokens/delete", chat_admin.delete_token, Permission.ADMIN, EARLY),
)

SEND, SYSTEM, ALL = Permission.SEND_MESSAGES, Permission.SEND_SYSTEM_MESSAGES, Permission.ADMIN_ACCESS
INTEGRATIONS = (
    Endpoint("POST", "/api/integrations/chat/send", access_tokens.send, SEND, EARLY),
    Endpoint("POST", "/api/integrations/chat/user", access_tokens.send_as_user, SEND, EARLY),
    Endpoint("POST", "/api/integrations/chat/system", access_tokens.system, SYSTEM, EARLY),
    Endpoint("POST", "/api/integrations/chat/system/client/{client_id}", access_tokens.system_to, SYSTEM, EARLY),
    Endpoint("POST", "/api/integrations/chat/action", access_tokens.action, SYSTEM, EARLY),
    Endpoint("POST", "/api/integrations/chat/messagevisibility", chat.set_visible, ALL, LATER),
    Endpoint("POST", "/api/integrations/chat/updatemessagevisibility", chat.set_visible, ALL, EARLY),
    Endpoint("GET", "/api/integrations/chat", chat.history, ALL, EARLY),
    Endpoint("GET", "/api/integrations/clients", chat_admin.clients, ALL, EARLY),
    Endpoint("GET", "/api/integrations/moderation/chat/user/{user_id}", chat.details, ALL, LATER),
    Endpoint("GET", "/api/integrations/status", access_tokens.status, ALL, LATER),
    Endpoint("POST", "/api/integrations/streamtitle", access_tokens.title, ALL, EARLY),
)

FEDERATION = (
    Endpoint("GET", "/api/followers", federation.followers_shown, Permission.ANYONE, EARLY),
    Endpoint("POST", "/api/remotefollow", federation.remote_follow, Permission.ANYONE, EARLY),
    Endpoint("GET", "/api/admin/followers", federation.followers_list, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/followers/pending", federation.pending, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/followers/blocked", federation.blocked, Permission.ADMIN, EARLY),
    Endpoint("POST", "/api/admin/followers/approve", federation.approve, Permission.ADMIN, EARLY),
    Endpoint("POST", "/api/admin/followers/remove", federation.remove, Permission.ADMIN, "0.2.5"),
    Endpoint("GET", "/api/admin/federation/actions", federation.actions, Permission.ADMIN, EARLY),
    Endpoint("POST", "/api/admin/federation/send", federation.send, Permission.ADMIN, EARLY),
    *featured.ENDPOINTS,
)

SECRETS = (
    Endpoint("POST", f"{SETTERS}adminpass", setters.set_admin_password, Permission.ADMIN, LATER),
    Endpoint("POST", f"{SETTERS}streamkeys", setters.set_stream_keys, Permission.ADMIN, LATER),
    Endpoint("POST", f"{SETTERS}key", setters.set_only_key, Permission.ADMIN, EARLY),
)

SETTINGS_ENDPOINTS = tuple(
    Endpoint(
        "POST",
        f"{SETTERS}{path}",
        partial(setters.change, setting),
        Permission.ADMIN,
        body_limit=SETTER_LIMIT,
    )
    for setting in SETTINGS
    for path in (setting.owncast_path, *setting.aliases)
    if path
)

ENDPOINTS = (
    *PUBLIC,
    *schedule.ENDPOINTS,
    *VISITORS,
    *SIGN_IN,
    *MODERATORS,
    *ADMIN,
    *CHAT_ADMIN,
    *INTEGRATIONS,
    *FEDERATION,
    *webhooks.ENDPOINTS,
    *metrics.ENDPOINTS,
    *registration.ENDPOINTS,
    *directory.ENDPOINTS,
    *images.ENDPOINTS,
    *playback.ENDPOINTS,
    *SECRETS,
    *SETTINGS_ENDPOINTS,
)

"""Every call of Owncast's API that the node answers, and who may use it. `spec` is where a call first appears."""

from functools import partial

from fedistream.access_tokens.service import Scope
from fedistream.api.http.endpoints import Entry
from fedistream.api.http.token_auth import BEARER
from fedistream.api.owncast import (
    admin,
    chat,
    chat_admin,
    featured,
    federation,
    federation_admin,
    integrations,
    notices,
    public,
    queue,
    replies,
    setters,
    sign_in,
)
from fedistream.api.owncast.envelope import SETTERS
from fedistream.settings.checks import MAX_PAGE
from fedistream.settings.table import SETTINGS
from fedistream.signin.indieauth import CALLBACK

EARLIEST = "0.0.6"
EARLY = "0.0.11"  # in the first complete API document, and in all after it
LATER = "0.2.0"
SETTER_LIMIT = 12 * MAX_PAGE + 1024  # bytes; JSON may write one character as two escapes of six letters each

PUBLIC = (
    Entry("GET", "/api/status", public.status, "anyone", EARLY),
    Entry("GET", "/api/config", public.config, "anyone", EARLY),
    Entry("GET", "/api/ping", public.ping, "anyone", EARLY),
    Entry("GET", "/api/video/variants", public.variants, "anyone", LATER),
    Entry("GET", "/api/socialplatforms", public.platforms, "anyone", LATER),
)

ADMIN = (
    Entry("GET", "/api/admin/status", admin.status, "admin", EARLY),
    Entry("GET", "/api/admin/serverconfig", admin.server_config, "admin", EARLY),
    Entry("GET", "/api/admin/viewers", admin.viewer_list, "admin", LATER),
    Entry("GET", "/api/admin/viewersOverTime", admin.viewers_over_time, "admin", EARLY),
    Entry("GET", "/api/admin/logs", admin.logs, "admin", EARLY),
    Entry("GET", "/api/admin/logs/warnings", admin.warnings, "admin", EARLY),
    # the documents say POST, the servers up to 0.2.5 took GET and Owlbot 1.2 sends it
    Entry("POST", "/api/admin/disconnect", admin.disconnect, "admin", EARLY),
    Entry("GET", "/api/admin/disconnect", admin.disconnect, "admin", "0.2.5", changes=True),
)

VISITORS = (
    Entry("POST", "/api/chat/register", chat.register, "anyone", EARLY),
    Entry("GET", "/api/chat", chat.history, "visitor", EARLY),
    Entry("GET", "/api/emoji", chat.emoji_list, "anyone", EARLY),
    Entry("GET", "/img/emoji/{file}", chat.picture, "anyone", EARLY),
    Entry("GET", "/img/remote/{mac}/{source}", chat.remote_picture, "anyone", "fedistream"),
)

SIGN_IN = (
    Entry("POST", "/api/auth/indieauth", sign_in.begin_indieauth, "visitor", LATER),
    Entry("GET", CALLBACK, sign_in.finish_indieauth, "anyone", LATER, changes=True),
    Entry("POST", "/api/auth/fediverse", sign_in.send_code, "visitor", LATER),
    Entry("POST", "/api/auth/fediverse/verify", sign_in.verify_code, "visitor", LATER),
)

# each under its present name and under the one it had in the early documents
MODERATORS = (
    Entry("POST", "/api/chat/messagevisibility", chat.set_visible, "moderator", LATER),
    Entry("POST", "/api/chat/updatemessagevisibility", chat.set_visible, "moderator", EARLY),
    Entry("POST", "/api/chat/users/setenabled", chat.set_enabled, "moderator", EARLY),
    Entry("GET", "/api/moderation/chat/user/{user_id}", chat.details, "moderator", LATER),
)

CHAT_ADMIN = (
    Entry("GET", "/api/admin/chat/clients", chat_admin.clients, "admin", EARLY),
    Entry("GET", "/api/admin/clients", chat_admin.clients, "admin", EARLIEST),
    Entry("GET", "/api/admin/chat/messages", chat_admin.messages_list, "admin", EARLY),
    Entry("POST", "/api/admin/chat/messagevisibility", chat.set_visible, "admin", LATER),
    Entry("POST", "/api/admin/chat/updatemessagevisibility", chat.set_visible, "admin", EARLY),
    Entry("POST", "/api/admin/chat/users/setenabled", chat.set_enabled, "admin", EARLY),
    Entry("GET", "/api/admin/chat/users/disabled", chat_admin.disabled, "admin", LATER),
    Entry("GET", "/api/admin/users/disabled", chat_admin.disabled, "admin", EARLY),
    Entry("GET", "/api/admin/chat/users/ipbans", chat_admin.ip_bans, "admin", LATER),
    Entry("POST", "/api/admin/chat/users/ipbans/create", chat_admin.ban, "admin", LATER),
    Entry("POST", "/api/admin/chat/users/ipbans/remove", chat_admin.lift_ban, "admin", LATER),
    Entry("POST", "/api/admin/chat/users/setmoderator", chat_admin.set_moderator, "admin", EARLY),
    Entry("GET", "/api/admin/chat/users/moderators", chat_admin.moderators, "admin", EARLY),
    Entry("GET", "/api/admin/users", chat_admin.users, "admin", "0.2.5"),
    Entry("POST", "/api/admin/users/delete", chat_admin.delete_user, "admin", "0.2.5"),
    Entry("POST", "/api/admin/emoji/upload", chat_admin.upload_emoji, "admin", LATER, chat_admin.EMOJI_LIMIT),
    Entry("POST", "/api/admin/emoji/delete", chat_admin.delete_emoji, "admin", LATER),
    Entry("GET", "/api/admin/accesstokens", chat_admin.tokens, "admin", EARLY),
    Entry("POST", "/api/admin/accesstokens/create", chat_admin.make_token, "admin", EARLY),
    Entry("POST", "/api/admin/accesstokens/delete", chat_admin.delete_token, "admin", EARLY),
)

SEND, SYSTEM, ALL = BEARER[Scope.SEND], BEARER[Scope.SYSTEM], BEARER[Scope.ADMIN]
INTEGRATIONS = (
    Entry("POST", "/api/integrations/chat/send", integrations.send, SEND, EARLY),
    Entry("POST", "/api/integrations/chat/user", integrations.send_as_user, SEND, EARLY),
    Entry("POST", "/api/integrations/chat/system", integrations.system, SYSTEM, EARLY),
    Entry("POST", "/api/integrations/chat/system/client/{client_id}", integrations.system_to, SYSTEM, EARLY),
    Entry("POST", "/api/integrations/chat/action", integrations.action, SYSTEM, EARLY),
    Entry("POST", "/api/integrations/chat/messagevisibility", chat.set_visible, ALL, LATER),
    Entry("POST", "/api/integrations/chat/updatemessagevisibility", chat.set_visible, ALL, EARLY),
    Entry("GET", "/api/integrations/chat", chat.history, ALL, EARLY),
    Entry("GET", "/api/integrations/clients", chat_admin.clients, ALL, EARLY),
    Entry("GET", "/api/integrations/moderation/chat/user/{user_id}", chat.details, ALL, LATER),
    Entry("GET", "/api/integrations/status", integrations.status, ALL, LATER),
    Entry("POST", "/api/integrations/streamtitle", integrations.title, ALL, EARLY),
)

FEDERATION = (
    Entry("GET", "/api/followers", federation.followers_shown, "anyone", EARLY),
    Entry("POST", "/api/remotefollow", federation.remote_follow, "anyone", EARLY),
    Entry("GET", "/api/admin/followers", federation.followers_list, "admin", EARLY),
    Entry("GET", "/api/admin/followers/pending", federation.pending, "admin", EARLY),
    Entry("GET", "/api/admin/followers/blocked", federation.blocked, "admin", EARLY),
    Entry("POST", "/api/admin/followers/approve", federation.approve, "admin", EARLY),
    Entry("POST", "/api/admin/followers/remove", federation.remove, "admin", "0.2.5"),
    Entry("GET", "/api/admin/federation/actions", federation.actions, "admin", EARLY),
    Entry("POST", "/api/admin/federation/send", federation.send, "admin", EARLY),
    *federation_admin.ENTRIES,
    *queue.ENTRIES,
    *replies.ENTRIES,
    *notices.ENTRIES,
    *featured.ENTRIES,
)

SECRETS = (
    Entry("POST", f"{SETTERS}adminpass", setters.set_admin_password, "admin", LATER),
    Entry("POST", f"{SETTERS}streamkeys", setters.set_stream_keys, "admin", LATER),
    Entry("POST", f"{SETTERS}key", setters.set_only_key, "admin", EARLY),
)

SETTINGS_ENTRIES = tuple(
    Entry(
        "POST", f"{SETTERS}{setting.owncast_path}", partial(setters.change, setting), "admin", body_limit=SETTER_LIMIT
    )
    for setting in SETTINGS
    if setting.owncast_path
)

ENTRIES = (
    *PUBLIC,
    *VISITORS,
    *SIGN_IN,
    *MODERATORS,
    *ADMIN,
    *CHAT_ADMIN,
    *INTEGRATIONS,
    *FEDERATION,
    *SECRETS,
    *SETTINGS_ENTRIES,
)

"""The operations of Owncast's API, by their handlers."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fedistream.api.openapi import bodies, chat_shapes, config_shapes, owncast_shapes
from fedistream.api.openapi.operation import Content, Operation, Query, with_status
from fedistream.api.openapi.owncast_shapes import Base, Followers
from fedistream.api.openapi.schema import Keywords
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
from fedistream.api.owncast.federation import MAX_LIMIT, MAX_OFFSET
from fedistream.chat.visitors import STATUS

PAGE = (
    Query("offset", Annotated[int, Keywords(minimum=0, maximum=MAX_OFFSET - 1)]),
    Query("limit", Annotated[int, Keywords(minimum=0, maximum=MAX_LIMIT)], "0 is the default, 50"),
)
MESSAGES = Query("limit", Annotated[int, Keywords(minimum=0, maximum=chat.MOST)], "Ours")
BEFORE = Query("before", str, "Ours: the id of a message; those before it are returned")
PICTURE = Content("image/*", None)
TEXT = Content("text/plain")
BAD: Mapping[int, object] = {400: owncast_shapes.Refused}  # these admin calls have the envelope of the others

PUBLIC: Mapping[object, Operation] = {
    public.status: Operation("Get the state of the stream", owncast_shapes.Status),
    public.config: Operation("Get the configuration of the page", owncast_shapes.WebConfig),
    public.ping: Operation("Count the caller as a viewer"),
    public.variants: Operation("List the renditions of the video", list[owncast_shapes.VideoVariant]),
    public.platforms: Operation(
        "List the platforms that a social handle may name", dict[str, owncast_shapes.SocialPlatform]
    ),
    directory.details: Operation(
        "Get what a directory of streams shows", owncast_shapes.YPDetails, others=with_status(404)
    ),
    federation.followers_shown: Operation("List the followers", Followers, PAGE),
    federation.remote_follow: Operation(
        "Find the page on which an account follows this stream",
        owncast_shapes.RemoteFollow,
        body=bodies.Account,
        others=with_status(404, 429),
    ),
    featured.public_list: Operation("List the featured streams", owncast_shapes.FederatedServers),
    schedule.listed: Operation(
        "List the scheduled broadcasts",
        list[owncast_shapes.ScheduledEvent],
        (
            Query("from", Annotated[str, Keywords(format="date-time")]),
            Query("to", Annotated[str, Keywords(format="date-time")]),
        ),
    ),
    schedule.feed: Operation("Get the schedule as a calendar (RFC 5545)", Content("text/calendar")),
    playback.take_cmcd: Operation(
        "Report how a player plays (CTA-5004 and CTA-5004-B)",
        query=(Query("CMCD", str, "A structured dictionary; headers and the body may bring one too"),),
        body=(
            dict[str, Any],
            bodies.CmcdReports,
            Content("application/cmcd"),
        ),
        body_required=False,
        others=with_status(429),
    ),
    playback.take_old: Operation(
        "Report how a player plays, as in early releases", body=bodies.OldPlaybackReport, others=with_status(429)
    ),
}

CHAT: Mapping[object, Operation] = {
    chat.register: Operation(
        "Register a visitor of the chat",
        chat_shapes.AnonymousUser,
        body=bodies.DisplayName,
        body_required=False,
        others=with_status(403, 429),
    ),
    chat.history: Operation(
        "Read back the chat, the oldest message first",
        list[chat_shapes.ChatMessage],
        (BEFORE, Query("since", str, "Ours: the id of a message; those after it are returned"), MESSAGES),
    ),
    chat.emoji_list: Operation("List the emoji", list[owncast_shapes.Emoji]),
    chat.picture: Operation("Get the picture of an emoji", PICTURE),
    chat.remote_picture: Operation("Get the avatar of a remote actor", PICTURE),
    chat.set_visible: Operation("Hide or show messages", Base, body=bodies.MessageVisibility, others=with_status(404)),
    chat.set_enabled: Operation("Enable or disable a visitor", Base, body=bodies.UserEnabled, others=with_status(404)),
    chat.details: Operation("Get what moderators see of a visitor", chat_shapes.ModerationUserDetails),
    registration.register: Operation(
        "Send notifications to a browser", body=bodies.PushRegistration, others=with_status(429)
    ),
    registration.unregister: Operation("Send a browser no more notifications", body=bodies.PushRegistration),
    sign_in.begin_indieauth: Operation(
        "Begin to sign in with a website (IndieAuth)",
        owncast_shapes.IndieAuthRedirect,
        body=bodies.AuthHost,
        others=with_status(404, 429),
    ),
    sign_in.finish_indieauth: Operation(
        "Return from the website that confirmed its owner",
        query=(Query("state"), Query("code"), Query("iss"), Query("error")),
        success=307,
        others=with_status(404),
    ),
    sign_in.send_code: Operation(
        "Send a code to an account on the fediverse", Base, body=bodies.Account, others=with_status(403, 404, 429)
    ),
    sign_in.verify_code: Operation(
        "Sign in with the code that was sent", Base, body=bodies.Code, others=with_status(403, 404, 429)
    ),
}

INTEGRATIONS: Mapping[object, Operation] = {
    access_tokens.send: Operation("Send a message as the bot", Base, body=bodies.MessageText, others=with_status(429)),
    access_tokens.send_as_user: Operation("Removed: always refused", success=400),
    access_tokens.system: Operation("Send a system message", Base, body=bodies.MessageText, others=with_status(429)),
    access_tokens.system_to: Operation(
        "Send a system message to one client", Base, body=bodies.MessageText, others=with_status(429)
    ),
    access_tokens.action: Operation(
        "Send a message that tells what happens", Base, body=bodies.MessageText, others=with_status(429)
    ),
    access_tokens.status: Operation("Get the state of the stream, with the peaks", owncast_shapes.IntegrationStatus),
    access_tokens.title: Operation("Change the title of the stream", Base, body=bodies.FilledText),
}

ADMIN: Mapping[object, Operation] = {
    admin.status: Operation("Get the state of the stream and its encoder", owncast_shapes.AdminStatus),
    admin.broadcaster: Operation(
        "Get the encoder", owncast_shapes.InboundBroadcaster, others={400: owncast_shapes.Base}
    ),
    admin.server_config: Operation("Get the whole configuration", config_shapes.AdminServerConfig),
    admin.viewer_list: Operation("List the viewers", list[owncast_shapes.Viewer]),
    admin.logs: Operation("Read the log", list[owncast_shapes.LogLine]),
    admin.warnings: Operation("Read the warnings and errors of the log", list[owncast_shapes.LogLine]),
    admin.update_options: Operation("Ask whether the node can update itself", owncast_shapes.UpdateOptions),
    admin.update: Operation("Always refused: the node is updated from outside", success=400),
    admin.disconnect: Operation("End the broadcast", Base),
    playback.clients: Operation("List the players and how they play", list[owncast_shapes.PlaybackClient]),
    playback.video: Operation("Get how viewers play over time", owncast_shapes.VideoMetrics),
    metrics.viewers_over_time: Operation(
        "Get the number of viewers over time",
        list[owncast_shapes.TimestampedValue],
        (Query("windowStart", Annotated[int, Keywords(minimum=0, maximum=metrics.YEAR_9999)], "Unix seconds"),),
    ),
    metrics.hardware_stats: Operation("Get the use of the machine over time", owncast_shapes.HardwareStats),
    metrics.prometheus: Operation("Get the figures under Owncast's names, for Prometheus", TEXT),
    directory.reset: Operation("Forget the registration with a directory", Base),
    schedule.admin_list: Operation("List the series and events of the schedule", owncast_shapes.Schedule),
    schedule.put: Operation(
        "Create or change an event or a series", owncast_shapes.Schedule, body=bodies.ScheduledEventInput, others=BAD
    ),
    schedule.delete: Operation(
        "Delete or cancel an event, or delete a series", owncast_shapes.Schedule, body=bodies.RemovedEvent, others=BAD
    ),
    schedule.preview: Operation(
        "Preview the next five occurrences of a series", owncast_shapes.Occurrences, body=bodies.Recurrence, others=BAD
    ),
    images.set_logo: Operation("Change the logo", Base, body=bodies.Image),
    images.remove_logo: Operation("Return to the default logo", Base),
    images.set_favicon: Operation(
        "Change the favicon",
        Base,
        body=(
            bodies.Image,
            Content(
                "multipart/form-data",
                {"type": "object", "properties": {"favicon": {"type": "string"}}, "required": ["favicon"]},
            ),
        ),
    ),
    images.remove_favicon: Operation("Return to the default favicon", Base),
    setters.set_admin_password: Operation("Change the admin's password", Base, body=bodies.Text),
    setters.set_stream_keys: Operation("Replace the stream keys", Base, body=bodies.StreamKeys),
    setters.set_only_key: Operation("Replace all stream keys by one", Base, body=bodies.Text),
    webhooks.listed: Operation("List the webhooks", list[owncast_shapes.Webhook]),
    webhooks.create: Operation("Create a webhook", owncast_shapes.Webhook, body=bodies.NewWebhook, others=BAD),
    webhooks.delete: Operation("Delete a webhook", Base, body=bodies.Id, others=with_status(404)),
}

CHAT_ADMIN: Mapping[object, Operation] = {
    chat_admin.clients: Operation("List the clients that are connected to the chat", list[chat_shapes.ChatClient]),
    chat_admin.messages_list: Operation(
        "List messages, also hidden ones, the newest first", list[chat_shapes.ChatMessage], (BEFORE, MESSAGES)
    ),
    chat_admin.disabled: Operation("List the disabled visitors", list[chat_shapes.User]),
    chat_admin.moderators: Operation("List the moderators", list[chat_shapes.User]),
    chat_admin.set_moderator: Operation(
        "Make a visitor a moderator, or end that", Base, body=bodies.UserModerator, others=with_status(404)
    ),
    chat_admin.users: Operation(
        "Search the visitors",
        chat_shapes.Users,
        (
            Query("offset", Annotated[int, Keywords(minimum=0, maximum=10**9 - 1)]),
            MESSAGES,
            Query("search"),
            Query("status", {"type": "string", "enum": list(STATUS)}),
            Query("sort", Literal["asc", "desc"]),
        ),
    ),
    chat_admin.delete_user: Operation(
        "Delete a visitor and their messages", Base, body=bodies.UserId, others=with_status(404)
    ),
    chat_admin.ip_bans: Operation("List the banned addresses", list[chat_shapes.IPBan]),
    chat_admin.ban: Operation("Ban an address", Base, body=bodies.IPAddress),
    chat_admin.lift_ban: Operation("Lift the ban of an address", Base, body=bodies.IPAddress, others=with_status(404)),
    chat_admin.upload_emoji: Operation("Upload an emoji", Base, body=bodies.EmojiUpload),
    chat_admin.delete_emoji: Operation("Delete an emoji", Base, body=bodies.EmojiName, others=with_status(404)),
    chat_admin.tokens: Operation("List the access tokens", list[owncast_shapes.ExternalAPIUser]),
    chat_admin.make_token: Operation(
        "Create an access token and its bot", owncast_shapes.ExternalAPIUser, body=bodies.NewToken
    ),
    chat_admin.delete_token: Operation("Delete an access token", Base, body=bodies.Token, others=with_status(404)),
}

FEDERATION: Mapping[object, Operation] = {
    federation.followers_list: Operation("List the followers", Followers, PAGE),
    federation.pending: Operation("List the follow requests", list[owncast_shapes.Follower]),
    federation.blocked: Operation("List the blocked actors", list[owncast_shapes.Follower]),
    federation.approve: Operation(
        "Approve or block a follower", Base, body=bodies.FollowerDecision, others=with_status(404)
    ),
    federation.remove: Operation("Remove a follower", Base, body=bodies.ActorIRI, others=with_status(404)),
    federation.actions: Operation("List follows, likes and shares", owncast_shapes.FederatedActivities, PAGE),
    federation.send: Operation("Publish a post", Base, body=bodies.Text),
    featured.whole_list: Operation("List all featured streams", owncast_shapes.FederatedServers),
    featured.add: Operation("Feature a stream", Base, body=bodies.ServerUrl, others=with_status(404, 429)),
    featured.remove: Operation("Feature a stream no more", Base),
    featured.requests: Operation("List the directories that ask to feature this node", owncast_shapes.FeatureRequests),
    featured.directories: Operation("List the directories that feature this node", list[owncast_shapes.Follower]),
}

OPERATIONS: Mapping[object, Operation] = {**PUBLIC, **CHAT, **INTEGRATIONS, **ADMIN, **CHAT_ADMIN, **FEDERATION}

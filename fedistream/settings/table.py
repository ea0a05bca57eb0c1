"""The table of settings: names, defaults, limits, and what each change affects.

Getters, setters of other systems' APIs, the admin's form and the docs are derived from it. Values are plain JSON.
Options that are needed before the database opens (ports, folders) are in `app/config.py`; `service.py` stores the
values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from fedistream.core.errors import Invalid
from fedistream.settings.checks import (
    MAX_LIVE_MESSAGE,
    MAX_NAME,
    MAX_OFFLINE_MESSAGE,
    MAX_PAGE,
    MAX_SUMMARY,
    MAX_TITLE,
    MAX_WELCOME,
    Check,
    Json,
    accounts,
    choice,
    domains,
    flag,
    handles,
    image_file,
    ip_address,
    language,
    number,
    options,
    people,
    port,
    program,
    public_address,
    tags,
    text,
    username,
    whole,
    words,
)
from fedistream.settings.structures import (
    MAX_GO_LIVE,
    MAX_SCRIPT,
    NO_STORAGE,
    PASSTHROUGH,
    browser_push,
    discord,
    external_actions,
    renditions,
    storage,
    styles,
    url,
    variables,
)

Scope = Literal["node", "channel"]
Touch = Literal["page", "profile", "player", "broadcast", "chat", "followers", "backup", "start"]

TOUCHES: Mapping[Touch, str] = {
    "page": "when a page or the configuration is asked for next",
    "profile": "on other servers: those of the followers are sent an update",
    "player": "from the next broadcast on, because players fail on a change in the middle",
    "broadcast": "at once, also for a broadcast that is running",
    "chat": "at once, for all who are connected to the chat",
    "followers": "at once, for followers and follow requests",
    "backup": "at the next hourly backup",
    "start": "from the next start of the node on",
}

CODECS = (
    *("copy", "libx264", "h264_nvenc", "h264_vaapi", "h264_qsv", "h264_v4l2m2m", "h264_videotoolbox", "h264_omx"),
)
"""Names of FFmpeg's encoders; "copy" hands on what comes in."""
FORBIDDEN_NAMES = ("fedistream", "operator", "admin", "system")


@dataclass(frozen=True, slots=True)
class Setting:
    """One row. `check(name, value)` returns the value to store, or raises Invalid.

    A channel setting may also be set for the whole node, for channels without a value of their own. `owncast_path` is
    the path of the setter in that API, "" for settings that it does not have, and `aliases` are its paths in earlier
    versions. With `opposite`, the setter takes and gives the opposite of a flag. A `secret` appears in no log.
    """

    name: str
    type: type
    default: Json
    check: Check
    touches: frozenset[Touch]
    scope: Scope = "channel"
    owncast_path: str = ""
    aliases: tuple[str, ...] = ()
    opposite: bool = False
    secret: bool = False

    @property
    def from_next_start(self) -> bool:
        """A change takes effect at the next start of the node."""
        return "start" in self.touches


PAGE: frozenset[Touch] = frozenset({"page"})
PROFILE: frozenset[Touch] = frozenset({"page", "profile"})
ASKERS: frozenset[Touch] = frozenset({"followers", "profile"})
PLAYER: frozenset[Touch] = frozenset({"player"})
BROADCAST: frozenset[Touch] = frozenset({"broadcast"})
LIVE_CHAT: frozenset[Touch] = frozenset({"page", "chat"})
FOLLOWERS: frozenset[Touch] = frozenset({"followers"})
CHAT: frozenset[Touch] = frozenset({"chat"})
START: frozenset[Touch] = frozenset({"start"})


def checked(rows: Iterable[Setting]) -> tuple[Setting, ...]:
    """Return the table if it is consistent. Raises AssertionError, so that a wrong table stops the start."""
    table = tuple(rows)
    names = [row.name for row in table]
    paths = [path for row in table for path in (row.owncast_path, *row.aliases) if path]
    assert len(set(names)) == len(names), "two settings have one name"
    assert len(set(paths)) == len(paths), "two settings have one path"
    for row in table:
        assert row.touches, f"{row.name} touches nothing"
        assert row.touches <= TOUCHES.keys(), f"{row.name} touches what is not known"
        assert type(row.default) is row.type, f"{row.name} has a default of another type"
        assert row.type is bool or not row.opposite, f"{row.name} is no flag and has no opposite"
        assert row.owncast_path or not row.aliases, f"{row.name} has former paths and no path"
        # "" and 0 mean that it is not set, which these checks do not accept
        if row.check not in (public_address, ip_address, port):
            assert _passes(row), f"{row.name} has a default that fails its check"
    return table


def _passes(row: Setting) -> bool:
    try:
        return row.check(row.name, row.default) == row.default
    except Invalid:
        return False


SETTINGS = checked(
    (
        Setting("channel.name", str, "Fedistream", text(MAX_NAME, empty=False), PROFILE, owncast_path="name"),
        Setting("channel.summary", str, "", text(MAX_SUMMARY, lines=True), PROFILE, owncast_path="serversummary"),
        Setting(
            "channel.title", str, "", text(MAX_TITLE), frozenset({"page", "broadcast"}), owncast_path="streamtitle"
        ),
        Setting(
            "channel.offline_message",
            str,
            "",
            text(MAX_OFFLINE_MESSAGE, lines=True),
            PAGE,
            owncast_path="offlinemessage",
        ),
        Setting("channel.page_content", str, "", text(MAX_PAGE, lines=True), PAGE, owncast_path="pagecontent"),
        Setting("channel.tags", list, [], tags, PROFILE, owncast_path="tags"),
        Setting("channel.nsfw", bool, False, flag, PAGE, owncast_path="nsfw"),
        Setting("channel.social_handles", list, [], handles, PROFILE, owncast_path="socialhandles"),
        # the names of files, which the calls and pages for images set; "" is the default image
        Setting("channel.logo", str, "", image_file, PROFILE),
        Setting("node.favicon", str, "", image_file, PAGE, scope="node"),
        Setting("channel.hide_viewer_count", bool, False, flag, PAGE, owncast_path="hideviewercount"),
        Setting("node.public_url", str, "", public_address, PROFILE, scope="node", owncast_path="serverurl"),
        Setting(
            "node.disable_search_indexing", bool, False, flag, PAGE, scope="node", owncast_path="disablesearchindexing"
        ),
        Setting("page.custom_styles", str, "", styles, PAGE, owncast_path="customstyles"),
        Setting("page.custom_javascript", str, "", text(MAX_SCRIPT, lines=True), PAGE, owncast_path="customjavascript"),
        # CSS variables of the page, by their names
        Setting("page.appearance", dict, {}, variables, PAGE, owncast_path="appearance"),
        # buttons on the page that open another page or show some HTML
        Setting("page.external_actions", list, [], external_actions, PAGE, owncast_path="externalactions"),
        Setting("page.autoplay", str, "always", choice("off", "always", "sound-only"), PAGE, owncast_path="autoplay"),
        Setting("directory.enabled", bool, False, flag, PAGE, scope="node", owncast_path="directoryenabled"),
        # the directory that the node registers with while it is live; "": none
        Setting("directory.url", str, "", public_address, BROADCAST, scope="node"),
        # 0 and "": as the command line says
        Setting("node.web_port", int, 0, port, START, scope="node", owncast_path="webserverport"),
        Setting("node.web_address", str, "", ip_address, START, scope="node", owncast_path="webserverip"),
        Setting("node.rtmp_port", int, 0, port, START, scope="node", owncast_path="rtmpserverport"),
        Setting("node.rtmp_address", str, "", ip_address, START, scope="node", owncast_path="rtmpserverbindaddress"),
        # the encoder of renditions; "copy" is what nodes had before they could encode, and means x264
        Setting("video.codec", str, "copy", choice(*CODECS), BROADCAST, scope="node", owncast_path="video/codec"),
        Setting("video.ffmpeg_path", str, "", program, START, scope="node", owncast_path="ffmpegpath"),
        # 0 has the shortest segments; the parts of LL-HLS are shorter still
        Setting("video.latency_level", int, 0, whole(0, 4), PLAYER, owncast_path="video/streamlatencylevel"),
        Setting(
            "video.renditions",
            list,
            [dict(PASSTHROUGH)],
            renditions,
            BROADCAST,
            owncast_path="video/streamoutputvariants",
        ),
        # object storage for the video
        Setting("storage.s3", dict, dict(NO_STORAGE), storage, PLAYER, scope="node", owncast_path="s3", secret=True),
        Setting(
            "storage.serving_endpoint",
            str,
            "",
            url("https", "http"),
            PLAYER,
            scope="node",
            owncast_path="videoservingendpoint",
        ),
        # how long a broadcast waits for a lost encoder, in seconds
        Setting("broadcast.grace_s", int, 60, whole(0, 600), BROADCAST),
        # the length of an LL-HLS part: shorter means less latency and more requests
        Setting("hls.part_ms", int, 333, whole(100, 1000), PLAYER),
        Setting("hls.segment_s", float, 2.0, number(1, 10), PLAYER),
        Setting("hls.window_segments", int, 15, whole(5, 60), PLAYER),
        Setting("chat.enabled", bool, True, flag, LIVE_CHAT, owncast_path="chat/disable", opposite=True),
        # off: join and part lines fill an empty chat, and nobody reads them in a full one
        Setting("chat.join_messages", bool, False, flag, CHAT, owncast_path="chat/joinmessagesenabled"),
        Setting("chat.established_only", bool, False, flag, CHAT, owncast_path="chat/establishedusermode"),
        Setting("chat.signed_in_only", bool, False, flag, LIVE_CHAT, owncast_path="chat/requireauthentication"),
        Setting("chat.spam_protection", bool, True, flag, LIVE_CHAT, owncast_path="chat/spamprotectionenabled"),
        Setting("chat.slur_filter", bool, False, flag, CHAT, owncast_path="chat/slurfilterenabled"),
        Setting("chat.blocked_words", list, [], words, CHAT),
        Setting(
            "chat.forbidden_names", list, list(FORBIDDEN_NAMES), words, CHAT, owncast_path="chat/forbiddenusernames"
        ),
        Setting("chat.suggested_names", list, [], words, CHAT, owncast_path="chat/suggestedusernames"),
        Setting("chat.welcome", str, "", text(MAX_WELCOME, lines=True), CHAT, owncast_path="welcomemessage"),
        # the emoji that come with the node, beside the admin's own
        Setting("chat.default_emoji", bool, True, flag, CHAT, scope="node"),
        # slow mode: seconds between two messages of a visitor; 0 is off
        Setting("chat.slow_s", int, 0, whole(0, 3600), CHAT),
        # how long the chat stays open after a broadcast, in seconds, up to a week
        Setting("chat.offline_s", int, 300, whole(0, 604_800), CHAT),
        # how many days messages are kept; 0 means for ever
        Setting("chat.retention_days", int, 30, whole(0, 3650), CHAT),
        # the address of the chat's socket, for a node whose socket has an address of its own
        Setting(
            "node.socket_host",
            str,
            "",
            url("https", "http", "wss", "ws"),
            PAGE,
            scope="node",
            owncast_path="sockethostoverride",
        ),
        # the address of a webhook of Discord is a password to its channel
        Setting(
            "notifications.discord",
            dict,
            {"enabled": False, "webhook": "", "goLiveMessage": ""},
            discord,
            BROADCAST,
            owncast_path="notifications/discord",
            secret=True,
        ),
        Setting(
            "notifications.browser",
            dict,
            {"enabled": False, "goLiveMessage": ""},
            browser_push,
            frozenset({"page", "broadcast"}),
            owncast_path="notifications/browser",
        ),
        Setting("schedule.enabled", bool, False, flag, PAGE, owncast_path="schedule/enabled"),
        Setting("schedule.show_countdown", bool, False, flag, PAGE, owncast_path="schedule/showcountdown"),
        Setting(
            "schedule.chat_open_minutes",
            int,
            0,
            options(0, 5, 10, 30, 60),
            LIVE_CHAT,
            owncast_path="schedule/chatopenminutes",
        ),
        Setting(
            "schedule.reminder_message",
            str,
            "",
            text(MAX_GO_LIVE, lines=True),
            BROADCAST,
            owncast_path="schedule/remindermessage",
        ),
        # no effect without a public URL, because all activities need URLs
        Setting("federation.enabled", bool, False, flag, PROFILE, scope="node", owncast_path="federation/enable"),
        # the admin approves followers, and posts are for followers only
        Setting("federation.private", bool, False, flag, PROFILE, owncast_path="federation/private"),
        Setting("federation.show_engagement", bool, True, flag, CHAT, owncast_path="federation/showengagement"),
        # replies to the channel: ignored, shown after approval, or shown at once. The default shows no stranger's text
        # on a stream without approval, and loses no reply
        Setting("federation.replies", str, "held", choice("off", "held", "on"), CHAT),
        Setting("federation.replies_from", str, "all", choice("followers", "all"), CHAT),
        # of the home channel; other channels use their slug
        Setting(
            "federation.username", str, "streamer", username, PROFILE, scope="node", owncast_path="federation/username"
        ),
        Setting(
            "federation.live_message",
            str,
            "I've gone live!",
            text(MAX_LIVE_MESSAGE, lines=True),
            BROADCAST,
            owncast_path="federation/livemessage",
        ),
        # which followers need approval in a channel that is not private: see `federation/followers/approval_rules.py`
        Setting("federation.hold_unknown", bool, False, flag, ASKERS),
        Setting("federation.hold_younger_days", int, 0, whole(0, 3650), ASKERS),
        Setting("federation.hold_automated", bool, False, flag, ASKERS),
        # their followers need no approval; with `known_only`, all other servers are ignored
        Setting("federation.known_domains", list, [], domains, FOLLOWERS, scope="node"),
        Setting("federation.known_only", bool, False, flag, FOLLOWERS, scope="node"),
        # the streamer's former accounts: their servers check this before they move the followers
        Setting("federation.also_known_as", list, [], accounts, PROFILE),
        # whether everybody may quote public posts; permissions that were given stay valid
        Setting("federation.quotes", bool, True, flag, BROADCAST, owncast_path="federation/enablequotes"),
        # the number of followers is public in any case
        Setting("federation.hide_followers", bool, False, flag, PAGE, owncast_path="federation/hidefollowers"),
        # authorized fetch: documents need a signed request, and blocked servers are refused
        Setting("federation.signed_reading", bool, False, flag, FOLLOWERS, scope="node"),
        # the delay of the live announcement: soon, but after a sound check
        Setting("notice.delay_s", int, 120, whole(0, 3600), BROADCAST),
        # a broadcast within so long of an announced one is not announced
        Setting("notice.cooldown_s", int, 600, whole(0, 86_400), BROADCAST),
        # other servers show a card of the page or an image, but not both
        Setting("notice.picture", str, "card", choice("card", "picture"), BROADCAST),
        Setting("notice.at_end", str, "update", choice("update", "delete", "leave"), BROADCAST),
        Setting("notice.ended_message", str, "The stream has ended.", text(MAX_LIVE_MESSAGE, lines=True), BROADCAST),
        # the language of the streamer's texts
        Setting("notice.language", str, "", language, BROADCAST),
        Setting(
            "federation.blocked_domains",
            list,
            [],
            domains,
            FOLLOWERS,
            scope="node",
            owncast_path="federation/blockdomains",
        ),
        # how many hourly backups are kept in the data folder; 0 makes none
        Setting("backup.hourly_kept", int, 3, whole(0, 168), frozenset({"backup"}), scope="node"),
        # accounts by their handles, also those that the node does not know yet
        Setting("federation.blocked_accounts", list, [], people, FOLLOWERS, scope="node"),
    )
)

BY_NAME: Mapping[str, Setting] = {row.name: row for row in SETTINGS}

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
    language,
    number,
    people,
    public_address,
    tags,
    text,
    username,
    whole,
    words,
)

Scope = Literal["node", "channel"]
Touch = Literal["page", "profile", "player", "broadcast", "chat", "followers"]

TOUCHES: Mapping[Touch, str] = {
    "page": "seen when a page or the configuration is asked for next",
    "profile": "what the fediverse knows of the channel: followers are sent an update",
    "player": "from the next broadcast on, as players would stumble over a change in the middle",
    "broadcast": "at once, also for a broadcast that is running",
    "chat": "at once, for everybody in the chat",
    "followers": "at once, for who follows or wants to",
}

FORBIDDEN_NAMES = ("fedistream", "operator", "admin", "system")


@dataclass(frozen=True, slots=True)
class Setting:
    """One row. `check(name, value)` returns the value to store, or raises Invalid.

    `owncast_path` is the path of the setter in that API, "" for settings that it does not have. A channel setting may
    also be set for the whole node, for channels without a value of their own.
    """

    name: str
    type: type
    default: Json
    check: Check
    touches: frozenset[Touch]
    owncast_path: str = ""
    scope: Scope = "channel"


PAGE: frozenset[Touch] = frozenset({"page"})
PROFILE: frozenset[Touch] = frozenset({"page", "profile"})
ASKERS: frozenset[Touch] = frozenset({"followers", "profile"})
PLAYER: frozenset[Touch] = frozenset({"player"})
BROADCAST: frozenset[Touch] = frozenset({"broadcast"})
CHAT: frozenset[Touch] = frozenset({"chat"})


def checked(rows: Iterable[Setting]) -> tuple[Setting, ...]:
    """Return the table if it is consistent. Raises AssertionError, so that a wrong table stops the start."""
    table = tuple(rows)
    names, paths = [row.name for row in table], [row.owncast_path for row in table if row.owncast_path]
    assert len(set(names)) == len(names), "two settings have one name"
    assert len(set(paths)) == len(paths), "two settings have one path"
    for row in table:
        assert row.touches, f"{row.name} touches nothing"
        assert row.touches <= TOUCHES.keys(), f"{row.name} touches what is not known"
        assert type(row.default) is row.type, f"{row.name} has a default of another type"
        # the default "" means that the address is not set, which the check does not accept
        if row.check is not public_address:
            assert _passes(row), f"{row.name} has a default that fails its check"
    return table


def _passes(row: Setting) -> bool:
    try:
        return row.check(row.name, row.default) == row.default
    except Invalid:
        return False


SETTINGS = checked(
    (
        Setting("name", str, "Fedistream", text(MAX_NAME, empty=False), PROFILE, "name"),
        Setting("serversummary", str, "", text(MAX_SUMMARY, lines=True), PROFILE, "serversummary"),
        Setting("streamtitle", str, "", text(MAX_TITLE), frozenset({"page", "broadcast"}), "streamtitle"),
        Setting("offlinemessage", str, "", text(MAX_OFFLINE_MESSAGE, lines=True), PAGE, "offlinemessage"),
        Setting("pagecontent", str, "", text(MAX_PAGE, lines=True), PAGE, "pagecontent"),
        Setting("tags", list, [], tags, PROFILE, "tags"),
        Setting("nsfw", bool, False, flag, PAGE, "nsfw"),
        Setting("socialhandles", list, [], handles, PROFILE, "socialhandles"),
        Setting("hideviewercount", bool, False, flag, PAGE, "hideviewercount"),
        Setting("serverurl", str, "", public_address, PROFILE, "serverurl", "node"),
        Setting("disablesearchindexing", bool, False, flag, PAGE, "disablesearchindexing", "node"),
        # how long a broadcast waits for a lost encoder, in seconds
        Setting("broadcast.grace_s", int, 60, whole(0, 600), frozenset({"broadcast"})),
        # the length of an LL-HLS part: shorter means less latency and more requests
        Setting("hls.part_ms", int, 333, whole(100, 1000), PLAYER),
        Setting("hls.segment_s", float, 2.0, number(1, 10), PLAYER),
        Setting("hls.window_segments", int, 15, whole(5, 60), PLAYER),
        Setting("chat.disabled", bool, False, flag, frozenset({"page", "chat"}), "chat/disable"),
        # off: join and part lines fill an empty chat, and nobody reads them in a full one
        Setting("chat.join_messages", bool, False, flag, CHAT, "chat/joinmessagesenabled"),
        Setting("chat.established_only", bool, False, flag, CHAT, "chat/establishedusermode"),
        Setting("chat.signed_in_only", bool, False, flag, frozenset({"page", "chat"}), "chat/requireauthentication"),
        Setting("chat.spam_protection", bool, True, flag, frozenset({"page", "chat"}), "chat/spamprotectionenabled"),
        Setting("chat.slur_filter", bool, False, flag, CHAT, "chat/slurfilterenabled"),
        Setting("chat.blocked_words", list, [], words, CHAT),
        Setting("chat.forbidden_names", list, list(FORBIDDEN_NAMES), words, CHAT, "chat/forbiddenusernames"),
        Setting("chat.suggested_names", list, [], words, CHAT, "chat/suggestedusernames"),
        Setting("chat.welcome", str, "", text(MAX_WELCOME, lines=True), CHAT, "welcomemessage"),
        # slow mode: seconds between two messages of a visitor; 0 is off
        Setting("chat.slow_s", int, 0, whole(0, 3600), CHAT),
        # how long the chat stays open after a broadcast, in seconds, up to a week
        Setting("chat.offline_s", int, 300, whole(0, 604_800), CHAT),
        # how many days messages are kept; 0 means for ever
        Setting("chat.retention_days", int, 30, whole(0, 3650), CHAT),
        # no effect without a serverurl, because all activities need URLs
        Setting("federation.enabled", bool, False, flag, PROFILE, "federation/enable", "node"),
        # the admin approves followers, and posts are for followers only
        Setting("federation.private", bool, False, flag, PROFILE, "federation/private"),
        Setting("federation.show_engagement", bool, True, flag, CHAT, "federation/showengagement"),
        # replies to the channel: ignored, shown after approval, or shown at once. The default shows no stranger's text
        # on a stream without approval, and loses no reply
        Setting("federation.replies", str, "held", choice("off", "held", "on"), CHAT),
        Setting("federation.replies_from", str, "all", choice("followers", "all"), CHAT),
        # of the home channel; other channels use their slug
        Setting("federation.username", str, "streamer", username, PROFILE, "federation/username", "node"),
        Setting(
            "federation.live_message",
            str,
            "I've gone live!",
            text(MAX_LIVE_MESSAGE, lines=True),
            frozenset({"broadcast"}),
            "federation/livemessage",
        ),
        # which followers need approval in a channel that is not private: see `federation/followers/approval_rules.py`
        Setting("federation.hold_unknown", bool, False, flag, ASKERS),
        Setting("federation.hold_younger_days", int, 0, whole(0, 3650), ASKERS),
        Setting("federation.hold_automated", bool, False, flag, ASKERS),
        # their followers need no approval; with `known_only`, all other servers are ignored
        Setting("federation.known_domains", list, [], domains, frozenset({"followers"}), scope="node"),
        Setting("federation.known_only", bool, False, flag, frozenset({"followers"}), scope="node"),
        # the streamer's former accounts: their servers check this before they move the followers
        Setting("federation.also_known_as", list, [], accounts, PROFILE),
        # whether everybody may quote public posts; permissions that were given stay valid
        Setting("federation.quotes", bool, True, flag, frozenset({"broadcast"}), "federation/enablequotes"),
        # the number of followers is public in any case
        Setting("federation.hide_followers", bool, False, flag, PAGE, "federation/hidefollowers"),
        # authorized fetch: documents need a signed request, and blocked servers are refused
        Setting("federation.signed_reading", bool, False, flag, frozenset({"followers"}), scope="node"),
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
            "federation.blocked_domains", list, [], domains, frozenset({"followers"}), "federation/blockdomains", "node"
        ),
        # accounts by their handles, also those that the node does not know yet
        Setting("federation.blocked_accounts", list, [], people, frozenset({"followers"}), scope="node"),
    )
)

BY_NAME: Mapping[str, Setting] = {row.name: row for row in SETTINGS}

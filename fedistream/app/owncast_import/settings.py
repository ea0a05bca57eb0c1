"""The settings of an Owncast server as settings of this node. Pure.

Both are joined by the path of Owncast's own setter, which our table of settings has too. So a setting that the table
gains later is imported without a change here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fedistream.api.wording import sentence
from fedistream.app.owncast_import import gob
from fedistream.app.owncast_import.report import Report
from fedistream.core.errors import Invalid
from fedistream.settings.checks import Json
from fedistream.settings.table import SETTINGS, Setting

Raw = gob.Value
Convert = Callable[[Raw], object]

SHORTEST_KEY = 6


def as_is(value: Raw) -> object:
    return value


def _parts(value: Raw) -> object:
    """Split a list that is stored as one text."""
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


def _whole(value: Raw) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _members(names: Mapping[str, str], empty: Mapping[str, object]) -> Convert:
    """Return a conversion of a struct, or a list of them, from Go's names to those of Owncast's API."""

    def convert(value: Raw) -> object:
        if isinstance(value, list):
            return [convert(each) for each in value]
        if not isinstance(value, dict):
            return value
        return dict(empty) | {name: value[field] for field, name in names.items() if field in value}

    return convert


_HANDLE = _members({"Platform": "platform", "URL": "url"}, {})
_ACTION = _members(
    {
        "URL": "url",
        "HTML": "html",
        "Title": "title",
        "Description": "description",
        "Icon": "icon",
        "Color": "color",
        "OpenExternally": "openExternally",
    },
    {"url": "", "html": "", "title": "", "description": "", "icon": "", "color": "", "openExternally": False},
)
_VARIANT = _members(
    {
        "Name": "name",
        "IsVideoPassthrough": "videoPassthrough",
        "IsAudioPassthrough": "audioPassthrough",
        "VideoBitrate": "videoBitrate",
        "AudioBitrate": "audioBitrate",
        "ScaledWidth": "scaledWidth",
        "ScaledHeight": "scaledHeight",
        "Framerate": "framerate",
        "CPUUsageLevel": "cpuUsageLevel",
    },
    {"name": "", "videoPassthrough": False, "audioPassthrough": False, "videoBitrate": 0, "audioBitrate": 0}
    | {"scaledWidth": 0, "scaledHeight": 0, "framerate": 0, "cpuUsageLevel": 0},
)
_S3 = _members(
    {
        "Enabled": "enabled",
        "Endpoint": "endpoint",
        "ServingEndpoint": "servingEndpoint",
        "AccessKey": "accessKey",
        "Secret": "secret",
        "Bucket": "bucket",
        "Region": "region",
        "ACL": "acl",
        "PathPrefix": "pathPrefix",
        "ForcePathStyle": "forcePathStyle",
    },
    {"enabled": False, "endpoint": "", "servingEndpoint": "", "accessKey": "", "secret": "", "bucket": ""}
    | {"region": "", "acl": "", "pathPrefix": "", "forcePathStyle": False},
)
_DISCORD = _members(
    {"Enabled": "enabled", "Webhook": "webhook", "GoLiveMessage": "goLiveMessage"},
    {"enabled": False, "webhook": "", "goLiveMessage": ""},
)
_BROWSER = _members({"Enabled": "enabled", "GoLiveMessage": "goLiveMessage"}, {"enabled": False, "goLiveMessage": ""})

# the key in Owncast's datastore: the path of Owncast's setter, and how the value becomes what that setter takes
KEYS: Mapping[str, tuple[str, Convert]] = {
    "server_name": ("name", as_is),
    "server_summary": ("serversummary", as_is),
    "stream_title": ("streamtitle", as_is),
    "custom_offline_message": ("offlinemessage", as_is),
    "extra_page_content": ("pagecontent", as_is),
    "server_welcome_message": ("welcomemessage", as_is),
    "server_url": ("serverurl", as_is),
    "server_metadata_tags": ("tags", _parts),
    "nsfw": ("nsfw", as_is),
    "social_handles": ("socialhandles", _HANDLE),
    "hide_viewer_count": ("hideviewercount", as_is),
    "disable_search_indexing": ("disablesearchindexing", as_is),
    "external_actions": ("externalactions", _ACTION),
    "custom_styles": ("customstyles", as_is),
    "custom_javascript": ("customjavascript", as_is),
    "custom_color_variable_values": ("appearance", as_is),
    "autoplay": ("autoplay", as_is),
    "chat_disabled": ("chat/disable", as_is),
    "chat_join_messages_enabled": ("chat/joinmessagesenabled", as_is),
    "chat_established_users_only_mode": ("chat/establishedusermode", as_is),
    "chat_spam_protection_enabled": ("chat/spamprotectionenabled", as_is),
    "chat_slur_filter_enabled": ("chat/slurfilterenabled", as_is),
    "chat_require_authentication": ("chat/requireauthentication", as_is),
    "blocked_usernames": ("chat/forbiddenusernames", _parts),
    "suggested_usernames": ("chat/suggestedusernames", _parts),
    "federation_enabled": ("federation/enable", as_is),
    "federation_username": ("federation/username", as_is),
    "federation_private": ("federation/private", as_is),
    "federation_go_live_message": ("federation/livemessage", as_is),
    "federation_show_engagement": ("federation/showengagement", as_is),
    "federation_enable_quotes": ("federation/enablequotes", as_is),
    "federation_hide_followers_tab": ("federation/hidefollowers", as_is),
    "federation_blocked_domains": ("federation/blockdomains", _parts),
    "directory_enabled": ("directoryenabled", as_is),
    "video_codec": ("video/codec", as_is),
    "video_latency_level": ("video/streamlatencylevel", _whole),
    "video_stream_output_variants": ("video/streamoutputvariants", _VARIANT),
    "video_serving_endpoint": ("videoservingendpoint", as_is),
    "s3_storage_config": ("s3", _S3),
    "ffmpeg_path": ("ffmpegpath", as_is),
    "http_port_number": ("webserverport", _whole),
    "http_listen_address": ("webserverip", as_is),
    "rtmp_port_number": ("rtmpserverport", _whole),
    "rtmp_bind_address": ("rtmpserverbindaddress", as_is),
    "websocket_host_override": ("sockethostoverride", as_is),
    "discord_configuration": ("notifications/discord", _DISCORD),
    "browser_push_configuration": ("notifications/browser", _BROWSER),
    "schedule_enabled": ("schedule/enabled", as_is),
    "schedule_show_countdown": ("schedule/showcountdown", as_is),
    "schedule_chat_open_minutes": ("schedule/chatopenminutes", _whole),
    "schedule_reminder_message": ("schedule/remindermessage", as_is),
}
# what an Owncast without a stored value does, where this node does otherwise
IMPLIED: Mapping[str, Raw] = {"chat_join_messages_enabled": True}
# read elsewhere, or of no use to another server
OTHERS = frozenset(
    (
        *("admin_password_key", "stream_key", "stream_keys", "public_key", "private_key", "server_init_date"),
        *("logo_path", "favicon_path", "logo_uniqueness", "peak_viewers_session", "peak_viewers_overall"),
        *("last_disconnect_time", "notifications_enabled", "has_configured_initial_notifications"),
        *("browser_push_public_key", "browser_push_private_key"),
        *("DATA_STORE_VERSION", "HAS_POPULATED_DEFAULTS", "HAS_POPULATED_FEDERATION_DEFAULTS", "PREVIOUS_VERSION"),
    )
)
NOT_KNOWN = "this version has no such setting"


@dataclass(frozen=True, slots=True)
class StoredSetting:
    """A checked value of one of our settings."""

    setting: Setting
    value: Json


@dataclass(frozen=True, slots=True)
class Datastore:
    """The decoded values, by key."""

    values: Mapping[str, Raw]

    def text(self, key: str) -> str:
        found = self.values.get(key)
        return found if isinstance(found, str) else ""

    def number(self, key: str) -> float:
        found = self.values.get(key)
        return float(found) if isinstance(found, int | float) else 0.0


def read(rows: Iterator[Mapping[str, object]], report: Report) -> Datastore:
    """Decode the rows of the datastore. A value that cannot be read is reported and left out."""
    values: dict[str, Raw] = {}
    for row in rows:
        key, value = str(row["key"]), row["value"]
        if not isinstance(value, bytes):
            continue
        try:
            values[key] = gob.decode(value)
        except gob.BadGob as error:
            report.leave("settings", f"a value cannot be read ({error})", key)
    return Datastore(values)


def settings(store: Datastore, report: Report) -> Iterator[StoredSetting]:
    """Yield the values that pass the checks of our settings; the others are reported."""
    by_path = {path: setting for setting in SETTINGS for path in (setting.owncast_path, *setting.aliases) if path}
    for key, raw in {**IMPLIED, **store.values}.items():
        if key in OTHERS:
            continue
        path, convert = KEYS.get(key, ("", as_is))
        setting = by_path.get(path)
        if setting is None:
            if raw not in ("", False, 0, [], {}):
                report.leave("settings", NOT_KNOWN, key)
            continue
        value = convert(raw)
        if setting.opposite and isinstance(value, bool):
            value = not value
        try:
            checked = setting.check(setting.name, value)
        except Invalid as error:
            # an address may be empty in Owncast, and is not set here then
            if value not in ("", []):
                report.leave("settings", sentence(error), key)
            continue
        yield StoredSetting(setting, checked)


def stream_keys(store: Datastore) -> list[tuple[str, str]]:
    """Return the stream keys with their comments. Before Owncast 0.1, one key was the admin's password too."""
    found = store.values.get("stream_keys")
    pairs = [
        (str(each.get("Key", "")), str(each.get("Comment", "")))
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, dict)
    ]
    if not pairs and (old := store.text("stream_key")):
        pairs = [(old, "")]
    return list(dict(pairs).items())


def admin_password(store: Datastore) -> str:
    """Return the admin's password: in plain text before Owncast 0.2, after that its bcrypt hash; "" for none."""
    return store.text("admin_password_key") or store.text("stream_key")


def started_at(store: Datastore) -> datetime | None:
    """Return when the server was first started."""
    found = store.values.get("server_init_date")
    raw = found.get("Time") if isinstance(found, dict) else None
    return go_time(raw) if isinstance(raw, bytes) else None


def go_time(raw: bytes) -> datetime | None:
    """Return a time.Time in Go's binary form: a version, seconds since the year 1, nanoseconds, minutes of the zone."""
    if len(raw) not in (15, 16) or raw[0] not in (1, 2):
        return None
    try:
        at = datetime(1, 1, 1, tzinfo=UTC) + timedelta(seconds=int.from_bytes(raw[1:9], "big", signed=True))
    except OverflowError:
        return None
    return at if at.year >= 1970 else None

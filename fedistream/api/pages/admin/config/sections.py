"""The table of these pages: which settings each shows, and in which words. The settings bring their own checks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from gettext import NullTranslations
from typing import Literal

from fedistream.broadcasts.latency import BEHIND_PARTS, LEVELS
from fedistream.settings.table import BY_NAME, CODECS

Kind = Literal["text", "url", "number", "area", "check", "select", "password"]
PAGE = "/admin/config/"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: a setting, or with `member` a member of a setting that is an object."""

    setting: str
    label: str
    kind: Kind = "text"
    hint: str = ""
    member: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.setting}:{self.member}" if self.member else self.setting

    @property
    def from_next_start(self) -> bool:
        return BY_NAME[self.setting].from_next_start

    @property
    def from_next_broadcast(self) -> bool:
        return "player" in BY_NAME[self.setting].touches


@dataclass(frozen=True, slots=True)
class Section:
    """One page. `note` says what its settings wait for."""

    name: str
    title: str
    fields: tuple[Field, ...]
    note: str = ""

    @property
    def path(self) -> str:
        return f"{PAGE}{self.name}"


def sections(translations: NullTranslations) -> dict[str, Section]:
    """Return the pages by the last part of their paths."""
    made = (
        _general(translations),
        _appearance(translations),
        _actions(translations),
        _video(translations),
        _storage(translations),
        _notifications(translations),
        _server(translations),
    )
    return {each.name: each for each in made}


def _general(translations: NullTranslations) -> Section:
    _ = translations.gettext
    autoplay = {"always": _("always"), "sound-only": _("only with sound"), "off": _("never")}
    return Section(
        "general",
        _("General"),
        (
            Field(
                "channel.nsfw",
                _("The stream is not for everybody"),
                "check",
                _("Viewers see a warning first. Posts about the stream are marked as sensitive."),
            ),
            Field(
                "channel.hide_viewer_count",
                _("Hide the number of viewers"),
                "check",
                _("It is still shown to you here."),
            ),
            Field(
                "node.disable_search_indexing",
                _("Hide this node from search engines"),
                "check",
                _("For the whole node, in robots.txt and on the pages."),
            ),
            Field(
                "directory.enabled",
                _("List the stream in a directory of streams"),
                "check",
                _("Needs the server URL of the federation settings, and the address of a directory."),
            ),
            Field(
                "directory.url",
                _("Address of the directory"),
                hint=_("For example https://directory.example. The node registers there while you are live."),
            ),
            Field("page.autoplay", _("Autoplay"), "select", options=autoplay),
        ),
    )


def _appearance(translations: NullTranslations) -> Section:
    _ = translations.gettext
    return Section(
        "appearance",
        _("Appearance"),
        (
            Field(
                "page.appearance",
                _("Appearance variables"),
                "area",
                _("CSS variables, one per line, like: theme-color-action: #aa3366"),
            ),
            Field(
                "page.custom_styles",
                _("Custom styles"),
                "area",
                _("CSS for all pages that visitors see. Nothing is loaded from other sites."),
            ),
            Field(
                "page.custom_javascript",
                _("Custom JavaScript"),
                "area",
                _("Runs on the watch page, for every viewer. Scripts of other sites are not loaded."),
            ),
        ),
    )


def _actions(translations: NullTranslations) -> Section:
    return Section("actions", translations.gettext("External actions"), ())


def _video(translations: NullTranslations) -> Section:
    _ = translations.gettext
    levels = {
        str(level): _("{level}: about {seconds:g} s").format(
            level=level, seconds=round(BEHIND_PARTS * part_ms / 1000, 1)
        )
        for level, (part_ms, _segment_s) in enumerate(LEVELS)
    }
    return Section(
        "video",
        _("Video"),
        (
            Field("hls.part_ms", _("Length of a part, in milliseconds"), "number", _("Shorter means less latency.")),
            Field("hls.segment_s", _("Length of a segment, in seconds"), "number"),
            Field("hls.window_segments", _("Segments in the playlist"), "number"),
            Field(
                "video.latency_level",
                _("Latency level"),
                "select",
                _("How far players stay behind. A higher level suits viewers with slow or unsteady connections."),
                options=levels,
            ),
            Field(
                "video.codec",
                _("Codec"),
                "select",
                _("Encodes the output variants. Where it does not work, x264 does, and the stream's health says so."),
                options={codec: codec for codec in CODECS},
            ),
            Field(
                "video.ffmpeg_path",
                _("Path of ffmpeg"),
                hint=_("Stored for programs that read it. This node needs no ffmpeg."),
            ),
        ),
        _(
            "The stream is passed on as your encoder sends it. Other output variants cost processor time while you are "
            "live; a change of them applies at once. Lengths and the latency level hold from the next broadcast on."
        ),
    )


def _storage(translations: NullTranslations) -> Section:
    _ = translations.gettext
    s3 = "storage.s3"
    return Section(
        "storage",
        _("Storage"),
        (
            Field(s3, _("Use S3 storage"), "check", member="enabled"),
            Field(s3, _("Endpoint"), "url", member="endpoint"),
            Field(s3, _("Bucket"), member="bucket"),
            Field(s3, _("Region"), member="region"),
            Field(s3, _("Access key"), member="accessKey"),
            Field(s3, _("Secret"), "password", _("Leave it empty to keep the one that is stored."), member="secret"),
            Field(s3, _("ACL"), hint=_("For example public-read."), member="acl"),
            Field(s3, _("Path prefix"), member="pathPrefix"),
            Field(s3, _("Force path style"), "check", member="forcePathStyle"),
            Field(s3, _("Serving endpoint of the storage"), "url", member="servingEndpoint"),
            Field("storage.serving_endpoint", _("Address that serves the video"), "url", _("For example of a CDN.")),
        ),
        _(
            "The video is served by this node from memory. These settings are kept, and have no effect until it can "
            "store the video elsewhere."
        ),
    )


def _notifications(translations: NullTranslations) -> Section:
    _ = translations.gettext
    discord, browser = "notifications.discord", "notifications.browser"
    return Section(
        "notifications",
        _("Notifications"),
        (
            Field(discord, _("Post to Discord when a stream starts"), "check", member="enabled"),
            Field(
                discord,
                _("Discord webhook"),
                "password",
                _(
                    "Its address, which the settings of the channel on Discord show. Leave it empty to keep the one "
                    "that is stored."
                ),
                member="webhook",
            ),
            Field(
                discord,
                _("Message on Discord"),
                "area",
                _(
                    "The title, a picture and a link follow. Only mentions that are written here, like @everyone, "
                    "notify people."
                ),
                member="goLiveMessage",
            ),
            Field(
                browser,
                _("Notify browsers when a stream starts"),
                "check",
                _("Viewers then see a button on the watch page."),
                member="enabled",
            ),
            Field(browser, _("Message in browsers"), "area", _("The title follows."), member="goLiveMessage"),
        ),
        _(
            "Sent once per broadcast, after the delay of live announcements, and not again when you reconnect. Those "
            "settings also say what becomes of the message on Discord at the end."
        ),
    )


def _server(translations: NullTranslations) -> Section:
    _ = translations.gettext
    as_started = _("0: the port that the node was started with.")
    address = _("If empty, the value that the node was started with.")
    return Section(
        "server",
        _("Server"),
        (
            Field("node.web_port", _("Web port"), "number", as_started),
            Field("node.web_address", _("Web address"), hint=address),
            Field("node.rtmp_port", _("RTMP port"), "number", as_started),
            Field("node.rtmp_address", _("RTMP address"), hint=address),
            Field(
                "node.socket_host",
                _("Address of the chat's socket"),
                "url",
                _("Only for a node whose socket has an address of its own."),
            ),
        ),
        _("A flag or the configuration file of the node takes precedence over these settings."),
    )

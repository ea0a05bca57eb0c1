"""The configuration as Owncast's clients read it: WebConfig for visitors, AdminServerConfig for the admin. Pure."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from fedistream import __version__
from fedistream.api.http.listening import Listening
from fedistream.api.owncast.setting_values import Values
from fedistream.api.owncast.shapes import Json, social_handles
from fedistream.channels.values import StreamKey
from fedistream.core.api_version import API_VERSION
from fedistream.core.markdown import render_page

LOGO = "/logo"
CODECS_EVERYWHERE = ("copy", "libx264")  # what needs no hardware
MAX_SOCKET_PAYLOAD = 2048  # bytes of one chat frame, Owncast's number


def web_config(values: Values, followers: int | None = None, push_key: str = "") -> Json:
    """WebConfig. What Owncast leaves out when it is empty (streamTitle, socketHostOverride) is left out here too.

    `followers` is the number of followers, None while it is not known; `push_key` is what browsers subscribe with.
    """
    shape: Json = {
        "name": values["name"],
        "summary": values["serversummary"],
        "logo": LOGO,
        "version": f"Owncast v{API_VERSION}-fedistream (Fedistream {__version__})",
        "offlineMessage": render_page(text(values["offlinemessage"])),
        "extraPageContent": render_page(text(values["pagecontent"])),
        "tags": values["tags"],
        "socialHandles": social_handles(values["socialhandles"]),
        "externalActions": values["externalactions"],
        "customStyles": values["customstyles"],
        "appearanceVariables": values["appearance"],
        "maxSocketPayloadSize": MAX_SOCKET_PAYLOAD,
        "hideViewerCount": values["hideviewercount"],
        "chatDisabled": values["chat/disable"],
        # the name is a slip of Owncast's that its clients know: it carries whether the protection is on
        "chatSpamProtectionDisabled": values["chat/spamprotectionenabled"],
        "chatRequireAuthentication": values["chat/requireauthentication"],
        "nsfw": values["nsfw"],
        "autoplay": values["autoplay"],
        "notifications": {"browser": browser(values, push_key)},
        "federation": federation(values, followers),
        "authentication": {"indieAuthEnabled": bool(values["serverurl"])},
        "schedule": schedule(values),
    }
    if values["streamtitle"]:
        shape["streamTitle"] = values["streamtitle"]
    if values["sockethostoverride"]:
        shape["socketHostOverride"] = values["sockethostoverride"]
    return shape


def federation(values: Values, followers: int | None) -> Json:
    """The federation part of WebConfig; an account needs federation, a user name and a public host."""
    shape: Json = {
        "enabled": values["federation/enable"],
        "hideFollowersTab": values["federation/hidefollowers"],
    }
    username, host = text(values["federation/username"]), urlsplit(text(values["serverurl"])).netloc
    if values["federation/enable"] and username and host:
        shape["account"] = f"{username}@{host}"
        if followers is not None:
            shape["followerCount"] = followers
    return shape


def browser(values: Values, push_key: str) -> Json:
    """The part of WebConfig about notifications in browsers."""
    enabled: Json = {"enabled": part(values["notifications/browser"], "enabled")}
    return {**enabled, "publicKey": push_key} if push_key else enabled


def schedule(values: Values) -> Json:
    return {
        "enabled": values["schedule/enabled"],
        "showCountdown": values["schedule/showcountdown"],
        "chatOpenMinutesBefore": values["schedule/chatopenminutes"],
    }


def server_config(values: Values, keys: Iterable[StreamKey], listening: Listening) -> Json:
    """AdminServerConfig: the texts as they were written, and the stream keys in clear, for the admin only."""
    return {
        "instanceDetails": instance(values),
        "notifications": {"browser": values["notifications/browser"], "discord": values["notifications/discord"]},
        "yp": {"enabled": values["directoryenabled"], "instanceUrl": values["serverurl"]},
        "s3": values["s3"],
        "federation": {
            "enabled": values["federation/enable"],
            "isPrivate": values["federation/private"],
            "username": values["federation/username"],
            "goLiveMessage": values["federation/livemessage"],
            "showEngagement": values["federation/showengagement"],
            "blockedDomains": values["federation/blockdomains"],
            "enableQuotes": values["federation/enablequotes"],
            "hideFollowersTab": values["federation/hidefollowers"],
        },
        "videoSettings": {
            "videoQualityVariants": values["video/streamoutputvariants"],
            "latencyLevel": values["video/streamlatencylevel"],
        },
        "supportedCodecs": list(dict.fromkeys((values["video/codec"], *CODECS_EVERYWHERE))),
        "videoCodec": values["video/codec"],
        "externalActions": values["externalactions"],
        "streamKeys": [{"key": key.key, "comment": key.comment} for key in keys],
        "streamKeyOverridden": listening.key_overridden,
        # Owncast returns the hash here. No known client uses it, and a thief could. The key stays for clients that
        # expect it, and is empty, so that no client can send asterisks back as a new password.
        "adminPassword": "",
        "ffmpegPath": values["ffmpegpath"],
        "webServerPort": values["webserverport"] or listening.web_port,
        "webServerIP": values["webserverip"] or listening.web_host,
        "rtmpServerPort": values["rtmpserverport"] or listening.rtmp_port,
        "rtmpServerAddress": values["rtmpserverbindaddress"] or listening.rtmp_host,
        "socketHostOverride": values["sockethostoverride"],
        "videoServingEndpoint": values["videoservingendpoint"],
        "forbiddenUsernames": values["chat/forbiddenusernames"],
        "suggestedUsernames": values["chat/suggestedusernames"],
        "chatDisabled": values["chat/disable"],
        "chatJoinMessagesEnabled": values["chat/joinmessagesenabled"],
        "chatEstablishedUserMode": values["chat/establishedusermode"],
        "chatSpamProtectionEnabled": values["chat/spamprotectionenabled"],
        "chatSlurFilterEnabled": values["chat/slurfilterenabled"],
        "chatRequireAuthentication": values["chat/requireauthentication"],
        "disableSearchIndexing": values["disablesearchindexing"],
        "hideViewerCount": values["hideviewercount"],
        "schedule": {**schedule(values), "reminderMessage": values["schedule/remindermessage"]},
    }


def instance(values: Values) -> Json:
    return {
        "name": values["name"],
        "summary": values["serversummary"],
        "logo": LOGO,
        "version": __version__,
        "streamTitle": values["streamtitle"],
        "tags": values["tags"],
        "socialHandles": values["socialhandles"],
        "extraPageContent": values["pagecontent"],
        "welcomeMessage": values["welcomemessage"],
        "offlineMessage": values["offlinemessage"],
        "customStyles": values["customstyles"],
        "customJavascript": values["customjavascript"],
        "appearanceVariables": values["appearance"],
        "nsfw": values["nsfw"],
        "autoplay": values["autoplay"],
    }


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def part(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None

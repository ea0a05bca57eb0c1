"""The node's settings under Owncast's names, and fixed values for settings that this node does not have."""

from collections.abc import Mapping

from fedistream.settings.service import Settings
from fedistream.settings.table import SETTINGS, Setting

Values = Mapping[str, object]
"""Settings by Owncast's path, for example "federation/enable"."""

# A client that reads these gets the truth about a node without the feature: no chat, no federation, no ladder. A row
# disappears from use, not from here, as soon as the settings table has one with the same path.
WITHOUT: Values = {
    "name": "Fedistream",
    "serversummary": "",
    "streamtitle": "",
    "pagecontent": "",
    "offlinemessage": "",
    "welcomemessage": "",
    "tags": [],
    "socialhandles": [],
    "externalactions": [],
    "customstyles": "",
    "customjavascript": "",
    "appearance": {},
    "nsfw": False,
    "autoplay": "always",
    "serverurl": "",
    "sockethostoverride": "",
    "videoservingendpoint": "",
    "hideviewercount": False,
    "disablesearchindexing": False,
    "directoryenabled": False,
    "chat/disable": True,
    "chat/joinmessagesenabled": False,
    "chat/establishedusermode": False,
    "chat/forbiddenusernames": [],
    "chat/suggestedusernames": [],
    "chat/spamprotectionenabled": False,
    "chat/slurfilterenabled": False,
    "chat/requireauthentication": False,
    "federation/enable": False,
    "federation/private": False,
    "federation/showengagement": False,
    "federation/enablequotes": False,
    "federation/hidefollowers": False,
    "federation/username": "",
    "federation/livemessage": "",
    "federation/blockdomains": [],
    "notifications/discord": {"enabled": False, "webhook": "", "goLiveMessage": ""},
    "notifications/browser": {"enabled": False, "goLiveMessage": ""},
    "schedule/enabled": False,
    "schedule/showcountdown": False,
    "schedule/chatopenminutes": 0,
    "schedule/remindermessage": "",
    "s3": {
        "enabled": False,
        "endpoint": "",
        "servingEndpoint": "",
        "accessKey": "",
        "secret": "",
        "bucket": "",
        "region": "",
        "acl": "",
        "forcePathStyle": False,
        "pathPrefix": "",
    },
    # the level with the shortest segments; parts are shorter still, for which Owncast has no number
    "video/streamlatencylevel": 0,
    "video/codec": "copy",
}


def read(settings: Settings, channel_id: int) -> Values:
    """The settings of one channel and of the node, by Owncast's path."""
    found = {
        row.owncast_path: converted(row, settings.value(row.name, channel_id if row.scope == "channel" else None))
        for row in SETTINGS
        if row.owncast_path
    }
    return {**WITHOUT, **found}


def converted(setting: Setting, value: object) -> object:
    """Return our value as Owncast's, or Owncast's as ours: a flag may have the opposite meaning there."""
    return not value if setting.opposite and isinstance(value, bool) else value

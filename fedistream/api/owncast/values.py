"""The node's settings under Owncast's names, and what is true of the settings that this node does not have."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from fedistream.api.owncast.needs import Values


class Named(Protocol):
    """A row of the settings table."""

    @property
    def name(self) -> str: ...
    @property
    def owncast_path(self) -> str | None: ...
    @property
    def scope(self) -> str: ...


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


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads settings by Owncast's path. `table` is the node's settings table."""

    table: Iterable[Named]
    value: Callable[[str, int | None], object]

    def of(self, channel_id: int) -> Mapping[str, object]:
        """All of them, for one channel."""
        found = {
            row.owncast_path: self.value(row.name, channel_id if row.scope == "channel" else None)
            for row in self.table
            if row.owncast_path
        }
        return {**WITHOUT, **found}

"""The settings of a channel and of the node under Owncast's names."""

from collections.abc import Mapping

from fedistream.settings.service import Settings
from fedistream.settings.table import SETTINGS, Setting

Values = Mapping[str, object]
"""Settings by Owncast's path, for example "federation/enable"."""


def read(settings: Settings, channel_id: int) -> Values:
    """Return the settings of one channel and of the node, by Owncast's path."""
    return {
        row.owncast_path: converted(row, settings.value(row.name, channel_id if row.scope == "channel" else None))
        for row in SETTINGS
        if row.owncast_path
    }


def converted(setting: Setting, value: object) -> object:
    """Return our value as Owncast's, or Owncast's as ours: a flag may have the opposite meaning there."""
    return not value if setting.opposite and isinstance(value, bool) else value

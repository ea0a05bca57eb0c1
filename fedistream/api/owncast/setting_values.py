"""The settings of a channel and of the node under Owncast's names."""

from collections.abc import Iterator, Mapping

from fedistream.settings.service import Settings
from fedistream.settings.table import SETTINGS, Setting

Values = Mapping[str, object]
"""Settings by Owncast's path, for example "federation/enable"."""

_BY_PATH = {row.owncast_path: row for row in SETTINGS if row.owncast_path}


class _Values(Mapping[str, object]):
    """The settings in effect, each read when it is asked for: the status needs three of a hundred, many times a
    second."""

    def __init__(self, settings: Settings, channel_id: int) -> None:
        self._settings, self._channel_id = settings, channel_id

    def __getitem__(self, path: str) -> object:
        row = _BY_PATH[path]
        return converted(row, self._settings.value(row.name, self._channel_id if row.scope == "channel" else None))

    def __iter__(self) -> Iterator[str]:
        return iter(_BY_PATH)

    def __len__(self) -> int:
        return len(_BY_PATH)


def read(settings: Settings, channel_id: int) -> Values:
    """Return the settings of one channel and of the node, by Owncast's path."""
    return _Values(settings, channel_id)


def converted(setting: Setting, value: object) -> object:
    """Return our value as Owncast's, or Owncast's as ours: a flag may have the opposite meaning there."""
    return not value if setting.opposite and isinstance(value, bool) else value

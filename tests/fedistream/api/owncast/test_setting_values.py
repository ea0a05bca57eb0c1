from fedistream.api.owncast.config_shapes import server_config, web_config
from fedistream.api.owncast.setting_values import converted, read
from fedistream.settings.table import SETTINGS
from tests.kit.faces import LISTENING, Faces
from tests.kit.setting_values import WITHOUT


class Asked(dict[str, object]):
    """Remembers which keys were asked for."""

    def __init__(self, *values: dict[str, object]) -> None:
        super().__init__(*values)
        self.keys_asked: set[str] = set()

    def __getitem__(self, key: str) -> object:
        self.keys_asked.add(key)
        return super().__getitem__(key)


async def test_a_stored_setting_is_read_by_its_path(faces: Faces) -> None:
    home = faces.channels.home().id
    await faces.settings.change("channel.title", "Glazing", home)
    values = read(faces.settings, home)
    assert values["streamtitle"] == "Glazing"
    assert values.keys() == WITHOUT.keys()


async def test_another_channels_title_is_not_this_ones(faces: Faces) -> None:
    home, other = faces.channels.home().id, (await faces.channels.make("kiln")).id
    await faces.settings.change("channel.title", "Glazing", other)
    assert read(faces.settings, home)["streamtitle"] == ""
    assert read(faces.settings, other)["streamtitle"] == "Glazing"


def test_what_is_true_without_a_feature_is_accepted_by_its_setting() -> None:
    for row in SETTINGS:
        if row.owncast_path and WITHOUT[row.owncast_path] not in ("", 0):
            value = converted(row, WITHOUT[row.owncast_path])
            assert row.check(row.name, value) == value


def test_the_shapes_use_every_value_that_is_kept_for_them() -> None:
    asked = Asked(dict(WITHOUT))
    web_config(asked)
    server_config(asked, [], LISTENING)
    assert asked.keys_asked == WITHOUT.keys()

"""The values of the settings: from the table, from the rows, from a flag; and who is told of a change."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.core.events import Fact, SettingChanged, TitleChanged
from fedistream.db import Database, after_commit
from fedistream.db.transaction import settle
from fedistream.settings.models import SettingRow
from fedistream.settings.service import Settings
from fedistream.settings.table import SETTINGS
from tests.kit.invalid import invalid

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOME, OTHER = 1, 2


class Facts(list[Fact]):
    def publish(self, fact: Fact) -> None:
        self.append(fact)

    async def emit(self, fact: Fact) -> None:
        await self.emit_all([fact])

    async def emit_all(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            after_commit(partial(self.publish, fact))


async def loaded(facts: Facts | None = None) -> Settings:
    settings = Settings(Facts() if facts is None else facts, lambda: NOW)
    await settings.load()
    return settings


pytestmark = pytest.mark.usefixtures("database")


async def test_a_new_node_has_the_defaults() -> None:
    settings = await loaded()
    assert {row.name: settings.value(row.name, HOME) for row in SETTINGS} == {row.name: row.default for row in SETTINGS}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("channel.name", "Ann's kitchen"),
        ("channel.name", '"quoted" \\ and 🎬'),
        ("channel.name", "123"),
        ("channel.name", "null"),
        ("channel.title", ""),
        ("channel.nsfw", True),
        ("channel.nsfw", False),
        ("channel.tags", ["a", "b"]),
        ("channel.tags", []),
        ("channel.social_handles", [{"platform": "matrix", "url": "https://matrix.example"}]),
        ("broadcast.grace_s", 0),
        ("hls.segment_s", 1.5),
    ],
)
async def test_a_changed_value_holds_at_once_and_after_a_restart(name: str, value: Any) -> None:
    settings = await loaded()
    for _ in range(2):  # the row is made, and then changed
        await settings.change(name, value, HOME)
    for found in (settings.value(name, HOME), (await loaded()).value(name, HOME)):
        assert found == value
        assert type(found) is type(value)
    assert await SettingRow.all().count() == 1


async def test_a_channels_value_is_its_own_and_the_nodes_holds_for_the_others() -> None:
    settings = await loaded()
    await settings.change("broadcast.grace_s", 10)
    await settings.change("broadcast.grace_s", 20, HOME)
    for each in (settings, await loaded()):
        assert [each.value("broadcast.grace_s", channel) for channel in (HOME, OTHER, None)] == [20, 10, 10]


async def test_a_setting_of_the_node_is_the_same_everywhere_and_no_channels() -> None:
    settings = await loaded()
    await settings.change("node.public_url", "https://live.example/")
    assert settings.value("node.public_url", HOME) == settings.value("node.public_url") == "https://live.example"
    with invalid("is a setting of the whole node"):
        await settings.change("node.public_url", "https://other.example", HOME)


async def test_what_is_refused_changes_nothing_and_is_told_to_nobody() -> None:
    facts = Facts()
    settings = await loaded(facts)
    with invalid(r"hls\.part_ms must be between"):
        await settings.change("hls.part_ms", 5, HOME)
    with pytest.raises(NotFound):
        await settings.change("colour", "red", HOME)
    with pytest.raises(KeyError):
        settings.value("colour")
    assert not await SettingRow.exists()
    assert facts == []


async def test_a_change_is_told_when_it_holds() -> None:
    seen: list[tuple[str, Any]] = []

    class Curious(Facts):
        def publish(self, fact: Fact) -> None:
            super().publish(fact)
            seen.append((fact.name(), settings.value("channel.title", HOME)))

    facts = Curious()
    settings = await loaded(facts)
    await settings.change("channel.title", " Now with sound ", HOME)
    assert facts == [SettingChanged("channel.title", HOME, NOW), TitleChanged(HOME, "Now with sound", NOW)]
    assert seen == [("setting.changed", "Now with sound"), ("title.changed", "Now with sound")]
    await settings.change("channel.nsfw", True)
    assert facts[2:] == [SettingChanged("channel.nsfw", None, NOW)]


async def test_what_was_so_before_is_no_change() -> None:
    facts = Facts()
    settings = await loaded(facts)
    await settings.change("channel.name", "Fedistream", HOME)
    await settings.change("channel.tags", ["a"], HOME)
    await settings.change("channel.tags", ["#a"], HOME)
    assert facts == [SettingChanged("channel.tags", HOME, NOW)]


async def test_a_change_whose_caller_went_away_is_whole() -> None:
    facts = Facts()
    settings = await loaded(facts)
    task = asyncio.create_task(settings.change("channel.name", "Ann's kitchen", HOME))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settle()
    assert settings.value("channel.name", HOME) == (await loaded()).value("channel.name", HOME) == "Ann's kitchen"
    assert facts == [SettingChanged("channel.name", HOME, NOW)]


async def test_of_many_changes_at_once_the_last_one_stored_is_the_one_that_holds() -> None:
    settings = await loaded()
    await asyncio.gather(*[settings.change("broadcast.grace_s", n, HOME) for n in range(1, 41)])
    assert settings.value("broadcast.grace_s", HOME) == (await loaded()).value("broadcast.grace_s", HOME)
    assert await SettingRow.all().count() == 1


async def test_a_list_that_was_handed_out_can_be_changed_without_harm() -> None:
    settings = await loaded()
    await settings.change("channel.social_handles", [{"platform": "x", "url": "https://x.example"}], HOME)
    settings.value("channel.social_handles", HOME)[0]["url"] = "https://evil.example"
    settings.value("channel.tags", HOME).append("stray")
    assert settings.value("channel.social_handles", HOME) == [{"platform": "x", "url": "https://x.example"}]
    assert settings.value("channel.tags", HOME) == []


async def test_a_flag_holds_in_place_of_what_is_stored_and_is_not_stored() -> None:
    settings = await loaded()
    await settings.change("node.public_url", "https://live.example")
    settings.override("node.public_url", "http://127.0.0.1:8080")
    assert settings.value("node.public_url") == "http://127.0.0.1:8080"
    with pytest.raises(Conflict, match="given-at-start"):
        await settings.change("node.public_url", "https://other.example")
    with pytest.raises(Invalid):
        settings.override("node.public_url", 5)
    assert (await loaded()).value("node.public_url") == "https://live.example"


async def test_stored_values_that_this_version_cannot_use_are_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    for name, value in (
        ("of.the.future", {"value": 1}),
        ("hls.part_ms", {"value": 5000}),
        ("channel.nsfw", {"value": True}),
    ):
        await SettingRow.create(name=name, value=value)
    with caplog.at_level(logging.WARNING):
        settings = await loaded()
    assert (settings.value("hls.part_ms"), settings.value("channel.nsfw")) == (333, True)
    assert "of.the.future is not known to this version" in caplog.text
    assert "hls.part_ms: range, least=100, most=1000" in caplog.text
    assert await SettingRow.all().count() == 3


async def test_nothing_is_remembered_that_could_not_be_stored(database: Database) -> None:
    facts = Facts()
    settings = await loaded(facts)
    await database.close()
    with pytest.raises(RuntimeError):
        await settings.change("channel.nsfw", True)
    assert settings.value("channel.nsfw") is False
    assert facts == []

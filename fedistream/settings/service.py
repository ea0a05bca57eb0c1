"""The values of the settings: read into memory at the start; changes are stored first and then emitted as facts."""

import asyncio
import copy
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.core.events import Fact, SettingChanged, TitleChanged
from fedistream.core.ports import FactEmitter
from fedistream.db import after_commit, atomic
from fedistream.db.versions import bump_version
from fedistream.settings.checks import Json
from fedistream.settings.models import NODE, SettingRow
from fedistream.settings.table import BY_NAME, Setting
from fedistream.settings.values import SettingProblem

log = logging.getLogger(__name__)

CACHE_KEY = "settings"  # the version that other processes compare to refresh their copies


async def stored_values() -> dict[tuple[str, int], Json]:
    """Return the stored values that this version knows and accepts, by name and channel."""
    values: dict[tuple[str, int], Json] = {}
    for row in await SettingRow.all():
        try:
            values[row.name, row.channel_id] = BY_NAME[row.name].check(row.name, row.value["value"])
        except KeyError:
            log.warning("the stored setting %s is not known to this version", row.name)
        except Invalid as error:
            # what is wrong may quote the value
            wrong = row.name if BY_NAME[row.name].secret else error
            log.warning("a stored setting is invalid, and the default is used: %s", wrong)
    return values


class Settings:
    """The values of all settings."""

    def __init__(self, facts: FactEmitter, now: Callable[[], datetime]) -> None:
        self._facts = facts
        self._now = now
        self._values: dict[tuple[str, int], Json] = {}
        self._overrides: dict[str, Json] = {}
        self._guards: dict[str, Callable[[], Awaitable[None]]] = {}
        self._turn = asyncio.Lock()

    async def load(self) -> None:
        """Read the stored values. Values that this version does not know or accept are ignored, and stay stored."""
        self._values = await stored_values()

    async def refresh(self) -> list[tuple[str, int | None, datetime]]:
        """Read the stored values again, which another process may have changed.

        Returns the settings that changed here by it, each with its channel (None for the node) and the time now.
        """
        async with self._turn:  # a change of this process is not overwritten by what was read before it
            before = self._values
            await self.load()
            changed = [key for key in {**before, **self._values} if before.get(key) != self._values.get(key)]
        return [(name, channel_id or None, self._now()) for name, channel_id in sorted(changed)]

    def value(self, name: str, channel_id: int | None = None) -> Any:
        """Return the value in effect: the channel's own, else the node's, else the default. A list or object is a copy.

        Raises KeyError for an unknown name.
        """
        setting = BY_NAME[name]
        if name in self._overrides:
            found = self._overrides[name]
        else:
            found = self._values.get((name, NODE), setting.default)
            if setting.scope == "channel" and channel_id is not None:
                found = self._values.get((name, channel_id), found)
        return copy.deepcopy(found) if isinstance(found, list | dict) else found

    def override(self, name: str, value: Json) -> None:
        """Use this value until the node stops, without storing it: the value of a command-line option.

        It is not checked against the limits, because the operator may give an address in a private network. Raises
        Invalid for another type.
        """
        if type(value) is not BY_NAME[name].type:
            raise Invalid(name, SettingProblem.OTHER_TYPE)
        self._overrides[name] = value

    def guard(self, name: str, check: Callable[[], Awaitable[None]]) -> None:
        """Await `check` before this setting is changed. It may raise Conflict."""
        self._guards[name] = check

    async def change(self, name: str, value: object, channel_id: int | None = None) -> None:
        """Check and store a value, and emit SettingChanged if it differs.

        Without `channel_id` it is changed for the node: a channel setting then applies to channels without a value of
        their own. Raises NotFound, Invalid, and Conflict for a setting that is overridden or guarded.
        """
        setting = BY_NAME.get(name)
        if setting is None:
            raise NotFound(SettingProblem.NO_SETTING, name=name)
        if setting.scope == "node" and channel_id is not None:
            raise Invalid(name, SettingProblem.NODE_WIDE)
        if name in self._overrides:
            raise Conflict(SettingProblem.GIVEN_AT_START)
        stored = setting.check(name, value)
        if name in self._guards and stored != self.value(name, channel_id):
            await self._guards[name]()

        await atomic(self._store, setting, channel_id, stored, turn=self._turn)

    async def _store(self, setting: Setting, channel_id: int | None, value: Json) -> None:
        name, key = setting.name, channel_id or NODE
        wrapped = {"value": value}
        if not await SettingRow.filter(name=name, channel_id=key).update(value=wrapped):
            await SettingRow.create(name=name, channel_id=key, value=wrapped)
        await bump_version(CACHE_KEY)
        changed = self.value(name, channel_id) != value
        # before the fact: its reactions may ask for the value
        after_commit(lambda: self._values.update({(name, key): value}))
        if changed:
            await self._emit(setting, value, channel_id)

    async def _emit(self, setting: Setting, value: Json, channel_id: int | None) -> None:
        at = self._now()
        facts: list[Fact] = [SettingChanged(setting.name, channel_id, at)]
        if setting.name == "channel.title" and channel_id is not None:
            facts.append(TitleChanged(channel_id, str(value), at))
        await self._facts.emit_all(facts)

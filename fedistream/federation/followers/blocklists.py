"""The admin's lists of blocked domains and people, in and out; and what follows when they change: who is sent away,
and what is hidden.

Blocking is for the whole node: whoever is blocked is not heard by any of its channels.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedistream.core.errors import Invalid
from fedistream.core.events import Fact, SettingChanged
from fedistream.core.ports import FactEmitter, SettingsWriter
from fedistream.db import atomic
from fedistream.federation.blocks import NAMES, Blocks
from fedistream.federation.followers import blocklist_csv
from fedistream.federation.followers.service import Followers
from fedistream.federation.models import FollowerRow
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import State
from fedistream.settings.checks import MAX_DOMAINS

AT_ONCE = 50  # followers that are sent away in one transaction
BLOCKED, PEOPLE = "federation.blocked_domains", "federation.blocked_accounts"


@dataclass(frozen=True, slots=True)
class Import:
    """What a list leads to, or would: `new` domains and accounts, `known` ones that are blocked already, and as in
    BlockList."""

    new: int
    known: int
    milder: int
    wrong: tuple[str, ...]


class Blocklists:
    def __init__(
        self,
        settings: SettingsWriter,
        facts: FactEmitter,
        addresses: ActorUrls,
        blocks: Blocks,
        followers: Followers,
        now: Callable[[], datetime],
    ) -> None:
        self._settings, self._facts, self._addresses, self._blocks = settings, facts, addresses, blocks
        self._followers, self._now = followers, now

    async def take(self, text: str, *, dry: bool) -> Import:
        """Block what a list names beside what is blocked; `dry` only says what that would be. Raises Invalid."""
        # beside the loop: a list may have 50,000 lines
        read = await asyncio.to_thread(blocklist_csv.parse, text)
        present = dict.fromkeys(self._settings.value(BLOCKED))
        new = [domain for domain in read.domains if domain not in present]
        people = dict.fromkeys(self._settings.value(PEOPLE))
        more = [account for account in read.accounts if account not in people]
        if len(present) + len(new) > MAX_DOMAINS:
            raise Invalid("list", f"would make it more than {MAX_DOMAINS} blocked domains")
        if len(people) + len(more) > MAX_DOMAINS:
            raise Invalid("list", f"would make it more than {MAX_DOMAINS} blocked accounts")
        if new and not dry:
            await self._settings.change(BLOCKED, [*present, *new])
        if more and not dry:
            await self._settings.change(PEOPLE, [*people, *more])
        listed, fresh = len(read.domains) + len(read.accounts), len(new) + len(more)
        return Import(fresh, listed - fresh, read.milder, read.wrong)

    def give(self) -> str:
        """What is blocked, as CSV."""
        return blocklist_csv.write(self._settings.value(BLOCKED))

    def applies_to(self, fact: SettingChanged) -> bool:
        return fact.setting in NAMES

    async def enforce(self, fact: SettingChanged) -> None:
        """Send followers away who are blocked now, and hide or show again what they did. A reaction, which may be
        called twice."""
        self._blocks.read(self._settings)
        # the front alone hears of actors who are blocked or let in again, and this is done by a worker
        self._blocks.set_actors(await self._followers.blocked_actors())
        self._blocks.set_named(await self._followers.blocked_by_name())
        await self._followers.hide()
        # who cannot be told as federation is off is not delivered to either
        if self._addresses.on:
            rows = await FollowerRow.exclude(state=State.BLOCKED.value).values_list("id", "actor__url")
            found = [row_id for row_id, url in rows if str(url) in self._blocks]
            for first in range(0, len(found), AT_ONCE):
                await atomic(self._send_away, found[first : first + AT_ONCE])

    async def _send_away(self, row_ids: list[int]) -> None:
        facts: list[Fact] = []
        for row in await FollowerRow.filter(id__in=row_ids).select_related("actor"):
            facts += await self._followers.evict(row)
        await self._facts.emit_all(facts)

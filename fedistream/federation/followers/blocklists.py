"""Import and export of the block lists, and the consequences of a change: followers are removed, and their content is
hidden.

A block holds for the whole node and all its channels.
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
from fedistream.federation.values import FederationProblem, State
from fedistream.settings.checks import MAX_DOMAINS

AT_ONCE = 50  # followers that are removed in one transaction
BLOCKED, PEOPLE = "federation.blocked_domains", "federation.blocked_accounts"


@dataclass(frozen=True, slots=True)
class Import:
    """The result of an import, or of a dry run: `new` domains and accounts, `known` ones that are blocked already, and
    the rest as in BlockList."""

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
        """Add a list to the blocks; with `dry`, only return the result that it would have. Raises Invalid."""
        # in a thread: a list may have 50,000 lines
        read = await asyncio.to_thread(blocklist_csv.parse, text)
        present = dict.fromkeys(self._settings.value(BLOCKED))
        new = [domain for domain in read.domains if domain not in present]
        people = dict.fromkeys(self._settings.value(PEOPLE))
        more = [account for account in read.accounts if account not in people]
        if len(present) + len(new) > MAX_DOMAINS:
            raise Invalid("list", FederationProblem.MANY_BLOCKED_DOMAINS, most=MAX_DOMAINS)
        if len(people) + len(more) > MAX_DOMAINS:
            raise Invalid("list", FederationProblem.MANY_BLOCKED_ACCOUNTS, most=MAX_DOMAINS)
        if new and not dry:
            await self._settings.change(BLOCKED, [*present, *new])
        if more and not dry:
            await self._settings.change(PEOPLE, [*people, *more])
        listed, fresh = len(read.domains) + len(read.accounts), len(new) + len(more)
        return Import(fresh, listed - fresh, read.milder, read.wrong)

    def give(self) -> str:
        """Return the blocked domains as CSV."""
        return blocklist_csv.write(self._settings.value(BLOCKED))

    def applies_to(self, fact: SettingChanged) -> bool:
        return fact.setting in NAMES

    async def enforce(self, fact: SettingChanged) -> None:
        """Remove followers that are blocked now, and hide or show their content; a reaction that may run twice."""
        self._blocks.read(self._settings)
        # only the front process learns of blocked and unblocked actors, and this runs in a worker
        self._blocks.set_actors(await self._followers.blocked_actors())
        self._blocks.set_named(await self._followers.blocked_by_name())
        await self._followers.hide_all()
        # while federation is off no Reject can be sent, and nothing is delivered either
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

"""Approval of follow requests: reads from the settings and the rows what the rules need."""

from collections.abc import Callable
from datetime import datetime

from activitypub.actor import Actor
from activitypub.urls import authority, parse_url
from fedistream.core.ports import SettingsReader
from fedistream.federation.blocks import within
from fedistream.federation.followers.approval_rules import Asker, Rules, reason_to_hold
from fedistream.federation.models import FollowerRow
from fedistream.federation.values import State


def rules_of(settings: SettingsReader, channel_id: int) -> Rules:
    """Return the rules of a channel."""
    return Rules(
        private=bool(settings.value("federation.private", channel_id)),
        unknown_servers=bool(settings.value("federation.hold_unknown", channel_id)),
        younger_days=int(settings.value("federation.hold_younger_days", channel_id)),
        automated=bool(settings.value("federation.hold_automated", channel_id)),
    )


class FollowApproval:
    def __init__(self, settings: SettingsReader, now: Callable[[], datetime]) -> None:
        self._settings, self._now = settings, now

    async def reason_to_hold(self, channel_id: int, actor: Actor) -> str:
        """Return the code of the rule that holds a follow request; "" to approve it at once. Runs in the caller's
        transaction."""
        rules = rules_of(self._settings, channel_id)
        if not rules.any or await self._has_moved_here(channel_id, actor.id):
            return ""
        asker = Asker(actor.type, actor.published, self._is_trusted(actor.id), await self._has_neighbours(actor.id))
        return reason_to_hold(rules, asker, self._now()) or ""

    def _is_trusted(self, url: str) -> bool:
        return within(parse_url(url).host, frozenset(self._settings.value("federation.known_domains")))

    async def _has_neighbours(self, url: str) -> bool:
        # by the host of the URL: the handle may have another one
        return await FollowerRow.exists(state=State.ACCEPTED.value, actor__host=authority(url))

    async def _has_moved_here(self, channel_id: int, url: str) -> bool:
        """Return whether an approved follower has moved to this account, as both accounts confirm."""
        return await FollowerRow.exists(channel_id=channel_id, state=State.MOVED.value, actor__moved_to=url)

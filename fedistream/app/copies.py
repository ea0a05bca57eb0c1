"""The stored data that a front process keeps in memory, and how it is read again after another process changed it."""

from collections.abc import Awaitable, Callable, Mapping

from fedistream.app.services import Services
from fedistream.channels.service import CACHE_KEY as CHANNELS
from fedistream.chat.bans import CACHE_KEY as BANS
from fedistream.chat.moderation import CACHE_KEY as VISITORS
from fedistream.core.bus import Bus
from fedistream.core.events import SettingChanged
from fedistream.federation.followers.service import CACHE_KEY as BLOCKS
from fedistream.federation.keys import CACHE_KEY as KEYS
from fedistream.jobs.cache_refresh import CacheRefresh
from fedistream.people.service import CACHE_KEY as PEOPLE
from fedistream.schedule.upcoming import CACHE_KEY as SCHEDULE
from fedistream.settings.service import CACHE_KEY as SETTINGS
from fedistream.webhooks.service import CACHE_KEY as WEBHOOKS

REFRESH_S = 2.0
VERSIONS = (SETTINGS, CHANNELS, KEYS, PEOPLE, BANS, VISITORS, BLOCKS, SCHEDULE, WEBHOOKS)
"""The versions to read before the services are built, so that no change in between is missed."""


def front_copies(made: Services, facts: Bus, before: Mapping[str, int]) -> CacheRefresh:
    """Return what refreshes the copies of a front process. `before` are their versions as of before they were read."""

    async def refresh_settings() -> None:
        for name, channel_id, at in await made.settings.refresh():
            facts.relay(SettingChanged(name, channel_id, at))

    async def refresh_bans() -> None:
        await made.chat.bans.refresh()
        made.chat.moderation.close_banned()

    loads: dict[str, Callable[[], Awaitable[object]]] = {
        SETTINGS: refresh_settings,
        CHANNELS: made.channels.load,
        KEYS: made.federation.keys.reload,
        PEOPLE: made.people.refresh,
        BANS: refresh_bans,
        VISITORS: made.chat.moderation.refresh_visitors,
        BLOCKS: made.federation.federation.refresh_blocks,
        WEBHOOKS: made.webhooks.webhooks.load,
        SCHEDULE: made.schedule.upcoming.load,
    }
    return CacheRefresh(loads, before)

"""Notifications without a database, for pages: no browser is stored, and nothing is sent."""

from fedistream.notifications.service import Notifications
from fedistream.notifications.subscriptions import PushSubscriptions
from fedistream.notifications.values import Notification

# the public key of the example of RFC 8291: a browser checks that it is a point of the curve
PUSH_KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"


class Browsers(PushSubscriptions):
    """`stored` is how many browsers subscribed."""

    stored = 0

    async def public_key(self, channel_id: int) -> str:
        return PUSH_KEY if self.enabled(channel_id) else ""

    async def count(self, channel_id: int) -> int:
        return self.stored


class Bell(Notifications):
    """`shown` are the past notifications, `tested` what was asked to be tested."""

    shown: tuple[Notification, ...] = ()
    tested: list[str]

    async def recent(self, channel_id: int, limit: int = 10) -> tuple[Notification, ...]:
        return self.shown

    async def test_discord(self, channel_id: int) -> None:
        self.tested.append("discord")

    async def test_browser(self, channel_id: int, endpoint: str) -> None:
        self.tested.append(endpoint)

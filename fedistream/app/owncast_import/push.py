"""The browsers that subscribed to Owncast's notifications, and the key that they subscribed with."""

from collections.abc import Iterator
from datetime import datetime

from activitypub.network.guard import Blocked, Guard
from fedistream.app.owncast_import.folder import Source, moment, text
from fedistream.app.owncast_import.report import Report
from fedistream.app.owncast_import.settings import Datastore
from fedistream.core.errors import Invalid
from fedistream.notifications.models import PushSubscriptionRow
from fedistream.notifications.subscription_json import decode, encode, read
from fedistream.notifications.subscriptions import subscription_row
from fedistream.notifications.values import MAX_DESTINATION, MAX_SUBSCRIPTIONS
from fedistream.notifications.vapid import VapidKey, from_private

TABLE = "notifications"
CHANNEL = "BROWSER_PUSH_NOTIFICATION"
WHAT = "browsers that get notifications"


def key(store: Datastore) -> VapidKey | None:
    """Return the key pair, or None when there is none or its halves do not belong together."""
    made = from_private(store.text("browser_push_private_key"))
    # older libraries wrote the public half with padding
    public = encode(decode(store.text("browser_push_public_key")))
    return made if made is not None and made.public == public else None


def subscriptions(source: Source, channel_id: int, report: Report, now: datetime) -> Iterator[PushSubscriptionRow]:
    """Yield each subscription once: Owncast may have stored a browser twice."""
    guard, seen = Guard(), set[str]()
    for row in source.rows(TABLE, ("channel", "destination", "created_at")):
        if text(row["channel"], len(CHANNEL) + 1) != CHANNEL:
            report.leave(WHAT, "they ask for another kind of notification")
            continue
        try:
            subscription = read(text(row["destination"], MAX_DESTINATION + 1))
            guard.check(subscription.endpoint)
        except (Blocked, Invalid) as error:
            report.leave(WHAT, str(error))
            continue
        made = subscription_row(channel_id, subscription, moment(row["created_at"]) or now)
        if made.endpoint_hash in seen:
            continue
        if len(seen) >= MAX_SUBSCRIPTIONS:
            report.leave(WHAT, f"there are more than {MAX_SUBSCRIPTIONS}")
            continue
        seen.add(made.endpoint_hash)
        yield made

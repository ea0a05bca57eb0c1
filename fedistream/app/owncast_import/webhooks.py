"""Owncast's webhooks as rows of this node."""

from collections.abc import Iterator
from datetime import datetime

from activitypub.network.guard import Blocked, Guard
from fedistream.api.wording import sentence
from fedistream.app.owncast_import.folder import Source, moment, text
from fedistream.app.owncast_import.report import Report
from fedistream.core.errors import Invalid
from fedistream.webhooks.models import WebhookRow
from fedistream.webhooks.service import checked_events
from fedistream.webhooks.signing import check_secret
from fedistream.webhooks.values import ACCEPTED, MAX_URL, MAX_WEBHOOKS

MAX_NAMES = 2000  # characters of the list of events


def webhooks(source: Source, report: Report, now: datetime) -> Iterator[WebhookRow]:
    """Yield the webhooks. An event that does not exist here is left out.

    Whether the address may be connected to is decided at each delivery, as for all webhooks.
    """
    guard, count = Guard(), 0
    for row in source.rows("webhooks", ("url", "events", "timestamp", "last_used", "secret")):
        url, secret = text(row["url"], MAX_URL + 1), text(row["secret"], MAX_URL)
        named = [name for name in text(row["events"], MAX_NAMES).split(",") if name]
        if unknown := [name for name in named if name not in ACCEPTED]:
            report.leave("events of webhooks", "they do not exist here", ", ".join(unknown), len(unknown))
        try:
            guard.check(url)
            events, secret = checked_events([name for name in named if name in ACCEPTED]), check_secret(secret)
        except Blocked as error:
            report.leave("webhooks", str(error), url)
            continue
        except Invalid as error:
            report.leave("webhooks", sentence(error), url)
            continue
        if len(url) > MAX_URL or count >= MAX_WEBHOOKS:
            report.leave("webhooks", f"longer than {MAX_URL} characters, or more than {MAX_WEBHOOKS}", url)
            continue
        count += 1
        yield WebhookRow(
            url=url,
            events=events,
            secret=secret,
            created_at=moment(row["timestamp"]) or now,
            last_used_at=moment(row["last_used"]),
        )

"""Composing an Event (FEP-8a8e): a scheduled broadcast, as calendars and servers of the fediverse read it. Pure.

Gancio wants lists in `to`, `cc` and `attachment`, and Mobilizon reads the status from `ical:status`.
Servers of microblogs show the name and the link.
"""

from datetime import timedelta
from typing import Any

from activitypub import properties
from activitypub.addressing import PUBLIC, audience
from activitypub.strictjson import Json
from activitypub.vocabulary.compose import quote_policy
from fedistream.core.plain_text import visible
from fedistream.federation.posts.compose import READABLE, Frame, write
from fedistream.federation.posts.values import Draft, EventDraft


def event_document(draft: EventDraft, frame: Frame) -> Json:
    """Return the Event, without @context. Raises Invalid."""
    written = write(Draft(draft.description), frame.tag_page) if draft.description.strip() else None
    to, cc = audience(frame.shown, f"{frame.actor}/followers")
    tags = [{"type": "Hashtag", "name": f"#{tag}", "href": frame.tag_page(tag)} for tag in draft.hashtags]
    organizer = {"id": frame.actor, "type": "Service", "name": draft.organizer, "url": frame.actor}
    made: dict[str, Any] = {
        "id": frame.url,
        "type": "Event",
        "attributedTo": frame.actor,
        "name": visible(draft.name),
        "content": written.html if written is not None else "",
        "url": draft.page,
        "published": properties.write_time(frame.published),
        "startTime": properties.write_time(draft.starts_at),
        "endTime": properties.write_time(draft.ends_at),
        "duration": duration(draft.ends_at - draft.starts_at),
        "timezone": draft.timezone,
        "displayEndTime": True,
        "eventStatus": "EventCancelled" if draft.cancelled else "EventScheduled",
        "ical:status": "CANCELLED" if draft.cancelled else "CONFIRMED",
        "joinMode": "none",
        "location": {"type": "VirtualLocation", "name": draft.organizer, "url": draft.page},
        "organizers": {"type": "OrganizersCollection", "totalItems": 1, "items": [organizer]},
        "to": list(to),
        "cc": list(cc),
        "tag": tags,
        "attachment": [{"type": "Image", "mediaType": draft.picture.media_type, "url": draft.picture.url}],
        "replies": f"{frame.url}/replies",
        "interactionPolicy": quote_policy([PUBLIC] if frame.quotable and frame.shown in READABLE else [frame.actor]),
        "sensitive": frame.sensitive,
    }
    if frame.updated is not None:
        made["updated"] = properties.write_time(frame.updated)
    return made


def duration(length: timedelta) -> str:
    """Return a length in whole minutes as an XSD duration: PT1H30M."""
    hours, minutes = divmod(length // timedelta(minutes=1), 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes or not hours else "")

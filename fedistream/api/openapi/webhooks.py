"""The document's section of webhooks: each event as a request that this node sends to an admin's address. Pure."""

from collections.abc import Mapping
from typing import Any

from fedistream.api.openapi import webhook_shapes as shapes
from fedistream.api.openapi.faces import WEBHOOKS
from fedistream.api.openapi.schema import Schema, Schemas
from fedistream.webhooks.values import EXPIRES, Event

EVENTS: Mapping[Event, tuple[str, Any]] = {
    Event.CHAT: ("A visitor said something in the chat", shapes.WebhookChat),
    Event.NAME_CHANGE: ("A visitor changed their name", shapes.WebhookNameChange),
    Event.USER_JOINED: ("A visitor came to the chat", shapes.WebhookPresence),
    Event.USER_PARTED: ("A visitor left the chat", shapes.WebhookPresence),
    Event.VISIBILITY_UPDATE: ("Messages were hidden or shown again", shapes.WebhookVisibility),
    Event.STREAM_STARTED: ("A broadcast began", shapes.WebhookStream),
    Event.STREAM_STOPPED: ("A broadcast ended", shapes.WebhookStream),
    Event.STREAM_TITLE_UPDATED: ("The title of the stream changed", shapes.WebhookStream),
    Event.FOLLOW: ("A remote actor follows the channel", shapes.WebhookFollow),
    Event.LIKE: ("A remote actor liked a post", shapes.WebhookLike),
    Event.REPOST: ("A remote actor boosted a post", shapes.WebhookRepost),
    Event.ENCODER_LOST: ("The encoder's connection broke", shapes.WebhookEncoderLost),
    Event.ENCODER_RETURNED: ("The encoder is back", shapes.WebhookEncoderReturned),
    Event.REPLY_RECEIVED: ("A remote actor replied or mentioned the channel", shapes.WebhookReply),
    Event.SCHEDULED_EVENTS: ("A scheduled broadcast comes, begins or ends", shapes.WebhookScheduled),
    Event.FOLLOWER_REMOVED: ("A follower is gone", shapes.WebhookFollowerRemoved),
    Event.TEST: ("The admin sent a test", shapes.WebhookTest),
}
HEADERS: tuple[tuple[str, bool, str], ...] = (
    ("webhook-id", True, "The same in all attempts of one event."),
    ("webhook-timestamp", True, "The time of the attempt in Unix seconds."),
    ("webhook-signature", False, "With a secret: the signature of Standard Webhooks."),
    ("owncast-signature", False, "With a secret: the signature as Owncast 0.3 sends it."),
)
RESPONSES: Mapping[str, Schema] = {
    "2XX": {"description": "Received"},
    "410": {"description": "Not wanted any more: the webhook is disabled"},
    "default": {"description": "Not received"},
}


def section(schemas: Schemas) -> dict[str, Schema]:
    """Return the webhooks by the names of their events."""
    return {event.value: {"post": _operation(event, schemas)} for event in EVENTS}


def _operation(event: Event, schemas: Schemas) -> Schema:
    summary, shape = EVENTS[event]
    body = {
        "type": "object",
        "properties": {"type": {"type": "string", "enum": [event.value]}, "eventData": schemas.of(shape)},
        "required": ["type", "eventData"],
    }
    minutes = int(EXPIRES[event].total_seconds() // 60)
    return {
        "operationId": f"webhook_{event.name.lower()}",
        "summary": summary,
        "description": f"Tried for {minutes} minutes.",
        "tags": [WEBHOOKS],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": required, "schema": {"type": "string"}, "description": text}
            for name, required, text in HEADERS
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": dict(RESPONSES),
    }

"""The texts of notifications. Pure."""

import unicodedata

from fedistream.notifications.values import MAX_PUSH_BODY, MAX_TITLE, Message

DEFAULT = "The stream has started."
MAX_TOPIC = 32  # characters of base64url, RFC 8030, section 5.4


def live(name: str, message: str, title: str, url: str, channel_id: int) -> Message:
    """Return what browsers show when a broadcast has begun."""
    body = "\n".join(part for part in (message.strip(), title.strip()) if part) or DEFAULT
    topic = f"live-{channel_id}"
    return Message(cut(name, MAX_TITLE), cut(body, MAX_PUSH_BODY), url, topic, topic, "high")


def reminder(name: str, message: str, event: str, url: str, event_id: str) -> Message | None:
    """Return what browsers show before a scheduled broadcast, or None without a message: it disables reminders."""
    if not message.strip():
        return None
    body = cut("\n".join((message.strip(), event.strip())), MAX_PUSH_BODY)
    topic = f"event-{event_id}"[:MAX_TOPIC]
    return Message(cut(name, MAX_TITLE), body, url, topic, topic, "normal")


def test(name: str, message: str, url: str) -> Message:
    """Return what the admin's own browser shows for a test."""
    return Message(cut(name, MAX_TITLE), cut(message.strip() or DEFAULT, MAX_PUSH_BODY), url, "test", "test", "normal")


def cut(text: str, most: int) -> str:
    """Return the text in at most so many characters, without half a character at its end."""
    if len(text) <= most:
        return text
    short = text[: most - 1]
    while short and unicodedata.combining(text[len(short)]):
        short = short[:-1]
    return short.rstrip() + "…"

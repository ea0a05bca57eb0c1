"""Turns messages into rows and back.

New rows are written with one prepared statement: building an object of the ORM for each, with its checks of every
field, costs more than the rest of the way of a message to the disk.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fedistream.chat import message_ids
from fedistream.chat.values import Kind, Message, Origin, RemoteAuthor, Visitor
from fedistream.db import statement

COLUMNS = ("id", "channel_id", "visitor_id", "kind", "origin", "body", "html", "hidden_at", "more")
"""The columns that `read` expects, in this order."""

_MORE = ("title", "image", "link", "warning", "answers", "reaction", "reaction_picture")
_INSERT = """
INSERT INTO message (id, channel_id, visitor_id, kind, origin, body, html, visible, author, more)
VALUES (:id, :channel_id, :visitor_id, :kind, :origin, :body, :html, :visible, :author, :more)
"""


async def insert(messages: Sequence[Message]) -> None:
    """Store new messages, which are visible. To be called in a transaction."""
    await statement.change_each(_INSERT, [_columns(each) for each in messages])


def more(message: Message) -> dict[str, object] | None:
    """Return the fields that only some messages have, or None without any."""
    found: dict[str, object] = {name: text for name in _MORE if (text := getattr(message, name))}
    if message.edited_at is not None:
        found["edited_at"] = message.edited_at.isoformat()
    if message.at != message_ids.time_of(message_ids.number(message.id)):
        found["at"] = message.at.isoformat()
    if message.remote is not None:
        found["remote"] = asdict(message.remote)
    return found or None


def read(row: Sequence[Any], authors: Mapping[str, Visitor]) -> Message:
    """Return the message of a row of COLUMNS. `authors` are visitors by id."""
    number, channel_id, visitor_id, kind, origin, body, html, hidden_at, rest = row
    rest = dict(rest or {})
    remote, edited_at, at = (rest.pop(name, None) for name in ("remote", "edited_at", "at"))
    return Message(
        id=message_ids.text(number),
        channel_id=channel_id,
        kind=Kind(kind),
        origin=Origin(origin),
        body=body,
        html=html,
        at=message_ids.time_of(number) if at is None else datetime.fromisoformat(at),
        visitor=authors.get(visitor_id),
        remote=None if remote is None else RemoteAuthor(**remote),
        hidden_at=hidden_at,
        edited_at=None if edited_at is None else datetime.fromisoformat(edited_at),
        **rest,
    )


def _columns(message: Message) -> dict[str, object]:
    by, rest = message.remote, more(message)
    return {
        "id": message_ids.number(message.id),
        "channel_id": message.channel_id,
        "visitor_id": message.visitor and message.visitor.id,
        "kind": message.kind.value,
        "origin": message.origin.value,
        "body": message.body,
        "html": message.html,
        "visible": True,
        "author": (by.url or None) if by is not None and message.origin is Origin.FEDIVERSE else None,
        "more": None if rest is None else json.dumps(rest, separators=(",", ":")),
    }

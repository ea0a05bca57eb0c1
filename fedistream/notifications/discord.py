"""Messages for a webhook of Discord: what is posted, and what it becomes at the end. Pure.

The members are those of its documentation: Execute Webhook, Edit Webhook Message, Embed, Allowed Mentions.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fedistream.notifications.wording import cut

MAX_CONTENT, MAX_EMBED_TITLE, MAX_EMBED_TEXT, MAX_USERNAME = 2000, 256, 4096, 80  # characters
MAX_MENTIONS = 100
COLOUR_LIVE, COLOUR_OVER = 0xD92D3A, 0x6B7280

_EVERYBODY = re.compile(r"@(everyone|here)\b")
_ROLE, _USER = re.compile(r"<@&(\d{1,20})>"), re.compile(r"<@!?(\d{1,20})>")
_SPECIAL = re.compile(r"([\\`*_~|<>\[\]()#-])")  # a title is shown literally
_RESERVED = re.compile("discord|clyde", re.IGNORECASE)  # a name with one of these is refused

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Stream:
    """The broadcast that a message is about. `link`, `picture` and `avatar` (the channel's logo) are URLs or ""."""

    name: str
    title: str
    summary: str
    link: str
    picture: str
    avatar: str


def live(stream: Stream, message: str) -> Json:
    """Return the message for the start of a broadcast."""
    shown: Json = {
        "content": _content(message, stream),
        "embeds": [_embed(stream, COLOUR_LIVE)],
        "allowed_mentions": allowed_mentions(message),
    }
    username = cut(stream.name.strip(), MAX_USERNAME)
    if username and not _RESERVED.search(username):
        shown["username"] = username
    if stream.avatar:
        shown["avatar_url"] = stream.avatar
    return shown


def test(stream: Stream, message: str) -> Json:
    """Return the message of a test, which notifies nobody."""
    return {**live(stream, message), "allowed_mentions": {"parse": []}}


def edited(stream: Stream, message: str) -> Json:
    """Return the members of the message that change with the title. An edit notifies nobody."""
    shown = live(stream, message)
    return {name: shown[name] for name in ("content", "embeds", "allowed_mentions")}


def ended(stream: Stream, message: str) -> Json:
    """Return the members of the message that change when the broadcast is over."""
    return {
        "content": _content(message, stream),
        "embeds": [_embed(stream, COLOUR_OVER)],
        "allowed_mentions": {"parse": []},
    }


def allowed_mentions(message: str) -> Json:
    """Return the mentions that notify people: those that the admin wrote into the setting, and none of a title."""
    return {
        "parse": ["everyone"] if _EVERYBODY.search(message) else [],
        "roles": list(dict.fromkeys(_ROLE.findall(message)))[:MAX_MENTIONS],
        "users": list(dict.fromkeys(_USER.findall(message)))[:MAX_MENTIONS],
    }


def execute_url(webhook: str) -> str:
    """Return the URL to post to: the answer is to have the message, which is known by its id then."""
    return _with(webhook, "", ("wait", "true"))


def message_url(webhook: str, message_id: str) -> str:
    """Return the URL of a message that this webhook posted."""
    return _with(webhook, f"/messages/{message_id}")


def _with(webhook: str, path: str, *more: tuple[str, str]) -> str:
    """Return the URL with a longer path; its own parameters stay, such as the thread of a forum."""
    parts = urlsplit(webhook)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name == "thread_id"]
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + path, urlencode([*query, *more]), ""))


def _content(message: str, stream: Stream) -> str:
    # the link stays whole, whatever is cut
    title = _SPECIAL.sub(r"\\\1", stream.title.strip())
    text = "\n".join(part for part in (message.strip(), title) if part)
    tail = f"\n\n{stream.link}" if stream.link else ""
    return (cut(text, MAX_CONTENT - len(tail)) + tail).strip() or stream.name


def _embed(stream: Stream, colour: int) -> Json:
    embed: Json = {"title": cut(stream.title.strip() or stream.name.strip(), MAX_EMBED_TITLE), "color": colour}
    if stream.summary.strip():
        embed["description"] = cut(stream.summary.strip(), MAX_EMBED_TEXT)
    if stream.link:
        embed["url"] = stream.link
    if stream.picture:
        embed["image"] = {"url": stream.picture}
    return embed

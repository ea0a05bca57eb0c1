"""Owncast's chat users, their tokens and identities, integrations, messages and IP bans as rows of this node.

Ids change: ours have another form, and that of a message begins with its time. Both are made from the old ones, so that
the same folder always gives the same rows.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from fedistream.access_tokens.models import IntegrationRow
from fedistream.access_tokens.service import HANDLE, MAX_INTEGRATIONS, MAX_TOKEN, Scope
from fedistream.access_tokens.service import MAX_NAME as MAX_INTEGRATION
from fedistream.api.wording import explain
from fedistream.app.owncast_import.folder import Source, moment, text
from fedistream.app.owncast_import.report import Report
from fedistream.chat import message_ids, names
from fedistream.chat.bans import MAX_NOTES
from fedistream.chat.bans import parse as parse_ban
from fedistream.chat.models import IpBanRow, MessageRow, VisitorIdentityRow, VisitorRow, VisitorTokenRow
from fedistream.chat.values import COLOURS, Kind, Origin, RemoteAuthor, Role
from fedistream.chat.visitors import MAX_BOT_NAME, MAX_IDENTITY, MAX_PREVIOUS
from fedistream.core.client_network import name as network_name
from fedistream.core.errors import Invalid
from fedistream.core.markdown import CHAT
from fedistream.core.plain_text import visible

MAX_BODY = 20_000  # characters of HTML; Owncast's longest message is 2 KiB of Markdown
MAX_OLD_NAMES = 10_000  # characters of a user's former names that are read
MAX_LINK = 2048
API = "API"
MODERATOR = "MODERATOR"
NAMELESS = "visitor"

KINDS = {
    "CHAT": Kind.CHAT,
    "SYSTEM": Kind.SYSTEM,
    "CHAT_ACTION": Kind.ACTION,
    "FEDIVERSE_ENGAGEMENT_FOLLOW": Kind.FOLLOW,
    "FEDIVERSE_ENGAGEMENT_LIKE": Kind.LIKE,
    "FEDIVERSE_ENGAGEMENT_REPOST": Kind.REPOST,
}
_USERS = (
    *("id", "display_name", "display_color", "created_at", "disabled_at", "previous_names", "namechanged_at"),
    *("scopes", "authenticated_at", "type"),
)
_TOKENS = """
SELECT t.token, t.user_id, t.timestamp, u.id AS known, u.type, u.display_name, u.scopes, u.created_at, u.last_used
FROM user_access_tokens t LEFT JOIN users u ON u.id = t.user_id ORDER BY t.rowid
"""
# by time, which the text does not sort by: each row has a zone of its own
_MESSAGES = """
SELECT m.id, m.user_id, m.body, m.eventType, m.hidden_at, m.timestamp, m.title, m.image, m.link,
    u.id AS known, u.type
FROM messages m LEFT JOIN users u ON u.id = m.user_id ORDER BY julianday(m.timestamp), m.rowid
"""
_EMOJI = re.compile(r'src="(?:https?://[^"/\s]{1,255})?/img/emoji/(?:[^"/\s]{1,255}/){0,4}([^"/\s]{1,255})"')
_BREAK = re.compile(r"<br ?/?>\n?|</p>\s*<p>")
_PICTURE = re.compile(r'<img [^>]*?alt="([^"]*)"[^>]*>')
_TAG = re.compile(r"<[^>]*>")


def visitor_id(owncast_id: str) -> str:
    """Return the id here of a user there."""
    digest = sha256(b"owncast user " + owncast_id.encode()).digest()
    return message_ids.of_visitor(lambda count: digest[:count])


def token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _scopes(value: object) -> list[str]:
    return [scope.strip() for scope in text(value, 1000).split(",") if scope.strip()]


def visitors(source: Source, now: datetime) -> Iterator[VisitorRow]:
    for row in source.rows("users", _USERS):
        bot = row["type"] == API
        name = names.clean(text(row["display_name"], 1000), MAX_BOT_NAME if bot else names.LONGEST) or NAMELESS
        colour = row["display_color"]
        moderator = MODERATOR in _scopes(row["scopes"])
        yield VisitorRow(
            id=visitor_id(str(row["id"])),
            name=name,
            likeness=names.skeleton(name),
            # before 0.1 the colour was a hue
            colour=colour % COLOURS if isinstance(colour, int) else 0,
            role=(Role.BOT if bot else Role.MODERATOR if moderator else Role.VISITOR).value,
            previous_names=_former(text(row["previous_names"], MAX_OLD_NAMES), name),
            created_at=moment(row["created_at"]) or now,
            renamed_at=moment(row["namechanged_at"]),
            authenticated_at=moment(row["authenticated_at"]),
            disabled_at=moment(row["disabled_at"]),
        )


def _former(listed: str, name: str) -> list[str]:
    """Return the former names. Owncast's list begins with the first name and ends with the present one."""
    former = [found for each in listed.split(",") if (found := names.clean(each)) and found != name]
    return list(dict.fromkeys(former))[-MAX_PREVIOUS:]


def tokens(source: Source, report: Report, now: datetime) -> Iterator[VisitorTokenRow | IntegrationRow]:
    """Yield the tokens of chat users and of integrations."""
    handles: set[str] = set()
    for row in source.query(_TOKENS):
        token = text(row["token"], MAX_TOKEN + 1)
        if row["known"] is None:
            report.leave("access tokens", "their user does not exist any more")
        elif not HANDLE < len(token) <= MAX_TOKEN:
            report.leave("access tokens", f"they are not {HANDLE + 1} to {MAX_TOKEN} characters long")
        elif row["type"] != API:
            yield VisitorTokenRow(
                token_hash=token_hash(token),
                visitor_id=visitor_id(str(row["user_id"])),
                created_at=moment(row["timestamp"]) or now,
            )
        elif (made := _integration(row, token, handles, report, now)) is not None:
            yield made


def _integration(
    row: Mapping[str, Any], token: str, handles: set[str], report: Report, now: datetime
) -> IntegrationRow | None:
    name = " ".join(visible(text(row["display_name"], 1000)).split())[:MAX_INTEGRATION] or NAMELESS
    known = {scope.value for scope in Scope}
    scopes = sorted(known.intersection(_scopes(row["scopes"])))
    why = ""
    if not scopes:
        why = "they have none of the permissions that exist here"
    elif token[:HANDLE] in handles:
        why = "their tokens begin like that of another one"
    elif len(handles) >= MAX_INTEGRATIONS:
        why = f"there can be {MAX_INTEGRATIONS} at most"
    if why:
        report.leave("integrations", why, name)
        return None
    handles.add(token[:HANDLE])
    return IntegrationRow(
        token_hash=token_hash(token),
        handle=token[:HANDLE],
        name=name,
        scopes=scopes,
        visitor_id=visitor_id(str(row["user_id"])),
        created_at=moment(row["created_at"]) or now,
        last_used_at=moment(row["last_used"]),
    )


def identities(
    source: Source, actors: Mapping[str, str], report: Report, now: datetime
) -> Iterator[VisitorIdentityRow]:
    """Yield the proven identities. Owncast stores a fediverse account by its handle, this node by its actor's URL:
    `actors` are the URLs of the known handles, in lower case."""
    seen: set[tuple[str, str]] = set()
    for row in source.rows("auth", ("user_id", "auth_key|token", "type", "timestamp")):
        kind, key = text(row["type"], 20), text(row["auth_key"], MAX_IDENTITY + 1)
        if kind == "fediverse":
            key = actors.get(key.strip().lstrip("@").lower(), "")
        if not key:
            report.leave("sign-ins with a fediverse account", "the account follows nobody here; they sign in again")
        elif kind not in ("indieauth", "fediverse") or not key.isprintable() or len(key) > MAX_IDENTITY:
            report.leave("sign-ins", "of a kind that does not exist here", kind)
        elif (kind, key) in seen:
            report.leave("sign-ins", "another user has proven the same identity")
        else:
            seen.add((kind, key))
            yield VisitorIdentityRow(
                visitor_id=visitor_id(str(row["user_id"])),
                kind=kind,
                identity=key,
                created_at=moment(row["timestamp"]) or now,
            )


def messages(source: Source, channel_id: int, report: Report, now: datetime) -> Iterator[MessageRow]:
    last, limit = 0, message_ids.first_of(now)
    for row in source.query(_MESSAGES):
        at, kind = moment(row["timestamp"]), KINDS.get(text(row["eventType"], 64))
        body = text(row["body"], MAX_BODY + 1)
        if why := _unfit(row, at, kind, body):
            report.leave("messages", why)
            continue
        assert at is not None
        assert kind is not None
        low = int.from_bytes(sha256(str(row["id"]).encode()).digest()[:2], "big")
        last = max(min(message_ids.first_of(at), limit) | low, last + 1)
        yield _message(row, last, channel_id, kind, body)


def _unfit(row: Mapping[str, Any], at: datetime | None, kind: Kind | None, body: str) -> str:
    if at is None:
        return "their time cannot be read"
    if kind is None:
        return "of a kind that does not exist here"
    if kind is Kind.CHAT and row["known"] is None:
        return "their author does not exist any more"
    return f"longer than {MAX_BODY} characters" if len(body) > MAX_BODY else ""


def _message(row: Mapping[str, Any], number: int, channel_id: int, kind: Kind, body: str) -> MessageRow:
    shown = safe(body)
    bot = row["type"] == API
    engagement = kind in (Kind.FOLLOW, Kind.LIKE, Kind.REPOST)
    author = kind is Kind.CHAT
    origin = Origin.FEDIVERSE if engagement else Origin.NODE
    if author:
        origin = Origin.INTEGRATION if bot else Origin.WEB
    link = text(row["link"], MAX_LINK) if engagement else ""
    hidden = row["hidden_at"] is not None
    return MessageRow(
        id=number,
        channel_id=channel_id,
        visitor_id=visitor_id(str(row["user_id"])) if author else None,
        kind=kind.value,
        origin=origin.value,
        body=plain(shown),
        html=shown,
        visible=not hidden,
        hidden_at=(moment(row["hidden_at"]) or message_ids.time_of(number)) if hidden else None,
        author=link or None,
        more=_more(row, link) if engagement else None,
    )


def _more(row: Mapping[str, Any], link: str) -> dict[str, Any]:
    title, image = text(row["title"], 200), text(row["image"], MAX_LINK)
    more: dict[str, Any] = {"title": title, "image": image, "link": link}
    return {name: value for name, value in more.items() if value} | {
        "remote": asdict(RemoteAuthor(title, title, link, image))
    }


def safe(body: str) -> str:
    """Return the HTML of a message there as HTML that may be shown here."""
    return CHAT.clean(_EMOJI.sub(r'src="/img/emoji/\1"', body))


def plain(shown: str) -> str:
    """Return the text of a message's safe HTML."""
    lines = _PICTURE.sub(r"\1", _BREAK.sub("\n", shown))
    return html.unescape(_TAG.sub("", lines)).strip()


def bans(source: Source, report: Report, now: datetime) -> Iterator[IpBanRow]:
    seen: set[str] = set()
    for row in source.rows("ip_bans", ("ip_address", "notes", "created_at")):
        given = text(row["ip_address"], 100)
        try:
            address = network_name(parse_ban(given))
        except Invalid as error:
            report.leave("IP bans", explain(error), given)
            continue
        if address not in seen:
            seen.add(address)
            yield IpBanRow(
                address=address, notes=text(row["notes"], MAX_NOTES), created_at=moment(row["created_at"]) or now
            )

"""Makes the data folder of an Owncast server: its tables as each version has them, its settings in Go's gob format.

The tables are those that Owncast's schemas 5 to 9 and its later migrations describe; the encoder is held to values that
Go's own encoding/gob wrote (`tests/vectors/gob`).
"""

import json
import sqlite3
import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.kit import pictures

# the versions of Owncast that wrote these schemas: the number in `config`, and the last migration of goose
V0_0_13, V0_1, V0_2_3, V0_3 = (6, None), (7, None), (9, None), (None, 12)
Schema = tuple[int | None, int | None]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
EPOCH = datetime(1, 1, 1, tzinfo=UTC)
BORN = datetime(2022, 3, 4, 5, 6, 7, tzinfo=UTC)
KEY_BITS = 2048
# the bcrypt hash of this password, at the lowest cost
PASSWORD, BCRYPT = "old password", "$2a$04$igTROs7VPlGQzZqhggwYuu86hsZH90YI/FytsjxPGIBIrlavi4X8u"


@dataclass(frozen=True)
class Moment:
    """A time that Go stores as a struct of a time and whether there is one."""

    at: datetime


def unsigned(number: int) -> bytes:
    if number < 128:
        return bytes((number,))
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes((256 - len(raw),)) + raw


def signed(number: int) -> bytes:
    return unsigned(~number << 1 | 1 if number < 0 else number << 1)


def counted(raw: bytes) -> bytes:
    return unsigned(len(raw)) + raw


class Encoder:
    """Encodes one value as encoding/gob does: definitions of types first, then the value."""

    def __init__(self) -> None:
        self._definitions: list[bytes] = []
        self._next = 64

    def encode(self, value: object) -> bytes:
        number, raw = self._put(value)
        top = raw if isinstance(value, Mapping | Moment) and not _is_map(value) else b"\0" + raw
        return b"".join(self._definitions) + counted(signed(number) + top)

    def _define(self, kind: int, name: str, *rest: bytes) -> int:
        self._next += 1
        number = self._next
        common = b"\1" + (b"\1" + counted(name.encode()) if name else b"") + (b"\1" if name else b"\2")
        body = unsigned(kind + 1) + common + signed(number) + b"\0" + b"".join(rest) + b"\0\0"
        self._definitions.append(counted(signed(-number) + body))
        return number

    def _put(self, value: object) -> tuple[int, bytes]:
        if isinstance(value, bool):
            return 1, unsigned(value)
        if isinstance(value, int):
            return 2, signed(value)
        if isinstance(value, float):
            return 4, unsigned(int.from_bytes(struct.pack("<d", value), "big"))
        if isinstance(value, bytes):
            return 5, counted(value)
        if isinstance(value, str):
            return 6, counted(value.encode())
        if isinstance(value, Moment):
            return self._struct({"Time": _Binary(_go_time(value.at)), "Valid": True})
        if isinstance(value, _Binary):
            return self._define(4, "Time"), counted(value.raw)
        if isinstance(value, Mapping):
            return self._map(value) if _is_map(value) else self._struct(value)
        assert isinstance(value, Sequence)
        return self._list(value)

    def _list(self, value: Sequence[object]) -> tuple[int, bytes]:
        if value and isinstance(value[0], Mapping):
            fields: dict[str, object] = {}
            for each in value:
                assert isinstance(each, Mapping)
                fields |= each
            item, _ = self._struct(fields)
            raw = b"".join(_members(fields, each, self) for each in value)  # type: ignore[arg-type]
        else:
            item, raw = 6, b"".join(counted(str(each).encode()) for each in value)
        return self._define(1, "", b"\1", signed(item)), unsigned(len(value)) + raw

    def _map(self, value: Mapping[str, object]) -> tuple[int, bytes]:
        raw = b"".join(counted(key.encode()) + counted(str(each).encode()) for key, each in value.items())
        return self._define(3, "", b"\1", signed(6), b"\1", signed(6)), unsigned(len(value)) + raw

    def _struct(self, value: Mapping[str, object]) -> tuple[int, bytes]:
        types = {name: self._put(each)[0] for name, each in value.items()}
        fields = b"".join(b"\1" + counted(name.encode()) + b"\1" + signed(kind) + b"\0" for name, kind in types.items())
        number = self._define(2, "S", b"\1", unsigned(len(types)), fields)
        return number, _members(value, value, self)


class _Binary:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw


class Dictionary(dict[str, str]):
    """A map of texts, where a plain dict is a struct."""


def _is_map(value: object) -> bool:
    return isinstance(value, Dictionary)


def _members(fields: Iterable[str], value: Mapping[str, object], encoder: Encoder) -> bytes:
    made, last = b"", -1
    for place, name in enumerate(fields):
        if each := value.get(name):  # Go leaves zero values out
            made += unsigned(place - last) + encoder._put(each)[1]
            last = place
    return made + b"\0"


def _go_time(at: datetime) -> bytes:
    seconds = int((at - EPOCH).total_seconds())
    return b"\1" + seconds.to_bytes(8, "big") + (at.microsecond * 1000).to_bytes(4, "big") + b"\xff\xff"


def gob(value: object) -> bytes:
    return Encoder().encode(value)


TABLES = {
    "datastore": '"key" string NOT NULL PRIMARY KEY, "value" BLOB, "timestamp" DATE DEFAULT CURRENT_TIMESTAMP NOT NULL',
    "webhooks": '"id" INTEGER PRIMARY KEY AUTOINCREMENT, "url" string NOT NULL, "events" TEXT NOT NULL, '
    '"timestamp" DATETIME DEFAULT CURRENT_TIMESTAMP, "last_used" DATETIME',
    "users": '"id" TEXT PRIMARY KEY, "display_name" TEXT NOT NULL, "display_color" INTEGER NOT NULL, '
    '"created_at" TIMESTAMP DEFAULT CURRENT_TIMESTAMP, "disabled_at" TIMESTAMP, "previous_names" TEXT DEFAULT \'\', '
    '"namechanged_at" TIMESTAMP, "authenticated_at" TIMESTAMP, "scopes" TEXT, "type" TEXT DEFAULT \'STANDARD\', '
    '"last_used" DATETIME DEFAULT CURRENT_TIMESTAMP',
    "user_access_tokens": '"token" TEXT NOT NULL PRIMARY KEY, "user_id" TEXT NOT NULL, '
    '"timestamp" DATE DEFAULT CURRENT_TIMESTAMP NOT NULL',
    "messages": '"id" string NOT NULL PRIMARY KEY, "user_id" TEXT, "body" TEXT, "eventType" TEXT, '
    '"hidden_at" DATETIME, "timestamp" DATETIME, "title" TEXT, "subtitle" TEXT, "image" TEXT, "link" TEXT',
    "auth": '"id" INTEGER PRIMARY KEY AUTOINCREMENT, "user_id" TEXT NOT NULL, "token" TEXT NOT NULL, '
    '"type" TEXT NOT NULL, "timestamp" DATE DEFAULT CURRENT_TIMESTAMP NOT NULL',
    "ip_bans": '"ip_address" TEXT NOT NULL PRIMARY KEY, "notes" TEXT, "created_at" TIMESTAMP DEFAULT CURRENT_TIMESTAMP',
    "notifications": '"id" INTEGER PRIMARY KEY AUTOINCREMENT, "channel" TEXT NOT NULL, "destination" TEXT NOT NULL, '
    '"created_at" TIMESTAMP DEFAULT CURRENT_TIMESTAMP',
    "ap_followers": '"iri" TEXT NOT NULL PRIMARY KEY, "inbox" TEXT NOT NULL, "name" TEXT, "username" TEXT NOT NULL, '
    '"image" TEXT, "request" TEXT NOT NULL, "created_at" TIMESTAMP DEFAULT CURRENT_TIMESTAMP, '
    '"approved_at" TIMESTAMP, "disabled_at" TIMESTAMP, "request_object" BLOB',
    "ap_outbox": '"iri" TEXT NOT NULL PRIMARY KEY, "value" BLOB, "type" TEXT NOT NULL, '
    '"created_at" TIMESTAMP DEFAULT CURRENT_TIMESTAMP, "live_notification" BOOLEAN DEFAULT FALSE',
    "ap_accepted_activities": '"id" INTEGER PRIMARY KEY AUTOINCREMENT, "iri" TEXT NOT NULL, "actor" TEXT NOT NULL, '
    '"type" TEXT NOT NULL, "timestamp" TIMESTAMP NOT NULL',
}
# what the later versions added: from the schema of this number on, or by this migration of goose
ADDED_8 = ('ALTER TABLE ap_followers ADD COLUMN "shared_inbox" TEXT',)
ADDED_9 = ('ALTER TABLE ap_followers ADD COLUMN "last_validated_at" TIMESTAMP',)
ADDED_0_3 = (
    'CREATE TABLE federated_servers ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "iri" TEXT NOT NULL UNIQUE, "name" TEXT, '
    '"logo_url" TEXT, "stream_title" TEXT, "added_at" TIMESTAMP DEFAULT CURRENT_TIMESTAMP, "followed_at" TIMESTAMP, '
    '"accepted_at" TIMESTAMP, "follow_status" TEXT DEFAULT \'pending\')',
    'CREATE TABLE stream_event_series ("id" TEXT NOT NULL PRIMARY KEY, "name" TEXT NOT NULL, '
    '"description" TEXT NOT NULL DEFAULT \'\', "recurrence" TEXT NOT NULL, "duration_minutes" INTEGER NOT NULL '
    'DEFAULT 60, "active" BOOLEAN NOT NULL DEFAULT TRUE, "created_at" TIMESTAMP DEFAULT CURRENT_TIMESTAMP, '
    '"updated_at" TIMESTAMP DEFAULT CURRENT_TIMESTAMP)',
    'CREATE TABLE stream_events ("id" TEXT NOT NULL PRIMARY KEY, "series_id" TEXT, "original_start" TIMESTAMP, '
    '"name" TEXT NOT NULL, "description" TEXT NOT NULL DEFAULT \'\', "start_time" TIMESTAMP NOT NULL, '
    '"duration_minutes" INTEGER NOT NULL DEFAULT 60, "timezone" TEXT NOT NULL DEFAULT \'UTC\', '
    '"status" TEXT NOT NULL DEFAULT \'scheduled\', "federated_at" TIMESTAMP, "webhook_warning_sent_at" TIMESTAMP, '
    '"webhook_started_sent_at" TIMESTAMP, "webhook_ended_sent_at" TIMESTAMP, '
    '"created_at" TIMESTAMP DEFAULT CURRENT_TIMESTAMP, "updated_at" TIMESTAMP DEFAULT CURRENT_TIMESTAMP)',
    'ALTER TABLE ap_followers ADD COLUMN "directory" BOOLEAN DEFAULT FALSE',
    'ALTER TABLE auth RENAME COLUMN "token" TO "auth_key"',
    "ALTER TABLE auth ADD COLUMN \"provider\" TEXT NOT NULL DEFAULT ''",
    'ALTER TABLE webhooks ADD COLUMN "secret" TEXT',
    'ALTER TABLE users ADD COLUMN "disabled_reason" TEXT',
)


def stamp(at: datetime) -> str:
    """A time as Owncast's driver writes it: with nine digits, the zeros at the end left out, and a zone."""
    text = at.strftime("%Y-%m-%d %H:%M:%S") + (f".{at.microsecond:06d}".rstrip("0").rstrip(".") if at else "")
    zone = at.strftime("%z") or "+0000"
    return f"{text}{zone[:3]}:{zone[3:5]}"


@dataclass(frozen=True)
class OwncastFolder:
    """A data folder."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "owncast.db"

    def run(self, statement: str, values: Sequence[object] = ()) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(statement, values)

    def add(self, table: str, *rows: Mapping[str, object]) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            for row in rows:
                marks = ", ".join("?" * len(row))
                names = ", ".join(f'"{name}"' for name in row)
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608

    def set(self, **values: object) -> None:
        """Store settings under their keys."""
        for key, value in values.items():
            self.run("DELETE FROM datastore WHERE key = ?", (key,))
            self.add("datastore", {"key": key, "value": gob(value)})

    def emoji(self, *names: str, data: bytes = PNG) -> None:
        for name in names:
            path = self.path / "emoji" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def make_folder(path: Path, schema: Schema = V0_2_3) -> OwncastFolder:
    """A folder with the tables of a version, and nothing in them but what a first start stores."""
    path.mkdir(parents=True, exist_ok=True)
    made = OwncastFolder(path)
    legacy, goose = schema
    with closing(sqlite3.connect(made.database)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for name, columns in TABLES.items():
            connection.execute(f"CREATE TABLE {name} ({columns})")
        newer = (*(ADDED_8 if (legacy or 9) >= 8 else ()), *(ADDED_9 if (legacy or 9) >= 9 else ()))
        for statement in (*newer, *(ADDED_0_3 if goose else ())):
            connection.execute(statement)
        if legacy is not None:
            connection.execute('CREATE TABLE config ("key" string NOT NULL PRIMARY KEY, "value" TEXT)')
            connection.execute("INSERT INTO config VALUES ('version', ?)", (legacy,))
        if goose is not None:
            connection.execute(
                "CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, "
                "is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')))"
            )
            for number in range(goose + 1):
                connection.execute("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, 1)", (number,))
    made.set(server_init_date=Moment(BORN), DATA_STORE_VERSION=4.0, HAS_POPULATED_DEFAULTS=True)
    return made


def user(name: str, **more: Any) -> dict[str, object]:
    """A row of a chat user whose id is made from the name."""
    row = {"id": f"u-{name}", "display_name": name, "display_color": 3, "previous_names": name}
    return row | {"created_at": stamp(BORN)} | more


def message(number: int, author: str, body: str, at: datetime, **more: Any) -> dict[str, object]:
    row: dict[str, object] = {"id": f"m-{number}", "user_id": f"u-{author}", "body": body, "eventType": "CHAT"}
    return row | {"timestamp": stamp(at)} | more


def follower(actor: str, us: str, **more: Any) -> dict[str, object]:
    """A row of an accepted follower, as the older versions write it."""
    name, host = actor.rpartition("/")[2], actor.split("/")[2]
    return {
        "iri": actor,
        "inbox": f"{actor}/inbox",
        "name": name.title(),
        "username": f"{name}@{host}",
        "image": f"https://{host}/{name}.png",
        "request": f"{actor}/follows/1",
        "request_object": None,
        "created_at": stamp(BORN),
        "approved_at": stamp(BORN),
    } | more


SERVER = "https://stream.example"
ACTOR = f"{SERVER}/federation/user/live"
POST = "kQ_3x-7Rg"  # as Owncast makes them, with the two signs that ours do not have
AT = datetime(2024, 5, 6, 18, 30, 0, 123456, tzinfo=UTC)


def note(post_id: str, content: str, base: str = SERVER, name: str = "live", **more: Any) -> dict[str, Any]:
    actor = f"{base}/federation/user/{name}"
    return {
        "@context": ["https://www.w3.org/ns/activitystreams"],
        "type": "Note",
        "id": f"{base}/federation/{post_id}",
        "attributedTo": actor,
        "content": content,
        "published": "2024-05-06T18:32:00Z",
        "to": "https://www.w3.org/ns/activitystreams#Public",
        "cc": f"{actor}/followers",
    } | more


def lived_in(path: Path, schema: Schema = V0_2_3, base: str = SERVER, pem: str = "") -> OwncastFolder:
    """A folder of a server that was in use: something of everything."""
    made = make_folder(path, schema)
    made.set(
        server_name="Studio Nord",
        server_summary="Live every Friday",
        server_url=f"{base}/",
        server_metadata_tags="boats,sea",
        extra_page_content="# Ahoy\n\nWelcome aboard.",
        nsfw=False,
        social_handles=[{"Platform": "github", "URL": "https://example.org/nord"}],
        external_actions=[{"URL": "https://example.org/tip", "Title": "Tip", "OpenExternally": True}],
        stream_keys=[{"Key": "first-key-1", "Comment": "Desk"}, {"Key": "second-key", "Comment": ""}],
        admin_password_key=BCRYPT,
        blocked_usernames=["owncast", "admin"],
        federation_enabled=True,
        federation_username="live",
        federation_go_live_message="We sail!",
        federation_blocked_domains="bad.example,worse.example",
        chat_established_users_only_mode=True,
        video_latency_level=3.0,
        peak_viewers_overall=17.0,
    )
    if pem:
        made.set(private_key=pem)
    _people(made, "auth_key" if schema[1] else "token")
    _messages(made)
    _fediverse(made, base)
    made.emoji("sea/fish.png", "boat.png", "sea/boat.png", "sea/odd name.png")
    made.emoji("flag.svg", data=b"<svg/>")
    (made.path / "logo.png").write_bytes(pictures.png(30, 30))
    (made.path / "favicon.ico").write_bytes(pictures.ico(pictures.png(16, 16)))
    made.set(logo_path="logo.png", favicon_path="favicon.ico")
    (made.path / "public" / "deep").mkdir(parents=True)
    (made.path / "public" / "deep" / "sea.txt").write_text("deep blue")
    return made


def _people(made: OwncastFolder, key: str) -> None:
    made.add(
        "users",
        user("ann", previous_names="anna,ann", namechanged_at=stamp(AT), display_color=5),
        user("ben", scopes="MODERATOR", authenticated_at=stamp(AT)),
        user("cid", disabled_at="2024-05-06 20:00:00", display_color=210),
        user("bot", type="API", scopes="CAN_SEND_MESSAGES,HAS_ADMIN_ACCESS", display_name="Deck Bot"),
    )
    made.add(
        "user_access_tokens",
        *({"token": f"token-of-{name}-{'x' * 30}", "user_id": f"u-{name}"} for name in ("ann", "ben", "cid", "gone")),
        {"token": "Qbot" + "y" * 40, "user_id": "u-bot"},
    )
    made.add(
        "auth",
        {"user_id": "u-ben", key: "https://ben.example/", "type": "indieauth"},
        {"user_id": "u-ann", key: "eve@far.example", "type": "fediverse"},
        {"user_id": "u-cid", key: "nobody@far.example", "type": "fediverse"},
    )
    made.add("ip_bans", {"ip_address": "192.0.2.7", "notes": "spam"}, {"ip_address": "not one"})
    made.add("webhooks", {"url": "https://example.org/hook", "events": "CHAT,STREAM_STARTED"})


def _messages(made: OwncastFolder) -> None:
    made.add(
        "messages",
        message(1, "ann", "<p>hello <strong>all</strong></p>", AT),
        message(2, "ben", '<p>look <script>alert(1)</script><a href="https://example.org/">here</a></p>', AT),
        message(3, "ann", '<p><img class="emoji" alt=":fish:" src="/img/emoji/sea/fish.png"> nice</p>', AT),
        message(4, "cid", "<p>spam</p>", AT, hidden_at=stamp(AT)),
        message(5, "bot", "<p>beep</p>", AT),
        message(6, "gone", "<p>who</p>", AT),
        message(7, "ann", "<p>when</p>", AT, timestamp="soon"),
        message(8, "ann", "Stay tuned, the stream is <strong>starting</strong>!", AT, eventType="CHAT_ACTION"),
        message(
            9,
            "",
            "<p><strong>eve</strong> liked that this stream went live.</p>",
            AT,
            user_id=None,
            eventType="FEDIVERSE_ENGAGEMENT_LIKE",
            title="eve@far.example",
            link="https://far.example/users/eve",
            image="https://far.example/eve.png",
        ),
    )


def _fediverse(made: OwncastFolder, base: str) -> None:
    us = f"{base}/federation/user/live"
    far = "https://far.example/users"
    made.add(
        "ap_followers",
        follower(f"{far}/eve", us),
        follower(f"{far}/fred", us, request_object=json.dumps(follow(f"{far}/fred", us))),
        follower(f"{far}/gus", us, approved_at=None),
        follower(f"{far}/hal", us, disabled_at=stamp(AT)),
        follower(f"{far}/broken", us, inbox="nowhere"),
    )
    made.add(
        "ap_outbox",
        {"iri": f"{base}/federation/{POST}", "value": json.dumps(note(POST, "<p>We sail!</p>", base)), "type": "Note"},
        {"iri": f"{base}/federation/older", "value": b"\xff{", "type": "Note"},
        {"iri": "https://other.example/federation/x", "value": "{}", "type": "Note"},
    )
    liked = {"iri": f"{base}/federation/{POST}", "timestamp": stamp(AT)}
    made.add(
        "ap_accepted_activities",
        liked | {"actor": f"{far}/eve", "type": "FEDIVERSE_ENGAGEMENT_LIKE"},
        liked | {"actor": f"{far}/eve", "type": "FEDIVERSE_ENGAGEMENT_LIKE"},
        liked | {"actor": f"{far}/zoe", "type": "FEDIVERSE_ENGAGEMENT_REPOST"},
    )


def follow(actor: str, us: str) -> dict[str, Any]:
    return {"@context": "https://www.w3.org/ns/activitystreams", "type": "Follow", "id": f"{actor}#1"} | {
        "actor": actor,
        "object": us,
    }

"""The order of an import, in one transaction: a fault anywhere leaves the node as it was."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from tortoise.models import Model
from tortoise.queryset import QuerySet

from activitypub.signatures.keys import BadKey
from fedistream.access_tokens.models import IntegrationRow
from fedistream.api.wording import explain
from fedistream.app.owncast_import import chat, federation, push, schedule
from fedistream.app.owncast_import import settings as owncast
from fedistream.app.owncast_import.files import IMAGES, Copies
from fedistream.app.owncast_import.folder import Source
from fedistream.app.owncast_import.images import images
from fedistream.app.owncast_import.report import Report
from fedistream.app.owncast_import.webhooks import webhooks
from fedistream.broadcasts.models import BroadcastRow
from fedistream.channels.models import ChannelRow, StreamKeyRow
from fedistream.channels.service import check_comment, check_key
from fedistream.channels.values import HOME
from fedistream.chat import message_ids
from fedistream.chat.models import IpBanRow, MessageRow
from fedistream.chat.values import Kind
from fedistream.core.errors import Invalid
from fedistream.db.versions import bump_version, versions
from fedistream.federation.models import FeaturedServerRow, FederationKeyRow, FollowerRow, PostRow, RemoteActorRow
from fedistream.notifications.models import VapidKeyRow
from fedistream.notifications.vapid import row_of
from fedistream.people.models import PersonRow
from fedistream.people.passwords import HASHER, is_bcrypt
from fedistream.people.service import ADMIN, MAX_PASSWORD, MIN_PASSWORD
from fedistream.schedule.models import ScheduledEventRow, ScheduleSeriesRow
from fedistream.settings.checks import flagged_address
from fedistream.settings.models import NODE, SettingRow
from fedistream.settings.service import CACHE_KEY as SETTINGS_KEY
from fedistream.settings.table import BY_NAME
from fedistream.webhooks.service import CACHE_KEY as WEBHOOKS_KEY

DONE = "import.owncast"  # a count of changes: 1 once an import is complete
BATCH = 500  # rows in one statement
RETENTION = "chat.retention_days"
COMMENT = "From Owncast"
USERNAME = "federation.username"
NO_ACTOR = "the server has no address (serverURL), or no account name, that can be used here"
BCRYPT = "$2"

Advance = Callable[[int], None]
Progress = Callable[[str, int], AbstractContextManager[Advance]]
"""Shows how far a part has come: called with its name and its length, it gives what tells of each step."""


async def is_done() -> bool:
    """Return whether an import was made into this node."""
    return (await versions(DONE))[DONE] > 0


async def must_be_empty() -> None:
    """Raise NodeInUse for a node that is in use.

    A node that was started and looked at is as good as an empty one: it has a channel, keys, a password and visitors.
    """
    used: dict[str, QuerySet[Any]] = {
        "chat messages": MessageRow.filter(kind=Kind.CHAT.value),
        "followers": FollowerRow.all(),
        "posts": PostRow.all(),
        "access tokens": IntegrationRow.all(),
        "IP bans": IpBanRow.all(),
        "broadcasts": BroadcastRow.all(),
        "scheduled events": ScheduledEventRow.all(),
        "featured streams": FeaturedServerRow.all(),
    }
    there = [name for name, rows in used.items() if await rows.exists()]
    if there:
        raise NodeInUse(
            f"this node is in use (it has {', '.join(there)}), and an Owncast server can only be moved to a node that "
            "is not. Give an empty folder with --data-dir"
        )


class NodeInUse(Exception):
    """The node has data already. The text is for the operator."""


class Sink(Protocol):
    """A place for the rows of an import."""

    async def store(self, rows: Iterable[Model], advance: Advance) -> int:
        """Store the rows. Returns how many they were."""

    async def actor_ids(self) -> Mapping[str, int]:
        """Return the ids of the stored remote actors, by URL."""


class Tables:
    """The tables of the node."""

    async def store(self, rows: Iterable[Model], advance: Advance) -> int:
        count = 0
        for kind, batch in batches(rows):
            await kind.bulk_create(batch)
            count += len(batch)
            advance(len(batch))
        return count

    async def actor_ids(self) -> Mapping[str, int]:
        return {str(url): int(row_id) for url, row_id in await RemoteActorRow.all().values_list("url", "id")}


class Nowhere:
    """A sink for a dry run: the rows are made and dropped."""

    def __init__(self) -> None:
        self._actors: dict[str, int] = {}

    async def store(self, rows: Iterable[Model], advance: Advance) -> int:
        count = 0
        for row in rows:
            if isinstance(row, RemoteActorRow):
                self._actors[row.url] = len(self._actors) + 1
            count += 1
            advance(1)
        return count

    async def actor_ids(self) -> Mapping[str, int]:
        return self._actors


def batches(rows: Iterable[Model]) -> Iterator[tuple[type[Model], list[Model]]]:
    """Yield the rows in batches of one table each."""
    source = iter(rows)
    while some := list(islice(source, BATCH)):
        for kind in dict.fromkeys(type(row) for row in some):
            yield kind, [row for row in some if type(row) is kind]


@dataclass(frozen=True, slots=True)
class Transfer:
    """One import. Without `copies`, nothing is read from or written to the node."""

    source: Source
    report: Report
    now: datetime
    progress: Progress
    copies: Copies | None = None

    @property
    def dry(self) -> bool:
        return self.copies is None

    async def run(self) -> None:
        """Move everything; to be called in a transaction unless it is dry. Raises NodeInUse."""
        store = owncast.read(self.source.rows("datastore", ("key", "value")), self.report)
        sink: Sink = Nowhere() if self.dry else Tables()
        channel_id = 0
        if not self.dry:
            await must_be_empty()
            channel_id = await self._channel(store)
        await self._settings(store, channel_id)
        await self._images(store, channel_id)
        await self._secrets(store, channel_id)
        await self._chat(sink, channel_id)
        await self._federation(sink, store, channel_id)
        await self._store(sink, "webhooks", "webhooks", webhooks(self.source, self.report, self.now))
        await self._schedule(sink, channel_id)
        if not self.dry:
            await bump_version(WEBHOOKS_KEY)
        await self._push(sink, store, channel_id)
        if not self.dry:
            await bump_version(DONE)

    async def _channel(self, store: owncast.Datastore) -> int:
        began = owncast.started_at(store) or self.now
        home = await ChannelRow.get_or_none(slug=HOME) or await ChannelRow.create(slug=HOME, created_at=began)
        # the actor's date
        await ChannelRow.filter(id=home.id).update(created_at=began)
        return int(home.id)

    async def _settings(self, store: owncast.Datastore, channel_id: int) -> None:
        for found in owncast.settings(store, self.report):
            await self._set(found.setting.name, found.value, channel_id)
            self.report.take("settings")

    async def _images(self, store: owncast.Datastore, channel_id: int) -> None:
        for found in images(self.source.data, store, self.report):
            if self.copies is not None:
                self.copies.write(found.data, IMAGES, found.file)
            await self._set(found.setting, found.file, channel_id)
            self.report.take(found.what)

    async def _set(self, name: str, value: object, channel_id: int) -> None:
        if self.dry:
            return
        scope = channel_id if BY_NAME[name].scope == "channel" else NODE
        wrapped = {"value": value}
        if not await SettingRow.filter(name=name, channel_id=scope).update(value=wrapped):
            await SettingRow.create(name=name, channel_id=scope, value=wrapped)
        await bump_version(SETTINGS_KEY)

    async def _secrets(self, store: owncast.Datastore, channel_id: int) -> None:
        await self._keys(store, channel_id)
        await self._password(owncast.admin_password(store))
        if not (pem := store.text("private_key")):
            return
        try:
            pem = federation.private_key(pem)
        except BadKey as error:
            self.report.leave("federation key", f"{error}; followers have to follow again")
            return
        self.report.take("federation key")
        if not self.dry:
            await FederationKeyRow.filter(channel_id=channel_id).delete()
            await FederationKeyRow.create(channel_id=channel_id, pem=pem, created_at=self.now)

    async def _keys(self, store: owncast.Datastore, channel_id: int) -> None:
        rows = []
        for key, comment in owncast.stream_keys(store):
            try:
                checked = check_key(key)
            except Invalid as error:
                self.report.leave("stream keys", explain(error), comment)
                continue
            try:
                comment = check_comment(comment)
            except Invalid:
                comment = COMMENT
            rows.append(StreamKeyRow(channel_id=channel_id, key=checked, comment=comment, created_at=self.now))
        self.report.take("stream keys", len(rows))
        if rows and not self.dry:
            await StreamKeyRow.filter(channel_id=channel_id).delete()
            await StreamKeyRow.bulk_create(rows)

    async def _password(self, password: str) -> None:
        if not password:
            return
        if password.startswith(BCRYPT) and not is_bcrypt(password):
            why = "its bcrypt hash cannot be used; the next start makes another password and prints it"
            self.report.leave("admin password", why)
            return
        if len(password) > MAX_PASSWORD:
            why = f"it is longer than {MAX_PASSWORD} characters; the next start makes another one and prints it"
            self.report.leave("admin password", why)
            return
        self.report.take("admin password")
        if not self.dry:
            # a bcrypt hash is replaced at the first sign-in
            hashed = password if is_bcrypt(password) else HASHER.hash(password)
            weak = None if hashed == password else len(password) < MIN_PASSWORD
            values: dict[str, Any] = {"role": ADMIN, "password_hash": hashed, "weak": weak}
            if not await PersonRow.filter(name=ADMIN).update(**values):
                await PersonRow.create(name=ADMIN, **values, created_at=self.now)

    async def _chat(self, sink: Sink, channel_id: int) -> None:
        source, report, now = self.source, self.report, self.now
        await self._store(sink, "chat users", "users", chat.visitors(source, now))
        await self._store(sink, "access tokens", "user_access_tokens", chat.tokens(source, report, now))
        actors = {
            str(row["username"]).lstrip("@").lower(): str(row["iri"])
            for row in source.rows("ap_followers", ("iri", "username"))
        }
        await self._store(sink, "sign-ins", "auth", chat.identities(source, actors, report, now))
        await self._store(sink, "IP bans", "ip_bans", chat.bans(source, report, now))
        oldest = Oldest(chat.messages(source, channel_id, report, now))
        await self._store(sink, "messages", "messages", oldest)
        days = BY_NAME[RETENTION].default
        if oldest.at is not None and isinstance(days, int) and (now - oldest.at).days >= days:
            # Owncast keeps messages for ever, and the hourly clean-up would delete what was just moved
            await self._set(RETENTION, 0, channel_id)
            report.note(f"messages are kept for ever, as in Owncast; the setting {RETENTION} changes that")

    async def _federation(self, sink: Sink, store: owncast.Datastore, channel_id: int) -> None:
        source, report = self.source, self.report
        name = store.text("federation_username") or str(BY_NAME[USERNAME].default)
        try:
            base = flagged_address(store.text("server_url"))
            BY_NAME[USERNAME].check(USERNAME, name)
        except Invalid:
            tables = {"followers": "ap_followers", "posts": "ap_outbox", "featured streams": "federated_servers"}
            for what, table in tables.items():
                if count := source.count(table):
                    report.leave(what, NO_ACTOR, count=count)
            return
        home = federation.Home(channel_id, base, f"{base}/federation/user/{name}")
        await self._store(sink, "remote actors", "ap_followers", federation.actors(source, report))
        ids = await sink.actor_ids()
        await self._store(sink, "followers", "ap_followers", federation.followers(source, home, ids, self.now))
        await self._store(sink, "posts", "ap_outbox", federation.posts(source, home, report, self.now))
        featured = federation.featured(source, home, report, self.now)
        await self._store(sink, "featured streams", "federated_servers", featured)
        engagements = federation.engagements(source, home, ids, report)
        await self._store(sink, "follows, likes and shares", "ap_accepted_activities", engagements)

    async def _schedule(self, sink: Sink, channel_id: int) -> None:
        source, report, now = self.source, self.report, self.now
        taken: dict[str, str] = {}

        def rules() -> Iterator[ScheduleSeriesRow]:
            for row in schedule.series(source, channel_id, report, now):
                taken[row.id] = row.name
                yield row

        await self._store(sink, "series of events", schedule.SERIES, rules())
        events = schedule.events(source, channel_id, taken, report, now)
        await self._store(sink, "scheduled events", schedule.EVENTS, events)

    async def _push(self, sink: Sink, store: owncast.Datastore, channel_id: int) -> None:
        key = push.key(store)
        if key is None:
            # no message to these browsers could be signed
            if count := self.source.count(push.TABLE):
                self.report.leave(push.WHAT, "the key that they subscribed with is missing or damaged", count=count)
            return
        if not self.dry:
            await VapidKeyRow.all().delete()
            await row_of(key).save(force_create=True)
        rows = push.subscriptions(self.source, channel_id, self.report, self.now)
        await self._store(sink, push.WHAT, push.TABLE, rows)

    async def _store(self, sink: Sink, what: str, table: str, rows: Iterable[Model]) -> None:
        with self.progress(what, self.source.count(table)) as advance:
            self.report.take(what, await sink.store(rows, advance))


class Oldest:
    """Passes messages on, and remembers the time of the first: they come in the order of time."""

    def __init__(self, rows: Iterable[MessageRow]) -> None:
        self._rows = rows
        self.at: datetime | None = None

    def __iter__(self) -> Iterator[MessageRow]:
        for row in self._rows:
            if self.at is None:
                self.at = message_ids.time_of(row.id)
            yield row

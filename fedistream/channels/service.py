"""The channels of the node and their stream keys. All are in memory; changes are written to the database first."""

import asyncio
import hmac
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256

from fedistream.channels.models import ChannelRow, StreamKeyRow
from fedistream.channels.values import HOME, Channel, ChannelProblem, StreamKey
from fedistream.core.errors import Conflict, Invalid, NotFound, ValueProblem
from fedistream.db import atomic
from fedistream.db.versions import bump_version

CACHE_KEY = "channels"  # the version that other processes compare to refresh their copies
FIRST_COMMENT = "Made at the first start"
# a path segment: without a dot, so that it is never the name of a playlist
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")

MAX_KEYS = 100  # per channel
MIN_KEY, MAX_KEY = 6, 200  # characters; OBS sets no limit
MAX_COMMENT = 200
# "/" and "?" would end the key in an encoder's URL, and blanks get lost in copying
KEY = re.compile(r"[!-.0->@-~]+")

# for reading aloud and typing: without 0 O o, 1 l I, and without signs
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"
KEY_LENGTH = 24  # of 56 letters each: 139 bits


class Channels:
    """The channels. Call `open` or `load` before anything else."""

    def __init__(self, now: Callable[[], datetime], chance: Callable[[int], str]) -> None:
        """Make an empty set of channels. `chance(n)` returns the letters of n random bytes, as `secrets.token_urlsafe`
        does."""
        self._now = now
        self._chance = chance
        self._by_id: dict[int, Channel] = {}
        self._by_slug: dict[str, Channel] = {}
        self._keys: dict[int, tuple[StreamKey, ...]] = {}
        self._by_digest: tuple[tuple[bytes, Channel], ...] = ()  # the digest of each key, and its channel
        self._override: str | None = None
        self._turn = asyncio.Lock()

    async def open(self, override: str = "") -> str:
        """Read the rows. To be called once, before anything else.

        `override` is a stream key that is the only one of the home channel until the node stops. At the first start the
        home channel is made and, without `override`, a stream key for it. Returns that key so that it can be shown,
        else "". Raises Invalid for a bad `override`.
        """
        self._override = check_key(override) if override else None
        made = await atomic(self._begin)
        await self.load()
        return made

    async def load(self) -> None:
        """Read the rows, without making any. For the worker process."""
        for row in await ChannelRow.all().order_by("id"):
            self._know(Channel(row.id, row.slug, row.created_at))
        for channel in self._by_id.values():
            keys = await StreamKeyRow.filter(channel_id=channel.id).order_by("id")
            self._keys[channel.id] = tuple(StreamKey(row.key, row.comment, row.created_at) for row in keys)
        self._index_keys()

    @property
    def key_overridden(self) -> bool:
        """Return whether an `override` is in use."""
        return self._override is not None

    def home(self) -> Channel:
        """Return the home channel."""
        return self._by_slug[HOME]

    def by_slug(self, slug: str) -> Channel | None:
        """Return the channel with this slug, or None."""
        return self._by_slug.get(slug)

    def all(self) -> tuple[Channel, ...]:
        """Return all channels, the oldest first."""
        return tuple(self._by_id.values())

    def find_by_key(self, key: str) -> Channel | None:
        """Return the channel with this stream key, or None. Takes the same time for every key."""
        digest, found = _digest(key), None
        for known, channel in self._by_digest:
            if hmac.compare_digest(known, digest):
                found = channel  # no break: the time taken would tell which key it was
        return found

    async def make(self, slug: str) -> Channel:
        """Make a channel without keys. Raises Invalid for a bad slug, Conflict for one that is taken."""
        if not SLUG.fullmatch(slug):
            raise Invalid("slug", ChannelProblem.SLUG)
        return await atomic(self._make, slug, on_committed=self._know, turn=self._turn)

    async def stream_keys(self, channel_id: int) -> tuple[StreamKey, ...]:
        """Return the channel's stored keys. Raises NotFound."""
        self._known(channel_id)
        return self._keys.get(channel_id, ())

    async def replace_stream_keys(self, channel_id: int, keys: Sequence[tuple[str, str]]) -> None:
        """Replace the channel's keys by these pairs of key and comment. A key that stays keeps its date.

        An encoder that publishes with a removed key is not interrupted. Raises NotFound, Invalid, and Conflict when
        another channel has one of the keys.
        """
        self._known(channel_id)
        if len(keys) > MAX_KEYS:
            raise Invalid("stream keys", ValueProblem.MANY, most=MAX_KEYS)
        checked = {check_key(key): check_comment(comment) for key, comment in keys}
        if len(checked) < len(keys):
            raise Invalid("stream keys", ChannelProblem.DUPLICATE_KEYS)

        def remember(stored: tuple[StreamKey, ...]) -> None:
            self._keys[channel_id] = stored
            self._index_keys()

        await atomic(self._replace, channel_id, checked, on_committed=remember, turn=self._turn)

    async def _begin(self) -> str:
        if await ChannelRow.exists():
            return ""
        home = await ChannelRow.create(slug=HOME, created_at=self._now())
        if self._override is not None:
            return ""
        key = self._random_key()
        await StreamKeyRow.create(channel_id=home.id, key=key, comment=FIRST_COMMENT, created_at=home.created_at)
        return key

    def _random_key(self) -> str:
        key = ""
        while len(key) < KEY_LENGTH:
            key += "".join(letter for letter in self._chance(2 * KEY_LENGTH) if letter in ALPHABET)
        return key[:KEY_LENGTH]

    async def _make(self, slug: str) -> Channel:
        if await ChannelRow.filter(slug=slug).exists():
            raise Conflict(ChannelProblem.SLUG_TAKEN, slug=slug)
        row = await ChannelRow.create(slug=slug, created_at=self._now())
        await bump_version(CACHE_KEY)
        return Channel(row.id, row.slug, row.created_at)

    async def _replace(self, channel_id: int, keys: dict[str, str]) -> tuple[StreamKey, ...]:
        if await StreamKeyRow.filter(key__in=list(keys)).exclude(channel_id=channel_id).exists():
            raise Conflict(ChannelProblem.KEY_TAKEN)
        born = {row.key: row.created_at for row in await StreamKeyRow.filter(channel_id=channel_id)}
        await StreamKeyRow.filter(channel_id=channel_id).delete()
        stored = [StreamKey(key, comment, born.get(key) or self._now()) for key, comment in keys.items()]
        rows = [
            StreamKeyRow(channel_id=channel_id, key=each.key, comment=each.comment, created_at=each.created_at)
            for each in stored
        ]
        await StreamKeyRow.bulk_create(rows)
        await bump_version(CACHE_KEY)
        return tuple(stored)

    def _know(self, channel: Channel) -> None:
        self._by_id[channel.id] = self._by_slug[channel.slug] = channel

    def _known(self, channel_id: int) -> Channel:
        if channel_id not in self._by_id:
            raise NotFound(ChannelProblem.NO_CHANNEL)
        return self._by_id[channel_id]

    def _index_keys(self) -> None:
        pairs = [
            (_digest(each.key), channel)
            for channel in self._by_id.values()
            if not (channel.slug == HOME and self._override is not None)
            for each in self._keys.get(channel.id, ())
        ]
        if self._override is not None and HOME in self._by_slug:
            # last, so that it wins over the same key of another channel
            pairs.append((_digest(self._override), self.home()))
        self._by_digest = tuple(pairs)


def check_key(key: str) -> str:
    """Return the key if it is well-formed. Raises Invalid."""
    if not MIN_KEY <= len(key) <= MAX_KEY:
        raise Invalid("stream key", ValueProblem.LENGTH, least=MIN_KEY, most=MAX_KEY)
    if not KEY.fullmatch(key):
        raise Invalid("stream key", ChannelProblem.KEY_CHARACTERS)
    return key


def check_comment(comment: str) -> str:
    """Return the comment without surrounding blanks. Raises Invalid."""
    comment = comment.strip()
    if not 1 <= len(comment) <= MAX_COMMENT or not comment.isprintable():
        raise Invalid("comment of a stream key", ChannelProblem.KEY_COMMENT, most=MAX_COMMENT)
    return comment


def _digest(key: str) -> bytes:
    # a digest, because compare_digest leaks lengths; surrogates come from encoders that do not send UTF-8
    return sha256(key.encode("utf-8", "surrogatepass")).digest()

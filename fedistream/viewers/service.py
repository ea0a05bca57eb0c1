"""Counts viewers: present ones, the list for the admin, peaks, and the count over time.

A viewer is an address and user agent that requested a playlist, pinged or holds a socket. Who watched is never stored;
`history.py` stores the counts.
"""

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fedistream.core.client_network import is_shared
from fedistream.viewers.audience import Audience, Key, Watcher

EXPIRY_S = 15.0  # a player asks for a playlist at least every few seconds
MAX_VIEWERS = 200_000  # about 120 MB; more than one machine can send video to
MAX_PER_ADDRESS = 1_000  # user agents at one address: one client must not fill the table
MAX_USER_AGENT = 512  # characters kept
SAMPLE_S = 30.0
SAMPLES = 2_880  # 24 hours
SEVERAL = 5  # viewers; at one private address an unconfigured proxy is more likely than so many people

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Viewer:
    """One viewer. `id` is derived from address and user agent; it means nothing after a restart."""

    id: str
    first_seen: datetime
    last_seen: datetime
    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class Peak:
    """The most viewers at once: in the present or latest broadcast, and ever."""

    session: int = 0
    overall: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """The number of viewers at a moment."""

    at: datetime
    viewers: int


@dataclass(slots=True)
class _Channel:
    audience: Audience = field(default_factory=Audience)
    peak: Peak = Peak()
    in_session: bool = False
    one_address: str = ""
    samples: deque[Count] = field(default_factory=lambda: deque(maxlen=SAMPLES))


class Viewers:
    """The viewers of all channels. `clock` returns monotonic seconds, `now` the time of day.

    `salt` (16 to 64 random bytes) keeps addresses from being recovered from ids. With `capacity` viewers on all
    channels, or MAX_PER_ADDRESS at one address, further ones are served but not counted; `uncounted` says how often
    that happened.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        salt: bytes,
        *,
        expiry_s: float = EXPIRY_S,
        capacity: int = MAX_VIEWERS,
    ) -> None:
        self._clock = clock
        self._now = now
        self._salt = salt
        self._expiry_s = expiry_s
        self._capacity = capacity
        self._channels: dict[int, _Channel] = {}
        self._total = 0
        self.uncounted = 0

    def seen(self, channel_id: int, address: str, user_agent: str) -> None:
        """Note that a client requested a playlist or pinged. Cheap enough for every request."""
        key = (address, user_agent[:MAX_USER_AGENT])
        at = self._clock()
        channel = self._channel(channel_id)
        if not channel.audience.touch(key, at):
            self._expire(channel, at)
            self._arrive(channel, key, at)

    def hold(self, channel_id: int, address: str, user_agent: str) -> bool:
        """Note that a client opened a socket, and count it until it closes. Returns False when the limits are reached.

        Call `release` with the same values if and only if this returned True.
        """
        key = (address, user_agent[:MAX_USER_AGENT])
        at = self._clock()
        channel = self._channel(channel_id)
        self._expire(channel, at)
        if not channel.audience.touch(key, at) and not self._arrive(channel, key, at):
            return False
        channel.audience.hold(key)
        return True

    def release(self, channel_id: int, address: str, user_agent: str) -> None:
        """Note that the socket has closed; the viewer expires after `expiry_s` seconds."""
        self._channel(channel_id).audience.release((address, user_agent[:MAX_USER_AGENT]), self._clock())

    def count(self, channel_id: int) -> int:
        """Return the present number of viewers of the channel."""
        channel = self._channels.get(channel_id)
        if channel is None:
            return 0
        self._expire(channel, self._clock())
        return len(channel.audience)

    def counts(self) -> dict[int, int]:
        """Return the present number of viewers of every channel that ever had a viewer or a broadcast."""
        return {channel_id: self.count(channel_id) for channel_id in self._channels}

    def list(self, channel_id: int) -> tuple[Viewer, ...]:
        """Return all viewers of the channel, in the order in which they came."""
        channel = self._channels.get(channel_id)
        if channel is None:
            return ()
        at, now = self._clock(), self._now()
        self._expire(channel, at)
        found = (
            Viewer(w.id, w.first_seen, now - timedelta(seconds=at - w.last_seen), user_agent, address)
            for (address, user_agent), w in channel.audience
        )
        return tuple(sorted(found, key=lambda viewer: viewer.first_seen))

    def id_of(self, address: str, user_agent: str) -> str:
        """Return the id that a viewer with this address and user agent has."""
        return self._id((address, user_agent[:MAX_USER_AGENT]))

    def peak(self, channel_id: int) -> Peak:
        """Return the channel's peaks."""
        channel = self._channels.get(channel_id)
        return Peak() if channel is None else channel.peak

    def restore_peak(self, channel_id: int, overall: int) -> None:
        """Set the overall peak to what was stored before the process started, unless it is higher already."""
        channel = self._channel(channel_id)
        channel.peak = Peak(channel.peak.session, max(overall, channel.peak.overall))

    def session_peak(self, channel_id: int) -> int:
        """Return the peak of the present or latest broadcast."""
        return self.peak(channel_id).session

    def begin_session(self, channel_id: int) -> None:
        """Begin a broadcast: its peak starts with the viewers who are present."""
        channel = self._channel(channel_id)
        channel.in_session = True
        channel.peak = Peak(0, channel.peak.overall)
        self._expire(channel, self._clock())
        self._note_peak(channel)

    def end_session(self, channel_id: int) -> None:
        """End the broadcast: viewers of an offline channel do not raise its peak."""
        self._channel(channel_id).in_session = False

    def samples(self, channel_id: int, since: datetime | None = None) -> tuple[Count, ...]:
        """Return the counts of the last day, one every SAMPLE_S seconds, the oldest first."""
        channel = self._channels.get(channel_id)
        if channel is None:
            return ()
        return tuple(count for count in channel.samples if since is None or count.at >= since)

    def sample(self) -> None:
        """Record the present count of every channel that ever had a viewer or a broadcast."""
        at, now = self._clock(), self._now()
        for channel in self._channels.values():
            self._expire(channel, at)
            channel.samples.append(Count(now, len(channel.audience)))
            self._look_at_addresses(channel)

    async def run(self) -> None:
        """Sample every SAMPLE_S seconds until cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(SAMPLE_S)

    def one_address(self, channel_id: int) -> str:
        """Return the private address at which all viewers were seen when there were at least SEVERAL, else "".

        Such viewers are most likely behind a proxy and cannot be told apart. As of the last sample with that many
        viewers.
        """
        channel = self._channels.get(channel_id)
        return "" if channel is None else channel.one_address

    def _look_at_addresses(self, channel: _Channel) -> None:
        if len(channel.audience) < SEVERAL:
            return
        found = channel.audience.one_address()
        found = found if found and is_shared(found) else ""
        if found and found != channel.one_address:
            log.warning(
                "all %d viewers have the address %s: if that is a proxy, add it to --trusted-proxies, "
                "or they cannot be told apart, banned or paced",
                len(channel.audience),
                found,
            )
        channel.one_address = found

    def _channel(self, channel_id: int) -> _Channel:
        channel = self._channels.get(channel_id)
        if channel is None:
            channel = self._channels[channel_id] = _Channel()
        return channel

    def _expire(self, channel: _Channel, at: float) -> None:
        self._total -= channel.audience.expire(at - self._expiry_s)

    def _arrive(self, channel: _Channel, key: Key, at: float) -> bool:
        if self._total >= self._capacity or channel.audience.from_address(key[0]) >= MAX_PER_ADDRESS:
            self.uncounted += 1
            return False
        channel.audience.add(key, Watcher(self._id(key), self._now(), at))
        self._total += 1
        self._note_peak(channel)
        return True

    def _note_peak(self, channel: _Channel) -> None:
        count = len(channel.audience)
        if channel.in_session and count > channel.peak.session:
            channel.peak = Peak(count, max(count, channel.peak.overall))

    def _id(self, key: Key) -> str:
        # a NUL cannot be in a header, so no two keys are written the same way
        return hashlib.blake2b("\0".join(key).encode(), digest_size=8, key=self._salt).hexdigest()

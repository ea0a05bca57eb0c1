"""The players' reports, in memory: the last of each client, and figures of all clients, one set a minute.

What players say cannot be checked. So everything is bounded, one network has a pace and a number of clients, and a
client that is silent is forgotten.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from fedistream.core.client_network import client_network
from fedistream.core.rate_limit import RateLimiter
from fedistream.metrics.values import CLIENT, Client, Figure, Playback, Report

PERIOD_S = 60.0
SETS = 720  # of figures: 12 hours
FRESH_S = 90.0  # a client whose last report is older is not counted; players report every 15 to 60 s
FORGOTTEN_S = 300.0
MAX_CLIENTS = 10_000  # of all channels, about 8 MB; further ones are not counted
MAX_PER_NETWORK = 200
MAX_USER_AGENT = 512  # characters kept, as for viewers
BURST, PER_S = 200, 10  # requests of one network: 150 players behind one address, each reporting every 15 s
MEDIA_PER_S = 60  # 20 players behind one address, each with three parts a second; more of them are heard less often
MAX_TOTAL = 1_000_000  # of a client's counts

Key = tuple[int, str, str, str]  # channel, address, user agent, session


@dataclass(frozen=True, slots=True)
class Span:
    """A quantity over time: the lowest, median and highest of all clients."""

    lowest: tuple[Figure, ...] = ()
    median: tuple[Figure, ...] = ()
    highest: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaybackFigures:
    """The figures of a channel's players, the oldest first. Counts are those of a minute."""

    errors: tuple[Figure, ...] = ()
    changes: tuple[Figure, ...] = ()
    latency_s: Span = Span()
    download_s: Span = Span()
    bandwidth_kbps: Span = Span()


@dataclass(slots=True)
class _Known:
    """A client's newest values. `errors` and `changes` are those of this minute, the totals those since its first."""

    first_seen: datetime
    at: datetime
    last_report: float  # monotonic seconds
    state: str = ""
    bandwidth_kbps: float | None = None
    bitrate_kbps: float | None = None
    latency_s: float | None = None
    download_s: float | None = None
    errors: int = 0
    changes: int = 0
    total_errors: int = 0
    total_changes: int = 0
    last_error: float = float("-inf")
    source: str = CLIENT

    def take(self, report: Report, at: datetime, clock: float) -> None:
        changes = report.changes
        if report.is_video and report.bitrate_kbps is not None:
            if self.bitrate_kbps is not None and report.bitrate_kbps != self.bitrate_kbps:
                changes += 1
            self.bitrate_kbps = report.bitrate_kbps
        self.at, self.last_report, self.source = at, clock, report.source
        self.state = report.state or self.state
        self.bandwidth_kbps = _newest(report.bandwidth_kbps, self.bandwidth_kbps)
        self.latency_s = _newest(report.latency_s, self.latency_s)
        self.download_s = _newest(report.download_s, self.download_s)
        self.errors += report.errors
        self.changes += changes
        self.total_errors = min(MAX_TOTAL, self.total_errors + report.errors)
        self.total_changes = min(MAX_TOTAL, self.total_changes + changes)
        if report.errors:
            self.last_error = clock


@dataclass(slots=True)
class _Series:
    """The sets of figures of one channel; a set has a time and a value for each name."""

    sets: deque[tuple[datetime, dict[str, float]]] = field(default_factory=lambda: deque(maxlen=SETS))

    def figures(self, name: str) -> tuple[Figure, ...]:
        return tuple(Figure(at, values[name]) for at, values in self.sets if name in values)

    def span(self, name: str) -> Span:
        return Span(*(self.figures(f"{name} {which}") for which in ("lowest", "median", "highest")))


class PlaybackMetrics:
    """Takes reports and returns what they add up to. `clock` returns monotonic seconds, `now` the time of day."""

    def __init__(self, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._clock, self._now = clock, now
        self._limiter = RateLimiter(clock, burst=BURST, per_s=PER_S)
        self._media_limiter = RateLimiter(clock, burst=BURST, per_s=MEDIA_PER_S)
        self._clients: OrderedDict[Key, _Known] = OrderedDict()  # the one that reported last is last
        self._per_network: Counter[str] = Counter()
        self._series: dict[int, _Series] = {}
        self.error_count = 0  # since the start

    def acquire(self, address: str) -> None:
        """Count a request against the pace of its network. Raises TooMany."""
        self._limiter.acquire(client_network(address))

    def acquire_media(self, address: str) -> None:
        """Count a report with a request for media; there are more of them than calls. Raises TooMany."""
        self._media_limiter.acquire(client_network(address))

    def take(self, channel_id: int, address: str, user_agent: str, report: Report) -> None:
        """Take a report of a player. With MAX_CLIENTS, or MAX_PER_NETWORK of its network, a new player's is dropped."""
        clock, now = self._clock(), self._now()
        self._forget(clock)
        key = (channel_id, address, user_agent[:MAX_USER_AGENT], report.session)
        known = self._clients.get(key)
        if known is None:
            network = client_network(address)
            if len(self._clients) >= MAX_CLIENTS or self._per_network[network] >= MAX_PER_NETWORK:
                return
            self._per_network[network] += 1
            known = self._clients[key] = _Known(now, now, clock)
        self._clients.move_to_end(key)
        known.take(report, now, clock)
        self.error_count += report.errors

    def clients(self, channel_id: int) -> tuple[Client, ...]:
        """Return the channel's players, in the order in which they first reported."""
        self._forget(self._clock())
        found = [
            Client(session, address, user_agent, known.first_seen, _playback(known))
            for (channel, address, user_agent, session), known in self._clients.items()
            if channel == channel_id
        ]
        return tuple(sorted(found, key=lambda client: client.first_seen))

    def fresh(self, channel_id: int) -> tuple[tuple[Playback, bool], ...]:
        """Return the playback of every client that reported within FRESH_S seconds, and whether it had an error."""
        since = self._clock() - FRESH_S
        return tuple(
            (_playback(known), known.last_error > since)
            for (channel, *_), known in self._clients.items()
            if channel == channel_id and known.last_report > since
        )

    def figures(self, channel_id: int) -> PlaybackFigures:
        """Return the figures of the last hours."""
        series = self._series.get(channel_id)
        if series is None:
            return PlaybackFigures()
        return PlaybackFigures(
            series.figures("errors"),
            series.figures("changes"),
            series.span("latency"),
            series.span("download"),
            series.span("bandwidth"),
        )

    def sample(self) -> None:
        """Add a set of figures to every channel whose players report."""
        clock, now = self._clock(), self._now()
        self._forget(clock)
        by_channel: dict[int, list[_Known]] = {}
        for (channel_id, *_), known in self._clients.items():
            if known.last_report > clock - FRESH_S:
                by_channel.setdefault(channel_id, []).append(known)
        for channel_id, known_ones in by_channel.items():
            values: dict[str, float] = {
                "errors": sum(known.errors for known in known_ones),
                "changes": sum(known.changes for known in known_ones),
                **_spread("latency", [known.latency_s for known in known_ones]),
                **_spread("download", [known.download_s for known in known_ones]),
                **_spread("bandwidth", [known.bandwidth_kbps for known in known_ones]),
            }
            self._series.setdefault(channel_id, _Series()).sets.append((now, values))
            for known in known_ones:
                known.errors = known.changes = 0

    async def run(self) -> None:
        """Sample every PERIOD_S seconds until cancelled."""
        while True:
            await asyncio.sleep(PERIOD_S)
            self.sample()

    def _forget(self, clock: float) -> None:
        while self._clients:
            key = next(iter(self._clients))
            if self._clients[key].last_report > clock - FORGOTTEN_S:
                return
            del self._clients[key]
            network = client_network(key[1])
            self._per_network[network] -= 1
            if not self._per_network[network]:
                del self._per_network[network]


def _newest(new: float | None, old: float | None) -> float | None:
    return old if new is None else new


def _playback(known: _Known) -> Playback:
    return Playback(
        known.at,
        known.state,
        known.bandwidth_kbps,
        known.bitrate_kbps,
        known.latency_s,
        known.download_s,
        known.total_errors,
        known.total_changes,
        known.source,
    )


def _spread(name: str, values: list[float | None]) -> dict[str, float]:
    known = sorted(value for value in values if value is not None)
    if not known:
        return {}
    half = len(known) // 2
    # by hand: `statistics` brings 0.6 MB of modules that the front process needs for nothing else
    median = known[half] if len(known) % 2 else (known[half - 1] + known[half]) / 2
    return {f"{name} lowest": known[0], f"{name} median": median, f"{name} highest": known[-1]}

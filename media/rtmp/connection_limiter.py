"""Who may connect, and who has to make room: connections that do not publish, counted by address and in total, and
addresses that tried wrong keys.

No right key is kept out by this. One connection too many closes an older one that does not publish, and an address that
tried wrong keys is answered late when it tries another. It keeps count and knows no socket; the clock's reading is an
argument.
"""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field

from media.rtmp.errors import TooManyFromAddress
from media.rtmp.limits import Limits


def network_key(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 customer is given at least."""
    if ":" not in address or "." in address:
        return address.removeprefix("::ffff:")
    head, gap, tail = address.partition("%")[0].partition("::")
    front = head.split(":") if head else []
    if gap:
        back = tail.split(":") if tail else []
        front += ["0"] * (8 - len(front) - len(back)) + back
    return ":".join(front[:4])


class ConnectionLimiter:
    """Connections are named by numbers that grow."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: dict[str, dict[int, None]] = {}  # by address, the oldest first
        self._waiting_count = 0
        self._publishing: Counter[str] = Counter()
        self._place: dict[int, str] = {}  # of those that publish

    def arrive(self, number: int, address: str) -> int | None:
        """Count a new connection; it needs a `leave`. Returns the connection that has to be closed for it, if any."""
        place = network_key(address)
        here = self._waiting.setdefault(place, {})
        here[number] = None
        self._waiting_count += 1
        if len(here) > self._limits.waiting_per_address:
            return next(iter(here))
        if self._waiting_count > self._limits.waiting:
            # of the address that has most; among equals of the one whose first has waited longest
            most = max(self._waiting.values(), key=lambda numbers: (len(numbers), -next(iter(numbers))))
            return next(iter(most))
        return None

    def publish(self, number: int, address: str) -> None:
        """It was let in, and makes room for nobody from now on. Raises TooManyFromAddress."""
        place = network_key(address)
        if self._publishing[place] >= self._limits.publishing_per_address:
            raise TooManyFromAddress(f"{self._limits.publishing_per_address} encoders publish from there already")
        self._forget(number, place)
        self._publishing[place] += 1
        self._place[number] = place

    def rest(self, number: int, address: str) -> int | None:
        """It has stopped publishing and may begin again. Returns as `arrive`."""
        self.leave(number, address)
        return self.arrive(number, address)

    def leave(self, number: int, address: str) -> None:
        place = self._place.pop(number, None)
        if place is None:
            self._forget(number, network_key(address))
            return
        self._publishing[place] -= 1
        if self._publishing[place] <= 0:
            del self._publishing[place]

    def _forget(self, number: int, place: str) -> None:
        here = self._waiting.get(place, {})
        if number in here:
            del here[number]
            self._waiting_count -= 1
        if not here:
            self._waiting.pop(place, None)


@dataclass(slots=True)
class _Guesser:
    """`slow_until`: wrong keys are answered late until then; `late`: how many were."""

    times: deque[float]
    slow_until: float = 0.0
    late: int = 0
    allowance: float = 0.0
    since: float = 0.0


@dataclass(slots=True)
class FailedKeys:
    """Addresses that tried wrong stream keys.

    A key of `long_key` characters is compared in any case: nobody finds it by trying. Shorter ones, which people make
    up, are compared only so often from an address that is slowed down, or guessing them would become cheaper.
    """

    limits: Limits
    _known: OrderedDict[str, _Guesser] = field(default_factory=OrderedDict)
    _all: float = 0.0  # comparisons of short keys left to all slow addresses together
    _since: float = 0.0

    def may_try(self, address: str, key: str, now: float) -> bool:
        """Whether the key is to be compared at all."""
        guesser = self._known.get(network_key(address))
        if guesser is None or now >= guesser.slow_until or len(key) >= self.limits.long_key:
            return True
        limits = self.limits
        guesser.allowance = min(limits.short_keys, guesser.allowance + (now - guesser.since) * limits.short_keys_per_s)
        guesser.since = now
        self._all = min(limits.short_keys_all, self._all + (now - self._since) * limits.short_keys_all_per_s)
        self._since = now
        if guesser.allowance < 1 or self._all < 1:
            return False
        guesser.allowance -= 1
        self._all -= 1
        return True

    def failed(self, address: str, now: float) -> float:
        """Count a wrong key. Returns for how many seconds the answer has to wait."""
        place, limits = network_key(address), self.limits
        guesser = self._known.pop(place, None) or _Guesser(deque(maxlen=limits.failed_keys))
        self._known[place] = guesser  # the youngest last
        if len(self._known) > limits.failed_keys_addresses:
            self._known.popitem(last=False)
        slow = now < guesser.slow_until
        guesser.times.append(now)
        if slow or (len(guesser.times) == limits.failed_keys and now - guesser.times[0] <= limits.failed_keys_window_s):
            if not slow:
                guesser.late, guesser.allowance, guesser.since = 0, limits.short_keys, now
            guesser.slow_until = now + limits.failed_keys_slow_s
            guesser.late += 1
            return min(limits.failed_keys_delay_s, 2.0 ** min(guesser.late - 2, 16)) if guesser.late > 1 else 0.0
        return 0.0

    def is_slow(self, address: str, now: float) -> bool:
        guesser = self._known.get(network_key(address))
        return guesser is not None and now < guesser.slow_until

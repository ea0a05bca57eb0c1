"""Addresses that try wrong stream keys are answered late, and short keys from there are compared seldom.

No right key is kept out by this, unless it is short. It knows no sockets.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from media.rtmp.connection_limiter import network_key
from media.rtmp.limits import Limits


@dataclass(slots=True)
class _Network:
    """The state of one network: when its newest wrong keys came, until when it is slowed down, how many answers
    were late, and how many comparisons of short keys it is allowed (`allowance`, as of `since`)."""

    times: deque[float]
    slow_until: float = 0.0
    late: int = 0
    allowance: float = 0.0
    since: float = 0.0


@dataclass(slots=True)
class FailedKeys:
    """Networks that tried wrong stream keys. `now` is in seconds of a monotonic clock.

    A key of `long_key` characters is always compared: nobody finds it by trying. Shorter ones, which people make up,
    are compared only so often from a network that is slowed down, or guessing them would become cheaper.
    """

    limits: Limits
    _known: OrderedDict[str, _Network] = field(default_factory=OrderedDict)
    _all: float = 0.0  # comparisons of short keys left to all slow addresses together
    _since: float = 0.0

    def may_try(self, address: str, key: str, now: float) -> bool:
        """Return whether the key may be compared at all."""
        network = self._known.get(network_key(address))
        if network is None or now >= network.slow_until or len(key) >= self.limits.long_key:
            return True
        limits = self.limits
        network.allowance = min(limits.short_keys, network.allowance + (now - network.since) * limits.short_keys_per_s)
        network.since = now
        self._all = min(limits.short_keys_all, self._all + (now - self._since) * limits.short_keys_all_per_s)
        self._since = now
        if network.allowance < 1 or self._all < 1:
            return False
        network.allowance -= 1
        self._all -= 1
        return True

    def failed(self, address: str, now: float) -> float:
        """Count a wrong key. Return for how many seconds the answer has to wait."""
        key, limits = network_key(address), self.limits
        network = self._known.pop(key, None) or _Network(deque(maxlen=limits.failed_keys))
        self._known[key] = network  # the newest last
        if len(self._known) > limits.failed_keys_addresses:
            self._known.popitem(last=False)
        slow = now < network.slow_until
        network.times.append(now)
        if slow or (len(network.times) == limits.failed_keys and now - network.times[0] <= limits.failed_keys_window_s):
            if not slow:
                network.late, network.allowance, network.since = 0, limits.short_keys, now
            network.slow_until = now + limits.failed_keys_slow_s
            network.late += 1
            return min(limits.failed_keys_delay_s, 2.0 ** min(network.late - 2, 16)) if network.late > 1 else 0.0
        return 0.0

    def is_slow(self, address: str, now: float) -> bool:
        """Return whether the address is slowed down at present."""
        network = self._known.get(network_key(address))
        return network is not None and now < network.slow_until

"""Who may connect: connections counted in total and by address, and addresses that tried wrong keys.

It keeps count and knows no socket; the clock's reading is an argument.
"""

from collections import Counter, deque

from media.rtmp.errors import TooManyConnections, TooManyFailedKeys, TooManyFromAddress
from media.rtmp.limits import Limits


def house(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 customer is given at least."""
    if ":" not in address or "." in address:
        return address.removeprefix("::ffff:")
    head, gap, tail = address.partition("%")[0].partition("::")
    front = head.split(":") if head else []
    if gap:
        back = tail.split(":") if tail else []
        front += ["0"] * (8 - len(front) - len(back)) + back
    return ":".join(front[:4])


class Admission:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: Counter[str] = Counter()
        self._failed: dict[str, deque[float]] = {}  # the last `failed_keys` times, youngest address last
        self._blocked: dict[str, float] = {}  # until when

    def arrive(self, address: str, now: float) -> None:
        """Count a new connection; each needs a `leave`. Raises when it may not stay, and then has not counted it."""
        place = house(address)
        until = self._blocked.get(place)
        if until is not None:
            if now < until:
                raise TooManyFailedKeys(f"too many wrong stream keys, refused for {until - now:.0f} s more")
            del self._blocked[place]
        if self._open.total() >= self._limits.connections:
            raise TooManyConnections(f"{self._limits.connections} connections are open")
        if self._open[place] >= self._limits.connections_per_address:
            raise TooManyFromAddress(f"{self._limits.connections_per_address} connections are open from there")
        self._open[place] += 1

    def leave(self, address: str) -> None:
        place = house(address)
        self._open[place] -= 1
        if self._open[place] <= 0:
            del self._open[place]

    def failed(self, address: str, now: float) -> bool:
        """Count a wrong key; True when it was the one too many, and the address is blocked from now on."""
        place = house(address)
        times = self._failed.pop(place, None) or deque(maxlen=self._limits.failed_keys)
        times.append(now)
        if len(times) == self._limits.failed_keys and now - times[0] <= self._limits.failed_keys_window_s:
            self._blocked[place] = now + self._limits.failed_keys_block_s
            self._forget_oldest(self._blocked)
            return True
        self._failed[place] = times
        self._forget_oldest(self._failed)
        return False

    def _forget_oldest(self, table: dict[str, float] | dict[str, deque[float]]) -> None:
        if len(table) > self._limits.failed_keys_addresses:
            del table[next(iter(table))]

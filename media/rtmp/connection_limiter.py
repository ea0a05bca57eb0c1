"""Limits on connections that do not publish: in total and per network. Above a limit, the oldest of them is closed.

The limits keep no right key out, because only connections that do not publish are closed. The module knows no sockets.
"""

from collections import Counter

from media.rtmp.errors import TooManyFromAddress
from media.rtmp.limits import Limits


def network_key(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 that an IPv6 customer gets at least."""
    if ":" not in address or "." in address:
        return address.removeprefix("::ffff:")
    head, gap, tail = address.partition("%")[0].partition("::")
    front = head.split(":") if head else []
    if gap:
        back = tail.split(":") if tail else []
        front += ["0"] * (8 - len(front) - len(back)) + back
    return ":".join(front[:4])


class ConnectionLimiter:
    """Counts connections by network, in total and those that publish. Connections have numbers that grow."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: dict[str, dict[int, None]] = {}  # by address, the oldest first
        self._waiting_count = 0
        self._publishing: Counter[str] = Counter()
        self._networks: dict[int, str] = {}  # of those that publish

    def arrive(self, number: int, address: str) -> int | None:
        """Count a new connection, until `leave`. Returns the connection that has to be closed for it, if any."""
        network = network_key(address)
        here = self._waiting.setdefault(network, {})
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
        """Count a connection as publishing: it is not closed for others from now on. Raises TooManyFromAddress."""
        network = network_key(address)
        if self._publishing[network] >= self._limits.publishing_per_address:
            raise TooManyFromAddress(f"{self._limits.publishing_per_address} encoders publish from there already")
        self._forget(number, network)
        self._publishing[network] += 1
        self._networks[number] = network

    def rest(self, number: int, address: str) -> int | None:
        """Count a connection as waiting again: it has stopped publishing. Returns what `arrive` does."""
        self.leave(number, address)
        return self.arrive(number, address)

    def leave(self, number: int, address: str) -> None:
        network = self._networks.pop(number, None)
        if network is None:
            self._forget(number, network_key(address))
            return
        self._publishing[network] -= 1
        if self._publishing[network] <= 0:
            del self._publishing[network]

    def _forget(self, number: int, network: str) -> None:
        here = self._waiting.get(network, {})
        if number in here:
            del here[number]
            self._waiting_count -= 1
        if not here:
            self._waiting.pop(network, None)

"""IP addresses and networks that are banned from the chat. All bans are in memory; changes are written to the database
first."""

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from fedistream.chat.models import IpBanRow
from fedistream.chat.values import Cause, ChatProblem, cause_of
from fedistream.chat.wording import because
from fedistream.core.client_network import Network, is_shared, name, network_of, plain
from fedistream.core.errors import Invalid, NotFound
from fedistream.db import atomic
from fedistream.db.versions import bump_version

log = logging.getLogger(__name__)

CACHE_KEY = "bans"  # the version that other processes compare to refresh their copies
MAX_BANS = 50_000
MAX_NOTES = 500
AT_ONCE = 500  # rows that are read by one statement


InTransaction = Callable[[str], Awaitable[None]]
"""Called with the address or network, to write more in the same transaction."""


async def _nothing(address: str) -> None:
    """Write nothing more in the transaction."""


@dataclass(frozen=True, slots=True)
class IpBan:
    """A ban. `address` is one IP address, or a network in CIDR notation. `notes` is the text that belongs to the
    cause, or that a person gave."""

    address: str
    notes: str
    created_at: datetime
    cause: Cause | None = None


class Bans:
    """The bans of the node. Call `open` before anything else."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._bans: dict[Network, IpBan] = {}
        self._lengths: dict[tuple[int, int], int] = {}  # (version, prefix length): how many networks have it
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Read all bans from the database. To be called once, before anything else."""
        for row in await IpBanRow.all().order_by("id"):
            self._know(IpBan(row.address, row.notes, row.created_at, cause_of(row.cause)))
            if is_shared(row.address.partition("/")[0]):
                log.warning("the ban of %s applies to everyone behind this private address", row.address)

    async def refresh(self) -> None:
        """Read what another process has banned or lifted."""
        async with self._turn:
            stored = {str(address) for address in await IpBanRow.all().values_list("address", flat=True)}
            known = {ban.address for ban in self._bans.values()}
            for address in known - stored:
                self._forget(parse(address))
            fresh = sorted(stored - known)
            for first in range(0, len(fresh), AT_ONCE):
                for row in await IpBanRow.filter(address__in=fresh[first : first + AT_ONCE]).order_by("id"):
                    self._know(IpBan(row.address, row.notes, row.created_at, cause_of(row.cause)))

    def holds(self, address: str) -> bool:
        """Return whether this address is banned. A text that is not an IP address is not banned."""
        try:
            found = plain(ipaddress.ip_address(address))
        except ValueError:
            return False
        return any(
            ipaddress.ip_network((found, length), strict=False) in self._bans
            for version, length in self._lengths
            if version == found.version
        )

    def all(self) -> tuple[IpBan, ...]:
        """Return all bans, the oldest first."""
        return tuple(self._bans.values())

    async def ban(
        self,
        address: str,
        notes: str = "",
        in_transaction: InTransaction = _nothing,
        *,
        cause: Cause | None = None,
        own: bool = False,
    ) -> None:
        """Ban an address or a network. A second ban of the same one changes nothing.

        `in_transaction(address)` is awaited in the same transaction and may await nothing but the database. Raises
        Invalid for a text that is not an address or network, for a network that is too large, for this machine's own
        address unless `own` is set, and when there are MAX_BANS bans already.
        """
        network = parse(address)
        if network.is_loopback and not own:
            raise Invalid("IP address", ChatProblem.OWN_ADDRESS)
        ban = IpBan(name(network), notes[:MAX_NOTES], self._now(), cause)
        await atomic(self._insert, network, ban, in_transaction, turn=self._turn, on_committed=self._know)

    async def ban_network(
        self,
        address: str,
        notes: str = "",
        in_transaction: InTransaction = _nothing,
        *,
        cause: Cause | None = None,
    ) -> None:
        """Ban the network of one client: the address itself for IPv4, the /64 around it for IPv6.

        IPv6 privacy addresses change daily (RFC 8981), so banning one of them has no effect. An address that many
        clients may share (a proxy, a container bridge, this machine) is not banned, because that would ban everybody.
        `in_transaction` as in `ban`.
        """
        if is_shared(address):
            log.warning(
                "%s is not banned, because many people may share it: check --trusted-proxies (%s)",
                address,
                because(cause, notes),
            )
            return
        await self.ban(str(network_of(address)), notes, in_transaction, cause=cause)

    async def lift(self, address: str, in_transaction: InTransaction = _nothing) -> None:
        """Lift the ban of an address or a network; `in_transaction` as in `ban`.

        Raises Invalid for a text that is not an address or network, NotFound for one that is not banned.
        """
        network = parse(address)
        if network not in self._bans:
            raise NotFound(ChatProblem.NOT_BANNED)
        await atomic(
            self._delete, name(network), in_transaction, turn=self._turn, on_committed=lambda _: self._forget(network)
        )

    async def _insert(self, network: Network, ban: IpBan, in_transaction: InTransaction) -> IpBan:
        await in_transaction(ban.address)
        if network in self._bans:
            return self._bans[network]
        if len(self._bans) >= MAX_BANS:
            raise Invalid("IP bans", ChatProblem.MANY_BANS, most=MAX_BANS)
        await IpBanRow.create(address=ban.address, cause=ban.cause, notes=ban.notes, created_at=ban.created_at)
        await bump_version(CACHE_KEY)
        return ban

    async def _delete(self, address: str, in_transaction: InTransaction) -> None:
        await in_transaction(address)
        await IpBanRow.filter(address=address).delete()
        await bump_version(CACHE_KEY)

    def _know(self, ban: IpBan) -> None:
        network = parse(ban.address)
        if network in self._bans:
            return
        self._bans[network] = ban
        key = (network.version, network.prefixlen)
        self._lengths[key] = self._lengths.get(key, 0) + 1

    def _forget(self, network: Network) -> None:
        if self._bans.pop(network, None) is not None:
            key = (network.version, network.prefixlen)
            self._lengths[key] -= 1
            if not self._lengths[key]:
                del self._lengths[key]


def parse(address: str) -> Network:
    """Return the network that a text names; a single address becomes a network of one address. Raises Invalid."""
    try:
        network = ipaddress.ip_network(address.strip(), strict=False)
    except ValueError as error:
        raise Invalid("IP address", ChatProblem.IP_ADDRESS) from error
    if network.version == 6 and network.prefixlen >= 96 and (inner := network.network_address.ipv4_mapped):
        return ipaddress.ip_network((inner, network.prefixlen - 96), strict=False)
    if network.prefixlen < (8 if network.version == 4 else 16):
        raise Invalid("IP address", ChatProblem.LARGE_NETWORK)
    return network

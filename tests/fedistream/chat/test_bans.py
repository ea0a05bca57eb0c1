"""Addresses that are kept out of the chat."""

import asyncio

import pytest

from fedistream.chat.bans import Bans
from fedistream.core.errors import Invalid, NotFound
from fedistream.db import Database
from tests.kit.asking import Clock


@pytest.fixture
async def bans(database: Database) -> Bans:
    bans = Bans(Clock().now)
    await bans.open()
    return bans


async def test_a_banned_address_is_held_and_let_go(bans: Bans) -> None:
    await bans.ban("192.0.2.1", "rude")
    assert [bans.holds(address) for address in ("192.0.2.1", "192.0.2.2", "::1")] == [True, False, False]
    assert [(ban.address, ban.notes) for ban in bans.all()] == [("192.0.2.1", "rude")]
    await bans.lift("192.0.2.1")
    assert not bans.holds("192.0.2.1")
    assert bans.all() == ()


async def test_bans_are_there_after_a_restart(bans: Bans) -> None:
    await bans.ban("192.0.2.1", "rude")
    await bans.ban("2001:db8::/32")
    again = Bans(Clock().now)
    await again.open()
    assert again.all() == bans.all()
    assert again.holds("2001:db8:1::7")


async def test_a_network_can_be_banned(bans: Bans) -> None:
    await bans.ban("192.0.2.77/24")
    assert [ban.address for ban in bans.all()] == ["192.0.2.0/24"]
    assert bans.holds("192.0.2.200")
    assert not bans.holds("192.0.3.1")
    await bans.lift("192.0.2.0/24")
    assert not bans.holds("192.0.2.200")


async def test_the_same_address_in_its_other_spelling_is_the_same(bans: Bans) -> None:
    await bans.ban("192.0.2.1")
    assert bans.holds("::ffff:192.0.2.1")
    await bans.ban("::ffff:192.0.2.2")
    assert bans.holds("192.0.2.2")
    await bans.ban("2001:DB8:0:0::1")
    assert bans.holds("2001:db8::1")


async def test_banning_twice_even_at_once_is_banning_once(bans: Bans) -> None:
    await asyncio.gather(*(bans.ban("192.0.2.1", str(n)) for n in range(5)))
    assert len(bans.all()) == 1
    await bans.lift("192.0.2.1")
    assert not bans.holds("192.0.2.1")


@pytest.mark.parametrize(
    "address", ["", "nobody", "192.0.2.256", "192.0.2.1/33", "0.0.0.0/0", "::/0", "127.0.0.1", "::1"]
)
async def test_what_is_no_address_of_somebody_cannot_be_banned(bans: Bans, address: str) -> None:
    with pytest.raises(Invalid):
        await bans.ban(address)
    assert bans.all() == ()


async def test_lifting_what_is_not_banned_is_told(bans: Bans) -> None:
    with pytest.raises(NotFound):
        await bans.lift("192.0.2.1")


async def test_of_ipv6_the_whole_household_is_banned_as_its_addresses_change(bans: Bans) -> None:
    await bans.ban_network("2001:db8:1:2:3:4:5:6")
    assert bans.holds("2001:db8:1:2:ffff::1")
    assert not bans.holds("2001:db8:1:3::1")
    for address in ("192.0.2.1", "::ffff:192.0.2.2"):
        await bans.ban_network(address)
    assert [ban.address for ban in bans.all()] == ["2001:db8:1:2::/64", "192.0.2.1", "192.0.2.2"]


async def test_what_is_written_along_with_a_ban_is_written_with_it_or_the_ban_is_not(bans: Bans) -> None:
    written: list[str] = []

    async def in_transaction(address: str) -> None:
        written.append(address)
        if address == "192.0.2.9":
            raise LookupError(address)

    await bans.ban_network("2001:db8::1", in_transaction=in_transaction)
    with pytest.raises(LookupError):
        await bans.ban("192.0.2.9", in_transaction=in_transaction)
    assert written == ["2001:db8::/64", "192.0.2.9"]
    assert not bans.holds("192.0.2.9")
    await bans.ban("192.0.2.9")
    with pytest.raises(LookupError):
        await bans.lift("192.0.2.9", in_transaction)
    assert bans.holds("192.0.2.9")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_this_machines_own_address_is_banned_when_that_is_meant(bans: Bans, address: str) -> None:
    await bans.ban(address, own=True)
    assert bans.holds(address)
    await bans.lift(address)
    assert not bans.holds(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "unix:", ""])
async def test_this_machine_is_never_banned_with_somebody(bans: Bans, address: str) -> None:
    await bans.ban_network(address)
    assert bans.all() == ()
    assert not bans.holds(address)


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "172.17.0.1", "192.168.1.7", "100.64.0.9", "127.0.0.1", "169.254.3.3"),
        *("::1", "fe80::1", "fd00::7", "::ffff:172.17.0.1", "unknown"),
    ],
)
async def test_nobody_is_banned_at_an_address_that_many_may_share(
    bans: Bans, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    await bans.ban_network(address, "Troll was disabled")
    assert (bans.all(), bans.holds(address)) == ((), False)
    assert "--trusted-proxies" in caplog.text


async def test_the_admin_may_ban_a_private_address_and_is_reminded_of_it(
    bans: Bans, caplog: pytest.LogCaptureFixture
) -> None:
    await bans.ban("172.17.0.0/16")
    assert bans.holds("172.17.0.1")
    again = Bans(Clock().now)
    await again.open()
    assert "172.17.0.0/16 applies to everyone" in caplog.text

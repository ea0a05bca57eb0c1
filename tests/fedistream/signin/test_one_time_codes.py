"""Codes: sent, typed in, guessed at, and asked for too often."""

import asyncio
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

import pytest

from fedistream.core.errors import Conflict, Invalid, TooMany
from fedistream.core.rate_limit import RateLimiter
from fedistream.federation.posts.values import Mention
from fedistream.federation.values import FederationProblem
from fedistream.signin.one_time_codes import LIFE_S, MAX_WAITING, TRIES, OneTimeCodes
from fedistream.signin.values import SignInProblem
from tests.kit.asking import Clock
from tests.kit.invalid import invalid

ANN = "ann@social.example"


@dataclass
class World:
    """The fediverse and the chat as far as codes know them: letters by account, and who signed in."""

    delivery: list[tuple[str, str, float]] = field(default_factory=list)
    signed_in: list[tuple[str, str, str]] = field(default_factory=list)
    sender: str = "Quiet <b>Waters</b>"
    shut: bool = False
    late: asyncio.Event | None = None  # what a letter that cannot be sent waits for before it says so
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def find(self, account: str) -> Mention:
        await asyncio.sleep(0)
        if "@" not in account:
            raise Invalid("account", FederationProblem.HANDLE)
        actor = f"https://{account.strip('@ ').lower().partition('@')[2]}/ann"
        return Mention(actor, account, f"{actor}/inbox")

    async def write(self, to: Mention, html: str, within_s: float) -> None:
        if self.shut:
            self.begun.set()
            if self.late is not None:
                await self.late.wait()
            raise Conflict(SignInProblem.NO_ADDRESS)
        self.delivery.append((to.actor, html, within_s))

    async def authenticate(self, visitor_id: str, kind: str, identity: str) -> object:
        self.signed_in.append((visitor_id, kind, identity))
        return None

    @property
    def code(self) -> str:
        """Return the code in the newest direct message."""
        found = re.search(r": (\d{6})\.", self.delivery[-1][1])
        assert found is not None
        return found[1]


@dataclass
class Office:
    world: World
    clock: Clock
    codes: OneTimeCodes


@pytest.fixture
def office() -> Office:
    world, clock, numbers = World(), Clock(), count(7)
    asking = RateLimiter(clock.monotonic, burst=10_000, per_s=1)
    delivery, letters_from = [RateLimiter(clock.monotonic, burst=burst, per_s=1 / 1200) for burst in (6, 3)]
    codes = OneTimeCodes(
        world.authenticate,
        world,
        asking.acquire,
        delivery.acquire,
        letters_from.acquire,
        clock.monotonic,
        lambda n: next(numbers) % n,
    )
    return Office(world, clock, codes)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def test_the_right_code_signs_in(office: Office) -> None:
    await office.codes.send("v1", f" @{ANN} ", "203.0.113.7")
    ((to, html, within_s),) = office.world.delivery
    assert (to, within_s) == ("https://social.example/ann", LIFE_S)
    assert html.startswith("<p>One-time code from Quiet &lt;b&gt;Waters&lt;/b&gt;: 000007. ")
    assert await office.codes.verify("v1", " 000 007\n") == "https://social.example/ann"
    assert office.world.signed_in == [("v1", "fediverse", "https://social.example/ann")]
    with pytest.raises(Conflict, match="no-code"):
        await office.codes.verify("v1", "000007")


async def test_while_a_code_is_on_its_way_no_second_is_sent(office: Office) -> None:
    for account in (ANN, ANN.upper(), f"@{ANN}"):
        await office.codes.send("v1", account, "203.0.113.7")
    assert len(office.world.delivery) == 1
    await office.codes.send("v1", "ann@other.example", "203.0.113.7")
    assert office.world.delivery[-1][0] == "https://other.example/ann", "who mistyped need not wait"
    assert await office.codes.verify("v1", office.world.code) == "https://other.example/ann"


async def test_two_concurrent_requests_send_one_code(office: Office) -> None:
    await asyncio.gather(*(office.codes.send("v1", ANN, "203.0.113.7") for _ in range(3)))
    assert len(office.world.delivery) == 1
    assert await office.codes.verify("v1", office.world.code)


async def test_a_letter_that_fails_late_takes_no_other_code_with_it(office: Office) -> None:
    office.world.shut, office.world.late = True, asyncio.Event()
    first = asyncio.create_task(office.codes.send("v1", ANN, "203.0.113.7"))
    await office.world.begun.wait()
    late, office.world.late, office.world.shut = office.world.late, None, False
    await office.codes.send("v1", "ann@other.example", "203.0.113.7")
    late.set()
    with pytest.raises(Conflict, match="no-address"):
        await first
    assert await office.codes.verify("v1", office.world.code) == "https://other.example/ann"


async def test_what_could_not_be_sent_may_be_asked_for_at_once(office: Office) -> None:
    office.world.shut = True
    with pytest.raises(Conflict, match="no-address"):
        await office.codes.send("v1", ANN, "203.0.113.7")
    with pytest.raises(Conflict, match="no-code"):
        await office.codes.verify("v1", "000007")
    office.world.shut = False
    await office.codes.send("v1", ANN, "203.0.113.7")
    assert len(office.world.delivery) == 1


async def test_a_code_is_valid_for_its_visitor_and_ten_minutes(office: Office) -> None:
    await office.codes.send("v1", ANN, "203.0.113.7")
    with pytest.raises(Conflict):
        await office.codes.verify("v2", office.world.code)
    office.clock.advance(LIFE_S)
    with pytest.raises(Conflict, match="no-code"):
        await office.codes.verify("v1", office.world.code)
    assert office.world.signed_in == []


async def test_after_a_few_wrong_codes_the_right_one_is_of_no_use(office: Office) -> None:
    await office.codes.send("v1", ANN, "203.0.113.7")
    code = office.world.code
    for guess in (wrong(code), "", "\ud800", "x" * 10_000, f"{code}0"):
        with invalid("code is not the one"):
            await office.codes.verify("v1", guess)
    with pytest.raises(Conflict, match="many-codes"):
        await office.codes.verify("v1", code)
    await office.codes.send("v1", ANN, "203.0.113.7")
    assert await office.codes.verify("v1", office.world.code)
    assert TRIES == 5


async def test_nobody_is_sent_codes_by_the_dozen(office: Office) -> None:
    for n in range(6):
        await office.codes.send(f"v{n}", ANN, f"203.0.113.{n}")
    with pytest.raises(TooMany) as refused:
        await office.codes.send("v9", ANN, "203.0.113.9")
    assert refused.value.after_s == pytest.approx(1200)
    await office.codes.send("v9", "bob@elsewhere.example", "203.0.113.9")
    office.clock.advance(1200)
    await office.codes.send("v10", ANN, "203.0.113.9")
    assert Counter(to for to, _, _ in office.world.delivery)["https://social.example/ann"] == 7


async def test_requesting_codes_for_another_account_does_not_use_up_its_owners_limit(office: Office) -> None:
    for n in range(3):
        await office.codes.send(f"m{n}", ANN, "203.0.113.66")
    with pytest.raises(TooMany):
        await office.codes.send("m9", ANN, "203.0.113.66")
    await office.codes.send("v1", ANN, "203.0.113.7")
    assert await office.codes.verify("v1", office.world.code) == "https://social.example/ann"
    for n in range(6):
        with suppress(TooMany):
            await office.codes.send(f"n{n}", ANN, f"198.51.100.{n}")
    with pytest.raises(TooMany):
        await office.codes.send("m10", ANN, "198.51.100.66")
    await office.codes.send("v2", ANN, "203.0.113.7")
    assert await office.codes.verify("v2", office.world.code), "it is where the owner has signed in from before"


@pytest.mark.parametrize("account", ["", "  ", "@", "x" * 321, "ann"])
async def test_what_is_no_account_is_refused(office: Office, account: str) -> None:
    with invalid("account must be like"):
        await office.codes.send("v1", account, "203.0.113.7")
    assert office.world.delivery == []


async def test_when_very_many_wait_nobody_is_sent_a_code_that_cannot_be_kept(office: Office) -> None:
    for n in range(MAX_WAITING):
        await office.codes.send(f"v{n}", f"ann@h{n}.example", f"198.51.{n // 250}.{n % 250}")
    with pytest.raises(TooMany):
        await office.codes.send("late", "ann@late.example", "203.0.113.7")
    assert len(office.world.delivery) == MAX_WAITING

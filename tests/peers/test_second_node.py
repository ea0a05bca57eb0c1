"""Two nodes of our own, each in its process and behind TLS: what one says, the other understands."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
import pytest_asyncio

from tests.kit.certificates import Authority
from tests.kit.federating import Town, neighbour_town, town

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True)
class Pair:
    here: Town
    there: Town

    def both_ways(self) -> tuple[tuple[Town, Town], ...]:
        return (self.here, self.there), (self.there, self.here)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(private_authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    folders = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there")
    async with (
        town(folders[0], authority=private_authority) as here,
        neighbour_town(folders[1], authority=private_authority) as there,
    ):
        yield Pair(here, there)


async def test_a_visitor_of_one_is_sent_to_the_other_to_follow(pair: Pair) -> None:
    for one, other in pair.both_ways():
        answer = await one.http.post("/api/remotefollow", json={"account": f"@streamer@{other.authority}"})
        assert answer.status_code == 200, answer.text
        followed = quote(one.us, safe="")
        assert answer.json()["redirectUrl"] == f"{other.origin}/authorize_interaction?uri={followed}"


async def test_an_account_that_the_other_does_not_have_is_not_found(pair: Pair) -> None:
    for one, other in pair.both_ways():
        answer = await one.http.post("/api/remotefollow", json={"account": f"nobody@{other.authority}"})
        assert answer.status_code == 400, answer.text

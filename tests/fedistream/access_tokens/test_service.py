"""Access tokens: shown once, kept as hashes, known by their handles."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

import pytest

from fedistream.access_tokens.models import IntegrationRow
from fedistream.access_tokens.service import MAX_NAME, Integrations, Scope, listed
from fedistream.core.errors import Invalid, NotFound
from fedistream.db import Database
from tests.kit.asking import Clock
from tests.kit.database import empty_database

ALL = [scope.value for scope in Scope]


@dataclass(frozen=True, slots=True)
class Bot:
    id: str


@dataclass(slots=True)
class Desk:
    clock: Clock = field(default_factory=Clock)
    bots: list[str] = field(default_factory=list)

    async def make_bot(self, name: str) -> Bot:
        self.bots.append(name)
        return Bot(f"bot{len(self.bots)}")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def integrations(tmp_path: Path, desk: Desk) -> AsyncIterator[Integrations]:
    database = Database(empty_database(tmp_path))
    await database.open()
    yield Integrations(desk.clock.now, token_bytes, desk.make_bot)
    await database.close()


async def test_a_token_opens_what_it_was_made_for(integrations: Integrations, desk: Desk) -> None:
    made, token = await integrations.make("  Quiz   master ", ["CAN_SEND_MESSAGES"])
    found = await integrations.by_token(token)
    assert found is not None
    assert (found.id, found.name, found.scopes) == (made.id, "Quiz master", frozenset({Scope.SEND}))
    assert (found.visitor_id, desk.bots) == ("bot1", ["Quiz master"])


@pytest.mark.parametrize("wrong", ["", "x", "x" * 10_000, "\ud800", "\0"])
async def test_no_other_text_opens_anything(integrations: Integrations, wrong: str) -> None:
    _, token = await integrations.make("Bot", ALL)
    assert await integrations.by_token(wrong) is None
    assert await integrations.by_token(token[:-1]) is None


async def test_the_token_itself_is_nowhere_in_the_database(integrations: Integrations) -> None:
    made, token = await integrations.make("Bot", ALL)
    (row,) = await IntegrationRow.all().values()
    assert token not in str(row)
    assert listed(made).startswith(token[:8])
    assert token not in listed(made)


async def test_a_token_is_withdrawn_by_itself_or_by_what_the_list_shows(integrations: Integrations) -> None:
    made = [await integrations.make(f"Bot {n}", ALL) for n in range(3)]
    await integrations.delete(made[0][1])
    await integrations.delete(listed(made[1][0]))
    assert [await integrations.by_token(token) is not None for _, token in made] == [False, False, True]
    assert [each.name for each in await integrations.all()] == ["Bot 2"]


@pytest.mark.parametrize("wrong", ["", "…", "12345678", "nothing of the kind", "%" * 300])
async def test_what_is_no_token_cannot_be_withdrawn(integrations: Integrations, wrong: str) -> None:
    await integrations.make("Bot", ALL)
    with pytest.raises(NotFound):
        await integrations.delete(wrong)
    assert len(await integrations.all()) == 1


@pytest.mark.parametrize("scopes", [[], ["CAN_FLY"], ["CAN_SEND_MESSAGES", "can_send_messages"]])
async def test_unknown_scopes_make_no_token(integrations: Integrations, desk: Desk, scopes: list[str]) -> None:
    with pytest.raises(Invalid, match="scopes"):
        await integrations.make("Bot", scopes)
    assert not desk.bots


@pytest.mark.parametrize("name", ["", "   ", "x" * (MAX_NAME + 1), "a\u202eb"])
async def test_names_that_are_none_make_no_token(integrations: Integrations, name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        await integrations.make(name, ALL)


async def test_the_time_of_use_is_written_down_once_a_minute(integrations: Integrations, desk: Desk) -> None:
    _, token = await integrations.make("Bot", ALL)
    assert (await integrations.all())[0].last_used_at is None
    begin = desk.clock.now()
    for seconds in (0, 30, 29):
        desk.clock.advance(seconds)
        await integrations.by_token(token)
    assert (await integrations.all())[0].last_used_at == begin
    desk.clock.advance(1)
    await integrations.by_token(token)
    assert (await integrations.all())[0].last_used_at == desk.clock.now()

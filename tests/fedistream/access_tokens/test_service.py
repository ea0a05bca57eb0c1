"""Access tokens: shown once, kept as hashes, known by their handles."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

import pytest

from fedistream.access_tokens.models import IntegrationRow
from fedistream.access_tokens.service import MAX_NAME, Integrations, Scope, listed
from fedistream.chat.values import Role, Visitor
from fedistream.core.errors import NotFound
from fedistream.db import Database
from tests.kit.asking import Clock
from tests.kit.database import empty_database
from tests.kit.invalid import invalid

ALL = [scope.value for scope in Scope]


@dataclass(slots=True)
class BotMaker:
    clock: Clock = field(default_factory=Clock)
    bots: list[str] = field(default_factory=list)

    async def make_bot(self, name: str) -> Visitor:
        self.bots.append(name)
        return Visitor(f"bot{len(self.bots)}", name, 0, self.clock.now(), Role.BOT)


@pytest.fixture
def bot_maker() -> BotMaker:
    return BotMaker()


@pytest.fixture
async def access_tokens(tmp_path: Path, bot_maker: BotMaker) -> AsyncIterator[Integrations]:
    database = Database(empty_database(tmp_path))
    await database.open()
    yield Integrations(bot_maker.clock.now, token_bytes, bot_maker.make_bot, b"key")
    await database.close()


async def test_a_token_opens_what_it_was_made_for(access_tokens: Integrations, bot_maker: BotMaker) -> None:
    made, token = await access_tokens.make("  Quiz   master ", ["CAN_SEND_MESSAGES"])
    found = await access_tokens.by_token(token)
    assert found is not None
    assert (found.id, found.name, found.scopes) == (made.id, "Quiz master", (Scope.SEND,))
    assert (found.visitor_id, bot_maker.bots) == ("bot1", ["Quiz master"])


@pytest.mark.parametrize("wrong", ["", "x", "x" * 10_000, "\ud800", "\0"])
async def test_no_other_text_opens_anything(access_tokens: Integrations, wrong: str) -> None:
    _, token = await access_tokens.make("Bot", ALL)
    assert await access_tokens.by_token(wrong) is None
    assert await access_tokens.by_token(token[:-1]) is None


async def test_the_token_itself_is_nowhere_in_the_database(access_tokens: Integrations) -> None:
    made, token = await access_tokens.make("Bot", ALL)
    (row,) = await IntegrationRow.all().values()
    assert token not in str(row)
    assert listed(made) == token, "made again from the seed and the node's key"
    assert listed((await access_tokens.all())[0]) == token
    other = Integrations(Clock().now, token_bytes, BotMaker().make_bot, b"another key")
    assert listed((await other.all())[0]) != token


async def test_a_token_of_an_older_version_is_listed_by_its_handle(access_tokens: Integrations) -> None:
    made, token = await access_tokens.make("Bot", ALL)
    await IntegrationRow.filter(id=made.id).update(seed=None)
    (known,) = await access_tokens.all()
    assert listed(known) == f"{token[:8]}…"
    found = await access_tokens.by_token(token)
    assert found is not None
    assert found.id == known.id


async def test_a_token_is_withdrawn_by_itself_or_by_what_the_list_shows(access_tokens: Integrations) -> None:
    made = [await access_tokens.make(f"Bot {n}", ALL) for n in range(3)]
    await access_tokens.delete(made[0][1])
    await access_tokens.delete(listed(made[1][0]))
    assert [await access_tokens.by_token(token) is not None for _, token in made] == [False, False, True]
    assert [each.name for each in await access_tokens.all()] == ["Bot 2"]


@pytest.mark.parametrize("wrong", ["", "…", "12345678", "nothing of the kind", "%" * 300])
async def test_what_is_no_token_cannot_be_withdrawn(access_tokens: Integrations, wrong: str) -> None:
    await access_tokens.make("Bot", ALL)
    with pytest.raises(NotFound):
        await access_tokens.delete(wrong)
    assert len(await access_tokens.all()) == 1


@pytest.mark.parametrize("scopes", [[], ["CAN_FLY"], ["CAN_SEND_MESSAGES", "can_send_messages"]])
async def test_unknown_scopes_make_no_token(
    access_tokens: Integrations, bot_maker: BotMaker, scopes: list[str]
) -> None:
    with invalid("scopes"):
        await access_tokens.make("Bot", scopes)
    assert not bot_maker.bots


@pytest.mark.parametrize("name", ["", "   ", "x" * (MAX_NAME + 1), "a\u202eb"])
async def test_names_that_are_none_make_no_token(access_tokens: Integrations, name: str) -> None:
    with invalid("name"):
        await access_tokens.make(name, ALL)


async def test_the_time_of_use_is_written_down_once_a_minute(access_tokens: Integrations, bot_maker: BotMaker) -> None:
    _, token = await access_tokens.make("Bot", ALL)
    assert (await access_tokens.all())[0].last_used_at is None
    begin = bot_maker.clock.now()
    for seconds in (0, 30, 29):
        bot_maker.clock.advance(seconds)
        await access_tokens.by_token(token)
    assert (await access_tokens.all())[0].last_used_at == begin
    bot_maker.clock.advance(1)
    await access_tokens.by_token(token)
    assert (await access_tokens.all())[0].last_used_at == bot_maker.clock.now()

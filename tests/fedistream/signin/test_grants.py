"""Requests and codes of the authorization server on real databases: for all processes, once, and for ten minutes."""

import asyncio
from os import urandom

import pytest

from fedistream.db import Database
from fedistream.signin.grants import LIFE, MAX_SECRET, Asked, Grants, Kind
from fedistream.signin.models import IndieAuthGrantRow
from tests.kit.asking import Clock

ASKED = Asked("https://app.example/", "https://app.example/back", "a b&c", "c" * 43)


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_what_one_process_stored_another_takes_once(database: Database, clock: Clock) -> None:
    code = await Grants(clock.now, urandom).put(Kind.CODE, ASKED)
    others = [Grants(clock.now, urandom) for _ in range(8)]
    taken = await asyncio.gather(*(each.take(Kind.CODE, code) for each in others))
    assert sorted(taken, key=lambda each: each is None) == [ASKED, *[None] * 7]
    assert await IndieAuthGrantRow.all().count() == 0


async def test_a_ticket_is_no_code_and_stays_one(database: Database, clock: Clock) -> None:
    grants = Grants(clock.now, urandom)
    ticket = await grants.put(Kind.REQUEST, ASKED)
    assert await grants.take(Kind.CODE, ticket) is None
    assert await grants.take(Kind.REQUEST, ticket) == ASKED


@pytest.mark.parametrize("secret", ["", "x", "\ud800", "\0", "y" * MAX_SECRET, "z" * (MAX_SECRET + 1)])
async def test_another_secret_takes_nothing(database: Database, clock: Clock, secret: str) -> None:
    grants = Grants(clock.now, urandom)
    await grants.put(Kind.CODE, ASKED)
    assert await grants.take(Kind.CODE, secret) is None
    assert await IndieAuthGrantRow.all().count() == 1


@pytest.mark.parametrize("seconds", [LIFE.total_seconds(), -1])
async def test_a_code_is_good_for_its_time_alone(database: Database, clock: Clock, seconds: float) -> None:
    grants = Grants(clock.now, urandom)
    early, late = await grants.put(Kind.CODE, ASKED), await grants.put(Kind.CODE, ASKED)
    clock.advance(LIFE.total_seconds() - 1)
    assert await grants.take(Kind.CODE, early) == ASKED
    clock.advance(seconds - LIFE.total_seconds() + 1)
    assert await grants.take(Kind.CODE, late) is None


async def test_what_has_expired_is_deleted_and_the_secret_is_stored_nowhere(database: Database, clock: Clock) -> None:
    grants = Grants(clock.now, urandom)
    old = await grants.put(Kind.REQUEST, ASKED)
    row = await IndieAuthGrantRow.all().first()
    assert row is not None
    assert old not in (row.secret_hash, row.client_id, row.redirect_uri, row.state, row.challenge)
    clock.advance(LIFE.total_seconds() / 2)
    await grants.put(Kind.CODE, ASKED)
    await grants.prune()
    assert await IndieAuthGrantRow.all().count() == 2
    clock.advance(LIFE.total_seconds() / 2)
    await grants.prune()
    assert [row.kind for row in await IndieAuthGrantRow.all()] == ["code"]

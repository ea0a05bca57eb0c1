"""The admin's sessions: rows that every process finds, and that end by time, by number and by command."""

from datetime import UTC, datetime, timedelta
from secrets import token_bytes

import pytest

from fedistream.core.errors import NotFound
from fedistream.people.models import AdminSessionRow
from fedistream.people.service import People
from fedistream.people.sessions import IDLE, LIFE, MAX_SESSIONS, MAX_TOKEN, Sessions
from fedistream.people.values import SessionKind
from tests.kit.quick_hashes import quick_passwords

pytestmark = pytest.mark.usefixtures("database")
ADDRESS, AGENT = "203.0.113.7", "Browser/1.0"
SECOND = timedelta(seconds=1)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(clock, token_bytes)


async def test_a_session_is_found_by_its_token_in_every_process(sessions: Sessions, clock: Clock) -> None:
    token, opened = await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT)
    assert (opened.network, opened.user_agent, opened.created_at) == (ADDRESS, AGENT, clock.now)
    assert await Sessions(clock, token_bytes).find(token) == opened
    assert token not in str(await AdminSessionRow.all().values())


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "a" * (MAX_TOKEN + 1), "\ud800", "\0"])
async def test_another_token_opens_nothing(sessions: Sessions, token: str) -> None:
    await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT)
    assert await sessions.find(token) is None


async def test_a_session_lives_as_long_as_it_is_used_and_no_longer_than_its_limit(
    sessions: Sessions, clock: Clock
) -> None:
    token, opened = await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT)
    while clock.now + IDLE - SECOND < opened.created_at + LIFE:
        clock.now += IDLE - SECOND
        assert await sessions.find(token) is not None
    clock.now = opened.created_at + LIFE
    assert await sessions.find(token) is None
    assert await sessions.all() == ()


async def test_a_session_that_is_not_used_ends(sessions: Sessions, clock: Clock) -> None:
    token, _ = await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT)
    clock.now += IDLE
    assert await sessions.find(token) is None
    await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT)
    assert await AdminSessionRow.all().count() == 1, "ended ones are deleted"


async def test_the_time_of_use_is_stored_once_a_minute(sessions: Sessions, clock: Clock) -> None:
    token, opened = await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT)
    clock.now += timedelta(seconds=59)
    await sessions.find(token)
    assert (await sessions.all())[0].last_used_at == opened.last_used_at
    clock.now += SECOND
    await sessions.find(token)
    assert (await sessions.all())[0].last_used_at == clock.now


async def test_sessions_that_have_ended_are_pruned(sessions: Sessions, clock: Clock) -> None:
    await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT)
    clock.now += IDLE / 2
    kept, _ = await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT)
    await sessions.prune()
    assert await AdminSessionRow.all().count() == 2
    clock.now += IDLE / 2
    await sessions.prune()
    assert await AdminSessionRow.all().count() == 1
    assert await sessions.find(kept) is not None


async def test_there_are_not_more_than_the_most_and_those_of_programs_go_first(
    sessions: Sessions, clock: Clock
) -> None:
    first, _ = await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT)
    for n in range(2 * MAX_SESSIONS):
        clock.now += SECOND
        await sessions.open(SessionKind.BASIC, ADDRESS, f"script {n}")
    assert len(await sessions.all()) == MAX_SESSIONS
    assert await sessions.find(first) is not None
    for _ in range(MAX_SESSIONS):
        clock.now += SECOND
        newest, _ = await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT)
    assert len(await sessions.all()) == MAX_SESSIONS
    assert await sessions.find(first) is None
    assert await sessions.find(newest) is not None


async def test_a_program_without_cookies_has_one_session(sessions: Sessions, clock: Clock) -> None:
    token, opened = await sessions.of_client(ADDRESS, AGENT)
    for _ in range(5):
        clock.now += timedelta(seconds=50)
        assert (await sessions.of_client(ADDRESS, AGENT))[0] == token
    other, _ = await sessions.of_client(ADDRESS, "Other/2")
    assert other != token
    assert {each.kind for each in await sessions.all()} == {SessionKind.BASIC}
    await sessions.end(opened.id)
    clock.now += timedelta(minutes=2)
    renewed, _ = await sessions.of_client(ADDRESS, AGENT)
    assert renewed != token
    assert await sessions.find(token) is None


async def test_one_and_all_others_are_ended(sessions: Sessions) -> None:
    tokens = [await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT) for _ in range(4)]
    await sessions.end(tokens[0][1].id)
    with pytest.raises(NotFound):
        await sessions.end(tokens[0][1].id)
    await sessions.end_others(tokens[1][1].id)
    assert [await sessions.find(token) is not None for token, _ in tokens] == [False, True, False, False]
    await sessions.end_others(None)
    assert await sessions.all() == ()


async def test_another_password_ends_all_sessions_but_that_which_set_it(sessions: Sessions, clock: Clock) -> None:
    tokens = [await sessions.open(SessionKind.LOGIN, ADDRESS, AGENT) for _ in range(3)]
    await People(clock, quick_passwords()).set_admin_password("another password", tokens[1][1].id)
    assert [await sessions.find(token) is not None for token, _ in tokens] == [False, True, False]
    await People(clock, quick_passwords()).set_admin_password("and one more")
    assert await sessions.all() == ()


async def test_names_from_outside_are_cut(sessions: Sessions) -> None:
    _, opened = await sessions.open(SessionKind.LOGIN, "x" * 100, "\0" + "y" * 1000)
    assert (len(opened.network), len(opened.user_agent)) == (64, 511)

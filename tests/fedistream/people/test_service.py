"""The admin's password: made once, stored as a hash only, checked slowly the first time and quickly afterwards."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import bcrypt
import pytest
from argon2 import PasswordHasher

from fedistream.people.models import PersonRow
from fedistream.people.service import REMEMBERED, People
from tests.kit import owncast_folder
from tests.kit.invalid import invalid
from tests.kit.quick_hashes import quick_passwords

pytestmark = pytest.mark.usefixtures("database")
PASSWORD = "correct horse battery"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def quick_people() -> People:
    """Return the accounts as a process that has just started knows them, with hashes of small costs."""
    return People(Clock(), quick_passwords())


async def test_the_first_start_makes_a_password_that_can_be_typed() -> None:
    people = quick_people()
    assert not await people.has_admin()
    password = await people.open()
    assert [len(group) for group in password.split("-")] == [5, 5, 5, 5]
    assert await people.has_admin()
    assert await people.check_admin(password)
    assert await quick_people().open() == "", "it is shown once"


async def test_two_nodes_have_different_passwords() -> None:
    first = await quick_people().open()
    await PersonRow.all().delete()
    assert await quick_people().open() != first


async def test_only_a_hash_is_stored() -> None:
    await People(Clock()).set_admin_password(PASSWORD)
    row = await PersonRow.get()
    assert (row.name, row.role) == ("admin", "admin")
    assert row.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in row.password_hash


@pytest.mark.parametrize(
    "password", ["", "wrong", PASSWORD + " ", PASSWORD.upper(), "x" * 1025, "\0", "half \ud83d", "x" * 10_000_000]
)
async def test_another_password_is_wrong(password: str) -> None:
    people = quick_people()
    await people.set_admin_password(PASSWORD)
    assert not await people.check_admin(password)
    assert await people.check_admin(PASSWORD)
    assert not await people.check_admin(password), "also when the right one is remembered"


async def test_without_an_admin_every_password_is_wrong() -> None:
    assert not await quick_people().check_admin("")
    assert not await quick_people().check_admin(PASSWORD)


async def test_a_password_that_was_right_a_moment_ago_is_known_without_a_hash() -> None:
    people = People(Clock())
    await People(Clock()).set_admin_password(PASSWORD)
    assert not people.recall(PASSWORD), "nobody has shown it yet"
    assert await people.check_admin(PASSWORD)
    # with the row gone only memory can know it
    await PersonRow.all().delete()
    assert people.recall(PASSWORD)
    assert not people.recall("wrong password")
    assert not people.recall("half \ud83d")
    began = time.perf_counter()
    for _ in range(1000):
        assert people.recall(PASSWORD)
    assert time.perf_counter() - began < 5  # 0.01 s; a thousand hashes would take 17


async def test_a_password_is_remembered_while_it_is_used_and_an_hour_more() -> None:
    clock = Clock()
    people = People(clock, quick_passwords())
    await people.set_admin_password(PASSWORD)
    for _ in range(5):
        clock.now += REMEMBERED - timedelta(seconds=1)
        assert people.recall(PASSWORD)
    clock.now += REMEMBERED
    assert not people.recall(PASSWORD)
    assert await people.check_admin(PASSWORD)
    assert people.recall(PASSWORD)


async def test_wrong_passwords_are_hashed_even_when_the_right_one_is_remembered() -> None:
    """An answer without a hash would come sooner, and would show that the admin is signed in."""
    people = quick_people()
    await people.set_admin_password(PASSWORD)
    await PersonRow.all().update(password_hash="plain")
    assert people.recall(PASSWORD)
    assert not await people.check_admin(PASSWORD)


@pytest.mark.parametrize(("set_as", "typed"), [("Gr\u00f6\u00dfe 12345", "Gro\u0308\u00dfe 12345")])
async def test_a_letter_may_be_typed_as_one_character_or_as_two(set_as: str, typed: str) -> None:
    for first, second in ((set_as, typed), (typed, set_as)):
        people = quick_people()
        await people.set_admin_password(first)
        assert people.recall(second)
        assert await quick_people().check_admin(first)
        assert await quick_people().check_admin(second)


async def test_a_password_that_was_stored_as_it_was_typed_still_opens() -> None:
    typed = "Gro\u0308\u00dfe 12345"
    hashed = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(typed)
    await PersonRow.create(name="admin", role="admin", password_hash=hashed, created_at=Clock()())
    assert await People(Clock()).check_admin(typed)


async def test_a_changed_password_holds_at_once_and_the_old_one_no_more() -> None:
    people = quick_people()
    await people.set_admin_password(PASSWORD)
    assert await people.check_admin(PASSWORD)
    await people.set_admin_password("another password")
    assert not await people.check_admin(PASSWORD)
    assert await people.check_admin("another password")
    assert await PersonRow.all().count() == 1


async def test_an_old_password_that_is_being_checked_while_it_is_changed_is_not_remembered() -> None:
    people = People(Clock())
    await people.set_admin_password(PASSWORD)
    for _ in range(5):
        checks = [asyncio.create_task(people.check_admin(PASSWORD)) for _ in range(3)]
        await people.set_admin_password("another password")
        await asyncio.gather(*checks)
        assert not people.recall(PASSWORD)
        assert not await people.check_admin(PASSWORD)
        await people.set_admin_password(PASSWORD)


@pytest.mark.parametrize(
    ("password", "why"),
    [("", "8 to 1024"), ("seven c", "8 to 1024"), ("x" * 1025, "8 to 1024"), ("x\ud83d" * 8, "text")],
)
async def test_a_password_that_cannot_be_is_refused_and_the_old_one_stays(password: str, why: str) -> None:
    people = quick_people()
    await people.set_admin_password(PASSWORD)
    with invalid(why):
        await people.set_admin_password(password)
    assert await people.check_admin(PASSWORD)


@pytest.mark.parametrize("password", ["пароль с пробелом", "x" * 1024, "🔑🔑🔑🔑🔑🔑🔑🔑"])
async def test_any_text_of_the_right_length_may_be_a_password(password: str) -> None:
    people = quick_people()
    await people.set_admin_password(password)
    assert await people.check_admin(password)
    assert not await people.check_admin(password[:-1])


async def test_a_password_from_the_command_line_holds_in_place_of_the_stored_one_and_is_not_stored() -> None:
    await quick_people().set_admin_password(PASSWORD)
    people = quick_people()
    assert await people.open("flag") == ""
    assert people.recall("flag"), "it is in memory anyway"
    assert await people.check_admin("flag")
    assert not people.recall(PASSWORD)
    assert not await people.check_admin(PASSWORD)
    later = quick_people()
    await later.open()
    assert await later.check_admin(PASSWORD)
    assert not await later.check_admin("flag")


async def test_with_a_password_from_the_command_line_none_is_made() -> None:
    people = quick_people()
    assert await people.open("flag") == ""
    assert await people.has_admin()
    assert not await PersonRow.exists()


async def test_a_password_set_by_the_admin_takes_the_place_of_the_command_lines() -> None:
    people = quick_people()
    await people.open("flag")
    await people.set_admin_password(PASSWORD)
    assert await people.check_admin(PASSWORD)
    assert not people.recall("flag")
    assert not await people.check_admin("flag")


async def test_an_endless_password_from_the_command_line_is_refused() -> None:
    with invalid("1024"):
        await quick_people().open("x" * 1025)


async def test_a_hash_that_was_made_with_other_costs_is_made_anew_when_the_password_is_known() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    await PersonRow.create(name="admin", role="admin", password_hash=weak, created_at=Clock()())
    assert not await People(Clock()).check_admin("wrong password")
    assert (await PersonRow.get()).password_hash == weak
    assert await People(Clock()).check_admin(PASSWORD)
    assert "m=19456,t=2" in (await PersonRow.get()).password_hash
    assert await People(Clock()).check_admin(PASSWORD)


async def test_a_bcrypt_hash_of_a_moved_server_opens_once_and_is_made_anew() -> None:
    await PersonRow.create(name="admin", role="admin", password_hash=owncast_folder.BCRYPT, created_at=Clock()())
    assert not await People(Clock()).check_admin("wrong password")
    assert (await PersonRow.get()).password_hash == owncast_folder.BCRYPT
    people = People(Clock())
    assert await people.check_admin(owncast_folder.PASSWORD)
    assert (await PersonRow.get()).password_hash.startswith("$argon2id$")
    assert not await people.has_weak_password()
    assert await People(Clock()).check_admin(owncast_folder.PASSWORD)
    assert not await People(Clock()).check_admin("wrong password")


async def test_a_short_password_is_known_as_weak_until_another_one_is_set() -> None:
    people = People(Clock())
    with invalid("8 to 1024"):
        await people.set_admin_password("abc123")
    with invalid("1 to 1024"):
        await people.set_admin_password("", least=1)
    await people.set_admin_password("abc123", least=1)
    assert await people.check_admin("abc123")
    assert await people.has_weak_password()
    await people.set_admin_password(PASSWORD)
    assert not await people.has_weak_password()


async def test_a_weak_password_of_a_moved_server_is_known_from_the_first_sign_in() -> None:
    hashed = bcrypt.hashpw(b"abc123", bcrypt.gensalt(4, prefix=b"2a")).decode()
    await PersonRow.create(name="admin", role="admin", password_hash=hashed, created_at=Clock()())
    people = People(Clock())
    assert not await people.has_weak_password()
    assert await people.check_admin("abc123")
    assert await people.has_weak_password()


async def test_a_password_from_the_command_line_is_not_called_weak() -> None:
    people = People(Clock())
    await people.set_admin_password("abc123", least=1)
    await people.open(override="another one")
    assert not await people.has_weak_password()


async def test_a_hash_that_cannot_be_read_lets_nobody_in(caplog: pytest.LogCaptureFixture) -> None:
    await PersonRow.create(name="admin", role="admin", password_hash="plain", created_at=Clock()())
    assert not await quick_people().check_admin("plain")
    assert "cannot be read" in caplog.text


async def test_somebody_called_admin_without_the_role_is_no_admin() -> None:
    people = quick_people()
    await people.set_admin_password(PASSWORD)
    await PersonRow.all().update(role="")
    assert not await people.has_admin()
    assert not await people.check_admin(PASSWORD)


async def test_a_password_for_one_start_must_be_text_too() -> None:
    people = quick_people()
    with invalid("UTF-8"):
        await people.open(override="not UTF-8 \udcff")

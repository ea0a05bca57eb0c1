"""Visitors: names, tokens, roles, and who somebody is elsewhere."""

import pytest

from fedistream.chat.models import VisitorTokenRow
from fedistream.chat.values import COLOURS, Role
from fedistream.chat.visitors import MAX_PREVIOUS, Search, Visitors
from fedistream.core.errors import Conflict, Invalid, NotAllowed, NotFound
from fedistream.db import Database
from tests.kit.chatroom import Timers
from tests.kit.invalid import invalid


@pytest.fixture
def clock() -> Timers:
    return Timers()


@pytest.fixture
def visitors(database: Database, clock: Timers) -> Visitors:
    return Visitors(clock.clocks())


async def test_a_visitor_is_found_by_a_token_of_which_only_the_hash_is_stored(visitors: Visitors) -> None:
    ann, token = await visitors.make("Ann")
    assert await visitors.by_token(token) == ann
    assert await visitors.get(ann.id) == ann
    assert 0 <= ann.colour < COLOURS
    assert len(token) == 43
    (row,) = await VisitorTokenRow.all()
    assert token not in (row.token_hash, row.visitor_id)


@pytest.mark.parametrize("token", ["", "x", "\ud800", "\0", "x" * 100_000])
async def test_a_token_of_nobody_is_nobodys(visitors: Visitors, token: str) -> None:
    await visitors.make("Ann")
    assert await visitors.by_token(token) is None


@pytest.mark.parametrize("visitor_id", ["", "nobody", "\0", "\ud800", "x" * 10_000])
async def test_a_visitor_that_there_is_not_is_not_found(visitors: Visitors, visitor_id: str) -> None:
    with pytest.raises(NotFound):
        await visitors.get(visitor_id)


async def test_former_names_are_remembered_each_once_and_not_for_ever(visitors: Visitors, clock: Timers) -> None:
    ann, _ = await visitors.make("Ann")
    for name in ("Beth", "Ann", "Cleo"):
        clock.advance(1)
        renamed = await visitors.rename(ann.id, name)
    assert (renamed.name, renamed.previous_names) == ("Cleo", ("Beth", "Ann"))
    assert renamed.renamed_at == clock.now()
    for n in range(MAX_PREVIOUS + 5):
        renamed = await visitors.rename(ann.id, f"N{n}")
    assert len(renamed.previous_names) == MAX_PREVIOUS
    assert await visitors.get(ann.id) == renamed
    with pytest.raises(NotFound):
        await visitors.rename("nobody", "X")


async def test_there_are_eight_colours(visitors: Visitors) -> None:
    ann, _ = await visitors.make("Ann")
    assert (await visitors.recolour(ann.id, 7)).colour == 7
    for colour in (-1, 8, 10**30):
        with invalid("0 to 7"):
            await visitors.recolour(ann.id, colour)


async def test_the_name_of_somebody_who_is_signed_in_is_taken_in_every_disguise(visitors: Visitors) -> None:
    ann, _ = await visitors.make("Ann Archer")
    assert not await visitors.is_taken("ann archer")
    await visitors.authenticate(ann.id, "indieauth", "https://ann.example/")
    assert await visitors.is_taken("Аnn-Archer")
    assert not await visitors.is_taken("Ann Archer", ann.id)
    await visitors.rename(ann.id, "Beth")
    assert not await visitors.is_taken("Ann Archer")


async def test_signing_in_in_another_browser_gives_the_same_visitor(visitors: Visitors, clock: Timers) -> None:
    ann, _ = await visitors.make("Ann")
    phone, token = await visitors.make("shy-newt-5")
    signed_in = await visitors.authenticate(ann.id, "indieauth", "https://ann.example/")
    assert signed_in.authenticated_at == clock.now()
    assert await visitors.authenticate(phone.id, "indieauth", "https://ann.example/") == signed_in
    assert await visitors.by_token(token) == signed_in
    other = await visitors.authenticate(phone.id, "fediverse", "https://ann.example/")
    assert other.id == phone.id
    await visitors.set_disabled(ann.id, clock.now())
    with pytest.raises(NotAllowed, match="account-removed"):
        await visitors.authenticate(phone.id, "indieauth", "https://ann.example/")
    for identity in ("", "x" * 501, "a\0b"):
        with pytest.raises(Invalid):
            await visitors.authenticate(ann.id, "indieauth", identity)
    with pytest.raises(NotFound):
        await visitors.authenticate("nobody", "indieauth", "https://x.example/")


async def test_a_disabled_visitor_cannot_return_with_a_new_identity(visitors: Visitors, clock: Timers) -> None:
    ann, _ = await visitors.make("Ann")
    rude, token = await visitors.make("Rude")
    await visitors.authenticate(ann.id, "indieauth", "https://ann.example/")
    await visitors.set_disabled(rude.id, clock.now())
    for site in ("https://ann.example/", "https://new.example/"):
        with pytest.raises(NotAllowed, match="account-removed"):
            await visitors.authenticate(rude.id, "indieauth", site)
    found = await visitors.by_token(token)
    assert found is not None
    assert (found.id, found.enabled) == (rude.id, False)


async def test_a_bot_has_a_name_and_no_token_and_stays_a_bot(visitors: Visitors) -> None:
    bot = await visitors.make_bot("  Scoreboard of the whole western league ")
    assert (bot.name, bot.role) == ("Scoreboard of the whole western league", Role.BOT)
    assert await VisitorTokenRow.exists() is False
    with pytest.raises(Conflict):
        await visitors.set_role(bot.id, Role.MODERATOR)
    with pytest.raises(Invalid):
        await visitors.make_bot("\u200b")


async def test_a_deleted_visitor_loses_their_token(visitors: Visitors) -> None:
    ann, token = await visitors.make("Ann")
    await visitors.authenticate(ann.id, "indieauth", "https://ann.example/")
    await visitors.delete(ann.id)
    assert await visitors.by_token(token) is None
    with pytest.raises(NotFound):
        await visitors.delete(ann.id)


async def test_visitors_are_found_by_name_id_and_status_a_page_at_a_time(visitors: Visitors, clock: Timers) -> None:
    people = []
    for name in ("Ann", "Ben", "Anna_%", "Dan"):
        clock.advance(1)
        people.append((await visitors.make(name))[0])
    ann, ben, _, dan = people
    bot = await visitors.make_bot("Bot")
    await visitors.set_role(ben.id, Role.MODERATOR)
    await visitors.set_disabled(dan.id, clock.now())

    async def found(search: Search) -> tuple[int, list[str]]:
        total, page = await visitors.find(search)
        return total, [each.name for each in page]

    assert await found(Search(text="ann")) == (2, ["Anna_%", "Ann"])
    assert await found(Search(text="_%")) == (1, ["Anna_%"])
    assert await found(Search(text=ben.id.upper())) == (1, ["Ben"])
    assert await found(Search(text="\0'; --")) == (0, [])
    assert await found(Search(text="x" * 10_000)) == (0, [])
    assert (await found(Search(newest_first=False, limit=2, offset=1))) == (5, ["Ben", "Anna_%"])
    assert await found(Search(status="moderators")) == (1, ["Ben"])
    assert await found(Search(status="banned")) == (1, ["Dan"])
    assert await found(Search(status="bots")) == (1, ["Bot"])
    assert (await found(Search(status="active")))[0] == 4
    assert [each.id for each in await visitors.moderators()] == [ben.id]
    assert [each.id for each in await visitors.disabled()] == [dan.id]
    assert (await visitors.by_ids({ann.id, bot.id})).keys() == {ann.id, bot.id}
    for search in (Search(limit=0), Search(limit=501), Search(offset=-1), Search(offset=2**63)):
        with pytest.raises(Invalid):
            await visitors.find(search)
    with pytest.raises(Invalid):
        await visitors.find(Search(status="everybody"))  # type: ignore[arg-type]


async def test_unused_visitors_are_pruned_and_the_others_kept(visitors: Visitors, clock: Timers) -> None:
    names = ("passer-by", "renamed", "signed in", "moderator", "disabled", "here now")
    passer_by, renamed, signed_in, moderator, disabled, here = [(await visitors.make(name))[0].id for name in names]
    await visitors.rename(renamed, "Ann")
    await visitors.authenticate(signed_in, "indieauth", "https://ann.example/")
    await visitors.set_role(moderator, Role.MODERATOR)
    await visitors.set_disabled(disabled, clock.now())
    await visitors.make_bot("Score")
    came = clock.now()
    clock.advance(1)
    await visitors.make("late")
    assert await visitors.prune(came, {here}) == 0
    assert await visitors.prune(clock.now(), {here}) == 1
    with pytest.raises(NotFound):
        await visitors.get(passer_by)
    assert (await visitors.find(Search()))[0] == 7

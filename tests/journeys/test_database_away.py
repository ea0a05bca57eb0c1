"""The database goes away while broadcasts begin and end and people talk, and the worker is killed: nothing is lost."""

import asyncio
from pathlib import Path

from benchmarks.database_away import Away, Found, play, prepare
from benchmarks.servers import node
from tests.kit.outage import cut, held
from tests.kit.postgres import Postgres

AWAY_S = 5.0
# one that waits for SQLite's lock in the loop would be as late as that waits, 5 s
PROMPT_S = 3.0


def nothing_lost(url: str, data: Path, away: Away, *more: str) -> Found:
    asyncio.run(prepare(url))
    with node(*more, data=data) as server:
        found = asyncio.run(play(url, server, away, AWAY_S))
    assert found.begun >= 2
    assert (found.lost_broadcasts, found.lost_notices) == (0, 0)
    assert found.said >= 5
    assert (found.unheard, found.unstored, found.doubled) == (0, 0, 0)
    assert found.dark == 0, "the video needs no database"
    assert found.killed
    assert found.slowest_s < PROMPT_S
    return found


def test_nothing_is_lost_while_somebody_holds_sqlite(tmp_path: Path) -> None:
    file = tmp_path / "fedistream.db"
    nothing_lost(f"sqlite://{file}", tmp_path, lambda: held(file))


def test_nothing_is_lost_while_postgresql_is_away(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.make()
    found = nothing_lost(url, tmp_path, lambda: cut(postgres, url), "--database-url", url)
    assert found.refused == 503

"""Revision 0017: reasons that were stored as sentences are codes, and are read as the same sentences."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.values import BroadcastEndReason
from fedistream.broadcasts.wording import ended
from fedistream.chat.models import IpBanRow, ModerationActionRow
from fedistream.chat.values import cause_of
from fedistream.chat.wording import because
from fedistream.db.address import Address, parse
from fedistream.db.migrate import connected, downgrade, upgrade
from fedistream.notices.models import NoticeRow
from fedistream.notices.values import SkipReason
from tests.kit.database import opened
from tests.kit.postgres import Postgres

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ENDS = {
    "": None,
    "finished": BroadcastEndReason.FINISHED,
    "the encoder's connection was lost": BroadcastEndReason.LOST,
    "the encoder did not come back": BroadcastEndReason.EXPIRED,
    "disconnected by the admin": BroadcastEndReason.DISCONNECTED,
    "the node stopped": BroadcastEndReason.NODE_STOPPED,
    "the {cat} pulled the plug": BroadcastEndReason.OTHER,
}
SKIPS = {
    "": "",
    "the broadcast was over by then": SkipReason.OVER,
    "federation is off": SkipReason.FEDERATION_OFF,
    "there is no text for it": SkipReason.NO_TEXT,
    "the last notice is too recent": SkipReason.TOO_RECENT,
    "there is no such channel": SkipReason.NO_CHANNEL,
    "value must have 1 to 5000 characters": SkipReason.OTHER,
}
BANS = {
    "": (None, ""),
    "banned by the admin": ("admin", ""),
    "Pest (1zh9r9akhj) was disabled": ("visitor-disabled", "Pest (1zh9r9akhj)"),
    "his account was disabled": (None, "his account was disabled"),
    "spam": (None, "spam"),
}
ACTIONS = {
    ("ban address", ""): (None, ""),
    ("ban address", "banned by the admin"): ("admin", ""),
    ("ban address", "1zh9r9akhj was disabled"): ("visitor-disabled", "1zh9r9akhj"),
    ("ban address", "his account was disabled"): (None, "his account was disabled"),
    ("hide message", "it was disabled"): (None, "it was disabled"),
}
BROADCAST = """
INSERT INTO broadcast (id, channel_id, title, started_at, seen_at, end_reason, encoder, peak_viewers)
VALUES (:id, 1, '', :now, :now, :said, {encoder}, 0)
"""
NOTICE = """
INSERT INTO notice (broadcast_id, channel_id, state, version, why, custom, said, title, due, post_id)
VALUES (:id, 1, 'skipped', 0, :said, '', '', '', :now, '')
"""
ACTION = (
    "INSERT INTO moderation_action (what, actor, target, why, at) VALUES (:what, 'admin', '192.0.2.1', :said, :now)"
)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of revision 0016 with the sentences of that time."""
    url = f"sqlite://{tmp_path / 'test.db'}"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.make()
    upgrade(parse(url), "0016")
    with connected(parse(url)) as connection:

        def run(statement: str, **values: object) -> None:
            connection.execute(sa.text(statement), {"now": NOW, **values})

        run("INSERT INTO channel (id, slug, created_at) VALUES (1, 'home', :now)")
        encoder = "'{}'" if request.param == "sqlite" else "CAST('{}' AS jsonb)"
        for number, said in enumerate(ENDS):
            run(BROADCAST.format(encoder=encoder), id=number + 1, said=said)
        for number, said in enumerate(SKIPS):
            run(NOTICE, id=number + 1, said=said)
        for number, said in enumerate(BANS):
            ban = "INSERT INTO ip_ban (address, notes, created_at) VALUES (:address, :said, :now)"
            run(ban, address=f"192.0.2.{number}", said=said)
        for what, said in ACTIONS:
            run(ACTION, what=what, said=said)
        connection.commit()
    return url


def stored(address: Address) -> list[str]:
    """All sentences in the order in which they were written."""
    columns = (("broadcast", "end_reason"), ("notice", "why"), ("ip_ban", "notes"), ("moderation_action", "why"))
    with connected(address) as connection:
        rows = [
            connection.execute(sa.text(f"SELECT {column} FROM {table} ORDER BY id")).scalars()  # noqa: S608
            for table, column in columns
        ]
        return [text for found in rows for text in found]


async def test_sentences_of_the_former_version_are_codes_that_say_the_same(url: str) -> None:
    upgrade(parse(url))
    async with opened(url):
        records = [await BroadcastRepository().find(number + 1) for number in range(len(ENDS))]
        assert [each and each.end_reason for each in records] == list(ENDS.values())
        reasons = [(each.end_reason, each.end_detail) for each in records if each and each.end_reason]
        assert [ended(*each) for each in reasons] == list(ENDS)[1:]
        notices = await NoticeRow.all().order_by("id")
        assert [row.why for row in notices] == [str(code) for code in SKIPS.values()]
        assert [row.why_detail for row in notices if row.why_detail] == ["value must have 1 to 5000 characters"]
        bans = await IpBanRow.all().order_by("id")
        assert [(row.cause, row.notes) for row in bans] == list(BANS.values())
        assert [because(cause_of(row.cause), row.notes) for row in bans] == list(BANS)
        actions = await ModerationActionRow.all().order_by("id")
        assert [(row.cause, row.why) for row in actions] == list(ACTIONS.values())
        assert [(row.what, because(cause_of(row.cause), row.why)) for row in actions] == list(ACTIONS)


def test_the_way_back_leads_to_the_same_sentences(url: str) -> None:
    before = stored(parse(url))
    upgrade(parse(url), "0017")
    assert stored(parse(url)) != before
    downgrade(parse(url), "0016")
    assert stored(parse(url)) == before

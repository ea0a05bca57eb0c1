"""Fields for text from outside, on both databases."""

from datetime import UTC, datetime

import pytest
from tortoise.exceptions import ValidationError

from fedistream.channels.models import ChannelRow

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("text", ["a" * 3_000, "\0", "home\0", "\u00e9" * 300, "\U0001f426" * 300, ""])
async def test_a_text_that_no_row_can_have_finds_none(text: str) -> None:
    await ChannelRow.create(slug="home", created_at=NOW)
    assert await ChannelRow.get_or_none(slug=text) is None
    assert await ChannelRow.filter(slug__in=[text, "home"]).count() == 1
    assert await ChannelRow.filter(slug__not=text).count() == 1


async def test_a_text_that_is_too_long_is_still_not_written() -> None:
    with pytest.raises(ValidationError):
        await ChannelRow.create(slug="a" * 3_000, created_at=NOW)
    row = await ChannelRow.create(slug="home", created_at=NOW)
    row.slug = "a" * 3_000
    with pytest.raises(ValidationError):
        await row.save()
    with pytest.raises(ValidationError):
        await ChannelRow.filter(slug="home").update(slug="a" * 3_000)

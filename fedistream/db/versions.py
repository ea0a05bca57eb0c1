"""Version numbers of data that other processes copy into memory. They compare the number to refresh their copies.

The number is raised in the transaction that changes the data, so it always belongs to the rows.
"""

from tortoise import fields
from tortoise.expressions import F
from tortoise.models import Model

from fedistream.db.fields import CharField


class VersionRow(Model):
    """The version of one kind of data: `count` is the number of changes."""

    name = CharField(max_length=64, primary_key=True)
    count = fields.BigIntField(default=0)

    class Meta:
        table = "change_count"


async def bump_version(name: str) -> int:
    """Raise a version by one, in the transaction of the change. Returns the new number."""
    # an insert that ignores conflicts, and not get_or_create: two first calls at the same time must both succeed
    await VersionRow.bulk_create([VersionRow(name=name, count=0)], ignore_conflicts=True)
    await VersionRow.filter(name=name).update(count=F("count") + 1)
    return int((await VersionRow.get(name=name)).count)


async def versions(*names: str) -> dict[str, int]:
    """Return the versions of these names; 0 for one that was never raised."""
    found = await VersionRow.filter(name__in=names)
    return dict.fromkeys(names, 0) | {row.name: row.count for row in found}

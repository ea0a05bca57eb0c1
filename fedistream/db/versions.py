"""How often something was changed, for other processes that keep a copy of it in memory and look at the count.

Whoever changes the rows of a copy counts in the same transaction, so the count is never ahead of them or behind.
"""

from tortoise import fields
from tortoise.expressions import F
from tortoise.models import Model


class VersionRow(Model):
    name = fields.CharField(max_length=64, primary_key=True)
    count = fields.BigIntField(default=0)

    class Meta:
        table = "change_count"


async def bump_version(name: str) -> int:
    """Count one more, in the transaction of the change. Returns how many there were with this one."""
    # an upsert that does nothing, and not get_or_create: of two that are the first neither may fail
    await VersionRow.bulk_create([VersionRow(name=name, count=0)], ignore_conflicts=True)
    await VersionRow.filter(name=name).update(count=F("count") + 1)
    return int((await VersionRow.get(name=name)).count)


async def versions(*names: str) -> dict[str, int]:
    """How often each of these was changed."""
    found = await VersionRow.filter(name__in=names)
    return dict.fromkeys(names, 0) | {row.name: row.count for row in found}

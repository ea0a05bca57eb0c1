"""Jobs that wait are in the same group as new ones of their reaction, which is named by its id and not by its path.

Their bodies keep the path: workers of the former version, which may still run, find the reaction by it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_IDS = {
    "fedistream.federation.profiles.Profiles.note": "profiles.update",
    "fedistream.federation.doors.lists.Lists.enforce": "blocklists.enforce",
    "fedistream.notices.service.Notices.plan": "notices.plan",
    "fedistream.notices.service.Notices.close": "notices.close",
    "fedistream.notices.service.Notices.rename": "notices.rename",
    "fedistream.federation.featuring.offers.Offers.begin": "offers.begin",
    "fedistream.federation.featuring.offers.Offers.end": "offers.end",
}
_REGROUP = sa.text(
    "UPDATE outbox SET group_key = replace(group_key, :before, :after) WHERE kind = 'fact' AND group_key LIKE :which"
)
_RENAME = sa.text("UPDATE outbox SET body = replace(body, :before, :after) WHERE kind = 'fact'")


def upgrade() -> None:
    for path, name in _IDS.items():
        _regroup(path, name)


def downgrade() -> None:
    for path, name in _IDS.items():
        _regroup(name, path)
        before, after = f'"reaction":"{name}"', f'"reaction":"{path}"'
        op.get_bind().execute(_RENAME, {"before": before, "after": after})


def _regroup(before: str, after: str) -> None:
    # a group is the reaction, a space, and the channel
    values = {"before": f"{before} ", "after": f"{after} ", "which": f"{before} %"}
    op.get_bind().execute(_REGROUP, values)

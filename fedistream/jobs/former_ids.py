"""Reaction ids in jobs that older versions stored: the Python path of the function.

The table is complete, because new versions store ids. An entry may be removed when no database can have such jobs any
more.
"""

from collections.abc import Mapping

FORMER_IDS: Mapping[str, str] = {
    "fedistream.federation.profiles.Profiles.note": "profiles.update",
    "fedistream.federation.doors.lists.Lists.enforce": "blocklists.enforce",
    "fedistream.notices.service.Notices.plan": "notices.plan",
    "fedistream.notices.service.Notices.close": "notices.close",
    "fedistream.notices.service.Notices.rename": "notices.rename",
    "fedistream.federation.featuring.offers.Offers.begin": "offers.begin",
    "fedistream.federation.featuring.offers.Offers.end": "offers.end",
}

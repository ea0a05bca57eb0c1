"""How jobs name the reactions that versions before ids wrote down: by the Python path of the function.

The table is complete: new versions write ids. An entry may go when no database can have such jobs any more.
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

"""What the admin sees of federation and decides beyond Owncast's own calls: below the same paths, in its shapes."""

from starlette.responses import Response

from fedistream.api.ask import Ask
from fedistream.api.entries import Entry, reply
from fedistream.api.owncast.envelope import NO_CACHE, done
from fedistream.api.owncast.shapes import moment
from fedistream.federation.profiles import Profiles
from fedistream.federation.service import Federation

OURS = "fedistream"  # as `spec`: no other server has these


async def refusals(ask: Ask, federation: Federation) -> Response:
    """How often requests to the inboxes were refused since the node was started, by a word for the reason."""
    found = federation.refusals()
    since = moment(federation.counting_since)
    return reply({"since": since, "total": sum(found.values()), "reasons": dict(found)}, headers=NO_CACHE)


async def rotate_keys(ask: Ask, profiles: Profiles) -> Response:
    """New keys for all actors of the node, as after a theft; the followers' servers are told."""
    await profiles.rotate()
    return done("keys rotated")


ENTRIES = (
    Entry("GET", "/api/admin/federation/refusals", refusals, "admin", OURS),
    Entry("POST", "/api/admin/federation/rotatekeys", rotate_keys, "admin", OURS),
)

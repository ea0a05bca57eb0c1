"""The one page that says who acts on which fact.

The ids are for good: jobs that wait in the database have them.
"""

from dataclasses import dataclass

from fedistream.bus import Reaction
from fedistream.chat.chorus import Chorus
from fedistream.chat.herald import Herald
from fedistream.chat.service import Chat
from fedistream.events import (
    BroadcastEnded,
    BroadcastStarted,
    EncoderReturned,
    FollowApproved,
    FollowReceived,
    PostLiked,
    PostShared,
    SettingChanged,
    TitleChanged,
)
from fedistream.federation.feature import FederationFeature
from fedistream.notices.service import Notices
from fedistream.stills.service import Stills
from fedistream.viewers.service import Viewers


def jobs(federation: FederationFeature, notices: Notices) -> tuple[Reaction, ...]:
    """What must happen, and happens in a worker: the services here are built in both processes."""
    lists, profiles, offers = federation.doors.lists, federation.profiles, federation.offers
    return (
        Reaction("profiles.update", SettingChanged, "job", profiles.note, when=profiles.heeds),
        Reaction("blocklists.enforce", SettingChanged, "job", lists.enforce, when=lists.heeds),
        Reaction("notices.plan", BroadcastStarted, "job", notices.plan, when=notices.heeds),
        Reaction("notices.close", BroadcastEnded, "job", notices.close, when=notices.heeds),
        Reaction("notices.rename", TitleChanged, "job", notices.rename, when=notices.heeds),
        Reaction("offers.begin", BroadcastStarted, "job", offers.begin, when=offers.heeds),
        Reaction("offers.begin", EncoderReturned, "job", offers.begin, when=offers.heeds),
        Reaction("offers.begin", TitleChanged, "job", offers.begin, when=offers.heeds),
        Reaction("offers.end", BroadcastEnded, "job", offers.end, when=offers.heeds),
    )


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts in the front process."""

    viewers: Viewers
    chat: Chat
    herald: Herald
    chorus: Chorus
    federation: FederationFeature
    stills: Stills
    notices: Notices


def table(cast: Cast) -> tuple[Reaction, ...]:
    """The reactions of a node with these services."""
    federation = cast.federation.federation
    return (
        Reaction("chat.announce_start", BroadcastStarted, "live", cast.herald.announce_start),
        Reaction("thumbnails.wake", BroadcastStarted, "now", cast.stills.heed),
        Reaction("thumbnails.wake", EncoderReturned, "now", cast.stills.heed),
        Reaction("chat.announce_end", BroadcastEnded, "live", cast.herald.announce_end),
        Reaction("chat.announce_title", TitleChanged, "live", cast.herald.announce_title),
        Reaction("chat.close_disabled", SettingChanged, "now", cast.chat.heed),
        Reaction("federation.read_blocks", SettingChanged, "now", federation.heed),
        Reaction("chat.forget_follows", BroadcastStarted, "live", cast.chorus.announce_start),
        Reaction("chat.announce_follow", FollowReceived, "live", cast.chorus.announce_follow),
        Reaction("chat.announce_approval", FollowApproved, "live", cast.chorus.announce_approval),
        Reaction("chat.announce_like", PostLiked, "live", cast.chorus.announce_like),
        Reaction("chat.announce_share", PostShared, "live", cast.chorus.announce_share),
        *jobs(cast.federation, cast.notices),
    )

"""The one page that says who acts on which fact."""

from dataclasses import dataclass

from fedistream.chat.engagements import EngagementAnnouncer
from fedistream.chat.poster import ChatPoster
from fedistream.chat.service import Chat
from fedistream.core.bus import Reaction
from fedistream.core.events import (
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
from fedistream.thumbnails.service import Thumbnails
from fedistream.viewers.service import Viewers


def jobs(federation: FederationFeature, notices: Notices) -> tuple[Reaction, ...]:
    """What must happen, and happens in a worker: the services here are built in both processes."""
    blocklists, profiles, offers = federation.policies.blocklists, federation.profiles, federation.offers
    return (
        Reaction(SettingChanged, "job", profiles.note, when=profiles.applies_to),
        Reaction(SettingChanged, "job", blocklists.enforce, when=blocklists.applies_to),
        Reaction(BroadcastStarted, "job", notices.plan, when=notices.applies_to),
        Reaction(BroadcastEnded, "job", notices.close, when=notices.applies_to),
        Reaction(TitleChanged, "job", notices.rename, when=notices.applies_to),
        Reaction(BroadcastStarted, "job", offers.begin, when=offers.applies_to),
        Reaction(EncoderReturned, "job", offers.begin, when=offers.applies_to),
        Reaction(TitleChanged, "job", offers.begin, when=offers.applies_to),
        Reaction(BroadcastEnded, "job", offers.end, when=offers.applies_to),
    )


@dataclass(frozen=True, slots=True)
class Handlers:
    """Who acts in the front process."""

    viewers: Viewers
    chat: Chat
    poster: ChatPoster
    announcer: EngagementAnnouncer
    federation: FederationFeature
    stills: Thumbnails
    notices: Notices


def table(cast: Handlers) -> tuple[Reaction, ...]:
    """The reactions of a node with these services."""
    federation = cast.federation.federation
    return (
        Reaction(BroadcastStarted, "live", cast.poster.announce_start),
        Reaction(BroadcastStarted, "now", cast.stills.heed),
        Reaction(EncoderReturned, "now", cast.stills.heed),
        Reaction(BroadcastEnded, "live", cast.poster.announce_end),
        Reaction(TitleChanged, "live", cast.poster.announce_title),
        Reaction(SettingChanged, "now", cast.chat.heed),
        Reaction(SettingChanged, "now", federation.heed),
        Reaction(BroadcastStarted, "live", cast.announcer.announce_start),
        Reaction(FollowReceived, "live", cast.announcer.announce_follow),
        Reaction(FollowApproved, "live", cast.announcer.announce_approval),
        Reaction(PostLiked, "live", cast.announcer.announce_like),
        Reaction(PostShared, "live", cast.announcer.announce_share),
        *jobs(cast.federation, cast.notices),
    )

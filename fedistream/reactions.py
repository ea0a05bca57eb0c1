"""The one page that says who acts on which fact."""

from fedistream.bus import Reaction
from fedistream.chat.chorus import Chorus
from fedistream.chat.herald import Herald
from fedistream.chat.service import Chat
from fedistream.events import (
    BroadcastEnded,
    BroadcastStarted,
    FollowApproved,
    FollowReceived,
    PostLiked,
    PostShared,
    SettingChanged,
    TitleChanged,
)
from fedistream.federation.feature import FederationFeature
from fedistream.viewers.service import Viewers


def jobs(federation: FederationFeature) -> tuple[Reaction, ...]:
    """What must happen, and happens in a worker: the services here are built in both processes."""
    return (Reaction(SettingChanged, "job", federation.profiles.note, when=federation.profiles.heeds),)


def table(
    viewers: Viewers, chat: Chat, herald: Herald, chorus: Chorus, feature: FederationFeature
) -> tuple[Reaction, ...]:
    """The reactions of a node with these services."""
    federation = feature.federation
    return (
        Reaction(BroadcastStarted, "now", viewers.begin_session),
        Reaction(BroadcastStarted, "live", herald.announce_start),
        Reaction(BroadcastEnded, "now", viewers.end_session),
        Reaction(BroadcastEnded, "live", herald.announce_end),
        Reaction(TitleChanged, "live", herald.announce_title),
        Reaction(SettingChanged, "now", chat.heed),
        Reaction(SettingChanged, "now", federation.heed),
        Reaction(FollowReceived, "live", chorus.announce_follow),
        Reaction(FollowApproved, "live", chorus.announce_approval),
        Reaction(PostLiked, "live", chorus.announce_like),
        Reaction(PostShared, "live", chorus.announce_share),
        *jobs(feature),
    )

"""The table of all reactions to facts.

Ids never change: waiting jobs in the database contain them.
"""

from dataclasses import dataclass

from fedistream.chat.engagements import EngagementAnnouncer
from fedistream.chat.poster import ChatPoster
from fedistream.chat.service import Chat
from fedistream.core.bus import Reaction
from fedistream.core.events import (
    BroadcastEnded,
    BroadcastStarted,
    ChatMessageSent,
    EncoderLost,
    EncoderReturned,
    FollowApproved,
    FollowerRemoved,
    FollowReceived,
    MessagesHidden,
    MessagesShown,
    PostLiked,
    PostShared,
    ReplyReceived,
    ScheduledEventCancelled,
    ScheduledEventChanged,
    ScheduledEventComing,
    ScheduledEventCreated,
    ScheduledEventEnded,
    ScheduledEventStarted,
    SettingChanged,
    TitleChanged,
    VisitorJoined,
    VisitorParted,
    VisitorRenamed,
)
from fedistream.federation.feature import FederationFeature
from fedistream.listing.service import Listing
from fedistream.notices.service import Notices
from fedistream.schedule.tending import Tending
from fedistream.thumbnails.service import Thumbnails
from fedistream.viewers.service import Viewers
from fedistream.webhooks.service import Webhooks


def jobs(federation: FederationFeature, notices: Notices, tending: Tending, listing: Listing) -> tuple[Reaction, ...]:
    """Return the reactions that run as jobs in a worker. Both processes build these services."""
    blocklists, profiles, offers = federation.policies.blocklists, federation.profiles, federation.offers
    return (
        Reaction("profiles.update", SettingChanged, "job", profiles.note, when=profiles.applies_to),
        Reaction("blocklists.enforce", SettingChanged, "job", blocklists.enforce, when=blocklists.applies_to),
        Reaction("notices.plan", BroadcastStarted, "job", notices.plan, when=notices.applies_to),
        Reaction("notices.close", BroadcastEnded, "job", notices.close, when=notices.applies_to),
        Reaction("notices.rename", TitleChanged, "job", notices.rename, when=notices.applies_to),
        Reaction("schedule.match", BroadcastStarted, "job", tending.match, when=tending.applies_to),
        Reaction("schedule.tend", ScheduledEventCreated, "job", tending.react, when=tending.applies_to),
        Reaction("schedule.tend", ScheduledEventChanged, "job", tending.react, when=tending.applies_to),
        Reaction("schedule.tend", ScheduledEventCancelled, "job", tending.react, when=tending.applies_to),
        Reaction("schedule.tend", SettingChanged, "job", tending.react, when=tending.applies_to),
        Reaction("offers.begin", BroadcastStarted, "job", offers.begin, when=offers.applies_to),
        Reaction("offers.begin", EncoderReturned, "job", offers.begin, when=offers.applies_to),
        Reaction("offers.begin", TitleChanged, "job", offers.begin, when=offers.applies_to),
        Reaction("offers.end", BroadcastEnded, "job", offers.end, when=offers.applies_to),
        Reaction("listing.begin", BroadcastStarted, "job", listing.begin, when=listing.applies_to),
    )


def stores(webhooks: Webhooks) -> tuple[Reaction, ...]:
    """Return the reactions that write rows in the transaction of their facts, in whichever process emits them."""
    store, when = webhooks.store, webhooks.wants
    return (
        Reaction("webhooks.store", BroadcastStarted, "store", store, when=when),
        Reaction("webhooks.store", EncoderLost, "store", store, when=when),
        Reaction("webhooks.store", EncoderReturned, "store", store, when=when),
        Reaction("webhooks.store", BroadcastEnded, "store", store, when=when),
        Reaction("webhooks.store", TitleChanged, "store", store, when=when),
        Reaction("webhooks.store", ChatMessageSent, "store", store, when=when),
        Reaction("webhooks.store", MessagesHidden, "store", store, when=when),
        Reaction("webhooks.store", MessagesShown, "store", store, when=when),
        Reaction("webhooks.store", VisitorRenamed, "store", store, when=when),
        Reaction("webhooks.store", FollowReceived, "store", store, when=when),
        Reaction("webhooks.store", FollowApproved, "store", store, when=when),
        Reaction("webhooks.store", FollowerRemoved, "store", store, when=when),
        Reaction("webhooks.store", PostLiked, "store", store, when=when),
        Reaction("webhooks.store", PostShared, "store", store, when=when),
        Reaction("webhooks.store", ReplyReceived, "store", store, when=when),
        Reaction("webhooks.store", ScheduledEventComing, "store", store, when=when),
        Reaction("webhooks.store", ScheduledEventStarted, "store", store, when=when),
        Reaction("webhooks.store", ScheduledEventEnded, "store", store, when=when),
    )


@dataclass(frozen=True, slots=True)
class Handlers:
    """The services that react in the front process."""

    viewers: Viewers
    chat: Chat
    poster: ChatPoster
    announcer: EngagementAnnouncer
    federation: FederationFeature
    stills: Thumbnails
    notices: Notices
    tending: Tending
    listing: Listing
    webhooks: Webhooks


def table(cast: Handlers) -> tuple[Reaction, ...]:
    """Return the reactions of a node with these services."""
    federation = cast.federation.federation
    return (
        Reaction("chat.announce_start", BroadcastStarted, "live", cast.poster.announce_start),
        Reaction("thumbnails.wake", BroadcastStarted, "now", cast.stills.wake),
        Reaction("thumbnails.wake", EncoderReturned, "now", cast.stills.wake),
        Reaction("chat.announce_end", BroadcastEnded, "live", cast.poster.announce_end),
        Reaction("chat.announce_title", TitleChanged, "live", cast.poster.announce_title),
        Reaction("chat.close_disabled", SettingChanged, "now", cast.chat.on_setting_changed),
        Reaction("federation.read_blocks", SettingChanged, "now", federation.on_setting_changed),
        Reaction("chat.forget_follows", BroadcastStarted, "live", cast.announcer.announce_start),
        Reaction("chat.announce_follow", FollowReceived, "live", cast.announcer.announce_follow),
        Reaction("chat.announce_approval", FollowApproved, "live", cast.announcer.announce_approval),
        Reaction("chat.announce_like", PostLiked, "live", cast.announcer.announce_like),
        Reaction("chat.announce_share", PostShared, "live", cast.announcer.announce_share),
        Reaction("webhooks.note_presence", VisitorJoined, "now", cast.webhooks.note_presence, when=cast.webhooks.wants),
        Reaction("webhooks.note_presence", VisitorParted, "now", cast.webhooks.note_presence, when=cast.webhooks.wants),
        *jobs(cast.federation, cast.notices, cast.tending, cast.listing),
        *stores(cast.webhooks),
    )

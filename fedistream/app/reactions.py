"""The table of all reactions to facts.

Ids never change: waiting jobs in the database contain them.
"""

from dataclasses import dataclass

from fedistream.chat.engagements import EngagementAnnouncer
from fedistream.chat.poster import ChatPoster
from fedistream.chat.service import Chat
from fedistream.core import events
from fedistream.core.bus import Reaction
from fedistream.federation.feature import FederationFeature
from fedistream.listing.service import Listing
from fedistream.notices.service import Notices
from fedistream.notifications.service import Notifications
from fedistream.renditions.service import Renditions
from fedistream.schedule.tending import Tending
from fedistream.thumbnails.service import Thumbnails
from fedistream.viewers.service import Viewers
from fedistream.webhooks.service import Webhooks


def jobs(
    federation: FederationFeature,
    notices: Notices,
    tending: Tending,
    listing: Listing,
    notifications: Notifications,
) -> tuple[Reaction, ...]:
    """Return the reactions that run as jobs in a worker. Both processes build these services."""
    blocklists, profiles, offers = federation.policies.blocklists, federation.profiles, federation.offers
    return (
        Reaction("profiles.update", events.SettingChanged, "job", profiles.note, when=profiles.applies_to),
        Reaction("blocklists.enforce", events.SettingChanged, "job", blocklists.enforce, when=blocklists.applies_to),
        Reaction("notices.plan", events.BroadcastStarted, "job", notices.plan, when=notices.applies_to),
        Reaction("notices.close", events.BroadcastEnded, "job", notices.close, when=notices.applies_to),
        Reaction("notices.rename", events.TitleChanged, "job", notices.rename, when=notices.applies_to),
        *notified(notifications),
        Reaction("schedule.match", events.BroadcastStarted, "job", tending.match, when=tending.applies_to),
        Reaction("schedule.tend", events.ScheduledEventCreated, "job", tending.react, when=tending.applies_to),
        Reaction("schedule.tend", events.ScheduledEventChanged, "job", tending.react, when=tending.applies_to),
        Reaction("schedule.tend", events.ScheduledEventCancelled, "job", tending.react, when=tending.applies_to),
        Reaction("schedule.tend", events.SettingChanged, "job", tending.react, when=tending.applies_to),
        Reaction("offers.begin", events.BroadcastStarted, "job", offers.begin, when=offers.applies_to),
        Reaction("offers.begin", events.EncoderReturned, "job", offers.begin, when=offers.applies_to),
        Reaction("offers.begin", events.TitleChanged, "job", offers.begin, when=offers.applies_to),
        Reaction("offers.end", events.BroadcastEnded, "job", offers.end, when=offers.applies_to),
        Reaction("listing.begin", events.BroadcastStarted, "job", listing.begin, when=listing.applies_to),
    )


def notified(notifications: Notifications) -> tuple[Reaction, ...]:
    """Return the reactions that lead to notifications, as jobs."""
    when = notifications.applies_to
    return (
        Reaction("notifications.plan", events.BroadcastStarted, "job", notifications.plan, when=when),
        Reaction("notifications.close", events.BroadcastEnded, "job", notifications.close, when=when),
        Reaction(
            "notifications.rename", events.TitleChanged, "job", notifications.rename, when=notifications.has_message
        ),
        Reaction("notifications.remind", events.ScheduledEventComing, "job", notifications.remind, when=when),
    )


def stores(webhooks: Webhooks) -> tuple[Reaction, ...]:
    """Return the reactions that write rows in the transaction of their facts, in whichever process emits them."""
    store, when = webhooks.store, webhooks.wants
    return (
        Reaction("webhooks.store", events.BroadcastStarted, "store", store, when=when),
        Reaction("webhooks.store", events.EncoderLost, "store", store, when=when),
        Reaction("webhooks.store", events.EncoderReturned, "store", store, when=when),
        Reaction("webhooks.store", events.BroadcastEnded, "store", store, when=when),
        Reaction("webhooks.store", events.TitleChanged, "store", store, when=when),
        Reaction("webhooks.store", events.ChatMessageSent, "store", store, when=when),
        Reaction("webhooks.store", events.MessagesHidden, "store", store, when=when),
        Reaction("webhooks.store", events.MessagesShown, "store", store, when=when),
        Reaction("webhooks.store", events.VisitorRenamed, "store", store, when=when),
        Reaction("webhooks.store", events.FollowReceived, "store", store, when=when),
        Reaction("webhooks.store", events.FollowApproved, "store", store, when=when),
        Reaction("webhooks.store", events.FollowerRemoved, "store", store, when=when),
        Reaction("webhooks.store", events.PostLiked, "store", store, when=when),
        Reaction("webhooks.store", events.PostShared, "store", store, when=when),
        Reaction("webhooks.store", events.ReplyReceived, "store", store, when=when),
        Reaction("webhooks.store", events.ScheduledEventComing, "store", store, when=when),
        Reaction("webhooks.store", events.ScheduledEventStarted, "store", store, when=when),
        Reaction("webhooks.store", events.ScheduledEventEnded, "store", store, when=when),
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
    renditions: Renditions
    notices: Notices
    tending: Tending
    listing: Listing
    notifications: Notifications
    webhooks: Webhooks


def table(cast: Handlers) -> tuple[Reaction, ...]:
    """Return the reactions of a node with these services."""
    federation = cast.federation.federation
    return (
        Reaction("chat.announce_start", events.BroadcastStarted, "live", cast.poster.announce_start),
        Reaction("thumbnails.wake", events.BroadcastStarted, "now", cast.stills.wake),
        Reaction("thumbnails.wake", events.EncoderReturned, "now", cast.stills.wake),
        Reaction("chat.announce_end", events.BroadcastEnded, "live", cast.poster.announce_end),
        Reaction("chat.announce_title", events.TitleChanged, "live", cast.poster.announce_title),
        Reaction("chat.close_disabled", events.SettingChanged, "now", cast.chat.on_setting_changed),
        Reaction("renditions.change", events.SettingChanged, "now", cast.renditions.on_setting_changed),
        Reaction("federation.read_blocks", events.SettingChanged, "now", federation.on_setting_changed),
        Reaction("chat.forget_follows", events.BroadcastStarted, "live", cast.announcer.announce_start),
        Reaction("chat.announce_follow", events.FollowReceived, "live", cast.announcer.announce_follow),
        Reaction("chat.announce_approval", events.FollowApproved, "live", cast.announcer.announce_approval),
        Reaction("chat.announce_like", events.PostLiked, "live", cast.announcer.announce_like),
        Reaction("chat.announce_share", events.PostShared, "live", cast.announcer.announce_share),
        Reaction(
            "webhooks.note_presence", events.VisitorJoined, "now", cast.webhooks.note_presence, when=cast.webhooks.wants
        ),
        Reaction(
            "webhooks.note_presence", events.VisitorParted, "now", cast.webhooks.note_presence, when=cast.webhooks.wants
        ),
        *jobs(cast.federation, cast.notices, cast.tending, cast.listing, cast.notifications),
        *stores(cast.webhooks),
    )

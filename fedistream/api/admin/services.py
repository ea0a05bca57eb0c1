"""The services behind our own API for the admin and for moderators."""

from dataclasses import dataclass

from fedistream.chat.moderation import Moderation
from fedistream.federation.actors.profile_updates import Profiles
from fedistream.federation.followers.blocklists import Blocklists
from fedistream.federation.inbox.reports import Reports
from fedistream.federation.inbox.service import Federation
from fedistream.federation.posts.quotes import Quotes
from fedistream.federation.replies.service import Replies
from fedistream.jobs.admin import OutboxAdmin
from fedistream.notices.service import Notices
from fedistream.webhooks.log import DeliveryLog
from fedistream.webhooks.service import Webhooks


@dataclass(frozen=True, slots=True)
class AdminServices:
    """The services that the handlers of our own calls use."""

    federation: Federation
    moderation: Moderation
    notices: Notices
    replies: Replies
    profiles: Profiles
    reports: Reports
    quotes: Quotes
    blocklists: Blocklists
    outbox_admin: OutboxAdmin
    webhooks: Webhooks
    webhook_log: DeliveryLog

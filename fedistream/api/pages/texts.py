"""Every text that a script shows, by its key. Templates contain their own texts; both use the same gettext."""

from datetime import timedelta
from gettext import NullTranslations

from fedistream.chat.values import ActionKind
from fedistream.notifications.values import SkipReason


def watch(translations: NullTranslations) -> dict[str, str]:
    """Return the texts of the watch page's modules. `{n}` and the like are filled in by page.js."""
    _ = translations.gettext
    return {
        "badge.live": _("Live"),
        "badge.waiting": _("Reconnecting"),
        "badge.offline": _("Offline"),
        "badge.lost": _("No connection"),
        "title.live": _("{title} · live · {name}"),
        "title.offline": _("{name} · offline"),
        "title.lost": _("{name} · no connection"),
        "viewers.one": _("{n} viewer"),
        "viewers.other": _("{n} viewers"),
        "behind": _("{n} s behind"),
        "seconds": _("{n} s"),
        "unknown": _("unknown"),
        "quality.auto": _("Auto"),
        "quality.auto-now": _("Auto ({name})"),
        "just-now": _("just now"),
        "announce.live": _("The stream is live."),
        "announce.waiting": _("The streamer's connection dropped. Waiting for it to come back."),
        "announce.no-network": _("Your device is offline. The stream continues when the connection is back."),
        "announce.unreachable": _("The server cannot be reached. Trying again."),
        "announce.ended": _("The stream has ended."),
        "announce.failed": _("The stream cannot be played at the moment. The player keeps trying."),
        "announce.unsupported": _("This browser cannot play the stream."),
    }


def notification_skipped(translations: NullTranslations) -> dict[str, str]:
    """Return the reasons why a notification was not sent, by their codes."""
    _ = translations.gettext
    return {
        SkipReason.OVER.value: _("the broadcast was over by then"),
        SkipReason.OFF.value: _("it was turned off"),
        SkipReason.TOO_RECENT.value: _("the last one is too recent"),
    }


def bell(translations: NullTranslations) -> dict[str, str]:
    """Return the texts of the button for notifications."""
    _ = translations.gettext
    return {
        "bell.now-on": _("This browser tells you when the stream starts."),
        "bell.now-off": _("Notifications are off in this browser."),
        "bell.not-allowed": _("The browser was not allowed to show notifications. Press the button again to allow it."),
        "bell.blocked": _(
            "Notifications of this site are blocked. Allow them in the browser's settings for this site, then reload "
            "the page."
        ),
        "bell.unsupported": _("This browser has no push notifications."),
        "bell.home-screen": _(
            "On an iPhone or iPad, add this page to the home screen first: press Share, then Add to Home Screen, and "
            "open it from there."
        ),
        "bell.insecure": _("Browsers allow notifications only on pages with https."),
        "bell.failed": _("That did not work. Try again."),
    }


def ended(translations: NullTranslations) -> dict[str, str]:
    """Return the texts of the page of a broadcast that is over."""
    return {"just-now": translations.gettext("just now")}


def duration(translations: NullTranslations, lasted: timedelta) -> str:
    """Return a duration as text in hours and minutes; less than a minute counts as one."""
    minutes = max(1, int(lasted.total_seconds()) // 60)
    if minutes < 60:
        return translations.ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)
    return translations.gettext("{h} h {m} min").format(h=minutes // 60, m=minutes % 60)


def follow(translations: NullTranslations) -> dict[str, str]:
    """Return the texts of the follow box."""
    _ = translations.gettext
    return {
        "copied": _("Copied."),
        "not-copied": _("The browser does not allow copying here. The text is selected: copy it with the keyboard."),
        "follow.asking": _("Asking your server…"),
        "follow.continue": _("Continue to {host}"),
        "follow.failed": _("That did not work. Try again."),
    }


def chat(translations: NullTranslations) -> dict[str, str]:
    """Return the texts of the chat's modules and messages."""
    _ = translations.gettext
    return _chat_lines(translations) | {
        "chat.placeholder": _("Write a message"),
        "chat.closed": _("The chat opens when the stream is live."),
        "chat.sign-in-first": _("Sign in to write a message"),
        "sign-in.sent": _("A code was sent to {account} as a direct message."),
        "sign-in.denied": _("Not signed in: you or your website declined. Try again if you want to sign in."),
        "sign-in.expired": _("That took too long, or was started in another browser. Try again."),
        "sign-in.failed": _("Your website did not answer. Check its address, and that it supports IndieAuth."),
        "chat.state.joining": _("Connecting to the chat…"),
        "chat.state.lost": _("The connection to the chat is lost. Trying again…"),
        "chat.state.refused": _("The chat refused the connection. Trying again…"),
        "chat.state.disabled": _("A moderator has banned you from this chat."),
        "chat.state.off": _("The chat is disabled."),
        "chat.unsure": _("The connection was lost: this may not have been sent. Check before you send it again."),
        "chat.lost": _("Not saved: the connection to the chat is lost. Try again when it is back."),
        "chat.failed": _("That did not work. Try again."),
        "chat.new.one": _("{n} new message"),
        "chat.new.other": _("{n} new messages"),
        "chat.unread": _("New message in the chat"),
        "chat.latest": _("Go to the newest message"),
        "chat.too-long.one": _("{n} byte too long. Shorten the message."),
        "chat.too-long.other": _("{n} bytes too long. Shorten the message."),
        "chat.suggestions.one": _("{n} suggestion. Up and down arrows choose, Enter takes it."),
        "chat.suggestions.other": _("{n} suggestions. Up and down arrows choose, Enter takes one."),
        "chat.actions": _("Message actions"),
        "chat.mention": _("Mention"),
        "chat.close": _("Close"),
        "chat.hide": _("Hide message"),
        "chat.show": _("Show message"),
        "chat.details": _("Details"),
        "chat.details.since": _("First seen"),
        "chat.details.names": _("Previous names"),
        "chat.details.messages": _("Messages"),
        "chat.details.clients": _("Connected from"),
        "chat.ban": _("Ban user"),
        "chat.ban.confirm": _("Confirm ban"),
        "chat.unban": _("Unban user"),
        "chat.reply": _("Reply on the fediverse"),
        "chat.reply.label": _("Public reply in the name of the channel"),
        "chat.reply.send": _("Send reply"),
        "chat.block": _("Block author"),
        "chat.block.confirm": _("Confirm block"),
        "chat.reason": _("Reason (for the moderation log)"),
    }


def _chat_lines(translations: NullTranslations) -> dict[str, str]:
    _ = translations.gettext
    return {
        "chat.joined": _("{name} joined the chat"),
        "chat.parted": _("{name} left the chat"),
        "chat.renamed": _("{old} is now known as {name}"),
        "chat.engagement.follow": _("{names} followed"),
        "chat.engagement.like": _("{names} liked a post"),
        "chat.engagement.repost": _("{names} boosted a post"),
        "chat.engagement.reaction": _("{names} reacted with {reaction}"),
        "chat.engagement.others.one": _("{n} other"),
        "chat.engagement.others.other": _("{n} others"),
        "chat.badge.bot": _("bot"),
        "chat.badge.bot.title": _("Bot"),
        "chat.badge.moderator": _("mod"),
        "chat.badge.moderator.title": _("Moderator"),
        "chat.badge.authenticated": "✓",
        "chat.badge.authenticated.title": _("Signed in"),
        "chat.origin": _("From the fediverse:"),
        "chat.origin.title": _("{address} on the fediverse: open the original"),
        "chat.original": _("Open original post"),
        "chat.sensitive": _("Sensitive content"),
        "chat.edited": _("(edited)"),
        "chat.reply-to": _("Go to the message that this answers"),
    }


def actions(translations: NullTranslations) -> dict[ActionKind, str]:
    """Return the texts of the moderation log."""
    _ = translations.gettext
    return {
        ActionKind.ANSWER: _("Reply sent"),
        ActionKind.BLOCK_AUTHOR: _("Remote author blocked"),
        ActionKind.APPROVE_FOLLOWER: _("Follow request accepted"),
        ActionKind.REJECT_FOLLOWER: _("Follow request rejected"),
        ActionKind.REMOVE_FOLLOWER: _("Follower removed"),
        ActionKind.BLOCK_FOLLOWER: _("Follower blocked"),
        ActionKind.UNBLOCK_FOLLOWER: _("Follower unblocked"),
        ActionKind.APPROVE_REPLY: _("Reply approved"),
        ActionKind.REFUSE_REPLY: _("Reply rejected"),
        ActionKind.BAN_ADDRESS: _("IP address banned"),
        ActionKind.LIFT_BAN: _("IP ban removed"),
        ActionKind.MAKE_MODERATOR: _("Moderator added"),
        ActionKind.UNMAKE_MODERATOR: _("Moderator removed"),
        ActionKind.HIDE_MESSAGE: _("Message hidden"),
        ActionKind.SHOW_MESSAGE: _("Message shown again"),
        ActionKind.DISABLE_VISITOR: _("User banned"),
        ActionKind.ENABLE_VISITOR: _("User unbanned"),
        ActionKind.DELETE_VISITOR: _("User deleted"),
    }


def admin(translations: NullTranslations) -> dict[str, str]:
    """Return the texts of the admin page's modules."""
    _ = translations.gettext
    return {
        "just-now": _("just now"),
        "copied": _("Copied."),
        "not-copied": _("The browser does not allow copying here. The text is selected: copy it with the keyboard."),
        "outdated": _("No answer from the server. This page may be out of date."),
    }


def _notification_notices(translations: NullTranslations) -> dict[str, str]:
    _ = translations.gettext
    return {
        "notice-edit": _("Text saved."),
        "notice-cancel": _("Announcement cancelled."),
        "notice-post": _("Announcement sent to your followers."),
        "notice-withdraw": _("Post deleted."),
        "notification-test": _("Test sent. What became of it is listed below in a moment."),
        "no-discord": _("There is no Discord webhook yet: save one first."),
        "no-subscription": _(
            "This browser gets no notifications yet: open the watch page in it, and press the button Notify me."
        ),
    }


def _sign_in_notices(translations: NullTranslations) -> dict[str, str]:
    _ = translations.gettext
    return {
        "two-factor-off": _("Two-factor sign-in is off."),
        "signed-out": _("You are signed out."),
        "session-ended": _("Session ended."),
        "sessions-ended": _("All other sessions have ended."),
    }


def notices(translations: NullTranslations) -> dict[str, str]:
    """Return the messages of the admin page after a redirect, by the code in the URL, so that a URL brings no text."""
    _ = translations.gettext
    others = _sign_in_notices(translations) | _notification_notices(translations)
    return others | {
        "title": _("Title saved."),
        "channel": _("Saved."),
        "disconnected": _("The broadcast was ended."),
        "nothing-live": _("Nothing is live."),
        "key-added": _("A stream key was added."),
        "keys-renewed": _("All stream keys were replaced with a new one."),
        "key-removed": _("The stream key was removed."),
        "password": _("Password changed."),
        "saved": _("Saved."),
        "gone": _("It no longer exists."),
        "follower-approve": _("Request accepted."),
        "follower-reject": _("Request rejected. They can send another one."),
        "follower-remove": _("Removed. They can follow again."),
        "follower-block": _("Account blocked."),
        "follower-unblock": _("Account unblocked. They can follow again."),
        "server-asked": _("Request sent. The stream is shown when the server accepts."),
        "server-removed": _("Stream removed."),
        "post-sent": _("Post sent to your followers."),
        "post-pinned": _("Post pinned."),
        "post-unpinned": _("Post unpinned."),
        "post-deleted": _("Post deleted."),
        "retried": _("Retrying now."),
        "keys-rotated": _("New keys created. The followers' servers are notified."),
        "reply-approve": _("Reply approved. It is shown in the chat."),
        "reply-refuse": _("Reply rejected and deleted."),
        "reply-answer": _("Reply sent."),
        "reply-block": _("Account blocked. Its messages are hidden."),
        "report-settled": _("Report resolved."),
        "report-opened": _("Report reopened."),
        "quote-revoked": _("Permission to quote revoked."),
        "message-hide": _("Message hidden for everybody."),
        "message-show": _("Message shown again."),
        "visitor-disable": _("User banned. All their messages are hidden."),
        "visitor-enable": _("User unbanned. Their messages stay hidden, and their IP addresses stay banned."),
        "visitor-promote": _("User is now a moderator."),
        "visitor-demote": _("User is no longer a moderator."),
        "visitor-delete": _("User and messages deleted."),
        "ban-added": _("IP address banned."),
        "ban-removed": _("IP ban removed."),
        "emoji-added": _("Emoji added."),
        "emoji-removed": _("Emoji deleted."),
        "token-removed": _("Token deleted."),
        "webhook-created": _("Webhook created. Send a test event to see whether it arrives."),
        "webhook-test": _("Test event sent. Its delivery is listed below in a moment."),
        "webhook-enable": _("Webhook enabled."),
        "webhook-disable": _("Webhook disabled. Nothing is sent to it."),
        "webhook-delete": _("Webhook and its log deleted."),
        "delivery-resent": _("Sending again. Reload the page to see the answer."),
        "delivery-waits": _("This delivery is still waiting to be sent."),
    }


def labels(translations: NullTranslations) -> dict[str, str]:
    """Return the labels of settings, which name a field beside its error."""
    _ = translations.gettext
    return {
        "channel.title": _("Title"),
        "channel.name": _("Name"),
        "channel.tags": _("Tags"),
        "channel.summary": _("Summary"),
        "channel.offline_message": _("Offline message"),
        "channel.social_handles": _("Links"),
        "channel.page_content": _("Page content"),
        "broadcast.grace_s": _("Reconnect time"),
        "password": _("New password"),
        "again": _("Repeat the new password"),
        "code": _("Code"),
        "federation.enabled": _("Enable federation"),
        "federation.private": _("Approve every follower myself"),
        "federation.hold_younger_days": _("Approve accounts younger than this myself, in days"),
        "federation.known_domains": _("Known servers"),
        "federation.also_known_as": _("Account aliases"),
        "server": _("Server"),
        "list": _("Block list to import"),
        "node.public_url": _("Server URL"),
        "federation.username": _("Username"),
        "federation.show_engagement": _("Show follows, likes and boosts in the chat"),
        "federation.live_message": _("Message when a stream starts"),
        "federation.blocked_domains": _("Blocked servers"),
        "federation.blocked_accounts": _("Blocked accounts"),
        "text": _("Text"),
        "federation.replies": _("Replies and mentions"),
        "federation.replies_from": _("Accept replies from"),
        "notice": _("Live announcements"),
        "notice.ended_message": _("Message when the stream has ended"),
        "notice.delay_s": _("Delay before posting, in seconds"),
        "notice.cooldown_s": _("Pause between announcements, in seconds"),
        "notice.picture": _("Image"),
        "notice.at_end": _("When the stream ends"),
        "notice.language": _("Language of your texts"),
        "backup.hourly_kept": _("Hourly backups to keep"),
        "chat.welcome": _("Welcome message"),
        "chat.slow_s": _("Slow mode"),
        "chat.offline_s": _("Keep chat open after a stream"),
        "chat.retention_days": _("Keep messages, in days"),
        "chat.blocked_words": _("Blocked words"),
        "chat.forbidden_names": _("Forbidden names"),
        "chat.suggested_names": _("Suggested names"),
        "address": _("IP address or network"),
        "called": _("Name"),
        "picture": _("Picture"),
        "program": _("Name"),
        "scopes": _("Permissions"),
    }

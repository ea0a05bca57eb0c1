"""Every text that a script shows, by its key. The templates hold their own; both go through the same gettext."""

from datetime import timedelta
from gettext import NullTranslations


def watch(translations: NullTranslations) -> dict[str, str]:
    """For the modules of the watch page. `{n}` and the like are filled in by page.js."""
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
        "just-now": _("just now"),
        "announce.live": _("The stream is live."),
        "announce.waiting": _("The streamer's connection dropped. Waiting for it to come back."),
        "announce.no-network": _("Your device is offline. The stream goes on by itself when the connection is back."),
        "announce.unreachable": _("The server cannot be reached. Trying again."),
        "announce.ended": _("The stream has ended."),
        "announce.failed": _("The stream cannot be played at the moment. It is tried again from time to time."),
        "announce.unsupported": _("This browser cannot play the stream."),
    }


def ended(translations: NullTranslations) -> dict[str, str]:
    """For the page of a broadcast that is over."""
    return {"just-now": translations.gettext("just now")}


def duration(translations: NullTranslations, lasted: timedelta) -> str:
    """How long something lasted, in hours and minutes; what is shorter than a minute counts as one."""
    minutes = max(1, int(lasted.total_seconds()) // 60)
    if minutes < 60:
        return translations.ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)
    return translations.gettext("{h} h {m} min").format(h=minutes // 60, m=minutes % 60)


def follow(translations: NullTranslations) -> dict[str, str]:
    """For the box that helps to follow from elsewhere."""
    _ = translations.gettext
    return {
        "copied": _("Copied."),
        "not-copied": _("Copying is not allowed here: the text is selected, copy it with the keyboard."),
        "follow.asking": _("Asking your server…"),
        "follow.continue": _("Continue to {host}"),
        "follow.failed": _("That did not work. Try it again."),
    }


def chat(translations: NullTranslations) -> dict[str, str]:
    """For the modules of the chat, with what stands in its lines."""
    _ = translations.gettext
    return _chat_lines(translations) | {
        "chat.placeholder": _("Write a message"),
        "chat.closed": _("The chat opens when the stream is live."),
        "chat.sign-in-first": _("Sign in to write a message"),
        "sign-in.sent": _("A code is on its way to {account}, as a direct message."),
        "sign-in.denied": _("You were not signed in: you, or your website, did not agree."),
        "sign-in.expired": _("That took too long, or was begun in another browser. Please try it again."),
        "sign-in.failed": _("Your website could not be asked who you are. Is IndieAuth set up there?"),
        "chat.state.joining": _("Joining the chat…"),
        "chat.state.lost": _("The chat's connection is lost. Trying again…"),
        "chat.state.refused": _("The chat did not let you in. Trying again from time to time."),
        "chat.state.disabled": _("A moderator has removed you from this chat."),
        "chat.state.off": _("The chat is switched off."),
        "chat.unsure": _("The connection was lost: this may not have been sent."),
        "chat.lost": _("Not sent: the chat's connection is lost."),
        "chat.failed": _("That did not work. Try it again."),
        "chat.new.one": _("{n} new message"),
        "chat.new.other": _("{n} new messages"),
        "chat.unread.one": _("{n} new message in the chat"),
        "chat.unread.other": _("{n} new messages in the chat"),
        "chat.latest": _("To the newest message"),
        "chat.too-long.one": _("{n} byte too long"),
        "chat.too-long.other": _("{n} bytes too long"),
        "chat.suggestions.one": _("{n} suggestion. Up and down arrows choose, Enter takes it."),
        "chat.suggestions.other": _("{n} suggestions. Up and down arrows choose, Enter takes one."),
        "chat.actions": _("What to do"),
        "chat.mention": _("Answer"),
        "chat.close": _("Close"),
        "chat.hide": _("Hide message"),
        "chat.show": _("Show message"),
        "chat.details": _("Details"),
        "chat.details.since": _("First seen"),
        "chat.details.names": _("Former names"),
        "chat.details.messages": _("Messages"),
        "chat.details.clients": _("Connected with"),
        "chat.remove": _("Remove from chat"),
        "chat.remove.confirm": _("Really remove?"),
        "chat.let-back-in": _("Let back in"),
        "chat.reply": _("Answer on the fediverse"),
        "chat.reply.label": _("Answer for all to read, in the name of the channel"),
        "chat.reply.send": _("Send answer"),
        "chat.block": _("Block author"),
        "chat.block.confirm": _("Really block?"),
        "chat.reason": _("Why (for the log)"),
    }


def _chat_lines(translations: NullTranslations) -> dict[str, str]:
    _ = translations.gettext
    return {
        "chat.joined": _("{name} has joined"),
        "chat.parted": _("{name} has left"),
        "chat.renamed": _("{old} is now called {name}"),
        "chat.engagement.follow": _("{names} followed"),
        "chat.engagement.like": _("{names} liked a post"),
        "chat.engagement.repost": _("{names} boosted a post"),
        "chat.engagement.reaction": _("{names} reacted with {reaction}"),
        "chat.engagement.others.one": _("{n} other"),
        "chat.engagement.others.other": _("{n} others"),
        "chat.badge.bot": _("bot"),
        "chat.badge.bot.title": _("A program"),
        "chat.badge.moderator": _("mod"),
        "chat.badge.moderator.title": _("A moderator"),
        "chat.badge.authenticated": "✓",
        "chat.badge.authenticated.title": _("Has signed in"),
        "chat.origin": _("From the fediverse:"),
        "chat.origin.title": _("{address} on the fediverse: open the original"),
        "chat.original": _("Open the original"),
        "chat.sensitive": _("Sensitive content"),
        "chat.edited": _("(edited)"),
        "chat.reply-to": _("To what is answered"),
    }


def admin(translations: NullTranslations) -> dict[str, str]:
    """For the modules of the admin page."""
    _ = translations.gettext
    return {
        "just-now": _("just now"),
        "copied": _("Copied."),
        "not-copied": _("Copying is not allowed here: the text is selected, copy it with the keyboard."),
        "outdated": _("No answer from the node. What is shown here may be old."),
    }


def notices(translations: NullTranslations) -> dict[str, str]:
    """What the admin page says after a redirect, by the word in its address: an address puts no words on the page."""
    _ = translations.gettext
    return {
        "title": _("The title is set."),
        "channel": _("Saved."),
        "disconnected": _("The broadcast has been ended."),
        "nothing-live": _("Nothing was live."),
        "key-added": _("A stream key was added."),
        "keys-renewed": _("There is one new stream key now."),
        "key-removed": _("The stream key was removed."),
        "password": _("The password is changed."),
        "saved": _("Saved."),
        "gone": _("It was gone already."),
        "follower-approve": _("Let in."),
        "follower-reject": _("Refused. They may ask again."),
        "follower-remove": _("Removed. They may ask again."),
        "follower-block": _("Blocked."),
        "follower-unblock": _("No longer blocked. They may ask again."),
        "server-asked": _("The server is asked."),
        "server-removed": _("Not shown any more."),
        "post-sent": _("The post is on its way."),
        "post-pinned": _("Pinned."),
        "post-unpinned": _("No longer pinned."),
        "post-deleted": _("The post is taken back."),
        "retried": _("Tried again now."),
        "keys-rotated": _("There are new keys. The followers' servers are told."),
        "reply-approve": _("Shown in the chat."),
        "reply-refuse": _("Refused, and forgotten."),
        "reply-answer": _("The answer is on its way."),
        "reply-block": _("Blocked, with all they wrote."),
        "report-settled": _("Settled."),
        "report-opened": _("Open again."),
        "quote-revoked": _("They may not quote it any more."),
        "notice-edit": _("The text is changed."),
        "notice-cancel": _("It will not be posted."),
        "notice-post": _("The notice is on its way."),
        "notice-withdraw": _("The notice is taken back."),
        "message-hide": _("Hidden, for everybody at once."),
        "message-show": _("Shown again."),
        "visitor-disable": _("Removed from the chat; all they said is hidden."),
        "visitor-enable": _("Let back in. What they said stays hidden, and their addresses stay banned."),
        "visitor-promote": _("A moderator now."),
        "visitor-demote": _("No moderator any more."),
        "visitor-delete": _("Deleted, with all they said."),
        "ban-added": _("The address is banned."),
        "ban-removed": _("The ban is lifted."),
        "emoji-added": _("The emoji can be used."),
        "emoji-removed": _("The emoji is deleted."),
        "token-removed": _("The token is dead."),
    }


def labels(translations: NullTranslations) -> dict[str, str]:
    """The fields of the admin's forms, where one is named beside its error."""
    _ = translations.gettext
    return {
        "streamtitle": _("Title"),
        "name": _("Name"),
        "tags": _("Tags"),
        "serversummary": _("Summary"),
        "offlinemessage": _("Offline message"),
        "socialhandles": _("Links"),
        "pagecontent": _("Page content"),
        "broadcast.grace_s": _("Grace time"),
        "password": _("New password"),
        "again": _("The same again"),
        "federation.enabled": _("Federation is on"),
        "federation.private": _("All followers wait for you"),
        "federation.hold_younger_days": _("Accounts younger than so many days wait"),
        "federation.known_domains": _("Known servers"),
        "federation.also_known_as": _("Former accounts of yours"),
        "server": _("Server"),
        "list": _("A list that others share"),
        "serverurl": _("Public address of this node"),
        "federation.username": _("Name before the @"),
        "federation.show_engagement": _("Tell the chat who followed, liked and shared"),
        "federation.live_message": _("Message when a stream begins"),
        "federation.blocked_domains": _("Blocked servers"),
        "federation.blocked_accounts": _("Blocked people"),
        "text": _("Text"),
        "federation.replies": _("What people write to the channel"),
        "federation.replies_from": _("Who may write to it"),
        "notice": _("Notices"),
        "notice.ended_message": _("Message when it has ended"),
        "notice.delay_s": _("Wait before it, in seconds"),
        "notice.cooldown_s": _("Not again within, in seconds"),
        "notice.picture": _("Shown with it"),
        "notice.at_end": _("At the end"),
        "notice.language": _("Language of your texts"),
        "chat.welcome": _("Welcome"),
        "chat.slow_s": _("Slow mode"),
        "chat.offline_s": _("Open after a stream"),
        "chat.retention_days": _("Days that messages are kept"),
        "chat.blocked_words": _("Blocked words"),
        "chat.forbidden_names": _("Names nobody may take"),
        "chat.suggested_names": _("Names for newcomers"),
        "address": _("Address or network"),
        "called": _("Name"),
        "picture": _("Picture"),
        "program": _("Name of the program"),
        "scopes": _("What it may do"),
    }

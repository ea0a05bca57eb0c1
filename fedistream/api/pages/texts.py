"""Every text that a script shows, by its key. The templates hold their own; both go through the same gettext."""

from gettext import NullTranslations


def watch(translations: NullTranslations) -> dict[str, str]:
    """For the modules of the watch page. `{n}` and the like are filled in by page.js."""
    _ = translations.gettext
    return {
        "badge.live": _("Live"),
        "badge.waiting": _("Reconnecting"),
        "badge.offline": _("Offline"),
        "title.live": _("{title} · live · {name}"),
        "title.offline": _("{name} · offline"),
        "viewers.one": _("{n} viewer"),
        "viewers.other": _("{n} viewers"),
        "behind": _("{n} s behind"),
        "seconds": _("{n} s"),
        "unknown": _("unknown"),
        "just-now": _("just now"),
        "spoken.live": _("The stream is live."),
        "spoken.waiting": _("The streamer's connection dropped. Waiting for it to come back."),
        "spoken.ended": _("The stream has ended."),
        "spoken.unplayable": _("This browser cannot play the stream."),
    }


def admin(translations: NullTranslations) -> dict[str, str]:
    """For the modules of the admin page."""
    _ = translations.gettext
    return {
        "just-now": _("just now"),
        "copied": _("Copied."),
        "not-copied": _("Copying is not allowed here: the text is selected, copy it with the keyboard."),
        "stale": _("No answer from the node. What is shown here may be old."),
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
    }

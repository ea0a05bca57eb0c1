"""Notifications in browsers, as Owncast's clients register for them."""

"""The platforms a social handle can name. The key is what Owncast's API stores, the text is shown to people."""

ICONS = "/img/platformlogos/"
WITHOUT_ICON = frozenset(("donate", "follow", "keyoxide", "linkedin"))  # no free set has a logo of these

PLATFORMS = {
    "bandcamp": "Bandcamp",
    "bitcoin": "Bitcoin",
    "bluesky": "Bluesky",
    "codeberg": "Codeberg",
    "discord": "Discord",
    "donate": "Donate",
    "ethereum": "Ethereum",
    "facebook": "Facebook",
    "fediverse": "Fediverse",
    "follow": "Follow",
    "gitea": "Gitea",
    "github": "GitHub",
    "gitlab": "GitLab",
    "instagram": "Instagram",
    "keybase": "Keybase",
    "keyoxide": "Keyoxide",
    "kofi": "Ko-fi",
    "lbry": "LBRY",
    "liberapay": "Liberapay",
    "linkedin": "LinkedIn",
    "mastodon": "Mastodon",
    "matrix": "Matrix",
    "odysee": "Odysee",
    "patreon": "Patreon",
    "paypal": "PayPal",
    "peertube": "PeerTube",
    "pixelfed": "Pixelfed",
    "reddit": "Reddit",
    "snapchat": "Snapchat",
    "soundcloud": "SoundCloud",
    "spotify": "Spotify",
    "steam": "Steam",
    "telegram": "Telegram",
    "tiktok": "TikTok",
    "twitch": "Twitch",
    "twitter": "X",
    "xmpp": "XMPP",
    "youtube": "YouTube",
}


def icon(platform: str) -> str:
    """Return the path of a platform's logo, "" for one without."""
    return f"{ICONS}{platform}.svg" if platform in PLATFORMS and platform not in WITHOUT_ICON else ""

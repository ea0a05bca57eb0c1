"""Link previews: the text, the picture and the player that other sites show for a link to one of our pages. Pure.

The same card is written as OpenGraph and Twitter tags (`templates/partials/link-preview.html`) and as oEmbed
(`oembed.py`).
Mastodon keeps a card for two weeks, so each broadcast has an address of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from gettext import NullTranslations
from urllib.parse import urlencode

from fedistream.api.pages.shapes import Channel
from fedistream.thumbnails.service import Picture as Thumbnail

PLAYER = "/embed/video"
PLAYER_SIZE = (1280, 720)  # pixels; sites with less room scale it and keep the proportions
LIVE = "/live/"
LOGO = "/logo"
LOGO_SIZE = (512, 512)


@dataclass(frozen=True, slots=True)
class Picture:
    """`url` is absolute; sizes in pixels."""

    url: str
    width: int
    height: int
    alt: str

    @property
    def wide(self) -> bool:
        return self.width > self.height


@dataclass(frozen=True, slots=True)
class Player:
    """A page that may be framed by anybody."""

    url: str
    width: int = PLAYER_SIZE[0]
    height: int = PLAYER_SIZE[1]

    @property
    def secure(self) -> bool:
        return self.url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Card:
    """A link preview. `url` is the page's URL, `oembed` that of its oEmbed document; `player` is None after the end."""

    url: str
    oembed: str
    title: str
    description: str
    site: str
    home: str
    picture: Picture
    player: Player | None

    @property
    def twitter(self) -> str:
        """Return the kind of card. A player must be on https; without one Mastodon and X show the picture."""
        if self.player is not None and self.player.secure:
            return "player"
        return "summary_large_image" if self.picture.wide else "summary"


def path(broadcast_id: int) -> str:
    """Return the path of a broadcast's page, below the node's address."""
    return f"{LIVE}{broadcast_id}"


def still_path(broadcast_id: int) -> str:
    """Return the path of a broadcast's picture."""
    return f"{path(broadcast_id)}/still.jpg"


def picture(
    origin: str, broadcast_id: int | None, still: Thumbnail | None, name: str, translations: NullTranslations
) -> Picture:
    """Return the picture of the broadcast, or the logo without one. `name` is the channel's."""
    if still is None or broadcast_id is None:
        return Picture(origin + LOGO, *LOGO_SIZE, translations.gettext("Logo of {name}").format(name=name))
    alt = translations.gettext("A picture from the stream of {name}").format(name=name)
    return Picture(origin + still_path(broadcast_id), still.width, still.height, alt)


def channel(origin: str, path: str, shown: Channel, picture: Picture) -> Card:
    """Return the card of the channel's page, or with another path that of its running broadcast."""
    title = shown.title or shown.name
    return _card(origin, path, shown, {"title": title, "description": shown.description or title}, picture, live=True)


def ended(origin: str, path: str, shown: Channel, words: Mapping[str, str], picture: Picture) -> Card:
    """Return the card of a broadcast that is over; `words` are its title and description."""
    return _card(origin, path, shown, words, picture, live=False)


def _card(origin: str, path: str, shown: Channel, words: Mapping[str, str], picture: Picture, *, live: bool) -> Card:
    url = origin + path
    return Card(
        url=url,
        oembed=f"{origin}/oembed?{urlencode({'url': url, 'format': 'json'})}",
        title=words["title"],
        description=words["description"],
        site=shown.name,
        home=f"{origin}/",
        picture=picture,
        player=Player(origin + PLAYER) if live else None,
    )

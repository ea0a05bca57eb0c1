"""Packaging: samples to parts, segments and playlists (RFC 8216bis).

`cutter` decides where to cut, `segment_window` keeps what was cut, `origin` serves one rendition: the source's
`packager`, or a `follower` of it; `presentation` is the whole broadcast. Start reading at `packager.py`.
"""

from typing import TYPE_CHECKING

from media.facade import offer

if TYPE_CHECKING:
    from media.package.cutter import CutRules
    from media.package.follower import FollowerRules, FollowingRendition, Supply
    from media.package.origin import NotFound, PackagerConfig, Stalled, TooFarAhead
    from media.package.packager import Packager
    from media.package.playlist import CachedPlaylist
    from media.package.presentation import PLAYLIST, SOURCE, Presentation, Rendition
else:
    __getattr__ = offer(
        __name__,
        cutter="CutRules",
        follower="FollowerRules FollowingRendition Supply",
        origin="NotFound PackagerConfig Stalled TooFarAhead",
        packager="Packager",
        playlist="CachedPlaylist",
        presentation="PLAYLIST SOURCE Presentation Rendition",
    )

__all__ = [
    "PLAYLIST",
    "SOURCE",
    "CachedPlaylist",
    "CutRules",
    "FollowerRules",
    "FollowingRendition",
    "NotFound",
    "Packager",
    "PackagerConfig",
    "Presentation",
    "Rendition",
    "Stalled",
    "Supply",
    "TooFarAhead",
]

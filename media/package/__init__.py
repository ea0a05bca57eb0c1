"""Packaging: samples to parts, segments and playlists (RFC 8216bis).

`cutter` decides where to cut, `segment_window` keeps what was cut, `packager` serves one rendition, and `presentation`
the whole broadcast. Start reading at `packager.py`.
"""

from typing import TYPE_CHECKING

from media.facade import offer

if TYPE_CHECKING:
    from media.package.cutter import CutRules
    from media.package.packager import NotFound, Packager, PackagerConfig, Stalled, TooFarAhead
    from media.package.playlist import CachedPlaylist
    from media.package.presentation import PLAYLIST, SOURCE, Presentation, Rendition
else:
    __getattr__ = offer(
        __name__,
        cutter="CutRules",
        packager="NotFound Packager PackagerConfig Stalled TooFarAhead",
        playlist="CachedPlaylist",
        presentation="PLAYLIST SOURCE Presentation Rendition",
    )

__all__ = [
    "PLAYLIST",
    "SOURCE",
    "CachedPlaylist",
    "CutRules",
    "NotFound",
    "Packager",
    "PackagerConfig",
    "Presentation",
    "Rendition",
    "Stalled",
    "TooFarAhead",
]

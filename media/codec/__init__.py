"""Pictures decoded and encoded, in a child process that may crash or be killed without harm to the stream.

`thumbnails` is this side of the pipe, `request` what goes through it; `picture` and `__main__` are the child, and alone
import PyAV. Start reading at `thumbnails.py`. Renditions are made by a child of another kind, see `ladder/`.
"""

from typing import TYPE_CHECKING

from media.facade import offer

if TYPE_CHECKING:
    from media.codec.thumbnails import NoThumbnail, Thumbnail, Thumbnailer
else:
    __getattr__ = offer(
        __name__,
        thumbnails="NoThumbnail Thumbnail Thumbnailer",
    )

__all__ = ["NoThumbnail", "Thumbnail", "Thumbnailer"]

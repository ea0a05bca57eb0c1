"""The values of the channel's images."""

from collections.abc import Mapping
from dataclasses import dataclass

from fedistream.core.errors import Problem

MEDIA_TYPES: Mapping[str, str] = {
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "ico": "image/vnd.microsoft.icon",
}
"""The media type of an image, by the ending of its file's name."""


class ImageProblem(Problem):
    """The codes for what is wrong with an image."""

    LOGO_FORMAT = "logo-format"
    LOGO_SVG = "logo-svg"
    FAVICON_FORMAT = "favicon-format"
    IMAGE_BYTES = "image-bytes"
    IMAGE_PIXELS = "image-pixels"
    NO_FILE = "no-public-file"
    NO_LOGO = "no-logo"


@dataclass(frozen=True, slots=True)
class Image:
    """The bytes of an image and their media type. `mark` changes with the bytes."""

    data: bytes
    media_type: str
    mark: str

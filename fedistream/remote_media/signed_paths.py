"""The paths of remote images on this node, signed so that the node fetches only URLs that it has shown itself."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Self

from activitypub.urls import is_url
from fedistream.core.errors import NotFound
from fedistream.core.key_file import stored_key
from fedistream.remote_media.values import PictureProblem

PREFIX = "/img/remote/"
MAC_LETTERS = 32  # 128 bits
KEY = "key"


class SignedPaths:
    """Signs and verifies paths with HMAC-SHA256."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def load(cls, folder: Path, chance: Callable[[int], bytes]) -> Self:
        """Return SignedPaths with the key in this folder, which is made once, so that paths in old messages stay valid.

        `chance(n)` returns n random bytes. Raises OSError.
        """
        return cls(stored_key(folder / KEY, chance))

    def path(self, url: str) -> str:
        """Return the path under which the image with this URL is served, or "" for a text that is not a URL."""
        if not is_url(url):
            return ""
        source = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
        return f"{PREFIX}{self._mac(source)}/{source}"

    def url(self, mac: str, source: str) -> str:
        """Return the URL of the image with this path. Raises NotFound for a path that this node has not signed."""
        if not hmac.compare_digest(self._mac(source).encode(), mac.encode("utf-8", "replace")):
            raise NotFound(PictureProblem.NO_PICTURE)
        try:
            return base64.urlsafe_b64decode(source + "=" * (-len(source) % 4)).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise NotFound(PictureProblem.NO_PICTURE) from error

    def _mac(self, source: str) -> str:
        given = source.encode("utf-8", "replace")
        return hmac.new(self._secret, b"picture " + given, hashlib.sha256).hexdigest()[:MAC_LETTERS]

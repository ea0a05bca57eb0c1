"""The addresses of pictures from elsewhere. Only those that this node has given out are good: signed, so that nobody
makes it fetch what he likes."""

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

PREFIX = "/img/remote/"
MAC_LETTERS = 32  # 128 bits
KEY = "key"


class SignedPaths:
    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def load(cls, folder: Path, chance: Callable[[int], bytes]) -> Self:
        """With the key in this folder, which is made once, so that paths in old messages stay good. `chance(n)` gives n
        random bytes. Raises OSError."""
        return cls(stored_key(folder / KEY, chance))

    def path(self, url: str) -> str:
        """Where the picture with this URL is shown; "" for what is no URL."""
        if not is_url(url):
            return ""
        source = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
        return f"{PREFIX}{self._mac(source)}/{source}"

    def url(self, mac: str, source: str) -> str:
        """Of which picture these parts of a path are. Raises NotFound for a path that we have not given out."""
        if not hmac.compare_digest(self._mac(source).encode(), mac.encode("utf-8", "replace")):
            raise NotFound("there is no such picture")
        try:
            return base64.urlsafe_b64decode(source + "=" * (-len(source) % 4)).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise NotFound("there is no such picture") from error

    def _mac(self, source: str) -> str:
        given = source.encode("utf-8", "replace")
        return hmac.new(self._secret, b"picture " + given, hashlib.sha256).hexdigest()[:MAC_LETTERS]

"""The static files, held in memory under URLs that change with their content.

A file is served at /static/<hash>/<name>. The hash is that of all files of the same folder: modules import each
other by relative addresses, which keep the hash of the importing one.
"""

import gzip
import hashlib
import logging
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fedistream.api.pages import bundles

PREFIX = "/static"
EMOJI = "vendor/emoji"  # which the chat serves, from the files
HASH_LENGTH = 12  # hex digits: 48 bits, enough against accidents; an attacker gains nothing here
MAX_FILE = 2 * 1024 * 1024  # bytes; the largest is hls.js with 380 KB
MAX_ALL = 16 * 1024 * 1024
MIN_GZIP = 256  # bytes; below it the header is most of the gain

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
}
UNCOMPRESSED = {".png", ".ico"}  # compressed already
LEVELS = {".map": 1}  # for developers alone: not worth the time of a start
MADE = {
    "br": ".br",
    "gzip": ".gz",
}  # written by the build beside a file; brotli takes seconds, too long for a start

log = logging.getLogger(__name__)


class TooBig(Exception):
    """The static folder is larger than the limit for memory; it probably has a file that does not belong there."""


@dataclass(frozen=True, slots=True)
class File:
    """A file in memory, once for each coding. Few clients want the plain form of a compressed file, so it is unpacked
    on request: the plain forms would take three times as much memory as the compressed ones."""

    plain: bytes | None  # None: unpack the gzip form
    packed: Mapping[str, bytes]  # by coding, the shortest first; only those that are shorter than the file
    type: str

    @property
    def body(self) -> bytes:
        """The content as it is on the disk."""
        return gzip.decompress(self.packed["gzip"]) if self.plain is None else self.plain


class Static:
    """The files of a folder, read once. Files of unknown types are left out."""

    def __init__(self, root: Path) -> None:
        """Raises TooBig."""
        self._files: dict[str, File] = {}
        by_folder: defaultdict[str, hashlib._Hash] = defaultdict(hashlib.sha256)
        for path in _found(root):
            name, body = path.relative_to(root).as_posix(), path.read_bytes()
            by_folder[_folder(name)].update(name.encode() + b"\0" + body)
            self._files[name] = _file(path, body)
        self._hashes: Mapping[str, str] = {
            folder: digest.hexdigest()[:HASH_LENGTH] for folder, digest in by_folder.items()
        }
        self._bundles = bundles.table(self._body)
        self._bundled = bundles.up_to_date(self._body)
        if self._bundles and not self._bundled:
            log.warning("the bundles of the pages are missing or out of date: pages load many files instead of few")

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def url(self, name: str) -> str:
        """Return the URL of `name` (for example "css/base.css"). Raises KeyError when there is no such file."""
        if name not in self._files:
            raise KeyError(f"no static file is called {name!r}")
        return f"{PREFIX}/{self._hashes[_folder(name)]}/{name}"

    def bundle(self, name: str) -> Sequence[str]:
        """Return the URLs of a bundle: one file, or its sources if they were changed since the build.

        Raises KeyError when bundles.json has no such bundle.
        """
        sources = self._bundles[name]
        return [self.url(f"{bundles.FOLDER}/{name}")] if self._bundled else [self.url(source) for source in sources]

    def _body(self, name: str) -> bytes:
        return self._files[name].body

    def get(self, edition: str, name: str) -> File | None:
        """Return the file if `edition` is its hash. The look-up is exact, so no name leads out of the folder."""
        file = self._files.get(name)
        return file if file is not None and self._hashes[_folder(name)] == edition else None


def _folder(name: str) -> str:
    return name.partition("/")[0] if "/" in name else ""


def _found(root: Path) -> Iterator[Path]:
    """Yield the files to serve in the order of their names. Raises TooBig."""
    total = 0
    emoji = root / EMOJI
    paths = (
        path
        for path in root.rglob("*")
        if path.suffix in TYPES and path.is_file() and not path.is_symlink() and not path.is_relative_to(emoji)
    )
    for path in sorted(paths, key=lambda path: path.relative_to(root).as_posix()):
        size = path.stat().st_size
        total += size
        if size > MAX_FILE or total > MAX_ALL:
            raise TooBig(f"{path} does not fit: a static file may have {MAX_FILE} bytes, all of them {MAX_ALL}")
        yield path


def _file(path: Path, body: bytes) -> File:
    made = {coding: path.with_name(f"{path.name}{suffix}") for coding, suffix in MADE.items()}
    packed = {coding: copy.read_bytes() for coding, copy in made.items() if copy.is_file()}
    if "gzip" not in packed and path.suffix not in UNCOMPRESSED and len(body) >= MIN_GZIP:
        # mtime=0, so that the same file is the same bytes in every process that serves it
        packed["gzip"] = gzip.compress(body, LEVELS.get(path.suffix, 9), mtime=0)
    packed = {coding: data for coding, data in packed.items() if len(data) < len(body)}
    return File(None if _unpacks_to(body, packed.get("gzip")) else body, packed, TYPES[path.suffix])


def _unpacks_to(body: bytes, packed: bytes | None) -> bool:
    """Return whether the build has packed this file, and not a former one."""
    if packed is None:
        return False
    try:
        return gzip.decompress(packed) == body
    except (OSError, EOFError, zlib.error):
        return False

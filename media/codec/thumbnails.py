"""A keyframe to a JPEG, made by a child process: nothing that libav does to it harms the stream.

Each picture has a child of its own: it costs 90 ms of CPU, of which 65 are Python and PyAV starting (measured with
1080p). A child that stays would hold more than 30 MB for as long as a broadcast lasts, to save 0.3 % of a core.
"""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from subprocess import PIPE

from media import jpeg
from media.codec.request import GIF, MAX_PICTURES, Animation, Request, write_animation, write_request
from media.keyframe import Keyframe

COMMAND = (sys.executable, "-m", "media.codec")
TIMEOUT_S = 15.0  # for what takes 0.2 s on an idle machine
MAX_JPEG = 4 << 20  # bytes; 1280x720 of noise is 1 MB
PREVIEW_WIDTH = 320  # pixels
PREVIEW_FRAME_MS = 500
MAX_GIF = 2 << 20  # bytes; ten frames of noise are 0.6 MB
MAX_SIDE = 8192  # pixels, as H.264 level 6.2 has
KEPT = frozenset(("PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "VIRTUAL_ENV"))
PREFIXES = ("LC_", "PYTHON", "MALLOC_", "COVERAGE_", "COV_CORE_")
MAX_COMPLAINT = 200  # characters of what the child writes to standard error


class NoThumbnail(Exception):
    """A keyframe that no picture could be made of; str() says why."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A JPEG with its width and height in pixels."""

    width: int
    height: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Thumbnailer:
    """Makes thumbnails by running `command`, which may take `timeout_s`. `max_width` is in pixels."""

    command: Sequence[str] = COMMAND
    timeout_s: float = TIMEOUT_S
    max_width: int = 1280

    async def render(self, keyframe: Keyframe) -> Thumbnail:
        """Return a picture of the keyframe. Raises NoThumbnail. When cancelled, the child is gone before it returns."""
        track = keyframe.track
        if max(track.width, track.height) > MAX_SIDE:
            raise NoThumbnail(f"{track.width}x{track.height} is too large")
        given = write_request(Request(track.decoder_config, keyframe.data, self.max_width))
        return _thumbnail(await self._run(given))

    async def animate(self, pictures: Sequence[bytes]) -> bytes:
        """Return the last of these JPEGs as an animated GIF. Raises NoThumbnail."""
        given = write_animation(Animation(pictures[-MAX_PICTURES:], PREVIEW_WIDTH, PREVIEW_FRAME_MS))
        made = await self._run(given, GIF)
        if len(made) > MAX_GIF or not made.startswith(b"GIF8"):
            raise NoThumbnail(f"no GIF, or one of {len(made)} bytes")
        return made

    async def _run(self, given: bytes, *arguments: str) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command,
                *arguments,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=child_variables(),
                start_new_session=True,
            )
        except OSError as error:
            raise NoThumbnail(f"the child could not be started: {error}") from error
        try:
            async with asyncio.timeout(self.timeout_s):
                made, complaint = await process.communicate(given)
        except TimeoutError as error:
            raise NoThumbnail(f"the child did not end within {self.timeout_s:g} s") from error
        finally:
            await _end(process)
        if process.returncode != 0:
            text = complaint.decode("utf-8", "replace").strip()[-MAX_COMPLAINT:]
            raise NoThumbnail(f"the child ended with {process.returncode}: {text}")
        return made


def _thumbnail(made: bytes) -> Thumbnail:
    if len(made) > MAX_JPEG:
        raise NoThumbnail(f"a picture of {len(made)} bytes")
    try:
        return Thumbnail(*jpeg.size(made), made)
    except jpeg.BadJpeg as error:
        raise NoThumbnail(f"the child wrote no JPEG: {error}") from error


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()  # not wait(): a pipe is only closed when it was read to its end


def child_variables() -> dict[str, str]:
    """Return the variables that Python and libav need, and where our own modules are found. A program that decodes what
    strangers send gets no passwords."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(PREFIXES)}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}

"""All that is offered of one broadcast: its renditions, and the multivariant playlist that lists them (RFC 8216bis,
4.4.6.2). Today there is one rendition, which passes on what the encoder sends; an adaptive stream adds others.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from media import m3u8
from media.package.packager import NotFound, Packager, PackagerConfig, Stalled
from media.package.playlist import CachedPlaylist

PLAYLIST = "stream.m3u8"  # the file name of the multivariant playlist, and of each rendition's in its folder
SOURCE = "0"  # the rendition that is passed through


@dataclass(frozen=True, slots=True)
class Rendition:
    """One quality of the broadcast. `name` is its folder in URLs, below the multivariant playlist."""

    name: str
    packager: Packager

    @property
    def uri(self) -> str:
        """Return the URI of its media playlist, relative to the multivariant playlist."""
        return f"{self.name}/{PLAYLIST}"


class Presentation:
    """The renditions of one broadcast, `source` first. They share the file name token, the first media sequence number
    and the wall clock (see Packager), begin and end together, and report each other's position to players that switch.
    """

    def __init__(self, token: str, config: PackagerConfig, *, first: int, wall_ms: Callable[[], int]) -> None:
        self._token, self._config, self._first, self._wall_ms = token, config, first, wall_ms
        self.renditions: dict[str, Rendition] = {}
        self.source = self.add(SOURCE)

    def add(self, name: str) -> Packager:
        """Offer one more rendition, and return its packager, which is to be fed with its samples."""

        def reports() -> tuple[m3u8.RenditionReport, ...]:
            others = (each for each in self.renditions.values() if each.name != name)
            return tuple(each.packager.report(f"../{each.uri}") for each in others if each.packager.playable)

        packager = Packager(self._token, self._config, first=self._first, wall_ms=self._wall_ms, reports=reports)
        self.renditions[name] = Rendition(name, packager)
        return packager

    @property
    def playable(self) -> bool:
        return self.source.playable

    @property
    def ended(self) -> bool:
        return self.source.ended

    def renumber(self, first: int) -> None:
        """Begin with that media sequence number after all; nothing must have been cut yet."""
        self._first = first
        for packager in self._packagers():
            packager.renumber(first)

    def pause(self) -> None:
        """The encoder is gone, perhaps for a while."""
        for packager in self._packagers():
            packager.pause()

    def end(self) -> None:
        """The broadcast is over: every playlist ends."""
        for packager in self._packagers():
            packager.end()

    def close(self) -> None:
        """The process is about to stop: let go of all requests that wait."""
        for packager in self._packagers():
            packager.close()

    async def multivariant(self) -> CachedPlaylist:
        """Return the multivariant playlist, once there is something to play in each rendition.

        A rendition that has nothing to play within the time that requests may wait is left out, but for the source:
        then it raises what Packager.playlist does.
        """
        renditions = tuple(self.renditions.values())
        await asyncio.gather(*(_ready(each.packager, optional=each.name != SOURCE) for each in renditions))
        playable = [each for each in renditions if each.packager.playable]
        variants = tuple(each.packager.variant(each.uri) for each in playable)
        independent = all(each.packager.window.independent for each in playable)
        return CachedPlaylist(str(m3u8.MultivariantPlaylist(variants, independent)))

    def packager(self, name: str) -> Packager:
        """Return the packager of a rendition. Raises NotFound."""
        rendition = self.renditions.get(name)
        if rendition is None:
            raise NotFound
        return rendition.packager

    def _packagers(self) -> tuple[Packager, ...]:
        return tuple(each.packager for each in self.renditions.values())


async def _ready(packager: Packager, *, optional: bool) -> None:
    try:
        await packager.ready()
    except (NotFound, Stalled):
        if not optional:
            raise

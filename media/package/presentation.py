"""All that is offered of one broadcast: its renditions, and the multivariant playlist that lists them (RFC 8216bis,
4.4.6.2). One passes on what the encoder sends; the others follow it (see `follower.py`).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from media import m3u8
from media.package.follower import FollowerRules, FollowingRendition
from media.package.origin import NotFound, Origin, PackagerConfig, Reports, Stalled
from media.package.packager import Packager
from media.package.playlist import CachedPlaylist

PLAYLIST = "stream.m3u8"  # the file name of the multivariant playlist, and of each rendition's in its folder
SOURCE = "0"  # the rendition that is passed through
FOLLOWERS_S = 2.0  # the multivariant playlist waits so long for the others, once the source is playable
ALONE_S = 5.0  # the same where the source is not listed


@dataclass(frozen=True, slots=True)
class Rendition:
    """One quality of the broadcast. `name` is its folder in URLs, below the multivariant playlist; `title` is for
    people, "" for none."""

    name: str
    packager: Origin
    title: str = ""

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
        self.lists_source = True  # otherwise only while nothing else is playable
        self.source = self.add(SOURCE)

    def add(self, name: str) -> Packager:
        """Offer one more rendition, and return its packager, which is to be fed with its samples."""
        packager = Packager(
            self._token, self._config, first=self._first, wall_ms=self._wall_ms, reports=self._reports(name)
        )
        self.renditions[name] = Rendition(name, packager)
        return packager

    def name_source(self, title: str) -> None:
        """Give the source a title for people."""
        self.renditions[SOURCE] = Rendition(SOURCE, self.source, title)

    def follow(self, name: str, rules: FollowerRules, title: str = "") -> FollowingRendition:
        """Offer one more rendition, which is cut as the source is. It may begin in the middle of a broadcast."""
        made = FollowingRendition(f"{self._token}r{name}", self.source, rules, reports=self._reports(name))
        self.source.followers.append(made)
        self.renditions[name] = Rendition(name, made, title)
        return made

    def remove(self, name: str) -> None:
        """Offer a rendition no more."""
        gone: object = self.renditions[name].packager
        removed = self.renditions.pop(name)
        self.source.followers = [each for each in self.source.followers if each is not gone]
        removed.packager.remove()

    def _reports(self, name: str) -> Callable[[], Reports]:
        def reports() -> Reports:
            others = (each for each in self.renditions.values() if each.name != name and self._is_listed(each))
            return tuple(each.packager.report(f"../{each.uri}") for each in others)

        return reports

    def _is_listed(self, rendition: Rendition) -> bool:
        if not rendition.packager.playable:
            return False
        if rendition.name != SOURCE or self.lists_source:
            return True
        return not any(each.packager.playable for each in self.renditions.values() if each.name != SOURCE)

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

        A rendition that has nothing to play soon is left out, but for the source: then it raises what Packager.playlist
        does.
        """
        await self.source.ready()
        others = [each.packager for each in self.renditions.values() if each.name != SOURCE]
        wait_s = FOLLOWERS_S if self.lists_source else ALONE_S
        await asyncio.gather(*(_ready(each, wait_s) for each in others if not each.playable))
        listed = [each for each in self.renditions.values() if self._is_listed(each)]
        listed.sort(key=_lacks_picture)  # many players begin with the first variant
        variants = tuple(replace(each.packager.variant(each.uri), name=_quotable(each.title)) for each in listed)
        independent = all(each.packager.window.independent for each in listed)
        return CachedPlaylist(str(m3u8.MultivariantPlaylist(variants, independent)))

    def packager(self, name: str) -> Origin:
        """Return the packager of a rendition. Raises NotFound."""
        rendition = self.renditions.get(name)
        if rendition is None:
            raise NotFound
        return rendition.packager

    def _packagers(self) -> tuple[Origin, ...]:
        return tuple(each.packager for each in self.renditions.values())


def _lacks_picture(rendition: Rendition) -> bool:
    tracks = rendition.packager.tracks
    return tracks is None or tracks.video is None


async def _ready(packager: Origin, wait_s: float) -> None:
    with suppress(NotFound, Stalled, TimeoutError):
        async with asyncio.timeout(wait_s):
            await packager.ready()


def _quotable(title: str) -> str | None:
    """Return a title without what a quoted string cannot hold (RFC 8216, 4.2)."""
    return " ".join(title.replace('"', "'").split()) or None

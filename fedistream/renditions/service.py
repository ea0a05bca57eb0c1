"""Makes the renditions of live broadcasts: one child encodes for each broadcast, and is started again when it fails.

The source goes on whatever happens here: the child is one more tap of the hub, which never waits for it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from fedistream.broadcasts.values import LiveStatus
from fedistream.core.events import SettingChanged
from fedistream.core.ports import SettingsReader
from fedistream.core.supervisor import go
from fedistream.renditions.values import Layout, Rendition, layout, titles
from fedistream.renditions.wording import absent, ended, sentence
from media import AttachedTap, Sample, Tracks, aac, avc
from media.codec.ladder import Exit, NoteCode, RenditionPlan, Setup, Transcoder
from media.codec.ladder.transcoder import COMMAND
from media.package import FollowingRendition, Presentation

log = logging.getLogger(__name__)

SETTINGS = frozenset({"video.renditions", "video.codec"})
STEADY_S = 60.0  # after so long without a failure the first pause is short again
FRESH_S = 15.0  # how long news of dropped pictures is shown


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds before a child is started again: the first, and the most, to which they double."""

    first_s: float = 0.5
    most_s: float = 30.0


PAUSES = Pauses()


@dataclass(frozen=True, slots=True)
class News:
    """One warning about a rendition, and when it came."""

    text: str
    at: float
    passes: bool  # it is shown for a while only


class Renditions:
    """The renditions of all channels. `presentation` returns that of a channel's running broadcast.

    `command` starts a child.
    """

    def __init__(
        self,
        settings: SettingsReader,
        presentation: Callable[[int], Presentation | None],
        *,
        pauses: Pauses = PAUSES,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._settings, self._presentation, self._pauses, self._command = settings, presentation, pauses, command
        self._running: dict[int, Encoding] = {}

    def tap(self, live_status: LiveStatus) -> AttachedTap | None:
        """Return the tap that makes the renditions of a new live session; see Broadcasts.attach."""
        channel_id = live_status.channel_id
        presentation = self._presentation(channel_id)
        if presentation is None:
            return None
        encoding = self._running[channel_id] = Encoding(channel_id, presentation, self._pauses, self._command)
        encoding.change(self.layout(channel_id))
        encoding.prepare()
        go(f"renditions of channel {channel_id}", self._run(channel_id, encoding))
        return encoding

    async def _run(self, channel_id: int, encoding: "Encoding") -> None:
        """Run the encoding, then forget it: it holds the segments of its broadcast in memory."""
        try:
            await encoding.run()
        finally:
            if self._running.get(channel_id) is encoding:
                del self._running[channel_id]

    def layout(self, channel_id: int) -> Layout:
        """Return what the channel's settings ask for."""
        return layout(
            self._settings.value("video.renditions", channel_id), str(self._settings.value("video.codec", channel_id))
        )

    def titles(self, channel_id: int) -> tuple[str, ...]:
        """Return the titles of the channel's renditions, in their order."""
        return titles(self.layout(channel_id))

    def warnings(self, channel_id: int) -> tuple[str, ...]:
        """Return the present warnings about the renditions of a running broadcast, as sentences."""
        encoding = self._running.get(channel_id)
        return encoding.warnings() if encoding is not None and not encoding.over else ()

    def on_setting_changed(self, fact: SettingChanged) -> None:
        """Apply changed settings to the running broadcasts."""
        if fact.setting not in SETTINGS:
            return
        for channel_id, encoding in self._running.items():
            if fact.channel_id in (None, channel_id) and not encoding.over:
                encoding.change(self.layout(channel_id))


class Encoding:
    """The renditions of one broadcast: a tap of its hub. `run` keeps a child going until the hub closes the tap."""

    def __init__(self, channel_id: int, presentation: Presentation, pauses: Pauses, command: Sequence[str]) -> None:
        self.over = False
        self.ended = asyncio.Event()  # `run` has returned: no child is left
        self._channel_id, self._presentation, self._pauses, self._command = channel_id, presentation, pauses, command
        self._layout = Layout(None, ())
        self._offered: dict[Rendition, tuple[str, FollowingRendition]] = {}
        self._numbers = 0
        self._tracks: Tracks | None = None
        self._child: Transcoder | None = None
        self._up = self._started = False
        self._changed = asyncio.Event()
        self._news: dict[tuple[str, str], News] = {}
        self._dropped: dict[str, int] = {}  # pictures, by the title of the rendition
        self._absent = ""

    def change(self, wanted: Layout) -> None:
        """Offer these renditions from now on. Those that stay the same go on; the child is started again."""
        if wanted == self._layout:
            return
        before, self._layout = self._layout, wanted
        self._presentation.lists_source = wanted.source_title is not None
        self._presentation.name_source(wanted.source_title or "")
        for gone in [each for each in self._offered if each not in wanted.others]:
            name, _ = self._offered.pop(gone)
            with suppress(KeyError):
                self._presentation.remove(name)
        for each in wanted.others:
            if each not in self._offered:
                self._numbers += 1
                name = str(self._numbers)
                self._offered[each] = (name, self._presentation.follow(name, each.rules, each.title))
        if _encoded(before) != _encoded(wanted) or before.codec != wanted.codec:
            self._news.clear()
            self._dropped.clear()
            self._changed.set()
            if self._child is not None and not self._started:
                self._child = None  # it was made for the layout before
                self.prepare()
            self.kill()

    def prepare(self) -> None:
        """Make the next child, which keeps what comes until it is started."""
        plans = _plans(self._layout)
        if self._child is None and plans:
            self._forget_faults()
            setup = Setup(plans, self._layout.codec, self._presentation.source.frame_rate or 0.0)
            self._child = Transcoder(setup, _Output(self, _encoded(self._layout)), self._command)
            if self._tracks is not None:
                self._child.start(self._tracks)

    def start(self, tracks: Tracks) -> None:
        self._tracks = tracks
        self._forget_faults()
        if self._child is not None:
            self._child.start(tracks)

    def put(self, sample: Sample) -> None:
        if self._child is None:
            return
        self._child.put(sample)
        if self._child.fed and not self._up:
            self._up = True
            for follower in self._fed():
                follower.up()

    def close(self) -> None:
        self.over = True
        self._changed.set()
        if self._child is not None:
            self._child.close()

    def _forget_faults(self) -> None:
        """Forget what an encoder told that is gone: the next one tells it again, if it still holds."""
        self._news = {key: each for key, each in self._news.items() if each.passes}

    def warnings(self) -> tuple[str, ...]:
        """Return the present warnings as sentences."""
        now = time.monotonic()
        news = (each.text for each in self._news.values() if not each.passes or now - each.at < FRESH_S)
        return (*((self._absent,) if self._absent else ()), *news)

    @property
    def child_pid(self) -> int | None:
        """The number of the child's process, while there is one."""
        return self._child.pid if self._child is not None else None

    def kill(self) -> None:
        """Kill the child, if one was started; another one is started."""
        if self._child is not None and self._started:
            self._child.kill()

    async def run(self) -> None:
        """Start children until the broadcast is over."""
        try:
            await self._run()
        finally:
            self.ended.set()

    async def _run(self) -> None:
        pause_s = self._pauses.first_s
        while not self.over:
            self._changed.clear()
            if not _plans(self._layout):
                self._absent = ""
                await self._changed.wait()
                continue
            began = time.monotonic()
            reason = await self._encode()
            if self.over or self._changed.is_set():
                continue
            if time.monotonic() - began > STEADY_S:
                pause_s = self._pauses.first_s
            self._absent = absent(reason, pause_s)
            log.warning("channel %d: %s", self._channel_id, self._absent)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()
            pause_s = min(pause_s * 2, self._pauses.most_s)

    async def _encode(self) -> str:
        """Run one child to its end. Returns why it ended."""
        self.prepare()
        child = self._child
        assert child is not None
        self._started = True
        try:
            found: Exit = await child.run()
        except OSError as error:
            return f"it cannot be started: {error}"
        finally:
            self._child, self._up, self._started = None, False, False
            for follower in self._fed():
                follower.down()
        return ended(found)

    def _fed(self) -> list[FollowingRendition]:
        """Return the renditions that the child feeds."""
        return [follower for each, (_, follower) in self._offered.items() if each.plan is not None]

    def receive(self, rendition: Rendition) -> FollowingRendition | None:
        """Return where samples of a rendition go, or None for one that is not offered any more."""
        offered = self._offered.get(rendition)
        return offered[1] if offered is not None else None

    def working(self) -> None:
        """Note that the child makes something."""
        self._absent = ""

    def note(self, rendition: Rendition, code: NoteCode, values: Mapping[str, Any]) -> None:
        """Keep news of a rendition for the streamer."""
        key = (rendition.title, code.value)
        known = self._news.get(key)
        if code is NoteCode.BEHIND:
            self._dropped[rendition.title] = self._dropped.get(rendition.title, 0) + int(values.get("dropped", 0))
            values = {"dropped": self._dropped[rendition.title]}
        text = sentence(code, rendition.title, values)
        if known is None:
            log.warning("channel %d: %s", self._channel_id, text)
        self._news[key] = News(text, time.monotonic(), code is NoteCode.BEHIND)


class _Output:
    """Hands what a child makes to the renditions, which were in this order when it was started."""

    def __init__(self, encoding: Encoding, order: Sequence[Rendition]) -> None:
        self._encoding, self._order = encoding, order

    def tracks(self, rendition: int, video: bytes, audio: bytes) -> None:
        follower = self._encoding.receive(self._order[rendition])
        if follower is not None:
            try:
                follower.start(Tracks(avc.track(video) if video else None, aac.track(audio) if audio else None))
            except (avc.BadConfig, aac.BadConfig) as error:
                self._encoding.note(self._order[rendition], NoteCode.REFUSED, {"reason": str(error)})

    def sample(self, rendition: int, sample: Sample) -> None:
        self._encoding.working()
        follower = self._encoding.receive(self._order[rendition])
        if follower is not None:
            follower.put(sample)

    def note(self, rendition: int, code: str, values: Mapping[str, Any]) -> None:
        with suppress(ValueError):
            self._encoding.note(self._order[rendition], NoteCode(code), values)


def _encoded(found: Layout) -> tuple[Rendition, ...]:
    return tuple(each for each in found.others if each.plan is not None)


def _plans(found: Layout) -> tuple[RenditionPlan, ...]:
    return tuple(replace(each.plan, name=str(n)) for n, each in enumerate(found.others) if each.plan is not None)

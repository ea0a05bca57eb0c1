"""The parts of the child, in this process: what is refused, undecodable or late is bounded, and is not mixed up."""

import os

import pytest
from av.video.frame import VideoFrame

from media import Kind, Sample
from media.codec.ladder import NoteCode, Setup
from media.codec.ladder.__main__ import MAX_KEYS, UNDECODABLE, Epoch, RenditionOutlet, Writer
from media.codec.ladder.plan import VideoPlan
from media.codec.ladder.protocol import Message, MessageReader, Note, TracksMessage
from media.codec.ladder.video import Picture, Source, VideoRendition
from tests.kit.ladders import SMALL
from tests.kit.samples import VIDEO


class Pipe:
    """A writer with what was written to it."""

    def __init__(self) -> None:
        self._from, to = os.pipe()
        self.writer, self._to = Writer(to), to

    def read(self) -> list[Message]:
        os.close(self._to)
        with os.fdopen(self._from, "rb") as file:
            return list(MessageReader().receive(file.read()))


@pytest.fixture
def pipe() -> Pipe:
    return Pipe()


class Refusing:
    """An outlet that takes no track."""

    def __init__(self) -> None:
        self.notes: list[NoteCode] = []

    def begin(self, kind: Kind, config: bytes) -> None:
        raise ValueError("no such size")

    def put(self, sample: Sample) -> None:
        raise AssertionError

    def note(self, code: NoteCode, **values: object) -> None:
        self.notes.append(code)


def test_a_rendition_that_was_refused_is_not_called_too_slow_and_keeps_no_pictures() -> None:
    outlet = Refusing()
    rendition = VideoRendition(VideoPlan(200), "libx264", Source(30), outlet)
    rendition.start()
    for number in range(40):
        rendition.offer(Picture(VideoFrame(64, 36, "yuv420p"), number * 33, 0, number == 0))
    rendition.join(30)
    for number in range(40, 80):
        rendition.offer(Picture(VideoFrame(64, 36, "yuv420p"), number * 33, 0, False))
    assert outlet.notes == [NoteCode.REFUSED]
    assert rendition.dropped == 0
    assert not rendition._waiting


def test_keyframes_that_cannot_be_decoded_are_told_and_not_kept(pipe: Pipe) -> None:
    epoch = Epoch(Setup([SMALL], framerate=30), TracksMessage(0, VIDEO.decoder_config, b""), pipe.writer)
    for number in range(4 * MAX_KEYS):
        epoch.put(Sample(Kind.VIDEO, number * 33, b"\0\0\0\x02\x65\xff", True))
    assert len(epoch._keys) == MAX_KEYS
    epoch.close()
    assert 4 * MAX_KEYS > UNDECODABLE
    assert [each.code for each in pipe.read() if isinstance(each, Note)] == [NoteCode.UNDECODABLE]


def test_the_tracks_of_picture_and_sound_are_told_together_and_nothing_after_the_end(pipe: Pipe) -> None:
    outlet = RenditionOutlet(pipe.writer, 3)
    outlet.begin(Kind.AUDIO, b"sound")
    outlet.begin(Kind.VIDEO, b"picture")
    outlet.close()
    outlet.put(Sample(Kind.VIDEO, 0, b"late"))
    outlet.note(NoteCode.BEHIND, dropped=1)
    assert pipe.read() == [TracksMessage(3, b"", b"sound"), TracksMessage(3, b"picture", b"sound")]

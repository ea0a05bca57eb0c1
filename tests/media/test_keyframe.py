"""The newest picture of a hub that can be decoded by itself."""

from media.hub import Hub, Tracks
from media.keyframe import Keyframe, LastKeyframe
from media.track import Kind, Sample
from tests.kit.samples import AUDIO, BOTH, OTHER_VIDEO, SOUND, VIDEO


def tapped() -> tuple[Hub, LastKeyframe]:
    hub, last = Hub(), LastKeyframe()
    hub.tap(last)
    return hub, last


def test_before_the_first_there_is_none() -> None:
    assert tapped()[1].newest is None


def test_the_newest_keyframe_is_kept_with_its_track() -> None:
    hub, last = tapped()
    hub.start(BOTH)
    hub.put(Sample(Kind.VIDEO, 0, b"first"))
    hub.put(Sample(Kind.VIDEO, 33, b"between", key=False))
    hub.put(Sample(Kind.AUDIO, 40, b"sound"))
    assert last.newest == Keyframe(VIDEO, 0, b"first")
    hub.put(Sample(Kind.VIDEO, 2000, b"second"))
    assert last.newest == Keyframe(VIDEO, 2000, b"second")


def test_another_encoder_brings_another_track() -> None:
    hub, last = tapped()
    hub.start(BOTH)
    hub.put(Sample(Kind.VIDEO, 0, b"first"))
    hub.start(Tracks(OTHER_VIDEO, AUDIO))
    assert last.newest == Keyframe(VIDEO, 0, b"first")
    hub.put(Sample(Kind.VIDEO, 900, b"second"))
    assert last.newest == Keyframe(OTHER_VIDEO, 900, b"second")


def test_sound_alone_has_no_pictures() -> None:
    hub, last = tapped()
    hub.start(SOUND)
    hub.put(Sample(Kind.AUDIO, 0, b"sound"))
    assert last.newest is None

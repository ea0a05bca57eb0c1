"""The committed corpus of tests/vectors/rtmp: connections and values that clients send or attackers might.

Each file is named for its oddity; `outcomes.json` says what comes of it. `connections` hold what a client sends from
its first byte on (recorded, or written by hand); `values` hold AMF 0.
"""

import json
from pathlib import Path

import pytest

from media.rtmp import amf0
from media.rtmp.errors import ProtocolError
from media.rtmp.session import Audio, Event, Metadata, PublishAsked, ServerSession, Video
from tests.kit.rtmp import NONCE, pieces

FOLDER = Path(__file__).parents[2] / "vectors" / "rtmp"
OUTCOMES: dict[str, list[str]] = json.loads((FOLDER / "outcomes.json").read_text())


def told(event: Event) -> str:
    if isinstance(event, PublishAsked):
        query = "&".join(f"{name}={value}" for name, value in event.parameters.items())
        return f"publish {event.app} {event.name} {query}".strip()
    if isinstance(event, Metadata):
        return f"metadata {' '.join(sorted(event.values))}".strip()
    return type(event).__name__


def outcome(wire: bytes, size: int) -> list[str]:
    """Return the outcome of a connection: events, a line for the frames of each kind, and the final error, if any."""
    server, lines, frames = ServerSession(NONCE), [], []
    error = ""
    try:
        for piece in pieces(wire, size):
            for event in server.receive(piece):
                if isinstance(event, Video | Audio):
                    frames.append(event)
                    continue
                lines.append(told(event))
                if isinstance(event, PublishAsked):
                    server.accept()
    except ProtocolError as caught:
        error = type(caught).__name__
    for kind in (Video, Audio):
        times = [frame.timestamp_ms for frame in frames if isinstance(frame, kind)]
        total = sum(len(frame.payload) for frame in frames if isinstance(frame, kind))
        if times:
            lines.append(f"{kind.__name__.lower()} {len(times)} frames, {total} bytes, {times[0]} to {times[-1]} ms")
    return [*lines, error] if error else lines


@pytest.mark.parametrize("name", [name for name in OUTCOMES if name.startswith("connections/")])
def test_a_connection_comes_to_the_same_in_any_pieces(name: str) -> None:
    wire = (FOLDER / name).read_bytes()
    for size in (len(wire), (len(wire) + 1) // 2, 1460, 7, 1):
        assert outcome(wire, size) == OUTCOMES[name]


@pytest.mark.parametrize("name", [name for name in OUTCOMES if name.startswith("values/")])
def test_a_value_is_read_or_refused(name: str) -> None:
    try:
        found = [repr(value) for value in amf0.parse((FOLDER / name).read_bytes())]
    except ProtocolError as error:
        found = [type(error).__name__]
    assert found == OUTCOMES[name]


def test_every_file_has_an_outcome() -> None:
    assert {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.bin")} == set(OUTCOMES)

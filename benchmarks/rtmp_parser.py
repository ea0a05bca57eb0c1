"""The rate of reading and writing RTMP, in payload bytes per second of one core: `python -m benchmarks.rtmp_parser`.

The stream is what an encoder sends at 4.7 Mbit/s and 30 pictures a second, read in pieces as a socket gives them.
"""

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from media.rtmp import Video, messages
from media.rtmp.chunks import ChunkReader, ChunkWriter, Message
from media.rtmp.handshake import NONCE_SIZE, SIZE
from media.rtmp.messages import Command
from media.rtmp.session import ServerSession, State

READ: Final = 65_536
PACKET: Final = 1460  # what a TCP segment of Ethernet carries: the worst a socket gives
CHUNKS: Final = (128, 4096, 60_000)
STREAM_BYTES: Final = 48 << 20
ROUNDS: Final = 5
WANTED: Final = {"rtmp_read_4096": 500.0}


def frames() -> Iterator[Message]:
    """Video of 19 kB a picture with a larger keyframe every two seconds, and 47 audio frames a second."""
    total = number = 0
    while total < STREAM_BYTES:
        video = bytes([0x17, 1, 0, 0, 0]) + bytes(90_000 if number % 60 == 0 else 18_000)
        yield Message(messages.VIDEO, number * 100 // 3, 1, video)
        for half in (0, 16):
            yield Message(messages.AUDIO, number * 100 // 3 + half, 1, b"\xaf\x01" + bytes(340))
        total += len(video) + 2 * 342
        number += 1


def wire(sent: list[Message], chunk_size: int, size: int = READ) -> list[bytes]:
    writer = ChunkWriter()
    out = bytearray(writer.send(messages.write_chunk_size(chunk_size), 2))
    for message in sent:
        out += writer.send(message, messages.csid(message))
    return [bytes(out[at : at + size]) for at in range(0, len(out), size)]


def best(work: Callable[[], None]) -> float:
    """CPU seconds of the quickest round: the others were disturbed."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def report(name: str, payload: int, seconds: float) -> None:
    row: dict[str, object] = {"name": name, "value": round(payload / seconds / 1e6, 1), "unit": "MB/s"}
    if name in WANTED:
        row |= {"reach": WANTED[name], "better": "higher"}
    print(json.dumps(row), flush=True)


def read(pieces: list[bytes], count: int) -> None:
    reader = ChunkReader(max_message=16 << 20, max_streams=64)
    found = 0
    for piece in pieces:
        reader.put(piece)
        for _ in reader.messages():
            found += 1
    assert found == count


def serve(pieces: list[bytes], pictures: int) -> None:
    """The same through handshake, commands and acknowledgements, to the events the node gets."""
    session, writer = ServerSession(bytes(NONCE_SIZE)), ChunkWriter()
    hello = b"\x03" + bytes(2 * SIZE)
    for command in (Command("connect", 1, {"app": "live"}), Command("publish", 2, None, ("key", "live"))):
        hello += writer.send(messages.write_command(command, 1), 3)
    list(session.receive(hello))
    session.accept()
    found = 0
    for piece in pieces:
        for event in session.receive(piece):
            found += isinstance(event, Video)
        session.outgoing()
    assert session.state is State.PUBLISHING
    assert found == pictures


def write(sent: list[Message], chunk_size: int) -> None:
    writer = ChunkWriter()
    writer.chunk_size = chunk_size
    for message in sent:
        writer.send(message, messages.csid(message))


def main() -> None:
    sent = list(frames())
    payload = sum(len(message.body) for message in sent)
    pictures = sum(message.kind == messages.VIDEO for message in sent)
    for size in CHUNKS:
        report(f"rtmp_read_{size}", payload, best(partial(read, wire(sent, size), len(sent))))
    report("rtmp_read_4096_by_packets", payload, best(partial(read, wire(sent, 4096, PACKET), len(sent))))
    report("rtmp_serve_4096", payload, best(partial(serve, wire(sent, 4096), pictures)))
    report("rtmp_write_4096", payload, best(partial(write, sent, 4096)))


if __name__ == "__main__":
    main()

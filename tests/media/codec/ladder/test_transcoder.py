"""The child seen from the node: it may stall, crash, write nonsense or read nothing, and harms nothing else."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from media import Hub, Kind, Sample, Tracks
from media.codec.ladder import Setup, Transcoder
from media.codec.ladder.protocol import Progress, SampleMessage, write
from tests.kit.footage import Recipe, flv_tags
from tests.kit.ladders import SMALL, TALK, Made, fed, transcoded
from tests.kit.samples import VIDEO

TAGS = flv_tags(Recipe(seconds=1, gop=10))


def child(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


async def test_a_child_that_ends_tells_why() -> None:
    _, ended = await transcoded([SMALL], TAGS, command=child("import sys; sys.exit('no codec here')"))
    assert (ended.code, ended.stalled, ended.complaint) == (1, False, "no codec here")


async def test_a_child_that_says_nothing_is_killed() -> None:
    hub, made = Hub(), Made()
    stuck = Transcoder(Setup([SMALL]), made, child("import time; time.sleep(600)"), stall_s=0.3)
    hub.attach(stuck)
    fed(hub, TAGS)
    async with asyncio.timeout(60):
        ended = await stuck.run()
    assert ended.stalled
    assert ended.code == -9


async def test_a_child_of_which_one_encoder_hangs_is_killed_though_another_goes_on() -> None:
    program = (
        "import sys, time; from media.codec.ladder.protocol import *; from media import Sample, Kind\n"
        "while True:\n"
        "    for each in (SampleMessage(0, Sample(Kind.VIDEO, 0, b'x')), Note(0, 'behind', {'dropped': 1})):\n"
        "        sys.stdout.buffer.write(write(each)); sys.stdout.flush(); time.sleep(0.02)"
    )
    hub, made = Hub(), Made()
    stuck = Transcoder(Setup([SMALL]), made, child(program), stall_s=1.5)
    hub.attach(stuck)
    fed(hub, TAGS)
    async with asyncio.timeout(60):
        ended = await stuck.run()
    assert ended.stalled


async def test_a_real_child_reports_the_last_sample_though_no_other_follows() -> None:
    hub, made = Hub(), Made()
    quiet = Transcoder(Setup([TALK]), made)
    hub.attach(quiet)
    running = asyncio.ensure_future(quiet.run())
    fed(hub, TAGS)
    async with asyncio.timeout(60):
        while quiet._unanswered_since is not None or quiet._lag_ms:
            await asyncio.sleep(0.02)
    hub.close()
    async with asyncio.timeout(60):
        assert (await running).code == 0


async def test_a_child_that_gets_nothing_is_not_killed() -> None:
    idle = Transcoder(Setup([SMALL]), Made(), child("import sys; sys.stdin.read()"), stall_s=0.1)
    running = asyncio.ensure_future(idle.run())
    done, _ = await asyncio.wait([running], timeout=1.0)
    assert not done
    idle.close()
    async with asyncio.timeout(60):
        assert (await running).code == 0


@pytest.mark.parametrize("nonsense", ["b'nonsense' * 100", "b'\\x03\\xff\\xff\\xff\\xff'"])
async def test_a_child_that_writes_nonsense_is_killed(nonsense: str) -> None:
    program = f"import sys, time; sys.stdout.buffer.write({nonsense}); sys.stdout.flush(); time.sleep(600)"
    _, ended = await transcoded([SMALL], TAGS, command=child(program))
    assert ended.code == -9
    assert ended.complaint.startswith("the child wrote a message of")


async def test_samples_of_a_rendition_that_nobody_asked_for_are_ignored() -> None:
    program = (
        "import sys; from media.codec.ladder.protocol import *; from media import Sample, Kind;"
        "[sys.stdout.buffer.write(write(each)) for each in (SampleMessage(9, Sample(Kind.VIDEO, 0, b'x')),"
        "TracksMessage(9, b'', b''), Note(9, 'x', {}))]"
    )
    made, ended = await transcoded([SMALL], TAGS, command=child(program))
    assert (ended.code, ended.complaint) == (0, "")
    assert not made.samples
    assert not made.notes


async def test_a_child_that_reads_nothing_costs_a_bounded_queue_that_begins_again_at_a_keyframe() -> None:
    hub = Hub()
    deaf = Transcoder(Setup([SMALL]), Made(), child("import time; time.sleep(600)"))
    hub.attach(deaf)
    running = asyncio.ensure_future(deaf.run())
    async with asyncio.timeout(60):
        while not deaf.running:
            await asyncio.sleep(0.01)
    fed(hub, TAGS)
    for number in range(20):
        hub.put(Sample(Kind.AUDIO, 1000 + number, bytes(1 << 20)))
    dropped = deaf.dropped
    hub.put(Sample(Kind.VIDEO, 2000, b"key"))
    assert 12 <= dropped <= 14
    assert deaf.dropped == dropped, "a keyframe fits where a megabyte did not"
    hub.close()
    deaf.kill()
    async with asyncio.timeout(60):
        ended = await running
    assert ended.dropped == dropped


async def test_a_child_that_cannot_be_started_is_told() -> None:
    with pytest.raises(OSError, match="nowhere"):
        await Transcoder(Setup([SMALL]), Made(), ("/nowhere/python",)).run()


async def test_a_broadcast_that_is_over_before_the_child_is_there_leaves_no_child_behind() -> None:
    made, ended = await transcoded([SMALL], ())
    assert (ended.code, ended.complaint) == (0, "")
    assert not made.samples


async def test_no_child_is_left_when_its_task_is_cancelled(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    program = f"import os, time; open({str(pid)!r}, 'w').write(f'{{os.getpid()}}\\n'); time.sleep(600)"
    running = asyncio.ensure_future(Transcoder(Setup([SMALL]), Made(), child(program)).run())
    async with asyncio.timeout(60):
        while not (pid.exists() and pid.read_text().endswith("\n")):
            await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@pytest.mark.parametrize("given", [b"\x63\0\0\0\0", b"\x01\0\0\0\x02{}", b"\x04\0\0\0\x08" + bytes(8)])
async def test_a_real_child_refuses_what_is_no_message(given: bytes) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "media.codec.ladder"), stdin=-1, stdout=-1, stderr=-1
    )
    _, complaint = await process.communicate(given)
    assert process.returncode == 1
    assert b"message" in complaint or b"setup" in complaint or b"does not belong" in complaint


async def test_a_child_that_is_seconds_behind_gets_nothing_until_it_has_caught_up() -> None:
    """The child here reports what it took when it is told to. What comes out of its encoders does not count: pictures
    stay in a decoder for a while, and a source may have sound alone for seconds."""
    made = Made()
    slow = Transcoder(Setup([SMALL]), made)
    slow.start(Tracks(VIDEO, None))
    for number in range(100):
        slow.put(Sample(Kind.VIDEO, number * 100, b"x", number % 10 == 0))
    assert slow.dropped == 0, "it has not begun to answer"
    slow.pipe_data_received(1, write(Progress(0)))
    slow.pipe_data_received(1, write(SampleMessage(0, Sample(Kind.VIDEO, 9_900, b"y"))))
    for number in range(100, 120):
        slow.put(Sample(Kind.VIDEO, number * 100, b"x", number % 10 == 0))
    assert slow.dropped == 20
    slow.pipe_data_received(1, write(Progress(9_900)))
    for number in range(120, 131):
        slow.put(Sample(Kind.VIDEO, number * 100, b"x", number % 10 == 0))
    assert slow.dropped == 20

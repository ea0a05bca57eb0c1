"""The child that makes pictures: what it is given, and that nothing it does can harm us."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from media import jpeg
from media.codec.__main__ import NICENESS
from media.codec.thumbnails import MAX_JPEG, NoThumbnail, Thumbnailer
from tests.kit.keyframes import keyframe, made_up


def child(program: str, timeout_s: float = 60) -> Thumbnailer:
    """One that runs this instead."""
    return Thumbnailer((sys.executable, "-c", program), timeout_s)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_picture_is_made_by_a_child() -> None:
    still = await Thumbnailer(max_width=160).render(keyframe())
    assert (still.width, still.height) == jpeg.size(still.jpeg) == (160, 90)


async def test_a_keyframe_that_cannot_be_decoded_is_told_in_the_childs_words() -> None:
    with pytest.raises(NoThumbnail, match=r"the child ended with 1: .+"):
        await Thumbnailer().render(made_up(keyframe().track, b"\xff" * 400))


async def test_a_child_that_crashes_costs_a_picture() -> None:
    with pytest.raises(NoThumbnail, match="the child ended with -11"):
        await child("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)").render(keyframe())


@pytest.mark.parametrize("deed", ["time.sleep(600)", "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"])
async def test_a_child_that_hangs_is_killed(tmp_path: Path, deed: str) -> None:
    pid = tmp_path / "pid"
    program = f"import os, signal, time; open({str(pid)!r}, 'w').write(str(os.getpid())); {deed}"
    with pytest.raises(NoThumbnail, match="did not end within 2 s"):
        await child(program, timeout_s=2).render(keyframe())
    assert not alive(int(pid.read_text()))


async def test_a_cancelled_call_leaves_no_child_process(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    program = f"import os, time; open({str(pid)!r}, 'w').write(f'{{os.getpid()}}\\n'); time.sleep(600)"
    drawing = asyncio.create_task(child(program).render(keyframe()))
    async with asyncio.timeout(60):
        while not (pid.exists() and pid.read_text().endswith("\n")):
            await asyncio.sleep(0.02)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing
    assert not alive(int(pid.read_text()))


async def test_a_child_that_reads_nothing_and_writes_nonsense_is_not_believed() -> None:
    with pytest.raises(NoThumbnail, match="wrote no JPEG"):
        await child("print('hello')").render(keyframe())
    with pytest.raises(NoThumbnail, match="a picture of"):
        await child(f"import sys; sys.stdout.buffer.write(bytes({MAX_JPEG + 1}))").render(keyframe())


async def test_a_child_that_cannot_be_started_is_told() -> None:
    with pytest.raises(NoThumbnail, match="could not be started"):
        await Thumbnailer(("/nowhere/python",)).render(keyframe())


async def test_what_is_too_large_is_not_even_tried() -> None:
    track = keyframe().track
    huge = type(track)(track.decoder_config, track.codec, 8208, 100)
    with pytest.raises(NoThumbnail, match="8208x100 is too large"):
        await Thumbnailer(("/nowhere/python",)).render(made_up(huge, b"frame"))


async def test_viewers_come_before_the_child() -> None:
    lowered = min(os.nice(0) + NICENESS, 19)  # from this process's own, which the child inherits
    with pytest.raises(NoThumbnail, match=f"ended with 7: {lowered}$"):
        await child(
            "import os, sys, media.codec.__main__ as child\n"
            "child.jpeg = lambda request: sys.exit(print(os.nice(0), file=sys.stderr) or 7)\n"
            "child.main()"
        ).render(keyframe())


async def test_the_child_is_given_no_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDISTREAM_ADMIN_PASSWORD", "secret")
    monkeypatch.setenv("PGPASSWORD", "secret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    told = "print('secret' in os.environ.values(), os.environ['LC_ALL'], file=sys.stderr)"
    with pytest.raises(NoThumbnail, match=r"the child ended with 1: False C\.UTF-8"):
        await child(f"import os, sys; {told}; sys.exit(1)").render(keyframe())


async def test_the_child_is_given_no_more_memory_than_a_picture_takes() -> None:
    program = "from media.codec.__main__ import restrict; restrict(); bytearray(600 << 20)"
    with pytest.raises(NoThumbnail, match="MemoryError"):
        await child(program).render(keyframe())

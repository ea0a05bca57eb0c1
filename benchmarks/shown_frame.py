"""Latency from the sender's clock to the frame in Chromium, on the real watch page: `python -m benchmarks.shown_frame`.

Each frame carries its number as a bar code. The page is asked for the brightness of the sixteen blocks of every frame
that it shows, and when; here that becomes a number and an age. Chromium decodes and draws in software.
"""

import time
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks import barcode
from benchmarks.clip import FULL_HD, HD, Clip
from benchmarks.edge import SentFrame, delays, percentile
from benchmarks.encoder import publisher
from benchmarks.processes import Failed
from benchmarks.reading import Reading, Skipped
from benchmarks.servers import node
from tests.kit.browser import ARGUMENTS, CHROMIUM

BEFORE_S = 4.0  # of streaming before the page is opened, as for most viewers
FIRST_FRAME_S, WARM_S, MEASURE_S = 30.0, 10.0, 35.0
DROPPED_PART = 0.02  # more than this, and the machine is too slow for the clip
VIEW = {"width": 1280, "height": 800}

# Blocks are read in their middle: the strip is drawn 64 pixels wide, four a block.
WATCH = """
() => {
  const video = document.querySelector('video');
  const canvas = new OffscreenCanvas(64, 4);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const shown = [];
  const look = () => {
    const at = (performance.timeOrigin + performance.now()) / 1000;
    const high = Math.floor(video.videoHeight / HEIGHT_PART / 2);
    context.drawImage(video, 0, high / 2, video.videoWidth, high, 0, 0, 64, 4);
    const { data } = context.getImageData(0, 0, 64, 4);
    const levels = [];
    for (let block = 0; block < 16; block += 1) {
      const pixels = [1, 2].map((row) => (row * 64 + block * 4) * 4).flatMap((at) => [data[at + 5], data[at + 9]]);
      levels.push(pixels.reduce((sum, one) => sum + one, 0) / pixels.length);
    }
    shown.push([at, levels]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  globalThis.benchShown = shown;
}
""".replace("HEIGHT_PART", str(barcode.HEIGHT_PART))

TAKE = """
() => {
  const video = document.querySelector('video');
  const quality = video.getVideoPlaybackQuality();
  return {
    shown: globalThis.benchShown.splice(0),
    dropped: quality.droppedVideoFrames,
    total: quality.totalVideoFrames,
    rate: video.playbackRate,
  };
}
"""


@dataclass(frozen=True, slots=True)
class Watched:
    sent: list[SentFrame]
    shown: list[tuple[float, int]]
    unread: int  # frames whose bar code could not be read
    dropped: int
    total: int
    first_s: float  # from opening the page to the first picture

    def __str__(self) -> str:
        return f"{len(self.shown)} frames looked at, {self.dropped} of {self.total} dropped, {self.unread} not legible"


def main() -> None:
    if CHROMIUM is None:
        print(Skipped("chromium is not installed"))
        return
    full = watch(FULL_HD)
    report("shown_frame", FULL_HD, full)
    if full.dropped > full.total * DROPPED_PART:  # what is shown is then also late because of the machine
        report("shown_frame_720p", HD, watch(HD))
    print(Reading("first_picture", round(full.first_s, 3), "s", note="from opening the page, nothing cached"))


def report(name: str, clip: Clip, watched: Watched) -> None:
    found = delays(watched.sent, watched.shown, clip.frames)
    if not found:
        raise Failed(f"no frame was recognised: {watched}")
    print(Reading(f"{name}_p50", round(percentile(found, 50), 3), "s", reach=1.2, note=f"{clip}; {watched}"))
    print(Reading(f"{name}_p95", round(percentile(found, 95), 3), "s", reach=1.8))


def watch(clip: Clip) -> Watched:
    """Stream, open the watch page, warm up, and write down every frame for MEASURE_S."""
    length = BEFORE_S + FIRST_FRAME_S + WARM_S + MEASURE_S
    with node() as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        with publisher(server, clip=clip, seconds=length) as encoder:
            encoder.wait_for_frames(round(BEFORE_S * clip.fps))
            page = chromium.new_page(viewport=VIEW)  # type: ignore[arg-type]
            began = time.monotonic()
            page.goto(f"{server.url}/")
            _wait_for_picture(page)
            first_s = time.monotonic() - began
            page.wait_for_timeout(WARM_S * 1000)
            before = page.evaluate(TAKE.replace("globalThis.benchShown.splice(0)", "[]"))
            page.evaluate(WATCH)
            page.wait_for_timeout(MEASURE_S * 1000)
            after = page.evaluate(TAKE)
            sent = encoder.sent()
        chromium.close()
    numbers = [(at, barcode.number(levels)) for at, levels in after["shown"]]
    return Watched(
        sent=sent,
        shown=[(at, number) for at, number in numbers if number is not None],
        unread=sum(number is None for _, number in numbers),
        dropped=after["dropped"] - before["dropped"],
        total=after["total"] - before["total"],
        first_s=first_s,
    )


def _wait_for_picture(page: Page) -> None:
    """Raises Failed."""
    deadline = time.monotonic() + FIRST_FRAME_S
    while time.monotonic() < deadline:
        shown: Any = page.evaluate("document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0")
        if shown:
            return
        page.wait_for_timeout(20)
    raise Failed("the page shows no picture")


if __name__ == "__main__":
    main()

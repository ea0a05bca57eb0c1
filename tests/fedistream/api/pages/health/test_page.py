from dataclasses import replace

from fedistream.metrics.hardware import HardwareMonitor
from fedistream.metrics.values import HardwareReading, ProcessUse, Report
from tests.kit.adminpages import Visitor, signed_in
from tests.kit.faces import Faces
from tests.kit.onair import live


async def test_an_idle_node_says_what_will_appear(admin: Visitor) -> None:
    page = await admin.see("/admin/health")
    assert "While you are live and people watch, this shows how well the stream plays." in page
    assert "The first reading of the server comes a minute after its start" in page
    assert "<svg viewBox" not in page


async def test_the_page_shows_health_figures_processes_and_the_log(faces: Faces) -> None:
    home = faces.channels.home().id
    reading = HardwareReading(12, 34, 56, (ProcessUse(1, "node", 7, 80 << 20),))
    faces.made = replace(faces.made, hardware=HardwareMonitor(faces.clock.now, lambda: reading))
    faces.broadcasts.on[home] = live(home)
    for number in range(3):
        faces.viewers.seen(home, f"192.0.2.{number}", "Firefox")
        faces.made.playback.take(home, f"192.0.2.{number}", "Firefox", Report("", "p", 9000, 4500, 2.0 + number, 0.5))
        faces.viewers.sample()
        faces.made.playback.sample()
        await faces.made.hardware.sample()
        faces.clock.advance(10)
    async with signed_in(faces) as admin:
        page = await admin.see("/admin/health")
    assert "All 3 players that report play without problems." in page
    assert page.count("<svg viewBox") == 6
    assert "Latency of the last 24 hours. Lowest 2.0 s, highest 4.0 s." in page
    assert "80 MiB</td>" in page
    assert "No log messages yet." in page


async def test_the_first_page_says_how_the_stream_plays(faces: Faces, admin: Visitor) -> None:
    home = faces.channels.home().id
    faces.broadcasts.on[home] = live(home)
    faces.made.playback.take(home, "192.0.2.1", "Firefox", Report(bandwidth_kbps=300))
    assert "1 of 1 players have too little bandwidth for 4660 kbit/s" in await admin.see("/admin/")

"""The figures that Prometheus scrapes, read by its own parser."""

import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fedistream.metrics.hardware import HardwareMonitor
from fedistream.metrics.values import HardwareReading, ProcessUse, Report
from tests.kit.asking import HOST
from tests.kit.faces import RIGHT, Faces, open_faces
from tests.kit.onair import live

TOKEN = "a-token-for-the-scraper"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
READING = HardwareReading(12, 34, 56, (ProcessUse(1, "node", 7, 80 << 20), ProcessUse(2, "worker", 1, 70 << 20)))


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        home = opened.channels.home().id
        opened.broadcasts.on[home] = live(home)
        hardware = HardwareMonitor(opened.clock.now, lambda: READING)
        opened.made = replace(opened.made, hardware=hardware, metrics_token=TOKEN)
        opened.viewers.seen(home, "192.0.2.9", "Firefox")
        await opened.visitor("Ann")
        await opened.chat.poster.system(home, "hello")
        await opened.chat.messages.settle()
        opened.made.playback.take(home, "192.0.2.9", "Firefox", Report(bandwidth_kbps=9000, errors=2))
        await hardware.sample()
        yield opened


async def scraped(faces: Faces, path: str, headers: dict[str, str]) -> dict[str, list[tuple[dict[str, str], float]]]:
    async with faces.client() as http:
        answer = await http.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        sample.name: [(each.labels, each.value) for each in family.samples]
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_owncasts_names_have_its_constant_labels(faces: Faces) -> None:
    found = await scraped(faces, "/api/admin/prometheus", RIGHT)
    labels = {"host": HOST, "version": "0.2.3"}
    assert found == {
        "owncast_instance_active_viewer_count": [(labels, 1)],
        "owncast_instance_active_chat_client_count": [(labels, 0)],
        "owncast_instance_total_chat_users": [(labels, 1)],
        "owncast_instance_current_chat_message_count": [(labels, 1)],
        "owncast_instance_playback_error_count": [(labels, 2)],
        "owncast_instance_cpu_usage": [(labels, 12)],
    }


async def test_our_names_have_channels_and_processes_as_labels(faces: Faces) -> None:
    found = await scraped(faces, "/metrics", BEARER)
    home = {"channel": faces.channels.home().slug}
    for name, value in (
        ("live", 1),
        ("viewers", 1),
        ("chat_clients", 0),
        ("players_reporting", 1),
        ("health_percent", 0),
        ("encoder_warnings", 0),
        ("encoder_video_kbps", 4500),
    ):
        assert found[f"fedistream_{name}"] == [(home, value)], name
    assert found["fedistream_playback_errors_total"] == [({}, 2)]
    assert found["fedistream_viewers_uncounted_total"] == [({}, 0)]
    assert found["fedistream_cpu_percent"] == [({}, 12)]
    assert found["fedistream_process_resident_memory_bytes"] == [
        ({"role": "node", "pid": "1"}, 80 << 20),
        ({"role": "worker", "pid": "2"}, 70 << 20),
    ]
    assert found["fedistream_info"][0][1] == 1


@pytest.mark.parametrize(
    "headers", [{}, RIGHT, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": "Bearer"}, {"Authorization": TOKEN}]
)
async def test_metrics_want_their_token(faces: Faces, headers: dict[str, str]) -> None:
    async with faces.client() as http:
        assert (await http.get("/metrics", headers=headers)).status_code == 401


@pytest.mark.parametrize("given", ["", "Bearer ", f"Bearer {TOKEN}"])
async def test_metrics_are_closed_without_a_token_in_the_configuration(faces: Faces, given: str) -> None:
    faces.made = replace(faces.made, metrics_token="")
    async with faces.client("127.0.0.1") as http:
        assert (await http.get("/metrics", headers={"Authorization": given})).status_code == 401


async def test_a_node_that_has_just_started_is_scraped_too(faces: Faces) -> None:
    faces.made = replace(faces.made, hardware=HardwareMonitor(faces.clock.now, lambda: READING))
    faces.broadcasts.on.clear()
    found = await scraped(faces, "/metrics", BEARER)
    assert "fedistream_cpu_percent" not in found
    assert found["fedistream_live"][0][1] == 0


@pytest.mark.slow
def test_the_library_is_not_loaded_before_the_first_scrape() -> None:
    program = "import sys, fedistream.app.node; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

from dataclasses import replace
from pathlib import Path

import pytest

from fedistream.api.owncast.metrics import window_start
from fedistream.core.errors import Invalid
from fedistream.viewers.geo import GeoIP
from tests.kit.faces import RIGHT, Faces
from tests.kit.mmdb import mmdb


async def test_viewers_over_time_begin_where_the_window_does(faces: Faces) -> None:
    faces.viewers.seen(faces.channels.home().id, "192.0.2.1", "Firefox")
    began = int(faces.clock.now().timestamp())
    for _ in range(3):
        faces.viewers.sample()
        faces.clock.advance(30)
    async with faces.client() as http:
        everything = (await http.get("/api/admin/viewersOverTime", headers=RIGHT)).json()
        later = (await http.get(f"/api/admin/viewersOverTime?windowStart={began + 30}", headers=RIGHT)).json()
        wrong = await http.get("/api/admin/viewersOverTime?windowStart=-1", headers=RIGHT)
    assert [count["value"] for count in everything] == [1, 0, 0]
    assert later == everything[1:]
    assert (wrong.status_code, wrong.json()["success"]) == (400, False)


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "٣", "9" * 12, "9" * 40])
def test_a_window_that_begins_at_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        window_start(text)


@pytest.mark.parametrize("text", [None, ""])
def test_a_window_without_a_start_is_everything(text: str | None) -> None:
    assert window_start(text) is None


async def test_hardware_stats_are_lists_from_the_start_and_have_a_value_after_a_reading(faces: Faces) -> None:
    async with faces.client() as http:
        before = (await http.get("/api/admin/hardwarestats", headers=RIGHT)).json()
        await faces.made.hardware.sample()
        after = (await http.get("/api/admin/hardwarestats", headers=RIGHT)).json()
    assert before == {"cpu": [], "memory": [], "disk": [], "processes": []}
    for name in ("cpu", "memory", "disk"):
        (figure,) = after[name]
        assert figure["time"] == "2026-05-01T12:00:00Z"
        assert 0 <= figure["value"] <= 100
    (own,) = [process for process in after["processes"] if process["role"] == "node"]
    assert own["memoryBytes"] > 1_000_000


async def test_viewers_have_a_place_when_there_is_a_database(faces: Faces, tmp_path: Path) -> None:
    file = tmp_path / "city.mmdb"
    file.write_bytes(mmdb({"192.0.2.0/24": {"country": {"iso_code": "DE"}}}))
    faces.made = replace(faces.made, geo=GeoIP.open(file))
    for address in ("192.0.2.1", "198.51.100.1", "127.0.0.1"):
        faces.viewers.seen(faces.channels.home().id, address, "Firefox")
    async with faces.client() as http:
        for path in ("viewers", "viewers/playback"):
            found = (await http.get(f"/api/admin/{path}", headers=RIGHT)).json()
            assert {each["ipAddress"]: each["geo"] for each in found} == {
                "192.0.2.1": {"countryCode": "DE", "regionName": "", "timeZone": ""},
                "198.51.100.1": None,
                "127.0.0.1": {"countryCode": "N/A", "regionName": "Localhost", "timeZone": ""},
            }

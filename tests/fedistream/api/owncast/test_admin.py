import logging

import pytest

from tests.kit.faces import PASSWORD, RIGHT, Faces
from tests.kit.onair import live


async def test_an_update_is_not_done_by_the_node_itself(faces: Faces) -> None:
    async with faces.client() as http:
        options = await http.get("/api/admin/update/options", headers=RIGHT)
        assert options.json() == {"supportsUpdate": False, "canRestart": False}
        for path in ("start", "forcequit"):
            refused = await http.get(f"/api/admin/update/{path}", headers=RIGHT)
            assert (refused.status_code, refused.json()["success"]) == (400, False)


async def test_the_admin_sees_encoder_viewers_and_peaks(faces: Faces) -> None:
    home = faces.channels.home().id
    faces.broadcasts.on[home] = live(home)
    async with faces.client() as http:
        await http.get("/api/ping")
        answer = await http.get("/api/admin/status", headers=RIGHT)
    assert answer.json()["broadcaster"]["streamDetails"]["encoder"].startswith("obs-output")
    assert answer.json()["viewerCount"] == 1
    assert answer.headers["cache-control"] == "no-cache, no-store, must-revalidate"


async def test_the_oldest_clients_ask_for_the_encoder_alone(faces: Faces) -> None:
    home = faces.channels.home().id
    async with faces.client() as http:
        none = await http.get("/api/admin/broadcaster", headers=RIGHT)
        assert (none.status_code, none.json()) == (400, {"success": False, "message": "no broadcaster connected"})
        faces.broadcasts.on[home] = live(home)
        found = (await http.get("/api/admin/broadcaster", headers=RIGHT)).json()
        status = (await http.get("/api/admin/status", headers=RIGHT)).json()
    assert found == {"success": True, "message": "", "broadcaster": status["broadcaster"]}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_admin_ends_the_broadcast(faces: Faces, method: str) -> None:
    home = faces.channels.home().id
    faces.broadcasts.on[home] = live(home)
    async with faces.client() as http:
        answer = await http.request(method, "/api/admin/disconnect", headers=RIGHT)
        assert answer.json() == {"success": True, "message": "inbound stream disconnected"}
        assert faces.broadcasts.disconnected == [home]
        again = await http.request(method, "/api/admin/disconnect", headers=RIGHT)
    assert (again.status_code, again.json()) == (400, {"success": False, "message": "no inbound stream connected"})


async def test_a_picture_on_another_site_does_not_end_the_broadcast(faces: Faces) -> None:
    home = faces.channels.home().id
    faces.broadcasts.on[home] = live(home)
    async with faces.client() as http:
        answer = await http.get("/api/admin/disconnect", headers=RIGHT | {"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.text) == (403, "Forbidden")
    assert faces.broadcasts.disconnected == []


async def test_the_admin_sees_who_watches(faces: Faces) -> None:
    async with faces.client("192.0.2.1", "Firefox") as http:
        await http.get("/api/ping")
        (viewer,) = (await http.get("/api/admin/viewers", headers=RIGHT)).json()
    assert (viewer["ipAddress"], viewer["userAgent"]) == ("192.0.2.1", "Firefox")
    assert viewer["firstSeen"] == "2026-05-01T12:00:00Z"


async def test_the_admin_reads_the_log_and_its_warnings(faces: Faces) -> None:
    for level, message in ((logging.INFO, "listening"), (logging.WARNING, "refused HEVC from 192.0.2.9")):
        faces.log_buffer.handle(logging.LogRecord("media", level, __file__, 1, message, (), None))
    async with faces.client() as http:
        lines = (await http.get("/api/admin/logs", headers=RIGHT)).json()
        warnings = (await http.get("/api/admin/logs/warnings", headers=RIGHT)).json()
    assert [line["message"] for line in lines] == ["refused HEVC from 192.0.2.9", "listening"]
    assert [(line["level"], line["message"]) for line in warnings] == [("warning", "refused HEVC from 192.0.2.9")]


async def test_the_admins_config_shows_the_keys_and_never_the_password(faces: Faces) -> None:
    async with faces.client() as http:
        answer = await http.get("/api/admin/serverconfig", headers=RIGHT)
    (key,) = await faces.channels.stream_keys(faces.channels.home().id)
    assert answer.json()["streamKeys"] == [{"key": key.key, "comment": key.comment}]
    assert answer.json()["adminPassword"] == ""
    assert PASSWORD not in answer.text
    assert "argon2" not in answer.text
    assert "access-control-allow-origin" not in answer.headers

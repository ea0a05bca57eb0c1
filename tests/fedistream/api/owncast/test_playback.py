import pytest

from tests.kit.asking import ADDRESS
from tests.kit.faces import RIGHT, Faces
from tests.kit.onair import live

SESSION = "6e2fb550-c457-11e9-bb97-0800200c9a66"
DICTIONARY = f'br=3200,bs,mtp=25400,ltc=2500,sid="{SESSION}"'
MEMBERS = {
    "source": "client",
    "lastUpdate": "2026-05-01T12:00:00Z",
    "errorCount": 1,
    "qualityVariantChanges": 0,
    "bandwidthKbps": 25400,
    "latencySeconds": 2.5,
    "bitrateKbps": 3200,
}


async def test_a_report_is_taken_in_every_form(faces: Faces) -> None:
    values = {"br": 3200, "bs": True, "mtp": 25400, "ltc": 2500, "sid": SESSION}
    headers = {
        "CMCD-Object": "br=3200",
        "CMCD-Request": "mtp=25400,ltc=2500",
        "CMCD-Session": f'sid="{SESSION}"',
        "CMCD-Status": "bs",
    }
    requests = (
        {"method": "POST", "json": values},
        {"method": "POST", "json": [values]},
        {"method": "POST", "content": DICTIONARY, "headers": {"Content-Type": "application/cmcd"}},
        {"method": "POST", "headers": headers},
        {"method": "GET", "params": {"CMCD": DICTIONARY}},
        {"method": "GET", "headers": headers},
    )
    for request in requests:
        async with faces.client(agent=f"player {requests.index(request)}") as http:
            answer = await http.request(url="/api/metrics/cmcd", **request)
            assert (answer.status_code, answer.content) == (200, b""), request
            assert answer.headers["access-control-allow-origin"] == "*"
    async with faces.client() as http:
        found = (await http.get("/api/admin/viewers/playback", headers=RIGHT)).json()
    assert len(found) == len(requests)
    for client in found:
        assert (client["clientID"], client["ipAddress"]) == (SESSION, ADDRESS)
        assert client["playback"] == MEMBERS


async def test_viewers_without_reports_are_listed_too(faces: Faces) -> None:
    async with faces.client(agent="silent") as silent, faces.client(agent="player") as player:
        await silent.get("/api/ping")
        await player.get("/api/ping")
        await player.post("/api/metrics/cmcd", json={"sta": "p"})
        found = (await player.get("/api/admin/viewers/playback", headers=RIGHT)).json()
        viewers = (await player.get("/api/admin/viewers", headers=RIGHT)).json()
    assert [client["userAgent"] for client in found] == ["player", "silent"]
    assert found[0]["playback"]["measurementStatus"] == "unmeasurable"
    assert found[0]["playback"]["playerState"] == "p"
    assert found[1]["playback"] is None
    assert {client["viewerID"] for client in found} == {viewer["clientID"] for viewer in viewers}


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "POST"},
        {"method": "GET"},
        {"method": "POST", "content": "{"},
        {"method": "POST", "content": "[1]"},
        {"method": "POST", "content": "[[]]"},
        {"method": "POST", "content": '{"br": NaN}'},
        {"method": "POST", "content": "[" * 60 + "]" * 60},
        {"method": "POST", "content": "[" + ",".join(["{}"] * 101) + "]"},
        {"method": "POST", "content": "\n".join(["br=1"] * 101)},
        {"method": "POST", "content": "br="},
        {"method": "POST", "content": b"br=\xff"},
        {"method": "GET", "params": {"CMCD": "br=("}},
        {"method": "GET", "headers": {"CMCD-Object": "BR=1"}},
    ],
)
async def test_what_is_no_report_is_refused(faces: Faces, request_: dict[str, object]) -> None:
    async with faces.client() as http:
        answer = await http.request(url="/api/metrics/cmcd", **request_)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


async def test_a_large_body_is_refused(faces: Faces) -> None:
    async with faces.client() as http:
        answer = await http.post("/api/metrics/cmcd", content=b"[" + b" " * 70_000 + b"]")
    assert answer.status_code == 413


async def test_the_preflight_allows_posts_with_a_content_type(faces: Faces) -> None:
    async with faces.client() as http:
        answer = await http.options(
            "/api/metrics/cmcd",
            headers={"Origin": "https://other.example", "Access-Control-Request-Method": "POST"},
        )
    assert answer.status_code == 204
    assert "POST" in answer.headers["access-control-allow-methods"].split(", ")
    assert "content-type" in answer.headers["access-control-allow-headers"].lower().split(", ")
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_the_old_form_of_a_report_leads_to_owncasts_figures(faces: Faces) -> None:
    faces.broadcasts.on[faces.channels.home().id] = live(faces.channels.home().id)
    async with faces.client() as http:
        empty = (await http.get("/api/admin/metrics/video", headers=RIGHT)).json()
        body = {"errors": 1, "qualityVariantChanges": 2, "bandwidth": 1234, "latency": 2.5, "downloadDuration": 0.4}
        answer = await http.post("/api/metrics/playback", json=body)
        assert (answer.status_code, answer.content) == (200, b"")
        faces.made.playback.sample()
        found = (await http.get("/api/admin/metrics/video", headers=RIGHT)).json()
    assert (empty["errors"], empty["highestLatency"], empty["representation"]) == ([], [], 100)
    expected = {
        "errors": 1,
        "qualityVariantChanges": 2,
        **dict.fromkeys(("highestLatency", "medianLatency", "lowestLatency"), 2.5),
        "medianSegmentDownloadDuration": 0.4,
        "maximumSegmentDownloadDuration": 0.4,
        "minimumSegmentDownloadDuration": 0.4,
        **dict.fromkeys(("minPlayerBitrate", "medianPlayerBitrate", "maxPlayerBitrate"), 1234),
    }
    for name, value in expected.items():
        assert found[name] == [{"time": "2026-05-01T12:00:00Z", "value": value}], name
    assert (found["availableBitrates"], found["segmentLength"]) == ([4500], 2)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"errors": 1},
        {"qualityVariantChanges": 1},
        {"errors": "1", "qualityVariantChanges": 1},
        {"errors": True, "qualityVariantChanges": 1},
        {"errors": 1, "qualityVariantChanges": 1, "latency": "x"},
        [],
    ],
)
async def test_an_old_report_without_its_numbers_is_refused(faces: Faces, body: object) -> None:
    async with faces.client() as http:
        answer = await http.post("/api/metrics/playback", json=body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


async def test_numbers_out_of_range_are_not_counted(faces: Faces) -> None:
    async with faces.client() as http:
        body = {"errors": -5, "qualityVariantChanges": 1e30, "bandwidth": -1, "latency": 1e300}
        assert (await http.post("/api/metrics/playback", json=body)).status_code == 200
        (client,) = (await http.get("/api/admin/viewers/playback", headers=RIGHT)).json()
    assert client["playback"]["errorCount"] == 0
    assert "latencySeconds" not in client["playback"]


async def test_the_health_is_told_in_words(faces: Faces) -> None:
    home = faces.channels.home().id
    async with faces.client() as http:
        await http.post("/api/metrics/cmcd", json={"mtp": 9000, "ltc": 2000})
        offline = (await http.get("/api/admin/status", headers=RIGHT)).json()
        faces.broadcasts.on[home] = live(home)
        fine = (await http.get("/api/admin/status", headers=RIGHT)).json()
        await http.post("/api/metrics/cmcd", json={"mtp": 300})
        narrow = (await http.get("/api/admin/status", headers=RIGHT)).json()
    assert offline["health"] is None
    assert fine["health"] == {
        "healthy": True,
        "healthPercentage": 100,
        "message": "All 1 players that report play without problems.",
        "representation": 100,
    }
    assert (narrow["health"]["healthy"], narrow["health"]["healthPercentage"]) == (False, 0)
    assert "4660 kbit/s" in narrow["health"]["message"]


async def test_one_network_cannot_report_without_end(faces: Faces) -> None:
    async with faces.client() as http:
        answers = [(await http.get("/api/metrics/cmcd?CMCD=br%3D1")).status_code for _ in range(205)]
    assert answers[0] == 200
    assert answers[-1] == 429

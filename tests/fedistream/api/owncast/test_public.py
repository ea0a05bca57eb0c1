from fedistream.viewers.service import EXPIRY_S
from tests.kit.faces import Faces
from tests.kit.onair import live, waiting

FRESH = "no-cache, no-store, must-revalidate"


async def test_the_status_follows_what_is_on_the_air(faces: Faces) -> None:
    home = faces.channels.home().id
    async with faces.client() as http:
        offline = await http.get("/api/status")
        assert offline.headers["cache-control"] == FRESH
        assert offline.headers["access-control-allow-origin"] == "*"
        assert offline.headers["content-type"] == "application/json"
        assert (offline.json()["online"], offline.json()["lastConnectTime"]) == (False, None)
        assert offline.json()["versionNumber"] == "0.2.3"
        faces.broadcasts.on[home] = live(home)
        assert (await http.get("/api/status")).json()["online"] is True
        faces.broadcasts.on[home] = waiting(home)
        assert (await http.get("/api/status")).json()["state"] == "waiting"


async def test_the_status_tells_the_nodes_time(faces: Faces) -> None:
    async with faces.client() as http:
        assert (await http.get("/api/status")).json()["serverTime"] == "2026-05-01T12:00:00Z"


async def test_a_ping_makes_a_viewer_for_fifteen_seconds(faces: Faces) -> None:
    home = faces.channels.home().id
    faces.broadcasts.on[home] = live(home)
    async with faces.client() as http:
        for _ in range(3):
            answer = await http.get("/api/ping")
        assert (answer.status_code, answer.content) == (200, b"")
        assert (await http.get("/api/status")).json()["viewerCount"] == 1
        faces.clock.advance(EXPIRY_S)
        assert "viewerCount" not in (await http.get("/api/status")).json()


async def test_a_head_request_is_no_viewer(faces: Faces) -> None:
    home = faces.channels.home().id
    faces.broadcasts.on[home] = live(home)
    async with faces.client() as http:
        assert (await http.head("/api/ping")).status_code == 200
        assert "viewerCount" not in (await http.get("/api/status")).json()


async def test_a_hidden_viewer_count_is_not_in_the_status(faces: Faces) -> None:
    home = faces.channels.home().id
    faces.broadcasts.on[home] = live(home)
    await faces.settings.change("channel.hide_viewer_count", True, home)
    async with faces.client() as http:
        assert "viewerCount" not in (await http.get("/api/status")).json()


async def test_the_config_says_what_the_streamer_set(faces: Faces) -> None:
    home = faces.channels.home().id
    await faces.settings.change("channel.name", "Kiln", home)
    await faces.settings.change("channel.page_content", "*clay*", home)
    await faces.settings.change("channel.tags", ["#pots"], home)
    async with faces.client() as http:
        answer = await http.get("/api/config")
    assert answer.headers["cache-control"] == FRESH
    assert (answer.json()["name"], answer.json()["tags"]) == ("Kiln", ["pots"])
    assert answer.json()["extraPageContent"] == "<p><em>clay</em></p>"
    assert answer.json()["version"].startswith("Owncast v0.2.3-fedistream (Fedistream ")


async def test_there_is_one_variant(faces: Faces) -> None:
    async with faces.client() as http:
        assert (await http.get("/api/video/variants")).json() == [{"index": 0, "name": "Source"}]


async def test_platforms_are_keyed_by_their_short_name(faces: Faces) -> None:
    async with faces.client() as http:
        assert (await http.get("/api/socialplatforms")).json()["mastodon"] == {
            "platform": "Mastodon",
            "icon": "/img/platformlogos/mastodon.svg",
        }


async def test_a_web_page_elsewhere_may_read_status_and_config(faces: Faces) -> None:
    # the browser extension of Owncast's authors fetches both from other sites
    async with faces.client() as http:
        for path in ("/api/status", "/api/config"):
            answer = await http.get(path, headers={"Origin": "https://elsewhere.example"})
            assert answer.headers["access-control-allow-origin"] == "*"


async def test_an_unknown_call_is_404_in_owncasts_words(faces: Faces) -> None:
    async with faces.client() as http:
        answer = await http.get("/api/nonsense")
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


async def test_every_icon_of_a_platform_is_a_picture(faces: Faces) -> None:
    async with faces.client() as http:
        icons = [each["icon"] for each in (await http.get("/api/socialplatforms")).json().values() if "icon" in each]
        assert len(icons) > 30
        for path in icons:
            picture = await http.get(path)
            assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml"), path
        for path in ("none.svg", "..%2femoji%2ffire.svg", "%2e%2e"):
            assert (await http.get(f"/img/platformlogos/{path}")).status_code == 404


async def test_handles_of_known_platforms_have_an_icon(faces: Faces) -> None:
    handles = [
        {"platform": "github", "url": "https://github.com/x"},
        {"platform": "My blog", "url": "https://x.example"},
    ]
    await faces.settings.change("channel.social_handles", handles, faces.channels.home().id)
    async with faces.client() as http:
        shown = (await http.get("/api/config")).json()["socialHandles"]
        assert shown == [{**handles[0], "icon": "/img/platformlogos/github.svg"}, handles[1]]
        assert (await http.get("/")).text.count('class="platform-logo"') == 1

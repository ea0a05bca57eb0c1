import pytest

from fedistream.api.owncast.setting_values import converted
from fedistream.settings.checks import MAX_PAGE
from fedistream.settings.table import BY_NAME, SETTINGS
from tests.kit.asking import basic
from tests.kit.faces import RIGHT, Faces

CHANGED = {"success": True, "message": "changed"}
SETTERS = "/api/admin/config"

# a value that passes and differs from the default, and one that does not pass
SAMPLES: dict[str, tuple[object, object]] = {
    "name": ("Kiln", ""),
    "serversummary": ("Pots and pans", 7),
    "streamtitle": ("Glazing", ["Glazing"]),
    "offlinemessage": ("Back at eight", None),
    "pagecontent": ("# Clay\n\nmore", {"html": "x"}),
    "tags": (["clay", "wheel"], "clay"),
    "nsfw": (True, "yes"),
    "socialhandles": (
        [{"platform": "mastodon", "url": "https://social.example/@kiln"}],
        [{"platform": "x", "url": "javascript:alert(1)"}],
    ),
    "hideviewercount": (True, 1),
    "serverurl": ("https://kiln.example", "https://192.168.0.1"),
    "disablesearchindexing": (True, "true"),
    "chat/disable": (True, 1),
    "chat/joinmessagesenabled": (False, "no"),
    "chat/establishedusermode": (True, None),
    "chat/requireauthentication": (True, []),
    "chat/spamprotectionenabled": (False, 0),
    "chat/slurfilterenabled": (True, "on"),
    "chat/forbiddenusernames": (["boss"], "boss"),
    "chat/suggestedusernames": (["Ann", "Ben"], [1]),
    "federation/enable": (True, "yes"),
    "federation/private": (True, 1),
    "federation/showengagement": (False, None),
    "federation/enablequotes": (False, 1),
    "federation/hidefollowers": (True, "yes"),
    "federation/username": ("ann_live", "Änn"),
    "federation/livemessage": ("On air", ["On air"]),
    "federation/blockdomains": (["bad.example", "worse.example"], ["not a host"]),
    "welcomemessage": ("Be **kind**", ["hello"]),
}


def test_every_setting_with_a_path_has_its_samples() -> None:
    assert {row.owncast_path for row in SETTINGS if row.owncast_path} == SAMPLES.keys()


@pytest.mark.parametrize("path", SAMPLES)
async def test_a_setting_is_changed_by_its_path(faces: Faces, path: str) -> None:
    right, wrong = SAMPLES[path]
    row = next(row for row in SETTINGS if row.owncast_path == path)
    home = faces.channels.home().id
    async with faces.client() as http:
        answer = await http.post(f"{SETTERS}/{path}", json={"value": right}, headers=RIGHT)
        assert (answer.status_code, answer.json()) == (200, CHANGED)
        assert converted(row, faces.settings.value(row.name, home)) == right
        refused = await http.post(f"{SETTERS}/{path}", json={"value": wrong}, headers=RIGHT)
        assert (refused.status_code, refused.json()["success"]) == (400, False)
        assert refused.json()["message"]
        assert converted(row, faces.settings.value(row.name, home)) == right


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "body is not valid JSON"),
        (b"[]", "body must be a JSON object"),
        (b"{}", "value is missing"),
    ],
)
async def test_a_body_without_a_value_changes_nothing(faces: Faces, body: bytes, why: str) -> None:
    async with faces.client() as http:
        answer = await http.post(f"{SETTERS}/name", content=body, headers=RIGHT)
    assert (answer.status_code, answer.json()) == (400, {"success": False, "message": why})
    assert faces.settings.value("channel.name", faces.channels.home().id) == BY_NAME["channel.name"].default


async def test_a_setter_is_not_a_getter(faces: Faces) -> None:
    async with faces.client() as http:
        answer = await http.get(f"{SETTERS}/name", headers=RIGHT)
        assert (answer.status_code, answer.json()) == (400, {"success": False, "message": "GET not supported"})
        assert (await http.get(f"{SETTERS}/name")).status_code == 401


async def test_the_longest_page_fits_however_it_is_written(faces: Faces) -> None:
    page = "\U0001f3ba" * MAX_PAGE
    escaped = '{"value": "' + "\\ud83c\\udfba" * MAX_PAGE + '"}'
    async with faces.client() as http:
        answer = await http.post(f"{SETTERS}/pagecontent", content=escaped, headers=RIGHT)
        assert answer.json() == CHANGED
        too_long = await http.post(f"{SETTERS}/pagecontent", content=escaped + " " * 2000, headers=RIGHT)
    assert faces.settings.value("channel.page_content", faces.channels.home().id) == page
    assert (too_long.status_code, too_long.json()["success"]) == (413, False)


async def test_the_admins_password_is_changed_at_once(faces: Faces) -> None:
    async with faces.client() as http:
        answer = await http.post(f"{SETTERS}/adminpass", json={"value": "a better password"}, headers=RIGHT)
        assert answer.json() == CHANGED
        assert (await http.get("/api/admin/status", headers=RIGHT)).status_code == 401
        assert (await http.get("/api/admin/status", headers=basic("a better password"))).status_code == 200


@pytest.mark.parametrize("value", ["", "short", 12345678, None])
async def test_a_poor_password_is_refused_and_the_old_one_stays(faces: Faces, value: object) -> None:
    async with faces.client() as http:
        answer = await http.post(f"{SETTERS}/adminpass", json={"value": value}, headers=RIGHT)
        assert (answer.status_code, answer.json()["success"]) == (400, False)
        assert (await http.get("/api/admin/status", headers=RIGHT)).status_code == 200


async def test_stream_keys_are_replaced(faces: Faces) -> None:
    home = faces.channels.home()
    keys = [{"key": "abc123", "comment": "OBS"}, {"key": "def456", "comment": "phone"}]
    async with faces.client() as http:
        answer = await http.post(f"{SETTERS}/streamkeys", json={"value": keys}, headers=RIGHT)
    assert answer.json() == CHANGED
    assert [(key.key, key.comment) for key in await faces.channels.stream_keys(home.id)] == [
        ("abc123", "OBS"),
        ("def456", "phone"),
    ]
    assert faces.channels.find_by_key("def456") == home


@pytest.mark.parametrize(
    "value",
    [
        "abc123",
        [{"key": "abc123"}],
        [{"comment": "OBS"}],
        [{"key": "", "comment": "OBS"}],
        [{"key": "abc123", "comment": ""}],
        [{"key": 123456, "comment": "OBS"}],
        ["abc123"],
        [{"key": "abc/123", "comment": "OBS"}],
        [{"key": "abc123", "comment": "a"}, {"key": "abc123", "comment": "b"}],
    ],
)
async def test_wrong_stream_keys_change_none(faces: Faces, value: object) -> None:
    home = faces.channels.home().id
    before = await faces.channels.stream_keys(home)
    async with faces.client() as http:
        answer = await http.post(f"{SETTERS}/streamkeys", json={"value": value}, headers=RIGHT)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert await faces.channels.stream_keys(home) == before


async def test_the_one_key_of_early_clients_is_a_stream_key_and_not_the_password(faces: Faces) -> None:
    async with faces.client() as http:
        answer = await http.post(f"{SETTERS}/key", json={"value": "abc123"}, headers=RIGHT)
        assert answer.json() == CHANGED
        assert (await http.get("/api/admin/status", headers=RIGHT)).status_code == 200
    assert [key.key for key in await faces.channels.stream_keys(faces.channels.home().id)] == ["abc123"]

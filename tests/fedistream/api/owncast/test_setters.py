import logging

import pytest

from fedistream.api.owncast.setting_values import converted
from fedistream.core.log_buffer import DRIVERS
from fedistream.settings.checks import MAX_DOMAINS, MAX_PAGE, public_address
from fedistream.settings.models import SettingRow
from fedistream.settings.structures import MAX_VARIABLES
from fedistream.settings.table import BY_NAME, SETTINGS
from tests.kit.asking import basic
from tests.kit.faces import RIGHT, Faces

CHANGED = {"success": True, "message": "changed"}
FROM_NEXT_START = {"success": True, "message": "changed, from the next start of the node on"}
AT_NEXT_START = {"webserverport", "webserverip", "rtmpserverport", "rtmpserverbindaddress", "ffmpegpath"}
SETTERS = "/api/admin/config"

LINK = {
    "url": "https://shop.example/?a=1",
    "html": "",
    "title": "Shop",
    "description": "Pots",
    "icon": "/public/shop.png",
    "color": "#ff8800",
    "openExternally": True,
}
EMBED = {**LINK, "url": "", "html": "<b>Hello</b>\n<script>run()</script>", "openExternally": False}
HIGH = {
    "name": "High",
    "videoPassthrough": False,
    "audioPassthrough": True,
    "videoBitrate": 4000,
    "audioBitrate": 0,
    "scaledWidth": 1280,
    "scaledHeight": 720,
    "framerate": 30,
    "cpuUsageLevel": 3,
}
LOW = {**HIGH, "name": "Low", "videoBitrate": 800, "scaledHeight": 0, "cpuUsageLevel": 0}
S3 = {
    "enabled": True,
    "endpoint": "https://s3.example",
    "servingEndpoint": "https://cdn.example",
    "accessKey": "access-key-of-s3",
    "secret": "secret-of-s3",
    "bucket": "live",
    "region": "eu",
    "acl": "public-read",
    "forcePathStyle": True,
    "pathPrefix": "video/",
}
DISCORD = {"enabled": True, "webhook": "https://discord.example/api/webhooks/1/secret-hook", "goLiveMessage": "Live!"}

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
    "federation/username": ("Ann_live", "Änn"),
    "federation/livemessage": ("On air", ["On air"]),
    "federation/blockdomains": (["bad.example", "worse.example"], ["not a host"]),
    "welcomemessage": ("Be **kind**", ["hello"]),
    "customstyles": ("body { color: red }", "</STYLE><script>alert(1)</script>"),
    "customjavascript": ("console.log('<b>');\nrun()", "a\0b"),
    "appearance": (
        {"theme-color-action": "#7f00ff", "--theme-font": '"Open Sans", sans-serif', "size": "calc(1px + 2em)"},
        {"theme-color-action": "red; } body { display: none"},
    ),
    "externalactions": ([LINK, EMBED], [{**LINK, "url": "javascript:alert(1)"}]),
    "autoplay": ("sound-only", "loudly"),
    "directoryenabled": (True, 1),
    "webserverport": (9000, 0),
    "webserverip": ("::1", "localhost"),
    "rtmpserverport": (2935, 65_536),
    "rtmpserverbindaddress": ("127.0.0.1", "127.0.0.1:1935"),
    "video/codec": ("libx264", "h265"),
    "ffmpegpath": ("/usr/bin/ffmpeg", "ffmpeg"),
    "video/streamlatencylevel": (4, 5),
    "video/streamoutputvariants": ([HIGH, LOW], [{**HIGH, "cpuUsageLevel": 5}]),
    "s3": (S3, {**S3, "bucket": ""}),
    "videoservingendpoint": ("https://cdn.example/live", "cdn.example"),
    "sockethostoverride": ("wss://chat.example", "chat.example"),
    "notifications/discord": (DISCORD, {**DISCORD, "webhook": ""}),
    "notifications/browser": ({"enabled": True, "goLiveMessage": "Live"}, {"enabled": "yes"}),
    "schedule/enabled": (True, "yes"),
    "schedule/showcountdown": (True, 1),
    "schedule/chatopenminutes": (30, 15),
    "schedule/remindermessage": ("Soon", {"text": "Soon"}),
}

INSTANCE = "instanceDetails"
# where AdminServerConfig has what the setter took
GIVEN_BACK: dict[str, tuple[str, ...]] = {
    "name": (INSTANCE, "name"),
    "serversummary": (INSTANCE, "summary"),
    "streamtitle": (INSTANCE, "streamTitle"),
    "offlinemessage": (INSTANCE, "offlineMessage"),
    "pagecontent": (INSTANCE, "extraPageContent"),
    "welcomemessage": (INSTANCE, "welcomeMessage"),
    "tags": (INSTANCE, "tags"),
    "nsfw": (INSTANCE, "nsfw"),
    "socialhandles": (INSTANCE, "socialHandles"),
    "customstyles": (INSTANCE, "customStyles"),
    "customjavascript": (INSTANCE, "customJavascript"),
    "appearance": (INSTANCE, "appearanceVariables"),
    "autoplay": (INSTANCE, "autoplay"),
    "externalactions": ("externalActions",),
    "hideviewercount": ("hideViewerCount",),
    "disablesearchindexing": ("disableSearchIndexing",),
    "serverurl": ("yp", "instanceUrl"),
    "directoryenabled": ("yp", "enabled"),
    "webserverport": ("webServerPort",),
    "webserverip": ("webServerIP",),
    "rtmpserverport": ("rtmpServerPort",),
    "rtmpserverbindaddress": ("rtmpServerAddress",),
    "sockethostoverride": ("socketHostOverride",),
    "videoservingendpoint": ("videoServingEndpoint",),
    "ffmpegpath": ("ffmpegPath",),
    "video/codec": ("videoCodec",),
    "video/streamlatencylevel": ("videoSettings", "latencyLevel"),
    "video/streamoutputvariants": ("videoSettings", "videoQualityVariants"),
    "s3": ("s3",),
    "chat/disable": ("chatDisabled",),
    "chat/joinmessagesenabled": ("chatJoinMessagesEnabled",),
    "chat/establishedusermode": ("chatEstablishedUserMode",),
    "chat/requireauthentication": ("chatRequireAuthentication",),
    "chat/spamprotectionenabled": ("chatSpamProtectionEnabled",),
    "chat/slurfilterenabled": ("chatSlurFilterEnabled",),
    "chat/forbiddenusernames": ("forbiddenUsernames",),
    "chat/suggestedusernames": ("suggestedUsernames",),
    "federation/enable": ("federation", "enabled"),
    "federation/private": ("federation", "isPrivate"),
    "federation/showengagement": ("federation", "showEngagement"),
    "federation/enablequotes": ("federation", "enableQuotes"),
    "federation/hidefollowers": ("federation", "hideFollowersTab"),
    "federation/username": ("federation", "username"),
    "federation/livemessage": ("federation", "goLiveMessage"),
    "federation/blockdomains": ("federation", "blockedDomains"),
    "notifications/discord": ("notifications", "discord"),
    "notifications/browser": ("notifications", "browser"),
    "schedule/enabled": ("schedule", "enabled"),
    "schedule/showcountdown": ("schedule", "showCountdown"),
    "schedule/chatopenminutes": ("schedule", "chatOpenMinutesBefore"),
    "schedule/remindermessage": ("schedule", "reminderMessage"),
}

TYPED: tuple[object, ...] = (
    *(None, True, False, 7, -1.5, "text", [], [None], [7], [[]], [{"x": 1}], {}, {"enabled": 7}, {"x": [1]}),
)
"""JSON of each type; those of a setting's own type may fit it."""
TOO_LARGE: dict[type, object] = {
    bool: 10**18,
    int: 10**18,
    str: "x" * (MAX_PAGE + 1),
    list: ["x"] * (MAX_DOMAINS + 1),
    dict: {f"x{n}": "x" for n in range(MAX_VARIABLES + 1)},
}
# what is refused also where it has the setting's own type
ITEMS: dict[type, tuple[object, ...]] = {
    list: ([None], [7], [[]]),
    dict: ({"enabled": 7}, {"x": [1]} | {"enabled": []}),
}


def is_json(value: object, kind: type) -> bool:
    """Return whether JSON does not distinguish the value's type from `kind`."""
    number = (int, float) if kind is int else kind
    return isinstance(value, number) and (kind is bool or not isinstance(value, bool))


BY_PATH = {row.owncast_path: row for row in SETTINGS if row.owncast_path}


def test_every_setting_with_a_path_has_its_samples() -> None:
    assert BY_PATH.keys() == SAMPLES.keys() == GIVEN_BACK.keys()


@pytest.mark.parametrize("path", SAMPLES)
async def test_a_setting_is_given_back_and_takes_nothing_of_another_type(faces: Faces, path: str) -> None:
    right, _ = SAMPLES[path]
    row, url = BY_PATH[path], f"{SETTERS}/{path}"
    wrong = [value for value in TYPED if not is_json(value, row.type)]
    async with faces.client() as http:

        async def given_back() -> object:
            found = (await http.get("/api/admin/serverconfig", headers=RIGHT)).json()
            for key in GIVEN_BACK[path]:
                found = found[key]
            return found

        assert (await http.post(url, json={"value": right}, headers=RIGHT)).status_code == 200
        assert await given_back() == right
        for value in (*wrong, *ITEMS.get(row.type, ()), TOO_LARGE[row.type]):
            answer = await http.post(url, json={"value": value}, headers=RIGHT)
            assert (answer.status_code, answer.json()["success"]) == (400, False), str(value)[:100]
            assert path in answer.json()["message"] or row.check is public_address
        for body in (b"{}", b"[]", b'{"value": NaN}', b'{"value": ' + b"[" * 100_000):
            answer = await http.post(url, content=body, headers=RIGHT)
            assert (answer.status_code, answer.json()["success"]) == (400, False)
        for headers in ({}, basic("another password")):
            http.cookies.clear()  # the session that the right password has opened
            assert (await http.post(url, json={"value": right}, headers=headers)).status_code == 401
        assert await given_back() == right


@pytest.mark.parametrize("path", [row.owncast_path for row in SETTINGS if row.secret])
async def test_a_secret_is_in_no_log(faces: Faces, path: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with faces.client() as http:
            for value in SAMPLES[path]:
                await http.post(f"{SETTERS}/{path}", json={"value": value}, headers=RIGHT)
            await SettingRow.all().update(
                value={"value": {"enabled": 7, "x": "secret-of-s3", "webhook": "secret-hook"}}
            )
            await faces.settings.load()
    # a node lets the drivers say nothing of their statements
    said = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith(DRIVERS))
    assert "is invalid" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("appearance", {"x": "url(https://evil.example)"}, "without url()"),
        ("appearance", {"x": "rgb(0,0,0"}, "must be the value"),
        ("appearance", {"x": 'it"s'}, "must be the value"),
        ("appearance", {"x": "a\\65"}, "must be the value"),
        ("appearance", {"x y": "red"}, "names of CSS variables"),
        ("appearance", {"x": "y" * 201}, "at most 200"),
        ("externalactions", [{**LINK, "html": "x"}], "needs either a url or html"),
        ("externalactions", [{**LINK, "url": ""}], "needs either a url or html"),
        ("externalactions", [{"url": "https://a.example"}], "externalactions: 1: title is missing"),
        ("externalactions", [LINK, {**LINK, "url": "//evil.example"}], "externalactions: 2: url must be a URL"),
        ("externalactions", [{**LINK, "url": "https://[::1"}], "must be a URL"),
        ("externalactions", [{**LINK, "color": "red;x:y"}], "must be a CSS colour"),
        ("externalactions", [{**LINK, "openExternally": "yes"}], "must be true or false"),
        ("externalactions", [LINK] * 31, "at most 30"),
        ("externalactions", [{f"x{n}": 1 for n in range(101)}], "at most 100 members"),
        ("video/streamoutputvariants", [HIGH] * 11, "at most 10"),
        ("video/streamoutputvariants", [{**HIGH, "framerate": 29.97}], "whole number"),
        ("video/streamoutputvariants", [{**HIGH, "videoPassthrough": 0}], "must be true or false"),
        ("s3", {**S3, "endpoint": "s3.example"}, "s3: endpoint must be a URL"),
        ("s3", {**S3, "secret": ""}, "s3: secret is needed"),
        ("schedule/chatopenminutes", 7, "must be 0, 5, 10, 30, or 60"),
        ("schedule/chatopenminutes", True, "must be 0, 5, 10, 30, or 60"),
    ],
)
async def test_what_does_not_fit_is_refused_with_the_reason(faces: Faces, path: str, value: object, why: str) -> None:
    async with faces.client() as http:
        answer = await http.post(f"{SETTERS}/{path}", json={"value": value}, headers=RIGHT)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert why in answer.json()["message"]


async def test_members_that_are_missing_null_or_unknown_do_no_harm(faces: Faces) -> None:
    value: list[object] = [{"url": "https://a.example", "title": "A", "icon": None, "of-the-future": [[{}]]}]
    async with faces.client() as http:
        assert (await http.post(f"{SETTERS}/externalactions", json={"value": value}, headers=RIGHT)).json() == CHANGED
        (shown,) = (await http.get("/api/config")).json()["externalActions"]
    assert shown == {
        **dict.fromkeys(("html", "description", "icon", "color"), ""),
        "url": "https://a.example",
        "title": "A",
        "openExternally": False,
    }


@pytest.mark.parametrize("path", SAMPLES)
async def test_a_setting_is_changed_by_its_path(faces: Faces, path: str) -> None:
    right, wrong = SAMPLES[path]
    row = next(row for row in SETTINGS if row.owncast_path == path)
    home = faces.channels.home().id
    async with faces.client() as http:
        answer = await http.post(f"{SETTERS}/{path}", json={"value": right}, headers=RIGHT)
        assert (answer.status_code, answer.json()) == (200, FROM_NEXT_START if path in AT_NEXT_START else CHANGED)
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
        http.cookies.clear()
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
        http.cookies.clear()
        assert (await http.get("/api/admin/status", headers=RIGHT)).status_code == 401
        assert (await http.get("/api/admin/status", headers=basic("a better password"))).status_code == 200


async def test_a_short_password_is_taken_as_owncast_does_and_the_pages_warn_of_it(faces: Faces) -> None:
    async with faces.client() as http:
        assert "fewer than 8 characters" not in (await http.get("/admin/", headers=RIGHT)).text
        answer = await http.post(f"{SETTERS}/adminpass", json={"value": "abc123"}, headers=RIGHT)
        assert answer.json() == CHANGED
        http.cookies.clear()
        page = await http.get("/admin/", headers=basic("abc123"))
    assert "Your password has fewer than 8 characters" in page.text


@pytest.mark.parametrize("value", ["", "x" * 1025, 12345678, None])
async def test_a_password_that_cannot_be_is_refused_and_the_old_one_stays(faces: Faces, value: object) -> None:
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

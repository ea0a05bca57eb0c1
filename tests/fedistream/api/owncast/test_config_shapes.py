from datetime import UTC, datetime

from fedistream import __version__
from fedistream.api.http.listening import Listening
from fedistream.api.owncast.config_shapes import server_config, web_config
from fedistream.channels.values import StreamKey
from tests.kit.setting_values import WITHOUT

LISTENING = Listening("0.0.0.0", 8080, "0.0.0.0", 1935)


AT = datetime(2026, 5, 1, tzinfo=UTC)


def test_the_config_of_a_node_with_nothing_set_has_every_key_that_clients_read() -> None:
    assert web_config(WITHOUT) == {
        "name": "Fedistream",
        "summary": "",
        "logo": "/logo",
        "version": f"Owncast v0.2.3-fedistream (Fedistream {__version__})",
        "offlineMessage": "",
        "extraPageContent": "",
        "tags": [],
        "socialHandles": [],
        "externalActions": [],
        "customStyles": "",
        "appearanceVariables": {},
        "maxSocketPayloadSize": 2048,
        "hideViewerCount": False,
        "chatDisabled": True,
        "chatSpamProtectionDisabled": False,
        "chatRequireAuthentication": False,
        "nsfw": False,
        "autoplay": "always",
        "notifications": {"browser": {"enabled": False}},
        "federation": {"enabled": False, "hideFollowersTab": False},
        "authentication": {"indieAuthEnabled": False},
        "schedule": {"enabled": False, "showCountdown": False, "chatOpenMinutesBefore": 0},
    }


def test_page_content_and_offline_message_come_rendered_to_visitors_and_as_written_to_the_admin() -> None:
    values = {**WITHOUT, "pagecontent": "# Hi <script>x</script>", "offlinemessage": "back at *eight*"}
    visitors = web_config(values)
    assert visitors["extraPageContent"] == "<h1>Hi </h1>"
    assert visitors["offlineMessage"] == "<p>back at <em>eight</em></p>"
    details = server_config(values, [], LISTENING)["instanceDetails"]
    assert isinstance(details, dict)
    assert details["extraPageContent"] == "# Hi <script>x</script>"
    assert details["offlineMessage"] == "back at *eight*"


def test_title_and_socket_host_are_there_only_when_set() -> None:
    shape = web_config({**WITHOUT, "streamtitle": "Pottery", "sockethostoverride": "wss://chat.example"})
    assert (shape["streamTitle"], shape["socketHostOverride"]) == ("Pottery", "wss://chat.example")


def test_the_spam_key_carries_whether_the_protection_is_on_as_owncasts_does() -> None:
    assert web_config({**WITHOUT, "chat/spamprotectionenabled": True})["chatSpamProtectionDisabled"] is True


def test_the_account_needs_federation_a_name_and_a_host() -> None:
    values = {**WITHOUT, "federation/enable": True, "federation/username": "ann", "serverurl": "https://live.example"}
    assert web_config(values, followers=3)["federation"] == {
        "enabled": True,
        "hideFollowersTab": False,
        "account": "ann@live.example",
        "followerCount": 3,
    }
    assert "account" not in str(web_config({**values, "serverurl": ""}))
    assert "account" not in str(web_config({**values, "federation/enable": False}))


def test_the_admins_config_has_every_key_of_the_document() -> None:
    shape = server_config(WITHOUT, [StreamKey("secret", "OBS", AT)], LISTENING)
    document = {
        *("instanceDetails", "notifications", "yp", "s3", "federation", "videoSettings", "supportedCodecs"),
        *("videoCodec", "externalActions", "streamKeys", "streamKeyOverridden", "adminPassword", "ffmpegPath"),
        *("webServerPort", "webServerIP", "rtmpServerPort", "rtmpServerAddress", "socketHostOverride"),
        *("videoServingEndpoint", "forbiddenUsernames", "suggestedUsernames", "chatDisabled"),
        *("chatJoinMessagesEnabled", "chatEstablishedUserMode", "disableSearchIndexing", "hideViewerCount", "schedule"),
    }
    assert document <= shape.keys()
    assert shape["streamKeys"] == [{"key": "secret", "comment": "OBS"}]
    assert (shape["webServerPort"], shape["rtmpServerPort"]) == (8080, 1935)
    instance = shape["instanceDetails"]
    assert isinstance(instance, dict)
    assert instance.keys() == {
        *("name", "summary", "logo", "version", "streamTitle", "tags", "socialHandles", "extraPageContent"),
        *("welcomeMessage", "offlineMessage", "customStyles", "customJavascript", "appearanceVariables", "nsfw"),
        "autoplay",
    }


def test_the_admins_password_is_not_handed_out_in_any_form() -> None:
    assert server_config(WITHOUT, [], LISTENING)["adminPassword"] == ""


def test_a_node_without_a_ladder_hands_on_what_it_gets() -> None:
    settings = server_config(WITHOUT, [], LISTENING)["videoSettings"]
    assert isinstance(settings, dict)
    (variant,) = settings["videoQualityVariants"]
    assert (variant["videoPassthrough"], variant["audioPassthrough"]) == (True, True)

"""The chat's calls: joining, reading back, moderating, bots. Who may make them is in test_gates."""

import base64
from typing import Any

import pytest

from fedistream.access_tokens.service import Scope
from fedistream.chat.moderation import ADMIN
from tests.kit.asking import ADDRESS
from tests.kit.faces import RIGHT, Faces

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


def data_url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


async def bot_says(faces: Faces, *texts: str) -> list[str]:
    """The ids of messages that a bot has said."""
    bot, home = await faces.chat.visitors.make_bot("Bot"), faces.channels.home().id
    return [(await faces.chat.poster.bot_says(home, bot, text)).id for text in texts]


async def test_a_registered_visitor_gets_an_id_a_token_and_the_requested_name(faces: Faces) -> None:
    async with faces.client() as http:
        answer = await http.post("/api/chat/register", json={"displayName": "  Ann\u202e "})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache, no-store, must-revalidate"
        told = answer.json()
        assert told["displayName"] == "Ann"
        assert (await http.get("/api/chat", params={"accessToken": told["accessToken"]})).json() == []
        visitor = await faces.chat.visitors.by_token(told["accessToken"])
        assert visitor is not None
        assert visitor.id == told["id"]


async def test_the_name_of_a_proxy_goes_before_that_of_the_body_and_both_may_be_missing(faces: Faces) -> None:
    async with faces.client() as http:
        proxied = await http.post("/api/chat/register", headers={"X-Forwarded-User": "Zoe"}, json={"displayName": "A"})
        assert proxied.json()["displayName"] == "Zoe"
        for body in ({}, {"displayName": None}, {"displayName": ""}):
            answer = await http.post("/api/chat/register", json=body)
            assert answer.status_code == 200
            assert answer.json()["displayName"]
        assert (await http.post("/api/chat/register")).status_code == 200


@pytest.mark.parametrize("body", [b"[]", b"{", b'"x"', b'{"displayName":7}', b'{"displayName":["x"]}', b"\xff"])
async def test_odd_registrations_are_refused_with_words(faces: Faces, body: bytes) -> None:
    async with faces.client() as http:
        answer = await http.post("/api/chat/register", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]


async def test_names_of_ten_thousand_marks_are_cut(faces: Faces) -> None:
    async with faces.client() as http:
        answer = await http.post("/api/chat/register", json={"displayName": "a" + "\u0301" * 10_000})
        assert answer.status_code == 200
        assert len(answer.json()["displayName"]) <= 30


async def test_a_banned_address_cannot_register_again(faces: Faces) -> None:
    await faces.chat.moderation.ban(ADDRESS)
    async with faces.client() as http:
        assert (await http.post("/api/chat/register", json={})).status_code == 403


async def test_the_history_is_read_in_pages_and_without_what_is_hidden(faces: Faces) -> None:
    ids = await bot_says(faces, *(f"line {n}" for n in range(6)))
    _, token = await faces.visitor("Ann")
    await faces.chat.moderation.set_visible([ids[3]], False, ADMIN)
    async with faces.client() as http:

        async def page(**query: object) -> list[str]:
            answer = await http.get("/api/chat", params={"accessToken": token, **query})  # type: ignore[dict-item]
            return [each["id"] for each in answer.json()]

        assert await page() == [ids[0], ids[1], ids[2], ids[4], ids[5]]
        assert await page(limit=2) == ids[4:]
        assert await page(limit=2, before=ids[4]) == ids[1:3]
        assert await page(since=ids[2]) == ids[4:]
        for query in ({"limit": "-1"}, {"limit": "x"}, {"since": "nonsense!"}, {"limit": "9" * 30}):
            assert (await http.get("/api/chat", params={"accessToken": token, **query})).status_code == 400, query


async def test_moderators_hide_messages_disable_visitors_and_see_their_details(faces: Faces) -> None:
    (ann, _), (_, key) = await faces.visitor("Ann"), await faces.visitor("Mod", moderator=True)
    ids = await bot_says(faces, "one", "two")
    async with faces.client() as http:
        query = {"accessToken": key}
        for path, visible in (("messagevisibility", False), ("updatemessagevisibility", True)):
            answer = await http.post(f"/api/chat/{path}", params=query, json={"idArray": ids, "visible": visible})
            assert answer.json() == {"success": True, "message": "changed"}
            shown = await faces.chat.messages.history(faces.channels.home().id)
            assert [each.id for each in shown] == (ids if visible else [])
        answer = await http.post("/api/chat/users/setenabled", params=query, json={"userId": ann.id, "enabled": False})
        assert answer.json() == {"success": True, "message": f"{ann.id} enabled: false"}
        details = (await http.get(f"/api/moderation/chat/user/{ann.id}", params=query)).json()
        assert details["user"]["disabledAt"] == "2026-05-01T12:00:00Z"
        assert (details["connectedClients"], details["messages"]) == ([], [])
        assert (await http.get("/api/moderation/chat/user/nobody", params=query)).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"idArray": "x", "visible": True}, {"idArray": [1], "visible": True}, {"idArray": [], "visible": 1}]
)
async def test_odd_changes_of_visibility_are_refused(faces: Faces, body: dict[str, object]) -> None:
    async with faces.client() as http:
        answer = await http.post("/api/admin/chat/messagevisibility", headers=RIGHT, json=body)
        assert (answer.status_code, answer.json()["success"]) == (400, False)


async def test_the_admins_list_of_messages_is_newest_first_with_hidden_ones_and_users(faces: Faces) -> None:
    ids = await bot_says(faces, "one", "two")
    await faces.chat.poster.system(faces.channels.home().id, "nobody's words")
    await faces.chat.moderation.set_visible([ids[0]], False, ADMIN)
    async with faces.client() as http:
        listed = (await http.get("/api/admin/chat/messages", headers=RIGHT)).json()
        assert [each["id"] for each in listed] == ids[::-1]
        assert all(each["user"]["isBot"] for each in listed)
        assert ["hiddenAt" in each for each in listed] == [False, True]


async def test_the_admin_bans_addresses_and_lifts_bans(faces: Faces) -> None:
    async with faces.client() as http:

        async def post(name: str, value: object) -> tuple[int, dict[str, Any]]:
            path = f"/api/admin/chat/users/ipbans/{name}"
            answer = await http.post(path, headers=RIGHT, json={"value": value})
            return answer.status_code, answer.json()

        assert await post("create", "192.0.2.9") == (200, {"success": True, "message": "IP address banned"})
        (ban,) = (await http.get("/api/admin/chat/users/ipbans", headers=RIGHT)).json()
        assert (ban["ipAddress"], ban["createdAt"]) == ("192.0.2.9", "2026-05-01T12:00:00Z")
        assert (await post("remove", "192.0.2.9"))[0] == 200
        assert (await http.get("/api/admin/chat/users/ipbans", headers=RIGHT)).json() == []
        for value in ("", "x", "0.0.0.0/0", None, 7):
            assert (await post("create", value))[0] == 400, value


async def test_a_ban_of_this_machine_by_the_api_keeps_its_clients_from_the_chat_but_not_from_the_admins_calls(
    faces: Faces,
) -> None:
    _, token = await faces.visitor("Ann")
    bans = "/api/admin/chat/users/ipbans"
    async with faces.client("127.0.0.1") as http:
        assert (await http.get(f"/api/chat?accessToken={token}")).status_code == 200
        assert (await http.post(f"{bans}/create", headers=RIGHT, json={"value": "127.0.0.1"})).status_code == 200
        assert (await http.get(f"/api/chat?accessToken={token}")).status_code == 401
        assert (await http.post(f"{bans}/remove", headers=RIGHT, json={"value": "127.0.0.1"})).status_code == 200
        assert (await http.get(f"/api/chat?accessToken={token}")).status_code == 200


async def test_why_something_was_done_stands_in_the_log_if_it_was_told(faces: Faces) -> None:
    (ann, _), (mod, key) = await faces.visitor("Ann"), await faces.visitor("Mod", moderator=True)
    (one,) = await bot_says(faces, "one")
    own, users = {"params": {"accessToken": key}}, "/api/admin/chat/users"
    calls: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("/api/chat/messagevisibility", own, {"idArray": [one], "visible": False}),
        ("/api/chat/users/setenabled", own, {"userId": ann.id, "enabled": False}),
        (f"{users}/setmoderator", {"headers": RIGHT}, {"userId": ann.id, "isModerator": True}),
        (f"{users}/ipbans/create", {"headers": RIGHT}, {"value": "192.0.2.9"}),
        (f"{users}/ipbans/remove", {"headers": RIGHT}, {"value": "192.0.2.9"}),
    ]
    async with faces.client() as http:
        for number, (path, who, body) in enumerate(calls):
            for reason in (7, "x" * 501):
                answer = await http.post(path, **who, json={**body, "reason": reason})
                assert answer.status_code == 400, path
                assert "reason" in answer.text
            told = await http.post(path, **who, json={**body, "reason": f" because of {number} "})
            assert told.status_code == 200, path
    actions = await faces.chat.moderation.actions()
    found = [(each.what, each.actor, each.target, each.why) for each in reversed(actions) if each.why]
    assert found == [
        ("hide message", mod.id, one, "because of 0"),
        ("disable visitor", mod.id, ann.id, "because of 1"),
        ("make moderator", ADMIN, ann.id, "because of 2"),
        ("ban address", ADMIN, "192.0.2.9", "because of 3"),
        ("lift ban", ADMIN, "192.0.2.9", "because of 4"),
    ]


async def test_moderators_are_made_listed_and_unmade(faces: Faces) -> None:
    ann, _ = await faces.visitor("Ann")
    async with faces.client() as http:
        for moderator in (True, False):
            body = {"userId": ann.id, "isModerator": moderator}
            assert (await http.post("/api/admin/chat/users/setmoderator", headers=RIGHT, json=body)).status_code == 200
            listed = (await http.get("/api/admin/chat/users/moderators", headers=RIGHT)).json()
            assert [each["scopes"] for each in listed] == ([["MODERATOR"]] if moderator else [])


async def test_users_are_searched_paged_and_deleted(faces: Faces) -> None:
    people = [(await faces.visitor(name))[0] for name in ("Ann", "Anna", "Bob")]
    async with faces.client() as http:

        async def names(**query: object) -> tuple[int, list[str]]:
            answer = (await http.get("/api/admin/users", headers=RIGHT, params=query)).json()  # type: ignore[arg-type]
            return answer["total"], sorted(each["displayName"] for each in answer["results"])

        assert await names() == (3, ["Ann", "Anna", "Bob"])
        assert await names(search="ann") == (2, ["Ann", "Anna"])
        assert (await names(limit=1, offset=1))[0] == 3
        assert (
            await http.post("/api/admin/users/delete", headers=RIGHT, json={"userId": people[0].id})
        ).status_code == 200
        assert await names(search="ann") == (1, ["Anna"])
        for query in ({"status": "odd"}, {"limit": "-1"}, {"offset": "1e9"}):
            assert (await http.get("/api/admin/users", headers=RIGHT, params=query)).status_code == 400, query
        for path in ("/api/admin/chat/users/disabled", "/api/admin/users/disabled", "/api/admin/clients"):
            assert (await http.get(path, headers=RIGHT)).json() == []


async def test_a_default_set_of_emoji_is_listed_and_served_as_pictures(faces: Faces) -> None:
    async with faces.client() as http:
        listed = (await http.get("/api/emoji")).json()
        assert len(listed) >= 60
        assert {"name": "fire", "url": "/img/emoji/fire.svg", "emoji": "/img/emoji/fire.svg"} in listed
        for each in listed:
            picture = await http.get(each["url"])
            assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
            assert "sandbox" in picture.headers["content-security-policy"]
            assert b"<script" not in picture.content
            assert len(picture.content) < 16 * 1024


async def test_an_emoji_is_uploaded_shown_and_deleted(faces: Faces) -> None:
    await faces.settings.change("chat.default_emoji", False)
    async with faces.client() as http:
        body = {"name": "wave.png", "data": data_url(PNG)}
        assert (await http.post("/api/admin/emoji/upload", headers=RIGHT, json=body)).status_code == 200
        url = "/img/emoji/wave.png"
        assert (await http.get("/api/emoji")).json() == [{"name": "wave", "url": url, "emoji": url}]
        shown = await http.get(url)
        assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
        assert shown.headers["x-content-type-options"] == "nosniff"
        gone = await http.post("/api/admin/emoji/delete", headers=RIGHT, json={"name": url})
        assert gone.status_code == 200
        assert (await http.get(url)).status_code == 404


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.svg", data_url(SVG, "image/svg+xml")),
        ("x.png", data_url(SVG)),
        ("../../x.png", data_url(PNG)),
        ("x/y", data_url(PNG)),
        ("", data_url(PNG)),
        ("x", "data:image/png;base64,%%%"),
        ("x", "no data url"),
        ("x", data_url(PNG + bytes(256 * 1024))),
    ],
)
async def test_what_is_no_picture_or_no_name_becomes_no_emoji(faces: Faces, name: str, data: str) -> None:
    await faces.settings.change("chat.default_emoji", False)
    async with faces.client() as http:
        answer = await http.post("/api/admin/emoji/upload", headers=RIGHT, json={"name": name, "data": data})
        assert (answer.status_code, answer.json()["success"]) == (400, False)
        assert (await http.get("/api/emoji")).json() == []


async def test_a_token_is_listed_for_the_admin_and_deleted_by_what_the_list_shows(faces: Faces) -> None:
    async with faces.client() as http:
        body = {"name": "Quiz", "scopes": ["CAN_SEND_MESSAGES"]}
        made = (await http.post("/api/admin/accesstokens/create", headers=RIGHT, json=body)).json()
        assert (made["displayName"], made["scopes"], made["type"]) == ("Quiz", ["CAN_SEND_MESSAGES"], "API")
        key = {"Authorization": f"Bearer {made['accessToken']}"}
        assert (await http.post("/api/integrations/chat/send", headers=key, json={"body": "hi"})).status_code == 200
        (listed,) = (await http.get("/api/admin/accesstokens", headers=RIGHT)).json()
        assert listed["accessToken"] == made["accessToken"]
        assert listed["lastUsedAt"] == "2026-05-01T12:00:00Z"
        gone = await http.post("/api/admin/accesstokens/delete", headers=RIGHT, json={"token": listed["accessToken"]})
        assert gone.json()["success"] is True
        assert (await http.post("/api/integrations/chat/send", headers=key, json={"body": "hi"})).status_code == 401
        for wrong in ({"name": "x", "scopes": ["ODD"]}, {"name": "x", "scopes": [1]}, {"name": "", "scopes": []}):
            answer = await http.post("/api/admin/accesstokens/create", headers=RIGHT, json=wrong)
            assert answer.status_code == 400, wrong


async def test_integrations_speak_as_bot_as_the_node_and_in_lines(faces: Faces) -> None:
    home, key = faces.channels.home().id, await faces.bearer(*Scope)
    async with faces.client() as http:
        for path in ("send", "system", "action"):
            answer = await http.post(f"/api/integrations/chat/{path}", headers=key, json={"body": f"by **{path}**"})
            assert answer.json() == {"success": True, "message": "sent"}, path
        said = (await http.get("/api/integrations/chat", headers=key)).json()
        assert [(each["type"], each["body"]) for each in said] == [
            ("CHAT", "<p>by <strong>send</strong></p>"),
            ("SYSTEM", "<p>by <strong>system</strong></p>"),
            ("CHAT_ACTION", "<p>by <strong>action</strong></p>"),
        ]
        assert (said[0]["user"]["displayName"], said[0]["user"]["isBot"]) == ("Bot", True)
        assert said[1]["user"] == {"displayName": faces.settings.value("channel.name", home)}
        for body in ({"body": ""}, {"body": 7}, {}, {"body": "x" * 9000}):
            answer = await http.post("/api/integrations/chat/send", headers=key, json=body)
            assert answer.status_code == 400, body
        # one that has just left is no error to Owncast's bots
        gone = await http.post("/api/integrations/chat/system/client/999", headers=key, json={"body": "x"})
        assert gone.json() == {"success": True, "message": "sent"}
        for path in ("user", "system/client/x"):
            answer = await http.post(f"/api/integrations/chat/{path}", headers=key, json={"body": "x"})
            assert answer.status_code == 400, path


async def test_integrations_change_the_title_and_read_the_peaks(faces: Faces) -> None:
    key = await faces.bearer(Scope.ADMIN)
    async with faces.client() as http:
        assert (
            await http.post("/api/integrations/streamtitle", headers=key, json={"value": "Pots"})
        ).status_code == 200
        status = (await http.get("/api/integrations/status", headers=key)).json()
        assert (status["streamTitle"], status["overallMaxViewerCount"], status["viewerCount"]) == ("Pots", 0, 0)
        assert (await http.post("/api/integrations/streamtitle", headers=key, json={"value": " "})).status_code == 400

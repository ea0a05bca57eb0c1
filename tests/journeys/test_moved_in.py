"""A server that was moved here from Owncast, in use: its admin, viewers and bots change nothing but the address."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fedistream.app.config import Config
from fedistream.app.owncast_import.command import take_over
from tests.kit import pictures
from tests.kit.asking import basic
from tests.kit.livenode import live_node
from tests.kit.owncast_folder import ACTOR, PASSWORD, POST, SERVER, V0_3, lived_in, stamp
from tests.kit.signing import ACTIVITY_JSON

ANN = f"token-of-ann-{'x' * 30}"
BOT = "Qbot" + "y" * 40
DONE, WRONG = (200, '"success":true'), (401, "unauthorized")


async def test_everybody_goes_on_with_what_they_have(tmp_path: Path) -> None:
    source = lived_in(tmp_path / "owncast", V0_3)
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    source.set(schedule_enabled=True)
    source.add("stream_events", {"id": "e_vent-1", "name": "Launch", "start_time": stamp(start)})
    await take_over(source.path, Config(data_dir=tmp_path / "data"))
    async with live_node(tmp_path / "data", admin_password="", stream_key="", public_url="") as node:
        http = node.http
        assert node.welcome.admin_password == ""

        # the admin signs in with the old password, again and again, and with no other one
        for password, status in ((PASSWORD, 200), ("wrong password", 401), (PASSWORD, 200)):
            http.cookies.clear()  # the first answer opens a session
            answer = await http.get("/api/admin/serverconfig", headers=basic(password))
            assert answer.status_code == status
        assert [key["key"] for key in answer.json()["streamKeys"]] == ["first-key-1", "second-key"]

        # viewers see the same pictures and files
        assert (await http.get("/logo")).content == pictures.png(30, 30)
        assert (await http.get("/favicon.ico")).headers["content-type"] == "image/vnd.microsoft.icon"
        assert (await http.get("/public/deep/sea.txt")).text == "deep blue"
        (event,) = (await http.get("/api/schedule")).json()
        assert (event["id"], event["name"]) == ("e_vent-1", "Launch")
        assert "Launch" in (await http.get("/schedule/e_vent-1")).text

        # a chat user and a bot keep their tokens
        assert (await http.get("/api/chat", params={"accessToken": ANN})).status_code == 200
        for token, found in ((f"Bearer {BOT}", DONE), (f"Bearer {BOT}x", WRONG), ("", WRONG)):
            headers = {"Authorization": token} if token else {}
            said = await http.post("/api/integrations/chat/send", headers=headers, json={"body": "hello"})
            assert (said.status_code, found[1] in said.text) == (found[0], True)

        # the account and its post are found where they were
        config = (await http.get("/api/config")).json()
        assert config["federation"]["account"] == f"live@{SERVER.removeprefix('https://')}"
        for path, url in (("/federation/user/live", ACTOR), (f"/federation/{POST}", f"{SERVER}/federation/{POST}")):
            document = await http.get(path, headers={"Accept": ACTIVITY_JSON})
            assert document.json()["id"] == url

"""The admin page: who gets in, what it shows, and what its forms do."""

import logging
import re
from dataclasses import replace
from html import unescape

import pytest
from httpx2 import AsyncClient, Response

from fedistream.channels.values import StreamKey
from tests.kit import onair
from tests.kit.asking import basic, client
from tests.kit.studio import BORN, PASSWORD, Studio

HTML = {"accept": "text/html"}
FORMS = ("title", "channel", "disconnect", "keys/add", "keys/renew", "keys/remove", "password")


def admin(studio: Studio) -> AsyncClient:
    web = client(studio.app())
    web.headers.update(basic(studio.people.password) | HTML)
    return web


def csrf_token(page: Response) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    return found.group(1)


async def post(studio: Studio, form: str, /, **fields: str) -> Response:
    """Fill the form in as a browser would, and follow where it leads."""
    async with admin(studio) as web:
        page = await web.get("/admin/")
        filled = {"csrf_token": csrf_token(page), **fields}
        return await web.post(f"/admin/{form}", data=filled, follow_redirects=True)


def said(page: Response) -> str:
    found = re.search(r'<p class="notice success">(.*?)</p>', page.text)
    return unescape(found.group(1)) if found else ""


async def test_the_page_without_its_last_slash_leads_to_it(studio: Studio) -> None:
    async with client(studio.app()) as web:
        answer = await web.get("/admin")
    assert (answer.status_code, answer.headers["location"]) == (301, "/admin/")


@pytest.mark.parametrize("path", ["/admin/", "/admin/live"])
async def test_nobody_sees_the_page_without_the_password(studio: Studio, path: str) -> None:
    async with client(studio.app()) as web:
        led = await web.get(path, headers=HTML)
        assert (led.status_code, led.headers["location"][:18]) == (303, "/admin/login?next=")
        for headers in (basic("wrong"), basic(PASSWORD, user="root")):
            answer = await web.get(path, headers=HTML | headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Basic")
            assert "first-secret-key" not in answer.text


@pytest.mark.parametrize("form", FORMS)
async def test_no_form_works_without_password_token_or_from_another_site(studio: Studio, form: str) -> None:
    studio.broadcasts.shown = onair.live()
    before = (dict(studio.settings.values), list(studio.channels.keys), studio.people.password)
    async with admin(studio) as web:
        good = csrf_token(await web.get("/admin/"))
        no_token = await web.post(
            f"/admin/{form}", data={"name": "x", "password": "long enough", "again": "long enough"}
        )
        other_site = await web.post(
            f"/admin/{form}", data={"csrf_token": good, "name": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
    async with client(studio.app()) as web:
        no_password = await web.post(f"/admin/{form}", data={"csrf_token": good, "name": "x"})
    assert [each.status_code for each in (no_token, other_site, no_password)] == [403, 403, 401]
    assert before == (studio.settings.values, studio.channels.keys, studio.people.password)


async def test_the_page_is_for_the_admin_alone_and_not_kept(studio: Studio) -> None:
    async with admin(studio) as web:
        page = await web.get("/admin/")
    assert page.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=", page.text) == []


async def test_a_live_broadcast_is_told_in_figures_and_can_be_ended(studio: Studio) -> None:
    studio.broadcasts.shown = replace(onair.live(), warnings=("Keyframes come every 8 s; 2 s would be better.",))
    async with admin(studio) as web:
        page = await web.get("/admin/")
        part = await web.get("/admin/live")
    for text in (page.text, part.text):
        assert "1920 × 1080" in text
        assert "libobs version 31.0.2" in text
        assert onair.OBS.address in text
        assert '<p class="notice warning">Keyframes come every 8 s' in text
    assert re.search(r'<form[^>]+id="disconnect">', page.text)


async def test_offline_there_is_nothing_to_disconnect(studio: Studio) -> None:
    async with admin(studio) as web:
        page = await web.get("/admin/")
    assert re.search(r'<form[^>]+hidden id="disconnect">', page.text)
    assert "You have not been live yet. Start streaming in your encoder to go live." in page.text


async def test_disconnecting_ends_the_broadcast(studio: Studio) -> None:
    assert said(await post(studio, "disconnect")) == "Nothing is live."


async def test_the_server_is_named_as_the_admin_reaches_it(studio: Studio) -> None:
    async with admin(studio) as web:
        assert ">rtmp://node.example/live<" in (await web.get("/admin/")).text
    studio.listening = replace(studio.listening, rtmp_port=2935)
    async with admin(studio) as web:
        studio.settings.values["node.public_url"] = "https://[2001:db8::1]:8443"
        assert ">rtmp://[2001:db8::1]:2935/live<" in (await web.get("/admin/")).text


async def test_a_title_is_set_and_said_to_be(studio: Studio) -> None:
    page = await post(studio, "title", **{"channel.title": 'Evening "quiet" & <late>'})
    assert said(page) == "Title saved."
    assert studio.settings.values["channel.title"] == 'Evening "quiet" & <late>'
    assert "<late>" not in page.text


async def test_the_channel_is_saved_as_typed(studio: Studio) -> None:
    form = {
        "channel.name": "Boats",
        "channel.tags": "#a, b",
        "channel.page_content": "x\r\ny",
        "broadcast.grace_s": "90",
    }
    await post(studio, "channel", **form)
    values = studio.settings.values
    assert (values["channel.name"], values["channel.tags"], values["channel.page_content"]) == (
        "Boats",
        ["a", "b"],
        "x\ny",
    )
    assert values["broadcast.grace_s"] == 90
    assert values["channel.summary"] == "Slow boats on a **slow** river."


async def test_what_is_right_is_saved_and_what_is_not_is_shown_again(studio: Studio) -> None:
    page = await post(studio, "channel", **{"channel.name": "", "channel.tags": "new", "broadcast.grace_s": "soon"})
    assert page.status_code == 422
    assert studio.settings.values["channel.tags"] == ["new"]
    assert studio.settings.values["channel.name"] == "Quiet Waters"
    assert '<p class="error" id="error-channel.name">must not be empty</p>' in page.text
    assert '<a href="#field-broadcast.grace_s">Reconnect time</a>: must be a number' in page.text
    assert re.search(r'id="field-broadcast.grace_s"[^>]+value="soon"[^>]+aria-invalid="true"', page.text, re.S)


async def test_a_field_that_did_not_change_is_not_set(studio: Studio) -> None:
    studio.settings.values["channel.name"] = ""  # would be refused if it were set again
    page = await post(studio, "channel", **{"channel.name": "", "channel.tags": "other"})
    assert said(page) == "Saved."


async def test_a_key_can_be_added_and_removed_again(studio: Studio) -> None:
    assert said(await post(studio, "keys/add", comment="laptop")) == "A stream key was added."
    first, second = studio.channels.keys
    assert (first.key, second.comment) == ("first-secret-key", "laptop")
    assert len(second.key) == 32
    async with admin(studio) as web:
        page = await web.get("/admin/")
        mark = re.findall(r'name="mark" value="([^"]+)"', page.text)[0]
    assert said(await post(studio, "keys/remove", mark=mark)) == "The stream key was removed."
    assert studio.channels.keys == [second]


async def test_removing_a_key_twice_removes_no_other(studio: Studio) -> None:
    studio.channels.keys.append(StreamKey("second", "b", BORN))
    assert said(await post(studio, "keys/remove", mark="gone already")) == "The stream key was removed."
    assert len(studio.channels.keys) == 2


async def test_the_last_key_cannot_be_removed(studio: Studio) -> None:
    studio.channels.keys.append(StreamKey("second", "b", BORN))
    async with admin(studio) as web:
        marks = re.findall(r'name="mark" value="([^"]+)"', (await web.get("/admin/")).text)
    studio.channels.keys.pop()
    answer = await post(studio, "keys/remove", mark=marks[0])
    assert answer.status_code == 409
    assert "replace it instead" in answer.text
    assert len(studio.channels.keys) == 1


async def test_there_is_an_end_to_keys(studio: Studio) -> None:
    studio.channels.keys = [StreamKey(f"key-{n}", "", BORN) for n in range(20)]
    assert (await post(studio, "keys/add")).status_code == 409
    assert len(studio.channels.keys) == 20


async def test_all_keys_can_be_replaced_by_a_new_one(studio: Studio) -> None:
    studio.channels.keys.append(StreamKey("second", "b", BORN))
    await post(studio, "keys/renew")
    (key,) = studio.channels.keys
    assert key.key not in ("first-secret-key", "second")


@pytest.mark.parametrize("form", ["keys/add", "keys/renew", "keys/remove"])
async def test_a_key_from_the_command_line_is_not_changed_here(studio: Studio, form: str) -> None:
    studio.listening = replace(studio.listening, key_overridden=True)
    async with admin(studio) as web:
        assert "/admin/keys/" not in (await web.get("/admin/")).text
    assert (await post(studio, form)).status_code == 409
    assert [key.key for key in studio.channels.keys] == ["first-secret-key"]


async def test_a_new_password_counts_at_once(studio: Studio) -> None:
    page = await post(studio, "password", password="a new long one", again="a new long one")
    assert said(page) == "Password changed."
    async with client(studio.app()) as web:
        assert (await web.get("/admin/", headers=HTML | basic(PASSWORD))).status_code == 401
    assert studio.people.password == "a new long one"
    async with admin(studio) as web:
        assert said(await web.get("/admin/?done=password")) == "Password changed."


@pytest.mark.parametrize(
    ("password", "again", "field"), [("short", "short", "password"), ("long enough", "long enuogh", "again")]
)
async def test_a_password_that_will_not_do_is_said_beside_its_field(
    studio: Studio, password: str, again: str, field: str
) -> None:
    page = await post(studio, "password", password=password, again=again)
    assert page.status_code == 422
    assert f'id="error-{field}"' in page.text
    assert password not in page.text
    assert studio.people.password == PASSWORD


async def test_an_address_puts_no_words_on_the_page(studio: Studio) -> None:
    async with admin(studio) as web:
        page = await web.get("/admin/?done=<b>you+were+hacked</b>")
    assert "hacked" not in page.text
    assert said(page) == ""


async def test_the_log_is_shown_newest_first_with_its_warnings_marked(studio: Studio) -> None:
    for level, message in ((logging.INFO, "all is well"), (logging.WARNING, "<refused>")):
        studio.log_buffer.handle(logging.LogRecord("x", level, "", 0, message, None, None))
    async with admin(studio) as web:
        text = (await web.get("/admin/live")).text
    assert text.index("&lt;refused&gt;") < text.index("all is well")
    assert '<li data-level="warning">' in text


async def test_an_unknown_page_of_the_admin_leads_back_to_the_desk(studio: Studio) -> None:
    async with admin(studio) as web:
        page = await web.get("/admin/nothing")
    assert page.status_code == 404
    assert 'href="/admin/"' in page.text

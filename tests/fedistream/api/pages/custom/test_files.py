"""The style sheet, the script and the external actions of the admin."""

import re

import pytest
from httpx2 import Response

from tests.kit.asking import client
from tests.kit.studio import Studio

HTML = "<script>parent.document.title = 'taken'</script>"
ACTIONS = [
    {"url": "https://far.example/tips", "title": "Tip <b>me</b>", "icon": "/public/tip.png", "color": "#ffcc00"},
    {"url": "http://plain.example/", "title": "Plain"},
    {"url": "https://far.example/", "title": "Elsewhere", "openExternally": True},
    {"html": HTML, "title": "Widget", "description": 'A "small" one'},
    {"url": "/follow", "title": "Ours"},
]


async def get(studio: Studio, path: str = "/") -> Response:
    async with client(studio.app()) as web:
        return await web.get(path)


async def change(studio: Studio, name: str, value: object) -> None:
    await studio.settings.change(name, value)


@pytest.mark.parametrize("path", ["/", "/embed/video"])
async def test_custom_styles_are_a_file_of_our_own(studio: Studio, path: str) -> None:
    assert "/customstyles/" not in (await get(studio, path)).text
    await change(studio, "page.custom_styles", "h1 { color: red }")
    await change(studio, "page.appearance", {"theme-color-action": "#00ff00"})
    page = await get(studio, path)
    assert "unsafe" not in page.headers["content-security-policy"]
    (link,) = re.findall(r'<link rel="stylesheet" href="(/customstyles/[^"]+)">', page.text)
    found = await get(studio, link)
    assert (found.status_code, found.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in found.headers["cache-control"]
    assert found.headers["x-content-type-options"] == "nosniff"
    assert "h1 { color: red }" in found.text
    assert "--accent: #00ff00;" in found.text
    await change(studio, "page.custom_styles", "")
    assert (await get(studio, link)).status_code == 302
    await change(studio, "page.appearance", {})
    assert (await get(studio, link)).status_code == 404


async def test_a_custom_script_runs_on_the_watch_page_alone(studio: Studio) -> None:
    empty = await get(studio, "/customjavascript")
    assert (empty.status_code, empty.text) == (200, "")
    assert "/customjavascript" not in (await get(studio)).text
    await change(studio, "page.custom_javascript", "document.title = '</script>'")
    page, script = await get(studio), await get(studio, "/customjavascript")
    assert '<script type="module" src="/customjavascript?v=' in page.text
    assert "document.title" not in page.text
    assert (script.text, script.headers["content-type"]) == (
        "document.title = '</script>'",
        "text/javascript; charset=utf-8",
    )
    assert script.headers["x-content-type-options"] == "nosniff"
    for path in ("/embed/video", "/admin/"):
        assert "/customjavascript" not in (await get(studio, path)).text


async def test_external_actions_are_links_that_need_no_script(studio: Studio) -> None:
    assert "frame-src 'none'" in (await get(studio)).headers["content-security-policy"]
    await change(studio, "page.external_actions", ACTIONS)
    page = await get(studio)
    assert "frame-src 'self' https:;" in page.headers["content-security-policy"]
    tip, plain, elsewhere, widget, ours = re.findall(r'<a class="external-action".*?</a>', page.text)
    assert all('target="_blank" rel="noopener noreferrer"' in link for link in (tip, plain, elsewhere, widget, ours))
    assert "Tip &lt;b&gt;me&lt;/b&gt;" in tip
    assert "allow-same-origin" in tip
    assert "data-sandbox" not in plain + elsewhere
    assert "allow-same-origin" not in widget + ours
    assert "A &#34;small&#34; one" in widget
    assert HTML not in page.text


async def test_the_html_of_an_action_has_an_origin_of_its_own(studio: Studio) -> None:
    await change(studio, "page.external_actions", ACTIONS)
    (address,) = re.findall(r'href="(/externalactions/[^"]+)"', (await get(studio)).text)
    found = await get(studio, address)
    assert (found.text, found.headers["content-type"]) == (HTML, "text/html; charset=utf-8")
    policy = found.headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "allow-same-origin" not in policy
    assert found.headers["x-content-type-options"] == "nosniff"
    assert (await get(studio, "/externalactions/none")).status_code == 404


async def test_a_stream_for_adults_begins_with_a_warning(studio: Studio) -> None:
    assert "content-warning" not in (await get(studio)).text
    await change(studio, "channel.nsfw", True)
    for path in ("/", "/embed/video"):
        assert "Show the stream" in (await get(studio, path)).text


@pytest.mark.parametrize(("path", "status", "styled"), [("/nothing-here", 404, True), ("/admin/chat/", 401, False)])
async def test_an_error_page_has_the_custom_styles_unless_it_is_the_admins(
    studio: Studio, path: str, status: int, styled: bool
) -> None:
    await change(studio, "page.custom_styles", "h1 { color: red }")
    async with client(studio.app()) as web:
        page = await web.get(path, headers={"Accept": "text/html", "Authorization": "Basic d3Jvbmc6d3Jvbmc="})
    assert page.status_code == status
    assert ('href="/customstyles/' in page.text) is styled

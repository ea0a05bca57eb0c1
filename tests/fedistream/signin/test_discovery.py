"""Discovery of a website's authorization server: every way of naming it, and every kind of failure."""

from collections.abc import AsyncIterator

import pytest

from activitypub.network.guard import Guard
from activitypub.network.http_client import HttpClient, HttpLimits
from fedistream.core.errors import Invalid
from fedistream.signin.discovery import Profile, Server, canonical, discover
from tests.kit.invalid import invalid
from tests.kit.website import Website, website


@pytest.fixture
async def site() -> AsyncIterator[Website]:
    async with website() as opened:
        yield opened


@pytest.fixture
async def web(site: Website) -> AsyncIterator[HttpClient]:
    limits = HttpLimits(body=100_000, total_s=5)
    async with HttpClient(Guard(frozenset({site.authority})), "test", limits=limits) as http_client:
        yield http_client


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("example.com", "https://example.com/"),
        ("  HTTPS://Example.COM ", "https://example.com/"),
        ("http://example.com/~ann?x=1", "http://example.com/~ann?x=1"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://münchen.example/ann", "https://xn--mnchen-3ya.example/ann"),
        ("https://example.com/Ann", "https://example.com/Ann"),
    ],
)
def test_a_website_has_one_spelling(typed: str, url: str) -> None:
    assert canonical(typed) == url
    assert canonical(url) == url


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "https://", "mailto:ann@example.com", "https://ann:secret@example.com/", "ftp://example.com/"),
        *(
            "https://example.com/#me",
            "https://example.com/a/../b",
            "https://example.com/./",
            "javascript://example.com",
        ),
        *("https://exa mple.com/", "https://example.com/" + "x" * 500, "\0", "https://.example.com/", "https://a..b/"),
        *("x" * 3000, "https://\ud800.example/", "https://ex\nample.com/"),
    ],
)
def test_what_is_no_website_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        canonical(typed)
    assert refused.value.field == "authHost"


async def test_the_metadata_of_a_server_says_what_it_is_called(site: Website, web: HttpClient) -> None:
    server = Server(f"{site.origin}/auth", site.url, says_issuer=True)
    assert await discover(web, site.url) == Profile((site.url,), server)


@pytest.mark.parametrize("names", ["header", "html"])
async def test_an_older_server_is_named_by_its_endpoint(site: Website, web: HttpClient, names: str) -> None:
    site.names = names
    assert await discover(web, site.url) == Profile((site.url,), Server(f"{site.origin}/auth"))


async def test_a_permanent_redirect_changes_the_address_of_a_website(site: Website, web: HttpClient) -> None:
    moved = await discover(web, f"{site.origin}/moved")
    assert moved.urls == (f"{site.origin}/moved", site.url)
    away = await discover(web, f"{site.origin}/elsewhere")
    assert away.urls == (f"{site.origin}/elsewhere",)
    assert away.server == moved.server


@pytest.mark.parametrize(
    ("path", "more", "words"),
    [
        ("/none", {}, "answered 404"),
        ("/round", {}, "redirects too often"),
        ("/", {"names": "nothing"}, "names no IndieAuth server"),
        ("/", {"names": "html", "endpoint": "javascript:alert(1)"}, "not connected to"),
        ("/", {"names": "html", "endpoint": "//[::1"}, "not connected to"),
        ("/", {"names": "html", "endpoint": "https://\u00adx..y/"}, "not connected to"),
        ("/", {"endpoint": "http://127.0.0.1:1/"}, "not connected to"),
        ("/", {"metadata": {"issuer": "x"}}, "does not say how"),
        ("/", {"metadata": {"authorization_endpoint": ["/auth"]}}, "does not say how"),
        ("/", {"metadata": {"authorization_endpoint": "/auth", "issuer": 7}}, "does not say how"),
        ("/", {"metadata": ["/auth"]}, "does not say how"),
        ("/", {"endpoint": "/gone"}, "does not say how"),
        ("/", {"page": b"x" * 200_000}, "too large"),
        ("/", {"page": b"\xff\xfe<link rel=authorization_endpoint"}, "names no IndieAuth server"),
    ],
)
async def test_a_website_without_a_server_is_told_so(
    site: Website, web: HttpClient, path: str, more: dict[str, object], words: str
) -> None:
    for name, value in more.items():
        setattr(site, name, value)
    with invalid(words):
        await discover(web, site.origin + path)


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://169.254.169.254/", "http://example.com/"],
)
async def test_an_address_of_our_own_network_is_not_looked_at(site: Website, web: HttpClient, url: str) -> None:
    with invalid("not connected to from here"):
        await discover(web, url)
    assert site.visits == []


async def test_a_website_that_does_not_answer_is_told_so(web: HttpClient, site: Website) -> None:
    async with website() as other:
        gone = other.origin
    async with HttpClient(Guard(frozenset({gone.partition("://")[2]})), "test") as http_client:
        with invalid("did not answer"):
            await discover(http_client, f"{gone}/")


async def test_what_an_outsider_is_told_does_not_depend_on_what_there_is_in_our_network() -> None:
    """A name that does not resolve, a private address, a refused connection, a port nobody may ask for: one answer."""
    async with website() as other:
        refused = other.origin
    told = set()
    async with HttpClient(Guard(frozenset({refused.partition("://")[2]})), "test") as http_client:
        for url in (
            "https://no-such-name.invalid/",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://127.0.0.1:8443/",
            "https://10.0.0.1/",
            "https://example.com:22/",
            f"{refused}/",
        ):
            with pytest.raises(Invalid) as error:
                await discover(http_client, url)
            told.add(str(error.value))
    assert len(told) == 1

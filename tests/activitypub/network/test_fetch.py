import gzip
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from activitypub import strictjson
from activitypub.network.fetch import Fetcher, FetchFailed, FetchFailure
from activitypub.network.guard import Guard
from activitypub.network.http_client import HttpClient
from activitypub.network.schemes import Schemes
from activitypub.signatures import Scheme, parse_signature
from activitypub.signatures.request import Request
from tests.kit.actors import NODE
from tests.kit.remote import Handler, Remote, client_for, json_response, make_certificate, remote
from tests.kit.signing import ACTIVITY_JSON, NOW, signer

INSTANCE = signer(f"{NODE}/actor")
LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


class World:
    """Documents by path, as a server answers with them. `{origin}` in a document is the server's origin."""

    def __init__(self, **paths: Any) -> None:
        self.paths = {f"/{path}": answer for path, answer in paths.items()}
        self.far: Remote | None = None

    def __call__(self, request: Request) -> web.StreamResponse:
        answer = self.paths.get(request.target, web.Response(status=404))
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, web.StreamResponse):
            return answer
        return json_response(strictjson.write(answer).replace(b"{origin}", request.origin.encode()))


def note(path: str = "note", **members: Any) -> dict[str, Any]:
    return {"id": f"{{origin}}/{path}", "type": "Note", "content": "x"} | members


def redirect(to: str, status: int = 302) -> Handler:
    return lambda request: web.Response(status=status, headers={"Location": to.replace("{origin}", request.origin)})


def fetcher(client: HttpClient, schemes: Schemes | None = None) -> Fetcher:
    return Fetcher(client, INSTANCE, schemes or Schemes(), lambda: NOW)


async def failure(answer: Handler, path: str = "/note") -> FetchFailure:
    """Return why there is no document at this path of a server that answers like this."""
    async with remote(answer) as far, client_for(far) as client:
        with pytest.raises(FetchFailed) as caught:
            await fetcher(client).activity(far.origin + path)
    return caught.value.failure


def verified(request: Request, scheme: Scheme) -> bool:
    parsed = parse_signature(request, now=NOW)
    return parsed.scheme is scheme and parsed.key_id == INSTANCE.key_id and parsed.verified_by(INSTANCE.key.public())


async def test_a_document_is_fetched_with_a_signature_that_the_far_end_can_verify() -> None:
    async with remote(World(note=note())) as far, client_for(far) as client:
        found = await fetcher(client).activity(f"{far.origin}/note#fragment")
        assert (found.url, found.document["content"]) == (f"{far.origin}/note", "x")
        (asked,) = far.asked
        assert verified(asked, Scheme.CAVAGE)
        assert asked.target == "/note"
        assert asked.header("accept") == f"{ACTIVITY_JSON}, {LD_JSON}"


async def test_the_other_signature_is_tried_on_a_refusal_and_first_the_next_time() -> None:
    def only_9421(request: Request) -> web.StreamResponse:
        return World(note=note())(request) if request.header("signature-input") else web.Response(status=401)

    schemes = Schemes()
    async with remote(only_9421) as far, client_for(far) as client:
        for _ in range(2):
            await fetcher(client, schemes).activity(f"{far.origin}/note")
        assert [verified(each, Scheme.RFC9421) for each in far.asked[1:]] == [True, True]
        assert verified(far.asked[0], Scheme.CAVAGE)
        assert schemes.get(far.authority, NOW) is Scheme.RFC9421


async def test_a_server_that_goes_back_to_cavage_is_followed() -> None:
    def only_cavage(request: Request) -> web.StreamResponse:
        return web.Response(status=401) if request.header("signature-input") else World(note=note())(request)

    schemes = Schemes()
    async with remote(only_cavage) as far, client_for(far) as client:
        schemes.put(far.authority, Scheme.RFC9421, NOW)
        await fetcher(client, schemes).activity(f"{far.origin}/note")
        assert schemes.get(far.authority, NOW) is Scheme.CAVAGE


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (400, FetchFailure.REFUSED),
        (401, FetchFailure.REFUSED),
        (403, FetchFailure.REFUSED),
        (404, FetchFailure.NOT_FOUND),
        (406, FetchFailure.REFUSED),
        (408, FetchFailure.UNREACHABLE),
        (410, FetchFailure.GONE),
        (429, FetchFailure.UNREACHABLE),
        (500, FetchFailure.UNREACHABLE),
        (503, FetchFailure.UNREACHABLE),
        (204, FetchFailure.INVALID),
        (304, FetchFailure.INVALID),
    ],
)
async def test_each_status_says_why_there_is_nothing(status: int, why: FetchFailure) -> None:
    assert await failure(lambda _: web.Response(status=status)) is why


@pytest.mark.parametrize(
    "media_type", [LD_JSON, LD_JSON.replace("; ", ";"), f"{ACTIVITY_JSON}; charset=utf-8", ACTIVITY_JSON.upper()]
)
async def test_both_media_types_are_accepted(media_type: str) -> None:
    def answer(request: Request) -> web.Response:
        return json_response(
            strictjson.write(note()).replace(b"{origin}", request.origin.encode()), media_type=media_type
        )

    async with remote(answer) as far, client_for(far) as client:
        assert (await fetcher(client).activity(f"{far.origin}/note")).document["type"] == "Note"


@pytest.mark.parametrize("media_type", ["application/json", "application/ld+json", "text/html", "image/png", ""])
async def test_an_upload_that_looks_like_a_document_is_not_believed(media_type: str) -> None:
    """CVE-2024-25623: an attacker may upload an actor document as a media file."""

    def answer(request: Request) -> web.Response:
        return json_response(
            strictjson.write(note()).replace(b"{origin}", request.origin.encode()), media_type=media_type
        )

    assert await failure(answer) is FetchFailure.INVALID


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nonsense", b'{"id": 1, "id": 2}', b'{"a":' * 100_000, b"{}", b'{"id": "x"}']
)
async def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    assert await failure(lambda _: json_response(body)) is FetchFailure.INVALID


async def test_a_document_beyond_the_size_limit_is_not_believed() -> None:
    assert await failure(lambda _: json_response(b"{" + b" " * 1024 * 1024 + b"}")) is FetchFailure.INVALID


@pytest.mark.parametrize("body", [gzip.compress(b"{}", mtime=0), strictjson.write(note("note"))])
async def test_a_compressed_document_is_refused_and_one_that_says_it_is(body: bytes) -> None:
    def answer(request: Request) -> web.Response:
        headers = {"Content-Encoding": "gzip", "Content-Type": ACTIVITY_JSON}
        return web.Response(body=body.replace(b"{origin}", request.origin.encode()), headers=headers)

    assert await failure(answer) is FetchFailure.INVALID


async def test_the_url_of_a_page_leads_to_the_document_of_its_own_id() -> None:
    async with (
        remote(World(**{"@ann": note("users/ann"), "users/ann": note("users/ann")})) as far,
        client_for(far) as client,
    ):
        found = await fetcher(client).activity(f"{far.origin}/@ann")
        assert found.url == f"{far.origin}/users/ann"
        assert [each.target for each in far.asked] == ["/@ann", "/users/ann"]


async def test_a_document_that_claims_the_id_of_another_host_is_fetched_there() -> None:
    """CVE-2024-23832: only the original is believed, and not the copy on another host."""
    async with remote(World(note=note(content="true"))) as far:
        forged = World(note=note(id=f"{far.origin}/note", content="forged"))
        async with remote(forged) as evil, client_for(far, evil) as client:
            found = await fetcher(client).activity(f"{evil.origin}/note")
            assert found.document["content"] == "true"


async def test_a_document_that_claims_an_id_which_is_not_there_is_not_believed() -> None:
    assert await failure(World(note=note("other"))) is FetchFailure.NOT_FOUND
    assert await failure(World(note=note("other"), other=note("third"))) is FetchFailure.INVALID


async def test_redirects_are_followed_twice_and_signed_anew_each_time() -> None:
    world = World(old=redirect("/older"), older=redirect("{origin}/note"), note=note())
    async with remote(world) as far, client_for(far) as client:
        found = await fetcher(client).activity(f"{far.origin}/old")
        assert found.document["content"] == "x"
        # the id differs from what was asked for, so it is fetched once more
        assert [each.target for each in far.asked] == ["/old", "/older", "/note", "/note"]
        assert all(verified(each, Scheme.CAVAGE) for each in far.asked)


async def test_a_third_redirect_is_one_too_many() -> None:
    loop = World(note=redirect("/note"))
    assert await failure(loop) is FetchFailure.INVALID


@pytest.mark.parametrize("to", ["", "http://[", "ftp://a.example/", "https://u@a.example/", "javascript:x"])
async def test_a_redirect_to_nowhere_is_not_followed(to: str) -> None:
    assert await failure(World(note=redirect(to))) is FetchFailure.INVALID


@pytest.mark.parametrize(
    "to", ["https://127.0.0.1/", "http://169.254.169.254/latest", "https://localhost:8443/", "http://127.0.0.1:1/"]
)
async def test_a_redirect_into_the_private_network_is_blocked(to: str) -> None:
    assert await failure(World(note=redirect(to))) is FetchFailure.BLOCKED


async def test_a_server_that_serves_the_id_of_another_by_redirect_is_not_believed() -> None:
    """The id names the first host, but the document came from the second."""
    async with remote(World()) as far:
        evil = World()
        async with remote(evil) as second, client_for(far, second) as client:
            wanted = f"{far.origin}/note"
            far.answer = World(note=redirect(f"{second.origin}/note"))
            evil.paths["/note"] = note(id=wanted)
            with pytest.raises(FetchFailed) as caught:
                await fetcher(client).activity(wanted)
            assert caught.value.failure is FetchFailure.INVALID


async def test_an_unreachable_or_blocked_host_says_so() -> None:
    async with remote(World()) as far:
        gone = far.origin
    async with client_for(far) as client:
        for url, why in (
            (gone, FetchFailure.UNREACHABLE),
            ("https://127.0.0.1/", FetchFailure.BLOCKED),
            ("x", FetchFailure.INVALID),
        ):
            with pytest.raises(FetchFailed) as caught:
                await fetcher(client).activity(url)
            assert caught.value.failure is why


async def test_json_without_an_id_is_fetched_for_discovery() -> None:
    world = World(
        jrd=json_response("{}", media_type="application/jrd+json"), page=json_response("{}", media_type="text/html")
    )
    async with remote(world) as far, client_for(far) as client:
        assert (await fetcher(client).json(f"{far.origin}/jrd")).document == {}
        with pytest.raises(FetchFailed):
            await fetcher(client).json(f"{far.origin}/page")


@pytest.mark.parametrize("media_type", ["application/json", 'application/json; profile="x"', "application/ld+json"])
async def test_discovery_takes_any_json(media_type: str) -> None:
    async with remote(lambda _: json_response("{}", media_type=media_type)) as far, client_for(far) as client:
        assert (await fetcher(client).json(far.origin)).document == {}


async def test_a_redirect_from_https_to_http_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed hosts, for which http is allowed, are no exception: an encrypted request must not be sent in the clear."""
    context, trusted = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with remote(World(note=note())) as plain:
        to_plain = World(note=redirect(f"{plain.origin}/note"))
        async with remote(to_plain, tls=context) as far, client_for(plain, far) as client:
            with pytest.raises(FetchFailed, match="from https to http"):
                await fetcher(client).activity(f"{far.origin}/note")
            assert plain.asked == []


async def test_a_guard_without_a_list_lets_no_fetch_reach_this_machine() -> None:
    async with remote(World(note=note())) as far, HttpClient(Guard(), "x") as client:
        with pytest.raises(FetchFailed) as caught:
            await fetcher(client).activity(f"{far.origin}/note")
        assert caught.value.failure is FetchFailure.BLOCKED
        assert far.asked == []

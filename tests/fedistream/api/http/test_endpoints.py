import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message

from fedistream.api.http.endpoints import (
    ANYONE,
    BODY_TIME_S,
    Authenticator,
    Endpoint,
    WrongTable,
    in_every_channel,
    json_response,
    routes,
)
from fedistream.api.http.permissions import ADMIN, REQUIREMENTS, Kind, Permission, Principal, Role
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import MAX_JSON_DEPTH, ApiRequest, Unidentified
from fedistream.api.wording import sentence
from fedistream.channels.values import Channel
from fedistream.core.errors import Invalid, NotFound, Outage, Refusal, ValueProblem
from tests.kit.asking import ADDRESS, client
from tests.kit.routing import CHANNEL, access

GARDEN = Channel(2, "garden", CHANNEL.created_at)


class Plain:
    """An envelope whose answers can be told apart."""

    def refusal(self, request: ApiRequest, error: Refusal) -> Response:
        return PlainTextResponse(f"{type(error).__name__}: {sentence(error)}", 400)

    def wrong_method(self, request: ApiRequest, allowed: Sequence[str]) -> Response:
        return PlainTextResponse("wrong method", 405, {"Allow": ", ".join(allowed)})

    def fault(self, request: ApiRequest) -> Response:
        return PlainTextResponse("fault", 500)


async def knock(request: ApiRequest) -> Principal:
    if request.http.headers.get("authorization") != "Basic right":
        raise Unidentified("Basic")
    return ADMIN


async def knock_with_token(request: ApiRequest) -> Principal:
    if request.http.headers.get("authorization") != "Bearer right":
        raise Unidentified
    return Principal(Kind.INTEGRATION, "a bot", frozenset((Role.SEND_MESSAGES,)))


GATES = {
    Kind.ANONYMOUS: ANYONE,
    Kind.ADMIN: Authenticator(knock, ambient=True),
    Kind.INTEGRATION: Authenticator(knock_with_token, ambient=False),
}


class Counter:
    def __init__(self) -> None:
        self.value = 0


async def read(request: ApiRequest, counter: Counter) -> Response:
    return json_response({"value": counter.value, "who": request.principal.id})


async def raise_(request: ApiRequest, counter: Counter) -> Response:
    counter.value += request.member("by", int)
    return json_response({"value": counter.value})


async def echo(request: ApiRequest, counter: Counter) -> Response:
    return json_response(request.json())


async def missing(request: ApiRequest, counter: Counter) -> Response:
    raise NotFound(RequestProblem.NO_PAGE)


async def break_(request: ApiRequest, counter: Counter) -> Response:
    raise RuntimeError("a secret that must not get out")


async def who(request: ApiRequest, counter: Counter) -> Response:
    request.headers["X-Seen"] = "yes"
    return json_response([request.address, request.user_agent, request.query.get("q"), request.parts.get("name")])


async def channel(request: ApiRequest, counter: Counter) -> Response:
    return json_response([request.channel.id, request.channel.slug])


TABLE: tuple[Endpoint[Counter], ...] = (
    Endpoint("GET", "/counter", read, Permission.ANYONE),
    Endpoint("POST", "/counter", raise_, Permission.ADMIN),
    Endpoint("GET", "/admin/counter", read, Permission.ADMIN),
    Endpoint("POST", "/admin/counter", raise_, Permission.ADMIN),
    Endpoint("GET", "/admin/reset", read, Permission.ADMIN, changes=True),
    Endpoint("POST", "/echo", echo, Permission.ANYONE, body_limit=200),
    Endpoint("POST", "/bot", echo, Permission.SEND_MESSAGES),
    Endpoint("POST", "/system", echo, Permission.SEND_SYSTEM_MESSAGES),
    *in_every_channel(Endpoint("GET", "/channel", channel, Permission.ANYONE)),
    Endpoint("GET", "/missing", missing, Permission.ANYONE),
    Endpoint("GET", "/broken", break_, Permission.ANYONE),
    Endpoint("GET", "/who/{name}", who, Permission.ANYONE),
)
RIGHT = {"Authorization": "Basic right"}


def application(
    table: Sequence[Endpoint[Counter]] = TABLE, body_time_s: float = BODY_TIME_S, **more: float
) -> Starlette:
    return Starlette(routes=routes(table, Counter(), access(GATES, GARDEN), Plain(), body_time_s=body_time_s, **more))


async def test_a_handler_gets_the_ask_and_the_services_it_names() -> None:
    async with client(application()) as http:
        answer = await http.post("/admin/counter", json={"by": 3}, headers=RIGHT)
        assert answer.json() == {"value": 3}
        assert (await http.get("/admin/counter", headers=RIGHT)).json() == {"value": 3, "who": "admin"}


async def test_an_ask_knows_address_agent_query_and_path_parts() -> None:
    async with client(application(), agent="A" * 1000) as http:
        answer = await http.get("/who/ann?q=1")
    assert answer.json() == [ADDRESS, "A" * 512, "1", "ann"]
    assert answer.headers["x-seen"] == "yes"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Endpoint("GET", "/x", read, Permission.VISITOR), "no authenticator recognises visitor"),
        (Endpoint("BREW", "/x", read, Permission.ANYONE), "no such method"),
        (Endpoint("GET", "/counter", read, Permission.ANYONE), "listed twice"),
    ],
)
def test_a_wrong_table_cannot_be_built(entry: Endpoint[Counter], why: str) -> None:
    with pytest.raises(WrongTable, match=why):
        application((*TABLE, entry))


async def test_a_principal_without_the_role_is_refused_as_if_unknown() -> None:
    async with client(application()) as http:
        for headers in ({}, RIGHT, {"Authorization": "Bearer wrong"}):
            assert (await http.post("/bot", json=[1], headers=headers)).text == "Unidentified: Unauthorized"
        bot = {"Authorization": "Bearer right"}
        assert (await http.post("/bot", json=[1], headers=bot)).json() == [1]
        assert (await http.post("/system", json=[1], headers=bot)).text == "Unidentified: Unauthorized"


async def test_the_paths_of_today_are_about_the_home_channel() -> None:
    async with client(application()) as http:
        assert (await http.get("/channel")).json() == [1, "home"]


async def test_a_path_with_a_slug_is_about_that_channel() -> None:
    async with client(application()) as http:
        assert (await http.get("/c/garden/channel")).json() == [2, "garden"]
        assert (await http.get("/c/home/channel")).json() == [1, "home"]


@pytest.mark.parametrize("slug", ["nobody", "GARDEN", "garden%20", "%2e%2e%2e", "garden%00"])
async def test_a_slug_without_a_channel_is_refused_in_the_faces_words(slug: str) -> None:
    async with client(application()) as http:
        answer = await http.get(f"/c/{slug}/channel")
    assert (answer.status_code, answer.text) == (400, "NotFound: there is no such channel")


async def test_every_method_of_a_path_below_a_channel_is_that_of_the_path_without() -> None:
    async with client(application()) as http:
        assert (await http.head("/c/garden/channel")).status_code == 200
        assert (await http.post("/c/garden/channel")).status_code == 405


def test_each_permission_says_what_it_needs() -> None:
    assert set(REQUIREMENTS) == set(Permission)


async def test_a_wrong_method_is_told_every_right_one() -> None:
    async with client(application()) as http:
        answer = await http.delete("/counter")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST, HEAD, OPTIONS"


async def test_a_wrong_method_on_a_guarded_path_passes_the_gate_first() -> None:
    async with client(application()) as http:
        assert (await http.delete("/admin/counter")).text == "Unidentified: Unauthorized"
        assert (await http.delete("/admin/counter", headers=RIGHT)).status_code == 405


async def test_head_is_a_get_without_its_body() -> None:
    async with client(application()) as http:
        head, get = await http.head("/counter"), await http.get("/counter")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(get.content))


async def test_a_get_that_changes_something_has_no_head() -> None:
    async with client(application()) as http:
        assert (await http.head("/admin/reset", headers=RIGHT)).status_code == 405
        assert (await http.get("/admin/reset", headers=RIGHT)).status_code == 200


@pytest.mark.parametrize("path", ["/counter", "/admin/counter", "/bot", "/echo"])
async def test_options_need_no_credentials(path: str) -> None:
    async with client(application()) as http:
        answer = await http.options(path)
    assert answer.status_code == 204
    assert answer.content == b""
    assert "OPTIONS" in answer.headers["allow"]


async def test_a_preflight_of_an_open_call_may_ask_with_json_and_a_token() -> None:
    async with client(application()) as http:
        answer = await http.options("/bot", headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-allow-headers"] == "Authorization, Content-Type"


async def test_no_page_elsewhere_may_read_what_a_browser_unlocks_by_itself() -> None:
    async with client(application()) as http:
        for answer in (await http.get("/admin/counter", headers=RIGHT), await http.options("/admin/counter")):
            assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_path_with_an_open_and_a_guarded_method_shares_only_the_open_one() -> None:
    async with client(application()) as http:
        assert (await http.options("/counter")).headers["access-control-allow-methods"] == "GET, HEAD"
        assert (await http.get("/counter")).headers["access-control-allow-origin"] == "*"
        written = await http.post("/counter", json={"by": 1}, headers=RIGHT)
        assert written.status_code == 200
        assert "access-control-allow-origin" not in written.headers


async def test_a_refusal_of_an_open_call_can_be_read_elsewhere_too() -> None:
    async with client(application()) as http:
        answer = await http.get("/missing")
    assert answer.text == "NotFound: there is no such page"
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_fault_is_logged_and_its_text_stays_inside(caplog: pytest.LogCaptureFixture) -> None:
    async with client(application()) as http:
        answer = await http.get("/broken")
    assert (answer.status_code, answer.text) == (500, "fault")
    assert "GET /broken failed" in caplog.text


SAME_SITE = [
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://node.example"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://node.example"},
    {"Origin": "https://NODE.example"},
]
OTHER_SITE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://sister.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://node.example"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://node.example.evil.example"},
    {"Origin": "http://node.example:8081"},
    {"Origin": "null"},
    {"Origin": "http://[::1"},
]


@pytest.mark.parametrize("headers", SAME_SITE)
async def test_our_own_pages_and_programs_may_write(headers: dict[str, str]) -> None:
    async with client(application()) as http:
        assert (await http.post("/admin/counter", json={"by": 1}, headers=RIGHT | headers)).status_code == 200


@pytest.mark.parametrize("headers", OTHER_SITE)
async def test_a_page_of_another_site_may_not_write_with_the_browsers_password(headers: dict[str, str]) -> None:
    async with client(application()) as http:
        written = await http.post("/admin/counter", json={"by": 1}, headers=RIGHT | headers)
        assert written.text == "OtherSite: a page of another site may not do this"
        reset = await http.get("/admin/reset", headers=RIGHT | headers)
        assert reset.text == "OtherSite: a page of another site may not do this"
        assert (await http.get("/admin/counter", headers=RIGHT)).json()["value"] == 0


async def test_any_page_may_write_where_it_must_bring_what_it_knows() -> None:
    headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site", "Authorization": "Bearer right"}
    async with client(application()) as http:
        assert (await http.post("/bot", json=[1], headers=headers)).json() == [1]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "Invalid: body is not valid JSON"),
        (b"{", "Invalid: body is not valid JSON"),
        (b"\xff\xfe", "Invalid: body is not valid JSON"),
        (b"NaN", "Invalid: body is not valid JSON"),
        (b'"\\ud800"', "Invalid: body is not valid JSON"),
        (b"[" * 190, "Invalid: body is not valid JSON"),
        (b"[" * 90 + b"]" * 90, f"Invalid: body is nested deeper than {MAX_JSON_DEPTH} levels"),
        (b" " * 201, "TooLarge: the body is larger than 200 bytes"),
    ],
)
async def test_a_bad_body_is_refused_in_the_faces_words(body: bytes, why: str) -> None:
    async with client(application()) as http:
        assert (await http.post("/echo", content=body)).text == why


async def test_json_may_be_nested_as_deep_as_the_limit() -> None:
    body = b"[" * MAX_JSON_DEPTH + b"]" * MAX_JSON_DEPTH
    async with client(application()) as http:
        assert (await http.post("/echo", content=body)).content == body


async def test_a_body_without_a_length_is_counted_as_it_comes() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 100
            yield b" " * 100

    async with client(application()) as http:
        answer = await http.post("/echo", content=endless())
    assert answer.text.startswith("TooLarge")


async def test_the_body_of_an_unauthorised_request_is_not_read() -> None:
    async with client(application()) as http:
        answer = await http.post("/admin/counter", content=b" " * 1_000_000)
    assert answer.text == "Unidentified: Unauthorized"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[]", "Invalid: body must be a JSON object"),
        (b"{}", "Invalid: by is missing"),
        (b'{"by": "3"}', "Invalid: by must be a whole number"),
        (b'{"by": true}', "Invalid: by must be a whole number"),
        (b'{"by": 1.5}', "Invalid: by must be a whole number"),
        (b'{"by": null}', "Invalid: by must be a whole number"),
    ],
)
async def test_a_member_must_be_there_and_of_its_kind(body: bytes, why: str) -> None:
    async with client(application()) as http:
        assert (await http.post("/admin/counter", content=body, headers=RIGHT)).text == why


class Raw:
    """One request to an ASGI application, message by message."""

    def __init__(self, method: str, path: str, incoming: list[Message]) -> None:
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"host", b"node.example")],
            "client": None,
            "server": ("node.example", 80),
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
        }
        self._incoming = incoming
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        if self._incoming:
            return self._incoming.pop(0)
        return await asyncio.Future()

    async def send(self, message: Message) -> None:
        self.sent.append(message)


async def test_a_client_that_disconnects_within_a_body_gets_no_answer() -> None:
    raw = Raw("POST", "/echo", [{"type": "http.request", "body": b"[", "more_body": True}, {"type": "http.disconnect"}])
    await application()(raw.scope, raw.receive, raw.send)
    assert raw.sent == []


async def test_a_body_that_does_not_come_is_not_waited_for_forever() -> None:
    raw = Raw("POST", "/echo", [{"type": "http.request", "body": b"[", "more_body": True}])
    await application(body_time_s=0.05)(raw.scope, raw.receive, raw.send)
    assert raw.sent[0]["status"] == 400
    assert raw.sent[1]["body"].startswith(b"TooSlow")


async def test_an_asker_without_an_address_can_still_ask() -> None:
    raw = Raw("GET", "/who/ann", [{"type": "http.request", "body": b"", "more_body": False}])
    await application()(raw.scope, raw.receive, raw.send)
    assert raw.sent[1]["body"] == b'["unknown","",null,"ann"]'


def test_an_error_of_a_member_names_its_field() -> None:
    assert Invalid("by", ValueProblem.MISSING).field == "by"


async def away(request: ApiRequest, counter: Counter) -> Response:
    raise Outage("postgresql://ann@10.0.0.1/secret cannot be reached")


async def hang(request: ApiRequest, counter: Counter) -> Response:
    await asyncio.Future()
    raise AssertionError


async def runs_late(request: ApiRequest, counter: Counter) -> Response:
    raise TimeoutError


async def test_an_outage_of_what_the_node_stands_on_is_a_refusal_that_tells_no_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with client(application([Endpoint("GET", "/away", away, Permission.ANYONE)])) as http:
        answer = await http.get("/away")
    assert answer.text == "Unavailable: the node's database does not answer, try again in 5 seconds"
    assert "GET /away could not be answered: postgresql://ann@10.0.0.1/secret cannot be reached" in caplog.text


async def test_a_handler_that_waits_in_vain_is_not_waited_for_forever() -> None:
    async with client(application([Endpoint("GET", "/hangs", hang, Permission.ANYONE)], answer_time_s=0.05)) as http:
        assert (await http.get("/hangs")).text.startswith("Unavailable: ")


async def wait_often(request: ApiRequest, counter: Counter) -> Response:
    for _ in range(3):
        await asyncio.sleep(0)
        counter.value += 1
    failing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(failing.set_exception, ValueError("late"))
    try:
        await failing
    except ValueError:
        counter.value += 10
    return json_response(counter.value)


async def test_a_handler_may_wait_more_than_once_and_catch_what_it_waited_for() -> None:
    async with client(application([Endpoint("GET", "/waits", wait_often, Permission.ANYONE)])) as http:
        answer = await http.get("/waits")

    assert (answer.status_code, answer.json()) == (200, 13)


async def test_a_handler_that_waits_can_clean_up_when_its_request_is_cancelled() -> None:
    begun, cleaned = asyncio.Event(), []

    async def wait(request: ApiRequest, counter: Counter) -> Response:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("up")
        raise AssertionError

    async with client(application([Endpoint("GET", "/waits", wait, Permission.ANYONE)])) as http:
        asking = asyncio.create_task(http.get("/waits"))
        await begun.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    assert cleaned == ["up"]


async def never(request: ApiRequest) -> Principal:
    await asyncio.Future()
    raise AssertionError


async def test_a_gate_that_waits_in_vain_is_not_waited_for_forever() -> None:
    gates = access({Kind.ANONYMOUS: Authenticator(never, ambient=False)})
    table = [Endpoint("GET", "/", hang, Permission.ANYONE)]
    app = Starlette(routes=routes(table, Counter(), gates, Plain(), answer_time_s=0.05))
    async with client(app) as http:
        assert (await http.get("/")).text.startswith("Unavailable: ")
        assert (await http.post("/")).text.startswith("Unavailable: ")


async def test_a_timeout_of_a_handlers_own_is_its_fault() -> None:
    async with client(application([Endpoint("GET", "/late", runs_late, Permission.ANYONE)])) as http:
        assert (await http.get("/late")).text == "fault"

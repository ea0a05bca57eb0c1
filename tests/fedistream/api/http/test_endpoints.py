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
    json_response,
    routes,
)
from fedistream.api.http.request import MAX_JSON_DEPTH, ApiRequest, Unidentified
from fedistream.core.errors import Invalid, NotFound, Outage, Refusal
from tests.kit.asking import ADDRESS, client


class Plain:
    """An envelope whose answers can be told apart."""

    def refusal(self, request: ApiRequest, error: Refusal) -> Response:
        return PlainTextResponse(f"{type(error).__name__}: {error}", 400)

    def wrong_method(self, request: ApiRequest, allowed: Sequence[str]) -> Response:
        return PlainTextResponse("wrong method", 405, {"Allow": ", ".join(allowed)})

    def fault(self, request: ApiRequest) -> Response:
        return PlainTextResponse("fault", 500)


async def knock(request: ApiRequest) -> str:
    if request.http.headers.get("authorization") != "Basic right":
        raise Unidentified("Basic")
    return "the admin"


async def knock_with_token(request: ApiRequest) -> str:
    if request.http.headers.get("authorization") != "Bearer right":
        raise Unidentified
    return "a bot"


GATES = {
    "anyone": ANYONE,
    "admin": Authenticator(knock, ambient=True),
    "bot": Authenticator(knock_with_token, ambient=False),
}


class Counter:
    def __init__(self) -> None:
        self.value = 0


async def read(request: ApiRequest, counter: Counter) -> Response:
    return json_response({"value": counter.value, "who": request.principal})


async def raise_(request: ApiRequest, counter: Counter) -> Response:
    counter.value += request.member("by", int)
    return json_response({"value": counter.value})


async def echo(request: ApiRequest) -> Response:
    return json_response(request.json())


async def missing(request: ApiRequest) -> Response:
    raise NotFound("no such thing")


async def break_(request: ApiRequest) -> Response:
    raise RuntimeError("a secret that must not get out")


async def who(request: ApiRequest) -> Response:
    request.headers["X-Seen"] = "yes"
    return json_response([request.address, request.user_agent, request.query.get("q"), request.parts.get("name")])


TABLE = (
    Endpoint("GET", "/counter", read, "anyone"),
    Endpoint("POST", "/counter", raise_, "admin"),
    Endpoint("GET", "/admin/counter", read, "admin"),
    Endpoint("POST", "/admin/counter", raise_, "admin"),
    Endpoint("GET", "/admin/reset", read, "admin", changes=True),
    Endpoint("POST", "/echo", echo, "anyone", body_limit=200),
    Endpoint("POST", "/bot", echo, "bot"),
    Endpoint("GET", "/missing", missing, "anyone"),
    Endpoint("GET", "/broken", break_, "anyone"),
    Endpoint("GET", "/who/{name}", who, "anyone"),
)
RIGHT = {"Authorization": "Basic right"}


def application(table: Sequence[Endpoint] = TABLE, body_time_s: float = BODY_TIME_S, **more: float) -> Starlette:
    return Starlette(routes=routes(table, {"counter": Counter()}, GATES, Plain(), body_time_s=body_time_s, **more))


async def test_a_handler_gets_the_ask_and_the_services_it_names() -> None:
    async with client(application()) as http:
        answer = await http.post("/admin/counter", json={"by": 3}, headers=RIGHT)
        assert answer.json() == {"value": 3}
        assert (await http.get("/admin/counter", headers=RIGHT)).json() == {"value": 3, "who": "the admin"}


async def test_an_ask_knows_address_agent_query_and_path_parts() -> None:
    async with client(application(), agent="A" * 1000) as http:
        answer = await http.get("/who/ann?q=1")
    assert answer.json() == [ADDRESS, "A" * 512, "1", "ann"]
    assert answer.headers["x-seen"] == "yes"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Endpoint("GET", "/x", read, "nobody"), "no authenticator is called 'nobody'"),
        (Endpoint("BREW", "/x", read, "anyone"), "no such method"),
        (Endpoint("GET", "/counter", read, "anyone"), "listed twice"),
    ],
)
def test_a_wrong_table_cannot_be_built(entry: Endpoint, why: str) -> None:
    with pytest.raises(WrongTable, match=why):
        application((*TABLE, entry))


def test_a_handler_that_asks_for_an_unknown_service_cannot_be_built() -> None:
    async def needy(request: ApiRequest, oven: object) -> Response:
        return json_response(None)

    with pytest.raises(WrongTable, match="no service is called oven"):
        application((Endpoint("GET", "/x", needy, "anyone"),))


def test_a_handler_that_does_not_take_the_ask_cannot_be_built() -> None:
    async def odd(counter: Counter) -> Response:
        return json_response(None)

    with pytest.raises(WrongTable, match="must be called 'request'"):
        application((Endpoint("GET", "/x", odd, "anyone"),))


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
    assert answer.text == "NotFound: no such thing"
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


async def test_the_body_of_one_who_may_not_ask_is_not_read() -> None:
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


async def test_one_who_hangs_up_in_the_middle_of_a_body_gets_no_answer() -> None:
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
    assert Invalid("by", "is missing").field == "by"


async def away(request: ApiRequest) -> Response:
    raise Outage("postgresql://ann@10.0.0.1/secret cannot be reached")


async def hang(request: ApiRequest) -> Response:
    await asyncio.Future()
    raise AssertionError


async def runs_late(request: ApiRequest) -> Response:
    raise TimeoutError


async def test_an_outage_of_what_the_node_stands_on_is_a_refusal_that_tells_no_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with client(application([Endpoint("GET", "/away", away, "anyone")])) as http:
        answer = await http.get("/away")
    assert answer.text == "Unavailable: the node's database does not answer, try again in 5 seconds"
    assert "GET /away could not be answered: postgresql://ann@10.0.0.1/secret cannot be reached" in caplog.text


async def test_a_handler_that_waits_in_vain_is_not_waited_for_forever() -> None:
    async with client(application([Endpoint("GET", "/hangs", hang, "anyone")], answer_time_s=0.05)) as http:
        assert (await http.get("/hangs")).text.startswith("Unavailable: ")


async def test_a_gate_that_waits_in_vain_is_not_waited_for_forever() -> None:
    gates = {"anyone": Authenticator(hang, ambient=False)}
    app = Starlette(
        routes=routes([Endpoint("GET", "/", hang, "anyone")], {}, gates, Plain(), answer_time_s=0.05),
    )
    async with client(app) as http:
        assert (await http.get("/")).text.startswith("Unavailable: ")
        assert (await http.post("/")).text.startswith("Unavailable: ")


async def test_a_timeout_of_a_handlers_own_is_its_fault() -> None:
    async with client(application([Endpoint("GET", "/late", runs_late, "anyone")])) as http:
        assert (await http.get("/late")).text == "fault"

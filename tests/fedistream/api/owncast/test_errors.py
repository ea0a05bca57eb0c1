import pytest
from starlette.requests import Request

from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest, OtherSite, TooLarge, TooSlow, Unidentified
from fedistream.api.owncast.errors import RESPONDER, changed, done
from fedistream.chat.values import ChatProblem
from fedistream.core.errors import Conflict, Gone, Invalid, NotAllowed, NotFound, Refusal, TooMany, ValueProblem
from fedistream.federation.values import FederationProblem
from fedistream.webhooks.values import WebhookProblem


def request(path: str, method: str = "POST") -> ApiRequest:
    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b"", "server": ("n", 80)}
    return ApiRequest(Request(scope))


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (Invalid("name", ValueProblem.MISSING), 400, "name is missing"),
        (Conflict(RequestProblem.NOT_LIVE), 400, "no inbound stream connected"),
        (Refusal(RequestProblem.NO_CHAT), 400, "this channel has no chat"),
        (NotAllowed(ChatProblem.CHAT_DISABLED), 403, "the chat is disabled"),
        (NotFound(WebhookProblem.NO_WEBHOOK), 404, "there is no such webhook"),
        (TooSlow(10), 408, "the body did not arrive within 10 seconds"),
        (Gone(FederationProblem.POST_DELETED), 410, "this post was deleted"),
        (TooLarge(10), 413, "the body is larger than 10 bytes"),
        (TooMany(9.2), 429, "too many requests, try again in 9 seconds"),
    ],
)
def test_the_admin_is_told_by_success_and_message_and_others_by_error(error: Refusal, status: int, text: str) -> None:
    admin = RESPONDER.refusal(request("/api/admin/status"), error)
    assert admin.status_code == status
    assert admin.body == b'{"success":false,"message":"' + text.encode() + b'"}'
    visitor = RESPONDER.refusal(request("/api/chat/register"), error)
    assert visitor.status_code == status
    assert visitor.body == b'{"error":"' + text.encode() + b'"}'


def test_too_many_requests_get_retry_after_in_whole_seconds() -> None:
    assert RESPONDER.refusal(request("/api/ping"), TooMany(9.2)).headers["retry-after"] == "10"


def test_the_admin_is_challenged_and_a_token_is_not() -> None:
    admin = RESPONDER.refusal(request("/api/admin/status"), Unidentified('Basic realm="x"'))
    assert (admin.status_code, admin.body) == (401, b"Unauthorized")
    assert admin.headers["www-authenticate"] == 'Basic realm="x"'
    bot = RESPONDER.refusal(request("/api/integrations/status"), Unidentified())
    assert (bot.status_code, bot.body) == (401, b"unauthorized")
    assert "www-authenticate" not in bot.headers


def test_another_site_is_told_forbidden() -> None:
    answer = RESPONDER.refusal(request("/api/admin/disconnect"), OtherSite())
    assert (answer.status_code, answer.body) == (403, b"Forbidden")


def test_a_setter_asked_with_get_says_so_with_400() -> None:
    answer = RESPONDER.wrong_method(request("/api/admin/config/name", "GET"), ["POST", "OPTIONS"])
    assert (answer.status_code, answer.body) == (400, b'{"success":false,"message":"GET not supported"}')


def test_any_other_call_asked_with_a_wrong_method_gets_405() -> None:
    answer = RESPONDER.wrong_method(request("/api/status", "DELETE"), ["GET", "HEAD", "OPTIONS"])
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.body == b'{"error":"DELETE not supported"}'


def test_success_is_200_with_success_true() -> None:
    assert changed().body == b'{"success":true,"message":"changed"}'
    assert done("sent").status_code == 200


def test_a_fault_says_nothing_about_its_cause() -> None:
    answer = RESPONDER.fault(request("/api/status"))
    assert (answer.status_code, answer.body) == (500, b'{"error":"internal error, the node\'s log says more"}')

import pytest

from activitypub.refusal import Reason, Refused
from activitypub.signatures.request import MAX_HEADER, MAX_HEADERS, MAX_TARGET, incoming_request, outgoing_request
from activitypub.urls import BadUrl

ORIGIN = "https://node.example"


def refusal(target: str = "/inbox", headers: tuple[tuple[str, str], ...] = ()) -> Reason:
    with pytest.raises(Refused) as caught:
        incoming_request("POST", ORIGIN, target, headers)
    return caught.value.reason


def test_header_names_are_lower_case_and_values_trimmed() -> None:
    request = incoming_request("POST", ORIGIN, "/inbox", [("Content-Type", " text/plain\t")])
    assert request.headers == (("content-type", "text/plain"),)
    assert request.header("content-type") == "text/plain"
    assert request.header("date") is None


def test_a_header_that_matters_may_come_only_once() -> None:
    request = incoming_request("POST", ORIGIN, "/inbox", [("Date", "a"), ("date", "a"), ("x", "1")])
    assert request.header("x") == "1"
    with pytest.raises(Refused) as caught:
        request.header("date")
    assert caught.value.reason is Reason.HEADERS


@pytest.mark.parametrize("target", ["", "inbox", "*", "/a b", "/é", "/a\nb", "/" + "x" * MAX_TARGET])
def test_a_target_that_is_no_plain_path_is_refused(target: str) -> None:
    assert refusal(target) is Reason.TARGET


@pytest.mark.parametrize(
    "header",
    [
        ("a", "x" * (MAX_HEADER + 1)),
        ("", "x"),
        ("a b", "x"),
        ("a:", "x"),
        ("é", "x"),
        ("a" * 129, "x"),
        ("a", "x\ny"),
        ("a", "x\0"),
        ("a", "x\r"),
    ],
)
def test_a_malformed_header_is_refused(header: tuple[str, str]) -> None:
    assert refusal(headers=(header,)) is Reason.HEADERS


@pytest.mark.parametrize("method", ["", "PO ST", "POST\n", "é", "POST:"])
def test_a_method_that_is_no_word_is_refused(method: str) -> None:
    with pytest.raises(Refused) as caught:
        incoming_request(method, ORIGIN, "/inbox", ())
    assert caught.value.reason is Reason.METHOD


def test_the_number_of_headers_is_limited() -> None:
    many = tuple((f"x-{number}", "y") for number in range(MAX_HEADERS))
    assert len(incoming_request("GET", ORIGIN, "/", many).headers) == MAX_HEADERS
    assert refusal(headers=(*many, ("one", "more"))) is Reason.HEADERS


def test_a_request_to_send_knows_its_host_and_target() -> None:
    request = outgoing_request("POST", "https://Remote.Example:8443/inbox?x=1#part", [("Accept", "*/*")], b"x")
    assert request.headers == (("host", "remote.example:8443"), ("accept", "*/*"))
    assert (request.authority, request.target) == ("remote.example:8443", "/inbox?x=1")
    assert request.url == "https://remote.example:8443/inbox?x=1"
    with pytest.raises(BadUrl):
        outgoing_request("GET", "file:///etc/passwd")

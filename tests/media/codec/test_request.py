"""Requests through the pipe: there and back, and nothing that is none."""

import pytest

from media.codec.request import MAX_REQUEST, BadRequest, Request, read_request, write_request


@pytest.mark.parametrize("request_", [Request(b"r", b"f", 1), Request(b"record" * 9, b"frame" * 1000, 4_000_000_000)])
def test_a_request_arrives_as_it_was_sent(request_: Request) -> None:
    assert read_request(write_request(request_)) == request_


def test_a_request_that_is_cut_off_before_its_frame_is_broken() -> None:
    whole = write_request(Request(b"record", b"f", 640))
    for length in range(len(whole)):
        with pytest.raises(BadRequest):
            read_request(whole[:length])


@pytest.mark.parametrize("request_", [Request(b"", b"frame", 640), Request(b"record", b"frame", 0)])
def test_a_request_for_nothing_is_broken(request_: Request) -> None:
    with pytest.raises(BadRequest):
        read_request(write_request(request_))


def test_a_request_is_not_larger_than_any_message() -> None:
    with pytest.raises(BadRequest):
        read_request(write_request(Request(b"r", bytes(MAX_REQUEST), 640)))

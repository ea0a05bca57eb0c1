"""The OpenAPI document: every endpoint is in it, and says what it needs, takes and answers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.responses import Response

from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.permissions import Permission
from fedistream.api.http.request import ApiRequest
from fedistream.api.openapi.document import Undescribed, document, operation_of, template
from fedistream.api.openapi.faces import FACES, TAGS
from fedistream.api.owncast.routes import SETTER_LIMIT
from tests.fedistream.api.owncast.operations import ROWS, TO_COME

DOCUMENT = document()
PATHS: dict[str, dict[str, Any]] = DOCUMENT["paths"]
SECURITY = {
    Permission.ANYONE: [],
    Permission.VISITOR: [{"visitorToken": []}],
    Permission.MODERATOR: [{"visitorToken": ["moderator"]}],
    Permission.SEND_MESSAGES: [{"accessToken": ["CAN_SEND_MESSAGES"]}],
    Permission.SEND_SYSTEM_MESSAGES: [{"accessToken": ["CAN_SEND_SYSTEM_MESSAGES"]}],
    Permission.ADMIN_ACCESS: [{"accessToken": ["HAS_ADMIN_ACCESS"]}],
    Permission.ADMIN: [{"adminPassword": []}, {"adminSession": []}],
    Permission.METRICS: [{"metricsToken": []}],
}


def endpoints() -> Iterator[tuple[Endpoint[Any], dict[str, Any]]]:
    for face in FACES:
        for endpoint in face.endpoints:
            yield endpoint, PATHS[template(endpoint.path)][endpoint.method.lower()]


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_every_endpoint_of_every_face_is_in_it_with_its_permission_its_group_and_its_answers() -> None:
    for endpoint, operation in endpoints():
        where = f"{endpoint.method} {endpoint.path}"
        assert operation["security"] == SECURITY[endpoint.auth], where
        assert operation["tags"][0] in TAGS, where
        assert operation["summary"], where
        assert "503" in operation["responses"], where
        # an inbox answers 401 too, for a signature
        assert "401" in operation["responses"] or endpoint.auth is Permission.ANYONE, where
        if body := operation.get("requestBody"):
            assert body["x-limit"] == endpoint.body_limit, where
            assert body["content"], where


def test_every_group_has_calls() -> None:
    every = (*PATHS.values(), *DOCUMENT["webhooks"].values())
    used = {operation["tags"][0] for methods in every for operation in methods.values()}
    assert used == TAGS.keys()


def test_every_operation_that_owncast_documents_is_in_it_under_its_path() -> None:
    known = {(method.upper(), shape(path)) for path, methods in PATHS.items() for method in methods}
    missing = {row["path"] for row in ROWS if (row["method"], shape(row["path"])) not in known}
    assert missing == TO_COME


def shape(path: str) -> str:
    """Return the path without the names of its parts."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def test_a_former_name_is_deprecated_and_says_the_present_one() -> None:
    former = PATHS["/api/chat/updatemessagevisibility"]["post"]
    assert former["deprecated"]
    assert "/api/chat/messagevisibility" in former["description"]
    assert former["x-since"] == "0.0.11"
    assert "deprecated" not in PATHS["/api/chat/messagevisibility"]["post"]
    # a GET that does the same is no other name
    assert "deprecated" not in PATHS["/api/admin/yp/reset"]["get"]


def test_a_call_of_another_specification_names_it() -> None:
    assert PATHS["/.well-known/webfinger"]["get"]["x-specification"] == "RFC 7033"
    assert PATHS["/api/admin/federation/refusals"]["get"]["x-specification"] == "fedistream"


def test_errors_are_in_the_envelope_of_their_face() -> None:
    def schema(path: str, method: str, status: str) -> Any:
        name = PATHS[path][method]["responses"][status]["$ref"].rpartition("/")[2]
        content = DOCUMENT["components"]["responses"][name]["content"]
        return {media: each["schema"].get("$ref", "").rpartition("/")[2] for media, each in content.items()}

    assert schema("/api/admin/chat/users/setenabled", "post", "400") == {"application/json": "Base"}
    assert schema("/api/admin/chat/users/setenabled", "post", "401") == {"text/plain": ""}
    assert schema("/api/admin/chat/users/setenabled", "post", "403") == {"application/json": "Base", "text/plain": ""}
    assert schema("/api/chat/register", "post", "429") == {"application/json": "Refused"}
    assert schema("/federation/{post_id}", "get", "503") == {"text/plain": ""}
    assert schema("/admin/title", "post", "422") == {"text/plain": "", "text/html": ""}


def test_a_setter_takes_what_its_setting_accepts_and_tells_its_limit() -> None:
    body = PATHS["/api/admin/config/video/streamlatencylevel"]["post"]["requestBody"]
    assert body["x-limit"] == SETTER_LIMIT
    schema = body["content"]["application/json"]["schema"]
    assert schema["properties"]["value"] == {"type": "integer", "minimum": 0, "maximum": 4}


def test_the_video_and_the_socket_are_in_it() -> None:
    assert "application/vnd.apple.mpegurl" in PATHS["/hls/0/stream.m3u8"]["get"]["responses"]["200"]["content"]
    for path in ("/hls/{slug}/stream.m3u8", "/hls/{rendition}/{file}", "/hls/{slug}/{rendition}/{file}"):
        assert "200" in PATHS[path]["get"]["responses"], path
    assert "101" in PATHS["/ws"]["get"]["responses"]
    assert PATHS["/entry"]["get"]["deprecated"]


def test_a_part_of_a_path_with_slashes_says_so() -> None:
    (part,) = PATHS["/public/{path}"]["get"]["parameters"]
    assert "slashes" in part["description"]


def test_a_closed_document_is_for_tests() -> None:
    assert "additionalProperties" not in DOCUMENT["components"]["schemas"]["Status"]
    assert document(closed=True)["components"]["schemas"]["Status"]["additionalProperties"] is False


async def unknown(request: ApiRequest, services: object) -> Response:
    raise NotImplementedError


def test_an_endpoint_that_no_table_describes_stops_the_document_and_is_named() -> None:
    endpoint: Endpoint[Any] = Endpoint("GET", "/api/new", unknown, Permission.ANYONE)
    with pytest.raises(Undescribed, match="GET /api/new is in no table of operations"):
        operation_of(endpoint)
    with pytest.raises(Undescribed, match="POST /api/newer"):
        operation_of(replace(endpoint, method="POST", path="/api/newer"))

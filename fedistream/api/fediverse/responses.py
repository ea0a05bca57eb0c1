"""JSON documents of the protocol as responses: media types, caches, and entity tags."""

from typing import Any

from starlette.responses import Response

from activitypub.webfinger import ACTIVITY_JSON
from fedistream.api.http import conditional
from fedistream.api.http.endpoints import json_response
from fedistream.api.http.request import ApiRequest
from fedistream.federation.inbox.authorized_fetch import AuthorizedFetch


def typed(value: object, media_type: str, headers: dict[str, str] | None = None) -> Response:
    answer = json_response(value, headers=headers)
    # as it is written here: Starlette would add a charset to some
    answer.headers["Content-Type"] = media_type
    return answer


def document(
    request: ApiRequest, value: dict[str, Any], authorized_fetch: AuthorizedFetch | None = None, status: int = 200
) -> Response:
    """Return a document as a response. With `authorized_fetch` no cache may give it to another reader."""
    shared = "private, " if authorized_fetch is not None and authorized_fetch.strict else ""
    headers = {"Vary": "Accept, Signature", "Cache-Control": f"{shared}max-age=60"}
    answer = typed(value, ACTIVITY_JSON, headers)
    answer.status_code = status
    if status == 200:
        answer.headers["ETag"] = tag = conditional.entity_tag(bytes(answer.body))
        if conditional.has(request.http.headers, tag):
            kept = {name: answer.headers[name] for name in ("ETag", "Vary", "Cache-Control")}
            return Response(status_code=304, headers=kept)
    return answer

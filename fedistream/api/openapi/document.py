"""The OpenAPI 3.1 document, made of the faces' tables of endpoints and the tables of operations. Pure."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from fedistream import __version__
from fedistream.api.http.admin_sign_in import COOKIE
from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.origins import CSRF_HEADER
from fedistream.api.http.permissions import REQUIREMENTS, Kind, Permission
from fedistream.api.openapi import admin, fediverse, owncast, pages, settings, webhooks
from fedistream.api.openapi import face as documentation
from fedistream.api.openapi.faces import FACES, TAGS, Face
from fedistream.api.openapi.operation import Content, Operation, Query
from fedistream.api.openapi.responses import Responses, content
from fedistream.api.openapi.schema import Schema, Schemas
from fedistream.api.openapi.sockets import video_and_chat
from fedistream.api.owncast import setters
from fedistream.api.owncast.errors import SETTERS
from fedistream.core.api_version import API_VERSION
from fedistream.settings.table import Setting

OPERATIONS: Mapping[object, Operation] = {
    **owncast.OPERATIONS,
    **admin.OPERATIONS,
    **fediverse.OPERATIONS,
    **pages.OPERATIONS,
    documentation.show_document: Operation("Get this document", dict[str, Any], others={304: Content("")}),
    documentation.show_page: Operation("Read this document as a page", Content("text/html"), others={304: Content("")}),
}
DERIVED = ("fedistream.api.pages.admin.", "fedistream.api.pages.sign_in.", "fedistream.api.pages.health.")
DERIVED_TOO = "fedistream.api.pages.chat"

DESCRIPTION = f"""Every call of this node. The calls of Owncast's API answer as version {API_VERSION} of it does, and
those of earlier versions go on working: `x-since` names the release a call first appears in, and a former name is
deprecated. `x-specification` names the document that another call comes from.

**Methods.** A path with GET answers HEAD too, and every path answers OPTIONS with its methods. A method that a path
does not have is answered with 405; setters answer 400, as Owncast does.

**Errors.** Calls below `/api/admin/` and `/api/auth/` answer `{{"success": false, "message": ...}}`, the other calls
below `/api/` `{{"error": ...}}`, pages and documents for other servers a line of text.

**Times** are those of RFC 3339, in UTC. **Bodies** are limited: a longer one is answered with 413.

**Chat.** The socket of the chat is at `/ws`; its events are those of Owncast.
"""
SCHEMES: Mapping[str, Schema] = {
    "adminPassword": {
        "type": "http",
        "scheme": "basic",
        "description": "The user `admin` with the admin's password.",
    },
    "adminSession": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"The session of a browser. A call that changes something needs `{CSRF_HEADER}: 1` besides, "
        "unless a page of the node sends it.",
    },
    "visitorToken": {
        "type": "apiKey",
        "in": "query",
        "name": "accessToken",
        "description": "The token of a visitor of the chat, from `POST /api/chat/register`.",
    },
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The access token of an integration, which has scopes.",
    },
    "metricsToken": {"type": "http", "scheme": "bearer", "description": "The token of `--metrics-token`."},
}
BY_KIND: Mapping[Kind, tuple[str, ...]] = {
    Kind.ANONYMOUS: (),
    Kind.ADMIN: ("adminPassword", "adminSession"),
    Kind.VISITOR: ("visitorToken",),
    Kind.INTEGRATION: ("accessToken",),
    Kind.SCRAPER: ("metricsToken",),
}


class Undescribed(Exception):
    """An endpoint that no table of operations describes."""


def document(*, closed: bool = False) -> Schema:
    """Return the document. With `closed`, shapes have no other members than those they declare.

    Raises Undescribed for an endpoint without an operation.
    """
    schemas = Schemas(closed=closed)
    responses = Responses(schemas)
    paths: dict[str, Schema] = {}
    for face in FACES:
        names: dict[tuple[object, str, Permission], str] = {}
        for endpoint in face.endpoints:
            first = names.setdefault((endpoint.handler, endpoint.method, endpoint.auth), endpoint.path)
            made = _operation(face, endpoint, responses)
            if face.owncast:
                made |= _former(endpoint, first)
            paths.setdefault(template(endpoint.path), {})[endpoint.method.lower()] = made
    paths |= video_and_chat(schemas)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Fedistream",
            "version": API_VERSION,
            "x-fedistream-version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "webhooks": webhooks.section(schemas),
        "components": {
            "securitySchemes": dict(SCHEMES),
            "responses": responses.components,
            "schemas": dict(sorted(schemas.components.items())),
        },
    }


def operation_of(endpoint: Endpoint[Any]) -> Operation:
    """Return what an endpoint takes and answers. Raises Undescribed."""
    handler = endpoint.handler
    if (found := OPERATIONS.get(handler)) is not None:
        return found
    if isinstance(handler, partial) and handler.func is setters.change:
        setting: Setting = handler.args[0]
        return settings.operation(setting)
    inner = handler.func if isinstance(handler, partial) else handler
    if inner.__module__.startswith(DERIVED) or inner.__module__ == DERIVED_TOO:
        return pages.derived(endpoint)
    raise Undescribed(
        f"{endpoint.method} {endpoint.path} is in no table of operations: add its handler to one in fedistream/api/"
        "openapi/, with what it takes and answers"
    )


def template(path: str) -> str:
    """Return the path with its parts as OpenAPI writes them."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def _operation(face: Face, endpoint: Endpoint[Any], responses: Responses) -> Schema:
    stated = operation_of(endpoint)
    made: Schema = {
        "operationId": f"{endpoint.method.lower()}_{re.sub(r'[^A-Za-z0-9]+', '_', endpoint.path).lstrip('_')}",
        "summary": stated.summary,
        "tags": [face.tag(endpoint.path)],
        "security": _security(endpoint.auth),
        "responses": responses.of(face, endpoint, stated),
    }
    parameters = [
        *(_part(name, whole=bool(kind)) for name, kind in re.findall(r"\{(\w+)(:path)?\}", endpoint.path)),
        *(_query(each, responses.schemas) for each in stated.query if endpoint.method == "GET" or stated.body is None),
    ]
    if parameters:
        made["parameters"] = parameters
    if endpoint.method != "GET" and stated.body is not None:
        made["requestBody"] = {
            "description": f"At most {endpoint.body_limit} bytes.",
            "required": stated.body_required,
            "content": content(stated.body, responses.schemas),
            "x-limit": endpoint.body_limit,
        }
    if endpoint.spec:
        made["x-since" if face.owncast and endpoint.spec[:1].isdigit() else "x-specification"] = endpoint.spec
    return made


def _former(endpoint: Endpoint[Any], first: str) -> Schema:
    """Return that a call is a former name of another, if it is."""
    handler = endpoint.handler
    if isinstance(handler, partial):
        first = f"{SETTERS}{handler.args[0].owncast_path}"
    if endpoint.path in (first, f"/c/{{slug}}{first}"):
        return {}
    return {"deprecated": True, "description": f"The name of `{first}` in earlier versions."}


def _security(permission: Permission) -> list[Schema]:
    requirement = REQUIREMENTS[permission]
    roles = [requirement.role.value] if requirement.role is not None else []
    return [{name: roles} for name in BY_KIND[requirement.kind]]


def _part(name: str, *, whole: bool) -> Schema:
    text = {"description": "The rest of the path, which may have slashes."} if whole else {}
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} | text


def _query(parameter: Query, schemas: Schemas) -> Schema:
    text = {"description": parameter.text} if parameter.text else {}
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "schema": schemas.of(parameter.kind),
        **text,
    }

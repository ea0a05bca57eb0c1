"""The answers of calls: the one that a table states, and the errors that follow from the endpoint and its face."""

from http import HTTPStatus
from typing import Any

from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.permissions import REQUIREMENTS, Kind
from fedistream.api.openapi.faces import TEXT, Face
from fedistream.api.openapi.operation import Content, Operation
from fedistream.api.openapi.schema import Schema, Schemas

RETRY: Schema = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
CHALLENGE: Schema = {"WWW-Authenticate": {"schema": {"type": "string"}}}


def content(kinds: object, schemas: Schemas) -> Schema:
    """Return the media types of an answer or a body, each with its schema. JSON of several types is any of them."""
    found: Schema = {}
    json: list[Schema] = []
    for kind in kinds if isinstance(kinds, tuple) else (kinds,):
        if not isinstance(kind, Content):
            json.append(schemas.of(kind))
        elif kind.media_type:
            found[kind.media_type] = {} if kind.schema is None else {"schema": schemas.of(kind.schema)}
    if json:
        found["application/json"] = {"schema": json[0] if len(json) == 1 else {"anyOf": json}}
    return found


class Responses:
    """The answers of all calls. Errors are components, as most calls share them."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self.components: dict[str, Schema] = {}

    def of(self, face: Face, endpoint: Endpoint[Any], stated: Operation) -> Schema:
        """Return the answers of a call by their statuses."""
        error = face.error(endpoint.path)
        found: dict[int, Schema] = {}
        if stated.success < 400:
            found[stated.success] = _response(stated.success, stated.answer, self.schemas)
        for status in _errors(face, endpoint, stated):
            found[status] = self._error(status, error, guard=_is_admin(endpoint))
        for status, kinds in (stated.others or {}).items():
            if kinds is None:
                found[status] = self._error(status, error, guard=_is_admin(endpoint))
            else:
                found[status] = _response(status, kinds, self.schemas)
        return {str(status): found[status] for status in sorted(found)}

    def _error(self, status: int, error: object, *, guard: bool) -> Schema:
        kinds: object = error
        if status == 401:
            kinds = error if isinstance(error, tuple) else TEXT
        elif status == 403 and guard:
            # one for a page of another site, one for a password that is not enough
            kinds = (*error, TEXT) if isinstance(error, tuple) else (error, TEXT)
        names = [_name(each) for each in (kinds if isinstance(kinds, tuple) else (kinds,))]
        name = "".join([*dict.fromkeys(names), str(status), "Admin" if guard and status == 401 else ""])
        if name not in self.components:
            response = _response(status, kinds, self.schemas)
            if status in (429, 503):
                response["headers"] = RETRY
            elif status == 401 and guard:
                response["headers"] = CHALLENGE
            self.components[name] = response
        return {"$ref": f"#/components/responses/{name}"}


def _name(kind: object) -> str:
    if isinstance(kind, Content):
        return "Text" if kind == TEXT else "Page"
    return str(getattr(kind, "__name__", ""))


def _is_admin(endpoint: Endpoint[Any]) -> bool:
    return REQUIREMENTS[endpoint.auth].kind is Kind.ADMIN


def _errors(face: Face, endpoint: Endpoint[Any], stated: Operation) -> list[int]:
    """Return the statuses that follow from the endpoint."""
    kind, sends = REQUIREMENTS[endpoint.auth].kind, endpoint.method != "GET"
    rules = {
        400: stated.success == 400,
        face.wrong: endpoint.writes or bool(stated.query) or "{" in endpoint.path,
        401: kind is not Kind.ANONYMOUS,
        403: kind is Kind.ADMIN,
        404: "{" in endpoint.path,
        408: sends,
        413: sends,
        429: kind is Kind.ADMIN,
        503: True,
    }
    return [status for status, holds in rules.items() if holds]


def _response(status: int, kinds: object, schemas: Schemas) -> Schema:
    made: Schema = {"description": HTTPStatus(status).phrase}
    if kinds is not None and (media := content(kinds, schemas)):
        made["content"] = media
    if 300 < status < 400 and status != 304:
        made["headers"] = {"Location": {"schema": {"type": "string", "format": "uri-reference"}}}
    return made

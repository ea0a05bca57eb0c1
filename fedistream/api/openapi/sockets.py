"""The video and the socket of the chat, which are served outside the tables of endpoints. Pure."""

from fedistream.api.hls import TYPES
from fedistream.api.openapi.faces import CHAT, VIDEO
from fedistream.api.openapi.schema import Schema, Schemas
from fedistream.api.owncast.websocket.endpoint import PATHS

PLAYLIST, SEGMENT, INIT = (TYPES[name].decode() for name in ("m3u8", "m4s", "mp4"))
LIVE = (
    ("_HLS_msn", {"type": "integer", "minimum": 0}, "Wait for this media sequence number"),
    ("_HLS_part", {"type": "integer", "minimum": 0}, "Wait for this part of it"),
    ("_HLS_skip", {"type": "string", "enum": ["YES", "v2"]}, "Ask for a delta update"),
)
CHANNEL = "The slug of a channel."
RENDITION = "The number of a rendition: 0 is the source, and the multivariant playlist names the others."
TEXT: Schema = {"text/plain": {"schema": {"type": "string"}}}


def video_and_chat(schemas: Schemas) -> dict[str, Schema]:
    """Return the paths of the video and of the socket."""
    query = [
        {"name": name, "in": "query", "required": False, "schema": schema, "description": text}
        for name, schema, text in LIVE
    ]
    paths: dict[str, Schema] = {}
    for prefix, parts in (("/hls", []), ("/hls/{slug}", [_part("slug", CHANNEL)])):
        of = " of a channel" if parts else ""
        paths[f"{prefix}/stream.m3u8"] = _get(f"The multivariant playlist{of}", [*parts], PLAYLIST)
        paths[f"{prefix}/0/stream.m3u8"] = _get(f"The media playlist{of}", [*parts, *query], PLAYLIST)
        paths[f"{prefix}/0/{{file}}"] = _get(f"A segment or part{of}", [*parts, _part("file")], SEGMENT, INIT)
        if not parts:
            continue  # a rendition of the home channel stands where the slug of another one does
        parts = [*parts, _part("rendition", RENDITION)]
        paths[f"{prefix}/{{rendition}}/stream.m3u8"] = _get(
            "The media playlist of a rendition of a channel", [*parts, *query], PLAYLIST
        )
        paths[f"{prefix}/{{rendition}}/{{file}}"] = _get(
            "A segment or part of a rendition of a channel", [*parts, _part("file")], SEGMENT, INIT
        )
    paths["/hls/{slug}/stream.m3u8"] = _get(
        "The multivariant playlist of a channel, or the media playlist of a rendition of the home channel",
        [_part("slug", f"{CHANNEL} {RENDITION}"), *query],
        PLAYLIST,
    )
    paths["/hls/{rendition}/{file}"] = _get(
        "A segment or part of a rendition of the home channel",
        [_part("rendition", RENDITION), _part("file")],
        SEGMENT,
        INIT,
    )
    for path in sorted(PATHS, reverse=True):
        paths[path] = {"get": _socket(path)}
    return paths


def _part(name: str, text: str = "") -> Schema:
    made: Schema = {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    return made | ({"description": text} if text else {})


def _get(summary: str, parameters: list[Schema], *media_types: str) -> Schema:
    answers = {"200": {"description": "OK", "content": {media: {} for media in media_types}}}
    answers |= {
        status: {"description": text, "content": TEXT}
        for status, text in (("400", "Bad Request"), ("404", "Not Found"), ("503", "Service Unavailable"))
    }
    name = summary.lower().replace(",", "").replace(" ", "_")
    made: Schema = {"operationId": name, "summary": summary, "tags": [VIDEO], "security": [], "responses": answers}
    return {"get": made | ({"parameters": parameters} if parameters else {})}


def _socket(path: str) -> Schema:
    former = {"deprecated": True, "description": "The name of `/ws` in the earliest versions."} if path != "/ws" else {}
    return {
        "operationId": f"get_{path.strip('/')}",
        "summary": "Connect to the chat (WebSocket, RFC 6455)",
        "tags": [CHAT],
        "security": [{"visitorToken": []}],
        "responses": {"101": {"description": "Switching Protocols"}},
        **former,
    }

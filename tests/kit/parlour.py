"""A chat without its rules: Owncast's websocket and calls as a page sees them, in the hands of the test.

For tests of the page alone; whether the node speaks like this is tested on the node.
"""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)
PATHS = ("/api/auth/", "/api/chat", "/api/emoji", "/api/moderation", "/img/emoji/")

User = dict[str, Any]
Told = dict[str, Any]


@dataclass
class Parlour:
    """`people` by token, `log` what GET /api/chat answers, `heard` what sockets sent, `asked` the calls."""

    people: dict[str, User] = field(default_factory=dict)
    log: list[Told] = field(default_factory=list)
    heard: list[Told] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    sockets: dict[WebSocket, str] = field(default_factory=dict)
    log_shown: int = 1000  # lines of the log that GET /api/chat has
    away: bool = False  # no handshake succeeds
    refuses: bool = False  # no call succeeds
    moderators: bool = False  # every new visitor is one
    code: str = "123456"  # the one that signs in
    known: User | None = None  # who signs in with it, when that is somebody else already
    website: str = ""  # where a sign-in with a website leads
    off: bool = False  # the chat is switched off
    silent: bool = False  # nothing that sockets send is answered, nor done
    refusal: str = ""  # why nothing that sockets send is done (HTML)
    not_now: str = ""  # the words in which every sign-in is put off
    emoji: tuple[str, ...] = ("boat", "wave")
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _guests: Iterator[int] = field(default_factory=lambda: count(1))

    def knows(self, path: str) -> bool:
        return path == "/ws" or path.startswith(PATHS)

    def user(self, name: str, token: str = "", **more: object) -> User:
        made: User = {
            "id": f"u{next(self._ids)}",
            "displayName": name,
            "displayColor": len(name) % 8,
            "createdAt": "2026-05-01T12:00:00Z",
            "previousNames": [name],
            "isBot": False,
            "authenticated": False,
            **more,
        }
        self.people[token or f"token-of-{name}"] = made
        return made

    def told(self, kind: str, **members: object) -> Told:
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        return {"id": f"m{next(self._ids):08}", "timestamp": at, "type": kind, **members}

    async def say(self, user: User, body: str, **more: object) -> str:
        """Somebody says `body` (HTML) to everybody. Returns the message's id."""
        message = self.told("CHAT", body=body, user=dict(user), **more)
        self.log.append(message)
        await self.tell(message)
        return str(message["id"])

    async def tell(self, *told: Told) -> None:
        """Send events to every socket, all in one frame."""
        frame = "\n".join(map(json.dumps, told))
        for socket in list(self.sockets):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_text(frame)

    async def cut(self) -> None:
        """Every socket is lost."""
        for socket in list(self.sockets):
            self.sockets.pop(socket)
            with contextlib.suppress(RuntimeError):
                await socket.close(1011)

    async def joined(self, number: int = 1) -> None:
        async with asyncio.timeout(30):
            while len(self.sockets) != number:
                await asyncio.sleep(0.02)

    async def hears(self, kind: str) -> Told:
        async with asyncio.timeout(30):
            while not (found := [told for told in self.heard if told.get("type") == kind]):
                await asyncio.sleep(0.02)
        return found[-1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(WebSocket(scope, receive, send))
        else:
            await (await self._call(Request(scope, receive)))(scope, receive, send)

    async def _call(self, request: Request) -> Response:
        path, body = request.url.path, await request.body()
        given: Any = json.loads(body) if body else None
        self.asked.append((path, given))
        if path.startswith("/img/emoji/"):
            return Response(PIXEL, media_type="image/png")
        if self.refuses:
            return PlainTextResponse("unauthorized", 401)
        if path == "/api/emoji":
            return JSONResponse([{"name": name, "url": f"/img/emoji/{name}.png"} for name in self.emoji])
        if path == "/api/chat/register":
            token = f"token-{next(self._ids)}"
            user = self.user(f"Guest {next(self._guests)}", token, scopes=["MODERATOR"] if self.moderators else [])
            return JSONResponse({"id": user["id"], "accessToken": token, "displayName": user["displayName"]})
        token = request.query_params.get("accessToken", "")
        if token not in self.people:
            return PlainTextResponse("unauthorized", 401)
        if path.startswith("/api/auth/"):
            return await self._sign_in(path, given, token)
        return await self._personal(path, given)

    async def _sign_in(self, path: str, given: Any, token: str) -> Response:
        if self.not_now:
            return JSONResponse({"success": False, "message": self.not_now}, 429)
        if path == "/api/auth/indieauth":
            return JSONResponse({"redirect": self.website})
        if path == "/api/auth/fediverse/verify":
            if given["code"] != self.code:
                return JSONResponse({"success": False, "message": "code is not the one that was sent"}, 400)
            self.people[token] = self.known or self.people[token]
            self.people[token]["authenticated"] = True
            for socket in [socket for socket, whose in self.sockets.items() if whose == token]:
                await socket.send_json(self.told("CONNECTED_USER_INFO", user=self.people[token]))
        return JSONResponse({"success": True, "message": "done"})

    async def _personal(self, path: str, given: Any) -> Response:
        if path == "/api/chat":
            return JSONResponse(self.log[-self.log_shown :])
        if path == "/api/chat/messagevisibility":
            await self.tell(self.told("VISIBILITY-UPDATE", ids=given["idArray"], visible=given["visible"]))
        if path.startswith("/api/moderation/chat/user/"):
            user = next(user for user in self.people.values() if user["id"] == path.rpartition("/")[2])
            clients = [{"id": 1, "userAgent": "a browser", "connectedAt": "", "geo": "", "messageCount": 1}]
            return JSONResponse({"user": user, "connectedClients": clients, "messages": []})
        return JSONResponse({"success": True, "message": "changed"})

    async def _socket(self, socket: WebSocket) -> None:
        query = parse_qs(socket.scope["query_string"].decode(), keep_blank_values=True)
        self.queries.append(query)
        if self.away:
            await socket.close(1013)
            return
        await socket.accept()
        token = query.get("accessToken", [""])[0]
        user = self.people.get(token)
        if user is None or "disabledAt" in user:
            await socket.send_json({"type": "ERROR_NEEDS_REGISTRATION" if user is None else "ERROR_USER_DISABLED"})
            await socket.close()
            return
        if self.off:
            await socket.send_json({"type": "ERROR_CHAT_DISABLED"})
            await socket.close()
            return
        await socket.send_json(self.told("CONNECTED_USER_INFO", user=user))
        since = query.get("since", [""])[0]
        for told in self.log:
            if since and told["id"] > since:
                await socket.send_json(told)
        if "since" in query:
            await socket.send_json({"type": "CAUGHT-UP", "since": since, "first": "", "complete": True})
        self.sockets[socket] = token
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                told = json.loads(await socket.receive_text())
                if self.silent:
                    self.heard.append(told)
                    continue
                await self._hear(user, told)
                ref = {"ref": told.get("ref", "")}
                refused = self.told("REFUSED", **ref, reason="test", body=self.refusal, retryAfter=3)
                await socket.send_json(refused if self.refusal else self.told("ACCEPTED", **ref))
        self.sockets.pop(socket, None)

    async def _hear(self, user: User, told: Told) -> None:
        self.heard.append(told)
        if self.refusal:
            return
        if told["type"] == "CHAT":
            await self.say(user, f"<p>{told['body']}</p>")
        elif told["type"] == "NAME_CHANGE":
            old, user["displayName"] = user["displayName"], told["newName"]
            await self.tell(self.told("NAME_CHANGE", user=user, oldName=old))
        elif told["type"] == "COLOR_CHANGE":
            user["displayColor"] = told["newColor"]

"""A fake chat server for tests of the pages: Owncast's websocket and API without any rules of the chat.

The tests of the node hold the real server to the same events.
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

from tests.kit.pictures import PIXEL

PATHS = ("/api/auth/", "/api/chat", "/api/emoji", "/api/moderation", "/img/emoji/")

User = dict[str, Any]
Event = dict[str, Any]


@dataclass
class FakeChat:
    """`people` are the users by token, `log` is the history, `received` are the events that sockets sent, `calls` the
    paths and bodies of API calls, and `queries` the queries of the sockets' URLs."""

    people: dict[str, User] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    received: list[Event] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    sockets: dict[WebSocket, str] = field(default_factory=dict)
    log_shown: int = 1000  # lines of the log that GET /api/chat has
    refuses_sockets: bool = False  # every handshake is refused
    refuses: bool = False  # every call is answered 401
    moderators: bool = False  # every new visitor is a moderator
    code: str = "123456"  # the one-time code that signs in
    known: User | None = None  # the user whom the code signs in as, if not the one who asks
    website: str = ""  # the redirect of a sign-in with a website
    disabled: bool = False  # the chat is switched off
    silent: bool = False  # events of sockets are neither answered nor carried out
    refusal: str = ""  # the reason (HTML) for which all events of sockets are refused
    sign_in_error: str = ""  # the message of the 429 that answers every sign-in
    emoji: tuple[str, ...] = ("boat", "wave")
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    _guests: Iterator[int] = field(default_factory=lambda: count(1))

    def handles(self, path: str) -> bool:
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

    def event(self, kind: str, **members: object) -> Event:
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        return {"id": f"m{next(self._ids):08}", "timestamp": at, "type": kind, **members}

    async def say(self, user: User, body: str, **more: object) -> str:
        """Send a message of `user` with the HTML `body` to all sockets. Return its id."""
        message = self.event("CHAT", body=body, user=dict(user), **more)
        self.log.append(message)
        await self.broadcast(message)
        return str(message["id"])

    async def broadcast(self, *event: Event) -> None:
        """Send events to every socket, all in one frame."""
        frame = "\n".join(map(json.dumps, event))
        for socket in list(self.sockets):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_text(frame)

    async def cut(self) -> None:
        """Close all sockets as a lost connection does."""
        for socket in list(self.sockets):
            self.sockets.pop(socket)
            with contextlib.suppress(RuntimeError):
                await socket.close(1011)

    async def joined(self, number: int = 1) -> None:
        async with asyncio.timeout(30):
            while len(self.sockets) != number:
                await asyncio.sleep(0.02)

    async def wait_for(self, kind: str) -> Event:
        async with asyncio.timeout(30):
            while not (found := [event for event in self.received if event.get("type") == kind]):
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
        self.calls.append((path, given))
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
        if self.sign_in_error:
            return JSONResponse({"success": False, "message": self.sign_in_error}, 429)
        if path == "/api/auth/indieauth":
            return JSONResponse({"redirect": self.website})
        if path == "/api/auth/fediverse/verify":
            if given["code"] != self.code:
                return JSONResponse({"success": False, "message": "code is not the one that was sent"}, 400)
            self.people[token] = self.known or self.people[token]
            self.people[token]["authenticated"] = True
            for socket in [socket for socket, whose in self.sockets.items() if whose == token]:
                await socket.send_json(self.event("CONNECTED_USER_INFO", user=self.people[token]))
        return JSONResponse({"success": True, "message": "done"})

    async def _personal(self, path: str, given: Any) -> Response:
        if path == "/api/chat":
            return JSONResponse(self.log[-self.log_shown :])
        if path == "/api/chat/messagevisibility":
            await self.broadcast(self.event("VISIBILITY-UPDATE", ids=given["idArray"], visible=given["visible"]))
        if path.startswith("/api/moderation/chat/user/"):
            user = next(user for user in self.people.values() if user["id"] == path.rpartition("/")[2])
            clients = [{"id": 1, "userAgent": "a browser", "connectedAt": "", "geo": "", "messageCount": 1}]
            return JSONResponse({"user": user, "connectedClients": clients, "messages": []})
        return JSONResponse({"success": True, "message": "changed"})

    async def _socket(self, socket: WebSocket) -> None:
        query = parse_qs(socket.scope["query_string"].decode(), keep_blank_values=True)
        self.queries.append(query)
        if self.refuses_sockets:
            await socket.close(1013)
            return
        await socket.accept()
        token = query.get("accessToken", [""])[0]
        user = self.people.get(token)
        if user is None or "disabledAt" in user:
            await socket.send_json({"type": "ERROR_NEEDS_REGISTRATION" if user is None else "ERROR_USER_DISABLED"})
            await socket.close()
            return
        if self.disabled:
            await socket.send_json({"type": "ERROR_CHAT_DISABLED"})
            await socket.close()
            return
        await socket.send_json(self.event("CONNECTED_USER_INFO", user=user))
        since = query.get("since", [""])[0]
        for event in self.log:
            if since and event["id"] > since:
                await socket.send_json(event)
        if "since" in query:
            await socket.send_json({"type": "CAUGHT-UP", "since": since, "first": "", "complete": True})
        self.sockets[socket] = token
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                event = json.loads(await socket.receive_text())
                if self.silent:
                    self.received.append(event)
                    continue
                await self._receive(user, event)
                ref = {"ref": event.get("ref", "")}
                refused = self.event("REFUSED", **ref, reason="test", body=self.refusal, retryAfter=3)
                await socket.send_json(refused if self.refusal else self.event("ACCEPTED", **ref))
        self.sockets.pop(socket, None)

    async def _receive(self, user: User, event: Event) -> None:
        self.received.append(event)
        if self.refusal:
            return
        if event["type"] == "CHAT":
            await self.say(user, f"<p>{event['body']}</p>")
        elif event["type"] == "NAME_CHANGE":
            old, user["displayName"] = user["displayName"], event["newName"]
            await self.broadcast(self.event("NAME_CHANGE", user=user, oldName=old))
        elif event["type"] == "COLOR_CHANGE":
            user["displayColor"] = event["newColor"]

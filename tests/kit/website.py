"""Somebody's website with an IndieAuth server, real on a port: it checks what a server has to, and says yes."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from tests.kit.webserver import serving


@dataclass
class Website:
    """`names` says how the page names its server: "metadata", "header", "html" or "nothing"; `endpoint` is another one
    than its own. `/moved` and `/elsewhere` lead to the website, the first for good."""

    origin: str = ""
    names: str = "metadata"
    endpoint: str = ""
    me: str = ""  # who it says has come, when that is not the website
    issuer: str = ""  # what it calls itself in its answer, when that is not its name
    says_no: bool = False
    page: bytes = b""  # instead of the page
    metadata: object = None  # instead of the metadata
    closed: asyncio.Event | None = None  # nothing is answered before it is set
    answer: Response | None = None  # instead of the answer to a code
    asked: list[dict[str, str]] = field(default_factory=list)
    redeemed: list[dict[str, str]] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{self.origin}/"

    @property
    def authority(self) -> str:
        return self.origin.partition("://")[2]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.visits.append(f"{request.method} {request.url.path}")
        if self.closed is not None:
            await self.closed.wait()
        answers: dict[str, Any] = {
            "GET /": self._page,
            "GET /server": lambda: JSONResponse(self.metadata or self._metadata()),
            "GET /auth": lambda: self._consent(dict(request.query_params)),
            "GET /moved": lambda: RedirectResponse(self.url, 301),
            "GET /elsewhere": lambda: RedirectResponse("/", 302),
            "GET /round": lambda: RedirectResponse("/round", 302),
        }
        if self.visits[-1] == "POST /auth":
            response = self._redeem(dict(parse_qsl((await request.body()).decode())))
        else:
            response = answers.get(self.visits[-1], lambda: Response(status_code=404))()
        await response(scope, receive, send)

    def _page(self) -> Response:
        rel, href = (
            ("indieauth-metadata", "/server") if self.names == "metadata" else ("authorization_endpoint", "auth")
        )
        href = self.endpoint or href
        if self.page:
            return HTMLResponse(self.page)
        if self.names == "header":
            # as two headers, which many sites have
            headers = [
                (b"link", b'</wp-json/>; rel="https://api.example/"'),
                (b"link", f"<{href}>; rel={rel}".encode()),
            ]
            response = HTMLResponse("<title>Ann</title>")
            response.raw_headers += headers
            return response
        link = f"<link rel='{rel}' href='{href}'>" if self.names != "nothing" else ""
        return HTMLResponse(f"<!doctype html><title>Ann</title>{link}<p>Ann's website")

    def _metadata(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.origin}/auth",
            "authorization_response_iss_parameter_supported": True,
            "code_challenge_methods_supported": ["S256"],
        }

    def _consent(self, asked: dict[str, str]) -> Response:
        """Stand for the owner's consent, which is given at once."""
        self.asked.append(asked)
        code = token_urlsafe()
        self._codes[code] = asked
        told = {"error": "access_denied"} if self.says_no else {"code": code}
        query = urlencode({**told, "state": asked["state"], "iss": self.issuer or self.url})
        return RedirectResponse(f"{asked['redirect_uri']}?{query}", 302)

    def _redeem(self, given: dict[str, str]) -> Response:
        self.redeemed.append(given)
        asked = self._codes.pop(given.get("code", ""), None)
        if self.answer is not None:
            return self.answer
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        fits = asked is not None and (
            (asked["code_challenge"], asked["code_challenge_method"]) == (challenge.decode().rstrip("="), "S256")
            and given["grant_type"] == "authorization_code"
            and all(given[name] == asked[name] for name in ("client_id", "redirect_uri"))
        )
        if not fits:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"me": self.me or self.url})


@asynccontextmanager
async def website(**more: Any) -> AsyncIterator[Website]:
    made = Website(**more)
    async with serving(made) as port:
        made.origin = f"http://127.0.0.1:{port}"
        yield made

"""Gates for those who show a token: visitors and moderators in the query, integrations in a header."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fedistream.access_tokens.service import Integration, Integrations, Scope
from fedistream.api.http.endpoints import Authenticator
from fedistream.api.http.request import ApiRequest, Unidentified
from fedistream.chat.bans import Bans
from fedistream.chat.values import Role, Visitor
from fedistream.chat.visitors import Visitors
from fedistream.core.errors import NotFound

VISITOR, MODERATOR = "visitor", "moderator"
BEARER: Mapping[Scope, str] = {scope: f"bearer:{scope.value}" for scope in Scope}
MAX_TOKEN = 256  # characters


@dataclass(frozen=True, slots=True)
class Bearer:
    """The principal behind the bearer gates: an integration, and who speaks for it."""

    integration: Integration
    bot: Visitor


class TokenAuth:
    """No answer tells why: a token of nobody, of somebody disabled, and one from a banned address are all refused
    alike. Tokens have 256 random bits, so nobody has to be kept from guessing."""

    def __init__(self, visitors: Visitors, bans: Bans, access_tokens: Integrations) -> None:
        self._visitors, self._bans, self._access_tokens = visitors, bans, access_tokens

    def table(self) -> Mapping[str, Authenticator]:
        return {
            VISITOR: Authenticator(self.visitor, ambient=False),
            MODERATOR: Authenticator(self.moderator, ambient=False),
            **{name: Authenticator(self._bearer(scope), ambient=False) for scope, name in BEARER.items()},
        }

    async def visitor(self, request: ApiRequest) -> Visitor:
        token = request.query.get("accessToken", "")
        if not 0 < len(token) <= MAX_TOKEN or self._bans.holds(request.address):
            raise Unidentified
        visitor = await self._visitors.by_token(token)
        if visitor is None or not visitor.enabled:
            raise Unidentified
        return visitor

    async def moderator(self, request: ApiRequest) -> Visitor:
        visitor = await self.visitor(request)
        if visitor.role is not Role.MODERATOR:
            raise Unidentified
        return visitor

    def _bearer(self, scope: Scope) -> Callable[[ApiRequest], Awaitable[Bearer]]:
        async def check(request: ApiRequest) -> Bearer:
            kind, _, token = request.http.headers.get("authorization", "").partition(" ")
            if kind.lower() != "bearer":
                raise Unidentified
            integration = await self._access_tokens.by_token(token.strip())
            if integration is None or scope not in integration.scopes:
                raise Unidentified
            try:
                return Bearer(integration, await self._visitors.get(integration.visitor_id))
            except NotFound:
                raise Unidentified from None

        return check

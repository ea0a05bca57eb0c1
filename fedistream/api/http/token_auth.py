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

    def __init__(self, visitors: Visitors, bans: Bans, integrations: Integrations) -> None:
        self._visitors, self._bans, self._integrations = visitors, bans, integrations

    def table(self) -> Mapping[str, Authenticator]:
        return {
            VISITOR: Authenticator(self.visitor, ambient=False),
            MODERATOR: Authenticator(self.moderator, ambient=False),
            **{name: Authenticator(self._bearer(scope), ambient=False) for scope, name in BEARER.items()},
        }

    async def visitor(self, ask: ApiRequest) -> Visitor:
        token = ask.query.get("accessToken", "")
        if not 0 < len(token) <= MAX_TOKEN or self._bans.holds(ask.address):
            raise Unidentified
        visitor = await self._visitors.by_token(token)
        if visitor is None or not visitor.enabled:
            raise Unidentified
        return visitor

    async def moderator(self, ask: ApiRequest) -> Visitor:
        visitor = await self.visitor(ask)
        if visitor.role is not Role.MODERATOR:
            raise Unidentified
        return visitor

    def _bearer(self, scope: Scope) -> Callable[[ApiRequest], Awaitable[Bearer]]:
        async def check(ask: ApiRequest) -> Bearer:
            kind, _, token = ask.request.headers.get("authorization", "").partition(" ")
            if kind.lower() != "bearer":
                raise Unidentified
            integration = await self._integrations.by_token(token.strip())
            if integration is None or scope not in integration.scopes:
                raise Unidentified
            try:
                return Bearer(integration, await self._visitors.get(integration.visitor_id))
            except NotFound:
                raise Unidentified from None

        return check

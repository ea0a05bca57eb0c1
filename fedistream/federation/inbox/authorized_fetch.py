"""Access to the node's documents.

By default everybody may read them; with `federation.signed_reading`, a reader has to sign the request and must not be
blocked. The node's own actor and discovery are always public, since a server that verifies our signatures has to read
that actor.
"""

from activitypub.network.transport import Clock
from activitypub.refusal import Reason, Refused
from activitypub.signatures import parse_signature
from activitypub.signatures.request import Request
from activitypub.signer import verify
from fedistream.core.ports import SettingsReader
from fedistream.federation.blocks import Blocks
from fedistream.federation.inbox.stats import InboxStats
from fedistream.federation.remote_actors import RemoteActors

SIGNED = ("signature", "signature-input")


class AuthorizedFetch:
    """Check the requests for our documents. `clock` returns Unix seconds."""

    def __init__(
        self,
        settings: SettingsReader,
        remote_actors: RemoteActors,
        blocks: Blocks,
        inbox_stats: InboxStats,
        clock: Clock,
    ) -> None:
        self._settings, self._remote_actors, self._blocks = settings, remote_actors, blocks
        self._inbox_stats, self._clock = inbox_stats, clock

    @property
    def strict(self) -> bool:
        """Return whether readers have to sign their requests."""
        return bool(self._settings.value("federation.signed_reading"))

    async def check(self, request: Request) -> None:
        """Check that the reader may read the document. Raises Refused."""
        try:
            await (self._check_signature(request) if self.strict else self._check_name(request))
        except Refused as refused:
            self._inbox_stats.refused(refused.reason.value)
            raise

    async def _check_signature(self, request: Request) -> None:
        claim = parse_signature(request, now=self._clock())
        if self._remote_actors.is_blocked(claim.key_id):
            raise Refused(Reason.BLOCKED, "this actor is blocked here")
        signer = await verify(claim, self._remote_actors)
        if self._remote_actors.is_blocked(signer.actor.id) or self._blocks.names(signer.actor):
            raise Refused(Reason.BLOCKED, "this actor is blocked here")
        await self._inbox_stats.record_contact(signer.actor)

    async def _check_name(self, request: Request) -> None:
        """Refuse an unsigned-mode request that names a blocked actor; its signature is not verified."""
        if not any(name in SIGNED for name, _ in request.headers):
            return
        try:
            claim = parse_signature(request, now=self._clock())
        except Refused:
            return
        if self._remote_actors.is_blocked(claim.key_id):
            raise Refused(Reason.BLOCKED, "this actor is blocked here")

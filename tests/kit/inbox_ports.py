"""The ports of the inbox with fixed answers: keys, blocked actors, and activities that came before."""

from activitypub.actor import Actor
from activitypub.signer import Missing, Signer
from activitypub.urls import authority
from tests.kit.actors import ANN, actor


class FixedKeyResolver:
    """Signers by key id. `asked` is what was asked for; `refreshed` are the signers that a refresh finds."""

    def __init__(self, *actors: Actor) -> None:
        self.signers: dict[str, Signer | Missing] = {}
        self.refreshed: dict[str, Signer] = {}
        self.blocked: set[str] = set()
        self.asked: list[str] = []
        for each in actors or (actor(ANN),):
            for key in each.keys:
                self.signers[key.id] = Signer(key.id, key.key, each)

    def is_blocked(self, url: str) -> bool:
        return url in self.blocked or authority(url) in self.blocked

    async def resolve(self, key_id: str) -> Signer | Missing:
        self.asked.append(key_id)
        return self.signers.get(key_id, Missing.UNKNOWN)

    async def refresh(self, signer: Signer) -> Signer | None:
        self.asked.append(f"refresh {signer.key_id}")
        return self.refreshed.get(signer.key_id)


class FixedInboxStore:
    """An InboxStore with the actors that are known, and the replay keys of the activities that were taken."""

    def __init__(self, *known: str) -> None:
        self.known = set(known)
        self.taken: set[str] = set()

    async def knows_actor(self, actor: str) -> bool:
        return actor in self.known

    async def was_seen(self, replay_key: str) -> bool:
        return replay_key in self.taken

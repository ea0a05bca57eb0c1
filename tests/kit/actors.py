"""Actor documents for tests, with the keys of `signing`."""

from typing import Any

from activitypub.actor import Actor, ActorKey, write_actor
from activitypub.strictjson import Json
from tests.kit.signing import ed25519_key, rsa_key

ANN = "https://remote.example/users/ann"
NODE = "https://node.example"
LIVE = f"{NODE}/federation/user/live"


def actor(identifier: str = ANN, **members: Any) -> Actor:
    """Return an actor with inbox, shared inbox, followers and the RSA key of `signing.signer(identifier)`."""
    origin = "/".join(identifier.split("/")[:3])
    values: dict[str, Any] = {
        "type": "Person",
        "username": identifier.rpartition("/")[2],
        "inbox": f"{identifier}/inbox",
        "outbox": f"{identifier}/outbox",
        "followers": f"{identifier}/followers",
        "shared_inbox": f"{origin}/inbox",
        "keys": (ActorKey(f"{identifier}#main-key", rsa_key(identifier).public()),),
    }
    return Actor(identifier, **(values | members))


def document(identifier: str = ANN, **members: Any) -> Json:
    """Return the document of `actor` with these arguments."""
    return write_actor(actor(identifier, **members))


def ed25519_actor_key(identifier: str = ANN) -> ActorKey:
    """Return a second key of an actor, for assertionMethod."""
    return ActorKey(f"{identifier}#ed25519-key", ed25519_key(identifier).public())

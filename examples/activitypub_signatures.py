"""Sign a request and verify it, without any network: `python examples/activitypub_signatures.py`.

The sender posts an activity with the older scheme of the fediverse, the receiver looks at what arrives. Then somebody
changes the body on the way.
"""

import asyncio
import time
from dataclasses import replace

from activitypub import (
    Actor,
    ActorKey,
    KeyResolver,
    Missing,
    Refused,
    Request,
    Scheme,
    Signer,
    SigningKey,
    encode_payload,
    make_rsa,
    sign_post,
    verify_request,
)

ANN = "https://ann.example/users/ann"
INBOX = "https://bob.example/inbox"


class OneKey:
    """A `KeyResolver` that knows one key. `MemoryKeyResolver` fetches those of other servers."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def is_blocked(self, url: str) -> bool:
        return False

    async def resolve(self, key_id: str) -> Signer | Missing:
        return self._signer if key_id == self._signer.key_id else Missing.UNKNOWN

    async def refresh(self, signer: Signer) -> Signer | None:
        return None


async def verdict(request: Request, resolver: KeyResolver) -> str:
    try:
        signer = await verify_request(request, resolver, now=time.time())
    except Refused as refused:
        return f"refused with {refused.status}: {refused.text}"
    return f"signed by {signer.actor.id}"


async def main() -> None:
    key = SigningKey(f"{ANN}#main-key", make_rsa())
    public = ActorKey(key.key_id, key.key.public())
    ann = Actor(ANN, "Person", "ann", inbox=f"{ANN}/inbox", keys=(public,))
    resolver = OneKey(Signer(public.id, public.key, ann))

    like = {"id": f"{ANN}/likes/1", "type": "Like", "actor": ANN, "object": "https://bob.example/notes/1"}
    for scheme in Scheme:
        request = sign_post(INBOX, encode_payload(like), key, scheme, now=time.time())
        print(f"{scheme}: {await verdict(request, resolver)}")
        print(f"{scheme}: {await verdict(replace(request, body=b'{}'), resolver)}")


if __name__ == "__main__":
    asyncio.run(main())

"""The node's secret: made once, and shared by all processes on the database.

Keys are derived from it (`derive` in `fedistream/core/key_file.py`), so that what one process has signed is accepted by
another, and by the same one after a restart.
"""

from collections.abc import Callable

from tortoise.models import Model

from fedistream.db.fields import CharField

NODE = "node"


class NodeSecretRow(Model):
    """The secret, in hexadecimal. Unencrypted, as the stream keys and the actors' private keys are: a person who has
    the database controls the node in any case."""

    name = CharField(max_length=16, primary_key=True)
    secret = CharField(max_length=128)

    class Meta:
        table = "node_secret"


async def node_secret(make: Callable[[], bytes]) -> bytes:
    """Return the secret. `make()` returns the one to store when there is none, of at most 64 bytes."""
    row = await NodeSecretRow.get_or_none(name=NODE)
    if row is None:
        # another process may do the same at the same time, and there must be only one secret
        await NodeSecretRow.bulk_create([NodeSecretRow(name=NODE, secret=make().hex())], ignore_conflicts=True)
        row = await NodeSecretRow.get(name=NODE)
    return bytes.fromhex(row.secret)

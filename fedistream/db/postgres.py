"""Tortoise's asyncpg client, with transactions that give their connection back when they cannot begin.

Tortoise's own keep it: after as many failures as the pool has connections (a restarted server) nothing works any more.
"""

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled


class Client(AsyncpgDBClient):
    def _in_transaction(self) -> TransactionContext:
        return _Transaction(TransactionWrapper(self), self._pool_init_lock)


class _Transaction(TransactionContextPooled):
    async def __aenter__(self) -> TransactionalDBClient:
        try:
            return await super().__aenter__()
        except BaseException:
            wrapper = self.client
            assert isinstance(wrapper, TransactionWrapper)
            if wrapper._parent._pool and wrapper._connection is not None:
                # one that cannot begin is broken; a closed one is given back without the reset, which would fail too
                wrapper._connection.terminate()
                await wrapper._parent._pool.release(wrapper._connection)
            raise


client_class = Client

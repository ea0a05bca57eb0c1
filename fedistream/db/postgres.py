"""Tortoise's asyncpg client with transactions that find a working connection and release a broken one.

After a restart of the server all connections in the pool are broken, which shows only when one is used. Tortoise's own
transaction failed then and kept the connection. After as many failures as the pool has connections, nothing worked.
"""

from contextlib import suppress
from typing import Any, cast

from asyncpg import InterfaceError  # type: ignore[import-untyped]  # it has no types
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    PoolConnectionWrapper,
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.connection import get_connections

from fedistream.db.timeouts import connection_of, with_names


class Client(AsyncpgDBClient):
    """The client, which raises DatabaseProblem."""

    execute_insert = with_names(AsyncpgDBClient.execute_insert)
    execute_many = with_names(AsyncpgDBClient.execute_many)
    execute_query = with_names(AsyncpgDBClient.execute_query)
    execute_query_dict = with_names(AsyncpgDBClient.execute_query_dict)

    def acquire_connection(self) -> PoolConnectionWrapper[Any]:
        return _Loan(self, self._pool_init_lock)

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(_Wrapper(self), self._pool_init_lock)


class _Wrapper(TransactionWrapper):
    execute_insert = with_names(TransactionWrapper.execute_insert)
    execute_many = with_names(TransactionWrapper.execute_many)
    execute_query = with_names(TransactionWrapper.execute_query)
    execute_query_dict = with_names(TransactionWrapper.execute_query_dict)


class _Loan(PoolConnectionWrapper[Any]):
    """A connection for one statement."""

    async def __aenter__(self) -> Any:
        await self.ensure_connection()
        self.connection = await connection_of(cast(Client, self.client)._pool)
        return self.connection


class _Transaction(TransactionContextPooled):
    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        wrapper = self.client
        assert isinstance(wrapper, TransactionWrapper)
        pool = wrapper._parent._pool
        assert pool is not None
        tries = wrapper._parent.pool_maxsize + 1
        while True:
            tries -= 1
            wrapper._connection = await connection_of(pool)
            try:
                await wrapper.begin()
            except BaseException as error:
                # closed before the release, which would ask the dead server for a reset; it may be released already
                with suppress(InterfaceError):
                    wrapper._connection.terminate()
                await pool.release(wrapper._connection)
                if tries and isinstance(error, Exception):
                    continue  # nothing was written yet, and the next connection may be a new one
                raise
            self.token = get_connections().set(self.connection_name, wrapper)
            return wrapper


client_class = Client

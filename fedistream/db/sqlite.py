"""Tortoise's SQLite client with transactions that take the write lock at the start and always release it.

Tortoise begins deferred transactions: a process that reads and then writes would get "locked" without waiting. And an
error while beginning or committing left Tortoise's lock taken, or the transaction open for the next one to commit.
"""

from typing import Any

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections

from fedistream.db.timeouts import TurnLock, with_names


class Client(SqliteClient):
    """The client, which raises DatabaseProblem."""

    execute_insert = with_names(SqliteClient.execute_insert)
    execute_many = with_names(SqliteClient.execute_many)
    execute_query = with_names(SqliteClient.execute_query)
    execute_query_dict = with_names(SqliteClient.execute_query_dict)

    def __init__(self, file_path: str, **kwargs: Any) -> None:
        super().__init__(file_path, **kwargs)
        self._lock = TurnLock()

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(_Connection(self), self._lock)


class _Connection(SqliteTransactionWrapper):
    execute_insert = with_names(SqliteTransactionWrapper.execute_insert)
    execute_many = with_names(SqliteTransactionWrapper.execute_many)
    execute_query = with_names(SqliteTransactionWrapper.execute_query)
    execute_query_dict = with_names(SqliteTransactionWrapper.execute_query_dict)

    async def begin(self) -> None:
        await self._connection.execute("BEGIN IMMEDIATE")

    async def commit(self) -> None:
        try:
            await super().commit()
        except BaseException:
            # a failed COMMIT may leave the transaction open, and the next one would commit it
            await self.rollback()
            raise


class _Transaction(SqliteTransactionContext):
    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        client: TransactionalDBClient = self.connection
        return client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            if not self.connection._finalized:
                await (self.connection.rollback() if exc_type else self.connection.commit())
        finally:
            get_connections().reset(self.token)
            self._trxlock.release()


client_class = Client

"""The list of models, and Tortoise's configuration."""

from typing import Any

from fedistream.db.address import Address, SqliteAddress

MODELS = (
    "fedistream.db.versions",
    "fedistream.db.node_secret",
    "fedistream.settings.models",
    "fedistream.channels.models",
    "fedistream.people.models",
    "fedistream.broadcasts.models",
    "fedistream.chat.models",
    "fedistream.access_tokens.models",
    "fedistream.jobs.models",
    "fedistream.federation.models",
    "fedistream.notices.models",
    "fedistream.notifications.models",
    "fedistream.webhooks.models",
    "fedistream.viewers.models",
    "fedistream.listing.models",
    "fedistream.schedule.models",
    "fedistream.signin.models",
)
"""Every module with a model. By name, because this package must not import features."""

CONNECT_S = 10
STATEMENT_S = 60
JOURNAL_BYTES = 64 << 20  # the size to which SQLite truncates the write-ahead log after a burst


def config(address: Address, wait_s: float = 5.0) -> dict[str, Any]:
    """Return Tortoise's configuration. `wait_s` is how long a SQLite statement waits for another process's lock, in
    seconds."""
    # not "default": Tortoise caches SQL by this name, and the SQL of the two databases differs
    name = "sqlite" if isinstance(address, SqliteAddress) else "postgres"
    return {
        "connections": {name: _connection(address, wait_s)},
        "apps": {"models": {"models": list(MODELS), "default_connection": name}},
        "use_tz": True,
        "timezone": "UTC",
    }


def _connection(address: Address, wait_s: float) -> dict[str, Any]:
    if isinstance(address, SqliteAddress):
        pragmas = {
            "busy_timeout": int(wait_s * 1000),
            "journal_mode": "WAL",
            # in WAL mode a crash of the process loses nothing; a power cut may lose the last transactions, but does not
            # damage the file (decision 23)
            "synchronous": "NORMAL",
            "journal_size_limit": JOURNAL_BYTES,
            "foreign_keys": "ON",
        }
        return {"engine": "fedistream.db.sqlite", "credentials": {"file_path": str(address.path), **pragmas}}
    credentials: dict[str, Any] = {
        "host": address.host,
        "port": address.port or 5432,
        "user": address.user,
        "password": address.password,
        "database": address.database,
        "minsize": address.pool[0],
        "maxsize": address.pool[1],
        "application_name": "fedistream",
        "timeout": CONNECT_S,
        "command_timeout": STATEMENT_S,
    }
    if address.sslmode is not None:
        credentials["ssl"] = address.sslmode
    return {"engine": "fedistream.db.postgres", "credentials": credentials}

"""Which models there are, and how Tortoise is told where their rows live."""

from typing import Any

from fedistream.db.address import Address, SqliteAddress

MODELS = (
    "fedistream.db.versions",
    "fedistream.settings.models",
    "fedistream.channels.models",
    "fedistream.people.models",
    "fedistream.broadcasts.models",
    "fedistream.chat.models",
    "fedistream.access_tokens.models",
    "fedistream.jobs.models",
    "fedistream.federation.models",
    "fedistream.notices.models",
)
"""Every module with a model in it. By name, as this room knows no feature."""

CONNECT_S = 10
STATEMENT_S = 60
JOURNAL_BYTES = 64 << 20  # what the write-ahead log may keep on disk after a burst


def config(address: Address, wait_s: float = 5.0) -> dict[str, Any]:
    """Tortoise's configuration. `wait_s`: how long a SQLite statement waits for another process's lock."""
    # not "default": Tortoise keeps the SQL it has made by this name, and the two systems' differs
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
            # in WAL mode safe against a crash of ours; a power cut may cost what the kernel has not written yet, never
            # the file (decision 23)
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

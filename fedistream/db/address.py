"""The database URL as a value. The modules beside this one choose the driver."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from fedistream.db.problems import BadAddress

POSTGRES_SCHEMES = ("postgres", "postgresql")
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
POOL = (2, 8)  # connections: idle, and at most
MAX_POOL = 100  # PostgreSQL's default limit for all clients


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """The path of a SQLite file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A PostgreSQL server. None means the default of libpq and asyncpg (PGHOST and others). `host` may be the folder of
    a socket."""

    host: str | None
    port: int | None
    user: str | None
    password: str | None = field(repr=False)
    database: str | None = None
    sslmode: str | None = None
    pool: tuple[int, int] = POOL

    def __str__(self) -> str:
        """Return the URL for logs and errors, without the password."""
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        return f"postgresql://{user}{self.host or ''}{port}/{self.database or ''}"


Address = SqliteAddress | PostgresAddress


def parse(url: str) -> Address:
    """Parse `sqlite://PATH` or `postgresql://USER:PASSWORD@HOST:PORT/NAME[?host=&sslmode=&minsize=&maxsize=]`.

    A path is taken literally: "sqlite://data/x.db" is relative, "sqlite:///srv/x.db" is absolute. Raises BadAddress.
    """
    if not url.isprintable():
        raise BadAddress("The database URL has characters in it that cannot be printed")
    scheme, colon, rest = url.partition("://")
    if scheme == "sqlite" and colon:
        return _sqlite(rest)
    if scheme in POSTGRES_SCHEMES and colon:
        return _postgres(url)
    raise BadAddress("The database URL must begin with sqlite:// or postgresql://")


def _sqlite(rest: str) -> SqliteAddress:
    if not rest or rest.endswith("/"):
        raise BadAddress("The database URL sqlite:// needs the path of a file behind it")
    if rest.startswith(":memory:"):
        raise BadAddress("The database must be a file: the data of sqlite://:memory: would be lost at every start")
    if "?" in rest:
        raise BadAddress("The database URL sqlite://... takes no parameters, and its path may not contain '?'")
    return SqliteAddress(Path(rest))


def _postgres(url: str) -> PostgresAddress:
    try:
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        port = parts.port
    except ValueError as error:
        # the text of the error may quote the password
        raise BadAddress("The database URL cannot be read; percent-encode what is special in the password") from error
    host, sslmode = given.pop("host", None), given.pop("sslmode", None)
    least, most = _number(given, "minsize", POOL[0]), _number(given, "maxsize", POOL[1])
    if given:
        raise BadAddress(f"The database URL has a parameter that is not known: {', '.join(sorted(given))}")
    if sslmode is not None and sslmode not in SSL_MODES:
        raise BadAddress(f"The database URL's sslmode must be one of {', '.join(SSL_MODES)}")
    if not 1 <= least <= most <= MAX_POOL:
        raise BadAddress(f"The database URL needs 1 <= minsize <= maxsize <= {MAX_POOL}")
    return PostgresAddress(
        host=host or (unquote(parts.hostname) if parts.hostname else None),
        port=port,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        database=unquote(parts.path[1:]) or None,
        sslmode=sslmode,
        pool=(least, most),
    )


def _number(given: dict[str, str], name: str, default: int) -> int:
    text = given.pop(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= 4):
        raise BadAddress(f"The database URL's {name} must be a number")
    return int(text)

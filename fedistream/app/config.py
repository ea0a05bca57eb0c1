"""The configuration of a process: flags, then FEDISTREAM_… variables, then fedistream.toml, then the defaults here.

Settings that an admin changes while the node runs are in the database; these have to be known before it opens.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration. A port of 0 means any free port; an empty text means "not given"."""

    data_dir: Path = Path("data")
    host: str = "0.0.0.0"  # noqa: S104 a streaming node is there to be reached
    port: int = 8080
    rtmp_port: int = 1935
    rtmps_port: int | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    public_url: str = ""
    admin_password: str = ""
    stream_key: str = ""
    database_url: str = ""
    federation_allow: str = ""
    trusted_proxies: str = "127.0.0.1,::1"
    rtmp_proxy_protocol: bool = False
    metrics_token: str = ""
    geoip_database: Path | None = None
    log_level: str = "info"
    workers: int = 1

    @property
    def database(self) -> str:
        """Return the database's URL: SQLite in the data folder unless another one was given."""
        return self.database_url or f"sqlite://{self.data_dir / 'fedistream.db'}"

"""Where the process listens."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the process listens, as far as the admin is told. `key_overridden`: the stream key came with the start."""

    web_host: str
    web_port: int
    rtmp_host: str
    rtmp_port: int
    key_overridden: bool = False

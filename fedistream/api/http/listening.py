"""The addresses on which the process listens."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listening:
    """The addresses that the admin is shown. `key_overridden` is set when the stream key was given at the start."""

    web_host: str
    web_port: int
    rtmp_host: str
    rtmp_port: int
    key_overridden: bool = False

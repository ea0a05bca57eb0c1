"""What this face asks of the node's services: the methods it calls and no others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fedistream.broadcasts.values import LiveStatus

Now = Callable[[], datetime]


class Channel(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def slug(self) -> str: ...


class StreamKey(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def comment(self) -> str: ...


class Channels(Protocol):
    def home(self) -> Channel: ...
    async def stream_keys(self, channel_id: int) -> Sequence[StreamKey]: ...
    async def replace_stream_keys(self, channel_id: int, keys: Sequence[tuple[str, str]]) -> object: ...


class People(Protocol):
    async def set_admin_password(self, password: str) -> object: ...


class Broadcasts(Protocol):
    def air(self, channel_id: int) -> LiveStatus: ...
    async def disconnect(self, channel_id: int) -> bool: ...


class Settings(Protocol):
    def value(self, name: str, channel_id: int | None = None) -> object: ...
    async def change(self, name: str, value: object, channel_id: int | None = None) -> object: ...


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the process listens, as far as the admin is told. `key_overridden`: the stream key came with the start."""

    web_host: str
    web_port: int
    rtmp_host: str
    rtmp_port: int
    key_overridden: bool = False


Values = Mapping[str, object]  # by Owncast's path of the setting, for example "federation/enable"

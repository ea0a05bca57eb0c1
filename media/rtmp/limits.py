"""The limits on the resources that a peer may use, as one value. Each limit has its own error in `errors.py`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes are bytes, times are seconds."""

    handshake_s: float = 10  # from the first byte of TCP to the last of the handshake
    publish_s: float = 10  # from there to an accepted publish
    idle_s: float = 30  # without a whole message; OBS sends audio 40 times a second
    write_s: float = 10  # the peer takes nothing from us
    linger_s: float = 2  # after our last word, so that the peer can read it before the socket goes
    message: int = 16 << 20  # the length field ends one byte short of this; a 4K keyframe has 1 to 3 MiB
    early: int = 16 << 10  # all that comes between handshake and publish; OBS and ffmpeg need 1 KiB for it
    held: int = 1 << 20  # what may arrive while a publish is being decided
    chunk_streams: int = 64  # OBS and ffmpeg use 4
    amf_depth: int = 16  # metadata of OBS has 2
    amf_items: int = 1024  # metadata of OBS has 20
    amf_string: int = 64 << 10
    parameters: int = 32  # behind the `?` of a key or an app
    waiting: int = 500  # connections that do not publish; one more closes the oldest of the address that has most
    waiting_per_address: int = 100  # likewise, of one address
    publishing_per_address: int = 10
    failed_keys: int = 10  # wrong keys from one address within `failed_keys_window_s` ...
    failed_keys_window_s: float = 60
    failed_keys_slow_s: float = 60  # ... and for this long after each further one the next is answered late:
    failed_keys_delay_s: float = 8  # after 1, 2, 4 and at most so many seconds
    failed_keys_addresses: int = 10_000  # remembered; the one that was quiet longest is forgotten
    long_key: int = 16  # characters of a key that nobody finds by trying; those the node makes have 24
    short_keys: int = 5  # shorter ones that are compared from a slow address, and how many a second in the long run;
    short_keys_per_s: float = 0.2
    short_keys_all: int = 20  # the same for all such addresses together
    short_keys_all_per_s: float = 10
    window: int = 2_500_000  # acknowledgement window we ask for; what FMS and nginx-rtmp's clients are used to
    chunk_size: int = 4096  # of what we send


DEFAULT = Limits()

"""The signature scheme that each host accepted last. In memory and bounded: a wrong guess costs one request."""

from activitypub.bounded_dict import BoundedDict
from activitypub.signatures import Scheme

KEEP_S = 7 * 86_400  # servers are updated; ask again
MAX_HOSTS = 20_000


class Schemes:
    """The schemes of the hosts (`Url.authority`) that accept RFC 9421 alone, for `keep_s` seconds."""

    def __init__(self, *, keep_s: float = KEEP_S, max_hosts: int = MAX_HOSTS) -> None:
        self._keep_s = keep_s
        self._kept: BoundedDict[str, tuple[Scheme, float]] = BoundedDict(max_hosts)

    def get(self, host: str, now: float) -> Scheme:
        """Return the scheme to try first: draft-cavage for an unknown host, because nearly all servers accept it."""
        scheme, until = self._kept.get(host, (Scheme.CAVAGE, 0.0))
        return scheme if now < until else Scheme.CAVAGE

    def put(self, host: str, scheme: Scheme, now: float) -> None:
        """Remember the scheme that this host has accepted. `now` is in seconds, as for `get`."""
        if scheme is Scheme.CAVAGE:
            self._kept.pop(host, None)
            return
        self._kept[host] = (scheme, now + self._keep_s)


def other(scheme: Scheme) -> Scheme:
    """Return the scheme to try when `scheme` was refused."""
    return Scheme.RFC9421 if scheme is Scheme.CAVAGE else Scheme.CAVAGE

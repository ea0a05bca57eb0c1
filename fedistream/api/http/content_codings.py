"""Accept-Encoding: the choice of an answer's coding (RFC 9110, 12.5.3). Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache

IDENTITY = "identity"
MAX_LENGTH = 512  # characters; browsers send 25
ALIASES = {"x-gzip": "gzip", "x-compress": "compress"}  # RFC 9110, 8.4.1

_ITEM = re.compile(r"\s*([!#$%&'*+.^_`|~0-9a-z-]+)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?", re.ASCII)


def choose(header: str, offered: Sequence[str]) -> str:
    """Return the one of the `offered` codings, best first, with the highest weight; IDENTITY for the plain bytes.

    Without the header, and when it allows none of them, the result is IDENTITY: a client without the header may not be
    able to decompress, and 406 would not help it.
    """
    return _choose(header[:MAX_LENGTH].lower(), tuple(offered))


@lru_cache(1024)
def _choose(header: str, offered: tuple[str, ...]) -> str:
    given = dict(_weights(header))
    others = given.get("*", 0.0)
    weights = {coding: given.get(coding, others) for coding in offered}
    # unless it is named, identity is allowed, with a lower weight than every named coding
    plain = given.get(IDENTITY, 0.0)
    best = max(offered, key=lambda coding: weights[coding], default=IDENTITY)
    return best if weights.get(best, 0.0) > 0 and weights[best] >= plain else IDENTITY


def _weights(header: str) -> list[tuple[str, float]]:
    """Return the weight of each coding. Items that do not follow the header's grammar are left out."""
    found = [_ITEM.fullmatch(item) for item in header.split(",")]
    return [(ALIASES.get(one[1], one[1]), min(1.0, float(one[2] or 1))) for one in found if one]

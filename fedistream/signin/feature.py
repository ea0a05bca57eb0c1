"""Signing in as a whole: its ways, made and joined."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from activitypub.network.transport import Transport
from fedistream.core.ports import SettingsReader
from fedistream.signin.indieauth import Chat, IndieAuth, Pace
from fedistream.signin.indieauth import Neighbours as IndieAuthNeighbours
from fedistream.signin.one_time_codes import Fediverse, OneTimeCodes
from fedistream.signin.one_time_codes import Neighbours as CodeNeighbours

Paces = Callable[[float, float], Pace]
"""A new Pace: so many at once, and so many a second in the long run."""

ASKING = (10, 0.1)  # of one visitor, and of one address, which a school may share
LETTERS = (6, 1 / 1200)  # to one account: who gets them need not have asked for any
LETTERS_FROM = (3, 1 / 1200)  # of these because of one address


@dataclass(frozen=True, slots=True)
class Neighbours:
    settings: SettingsReader
    chat: Chat
    web: Transport
    fediverse: Fediverse[Any]
    paces: Paces


@dataclass(frozen=True, slots=True)
class Clocks:
    """`monotonic` in seconds; `chance(n)` gives n random bytes, `below(n)` a random number from 0 to n - 1."""

    monotonic: Callable[[], float]
    chance: Callable[[int], bytes]
    below: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class SignInFeature:
    indieauth: IndieAuth
    codes: OneTimeCodes[Any]


def build(near: Neighbours, clocks: Clocks) -> SignInFeature:
    asking, delivery, letters_from = near.paces(*ASKING), near.paces(*LETTERS), near.paces(*LETTERS_FROM)
    near_codes = CodeNeighbours(near.chat, near.fediverse, asking, delivery, letters_from)
    return SignInFeature(
        IndieAuth(IndieAuthNeighbours(near.settings, near.chat, near.web, asking), clocks.monotonic, clocks.chance),
        OneTimeCodes(near_codes, clocks.monotonic, clocks.below),
    )

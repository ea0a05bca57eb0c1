"""Signing in as a whole: its ways, made and joined."""

from collections.abc import Callable
from dataclasses import dataclass

from fedistream.signin.indieauth import IndieAuth, Neighbours


@dataclass(frozen=True, slots=True)
class Clocks:
    """`monotonic` in seconds; `chance(n)` gives n random bytes."""

    monotonic: Callable[[], float]
    chance: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class SignInFeature:
    indieauth: IndieAuth


def build(near: Neighbours, clocks: Clocks) -> SignInFeature:
    return SignInFeature(IndieAuth(near, clocks.monotonic, clocks.chance))

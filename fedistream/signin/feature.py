"""Signing in as a whole: its ways, made and joined."""

from dataclasses import dataclass

from fedistream.signin.context import SignInContext
from fedistream.signin.indieauth import IndieAuth
from fedistream.signin.one_time_codes import OneTimeCodes

ASKING = (10, 0.1)  # of one visitor, and of one address, which a school may share
DELIVERY = (6, 1 / 1200)  # to one account: who gets codes need not have asked for any
SENDER = (3, 1 / 1200)  # of these because of one address


@dataclass(frozen=True, slots=True)
class SignInFeature:
    indieauth: IndieAuth
    codes: OneTimeCodes


def build(context: SignInContext) -> SignInFeature:
    limit, clocks = context.make_limit(*ASKING), context.clocks
    return SignInFeature(
        IndieAuth(context.settings, context.authenticate, context.transport, limit, clocks.monotonic, clocks.chance),
        OneTimeCodes(
            context.authenticate,
            context.messenger,
            limit,
            context.make_limit(*DELIVERY),
            context.make_limit(*SENDER),
            clocks.monotonic,
            context.below,
        ),
    )

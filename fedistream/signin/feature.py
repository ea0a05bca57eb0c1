"""Makes and connects the ways to sign in."""

from dataclasses import dataclass

from fedistream.signin.context import SignInContext
from fedistream.signin.grants import Grants
from fedistream.signin.indieauth import IndieAuth
from fedistream.signin.one_time_codes import OneTimeCodes
from fedistream.signin.provider import Provider

ASKING = (10, 0.1)  # requests of one visitor, and of one address, which a school may share
DELIVERY = (6, 1 / 1200)  # messages to one account, whose owner may not have asked for them
SENDER = (3, 1 / 1200)  # of these, those that one address asked for


@dataclass(frozen=True, slots=True)
class SignInFeature:
    """The ways to sign in."""

    indieauth: IndieAuth
    codes: OneTimeCodes
    provider: Provider


def build(context: SignInContext) -> SignInFeature:
    """Make the ways to sign in."""
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
        Provider(context.settings, context.transport, Grants(clocks.now, clocks.chance)),
    )

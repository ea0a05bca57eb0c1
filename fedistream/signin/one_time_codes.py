"""Sign-in with a fediverse account: a code is sent to it as a direct message, and typed in here.

Codes are kept in memory: after a restart the visitor must ask for another.
"""

import hmac
import html
from collections.abc import Callable
from dataclasses import dataclass

from activitypub.bounded_dict import BoundedDict
from fedistream.core.errors import Conflict, Invalid
from fedistream.federation.posts.values import Mention
from fedistream.federation.values import FederationProblem
from fedistream.signin.context import Authenticate, DirectMessenger, Limit
from fedistream.signin.pending import Pending
from fedistream.signin.values import SignInProblem

KIND = "fediverse"
LIFE_S = 600.0
MAX_WAITING = 1_000  # codes that were not used yet
MAX_ACCOUNT = 320  # characters
DIGITS = 6
TRIES = 5  # per code: there are a million codes, and an account gets few an hour
MAX_PROVED = 1_000


@dataclass(slots=True)
class _Sent:
    account: Mention
    typed: str
    code: str
    address: str
    tries: int = 0


class OneTimeCodes:
    """Signs visitors in with fediverse accounts.

    `limit` counts requests by visitor and by address, `limit_delivery` messages to one account, and `limit_sender`
    messages to one account because of one address. `below(n)` returns a random number from 0 to n - 1 of a secure
    source; `clock` returns monotonic seconds.
    """

    def __init__(
        self,
        authenticate: Authenticate,
        fediverse: DirectMessenger,
        limit: Limit,
        limit_delivery: Limit,
        limit_sender: Limit,
        clock: Callable[[], float],
        below: Callable[[int], int],
    ) -> None:
        self._authenticate, self._fediverse, self._below = authenticate, fediverse, below
        self._limit, self._limit_delivery, self._limit_sender = limit, limit_delivery, limit_sender
        # accounts, each with an address from which its owner signed in
        self._proved: BoundedDict[tuple[str, str], None] = BoundedDict(MAX_PROVED)
        self._sent: Pending[_Sent] = Pending(clock, most=MAX_WAITING, life_s=LIFE_S)

    async def send(self, visitor_id: str, account: str, address: str) -> None:
        """Send a code to `account`, for a visitor at `address`. No second code is sent while one is valid.

        Raises Invalid, TooMany, and Off while federation is off.
        """
        typed = account.strip().removeprefix("@").lower()
        if not 0 < len(typed) <= MAX_ACCOUNT:
            raise Invalid("account", FederationProblem.HANDLE)
        if self._is_on_its_way(visitor_id, typed):
            return
        self._limit(f"visitor {visitor_id}")
        self._limit(f"address {address}")
        found = await self._fediverse.find(account)
        if self._is_on_its_way(visitor_id, typed):  # two requests at the same time
            return
        # by address, so that one cannot use up the limit of another ...
        self._limit_sender(f"{found.actor} from {address}")
        # ... and in total, except for an address from which the account's owner has signed in
        if (found.actor, address) not in self._proved:
            self._limit_delivery(found.actor)
        code = str(self._below(10**DIGITS)).zfill(DIGITS)
        # stored first: when the table is full, none is sent
        mine = _Sent(found, typed, code, address)
        self._sent.put(visitor_id, mine, address)
        name = html.escape(self._fediverse.sender)
        try:
            await self._fediverse.write(
                found,
                f"<p>One-time code from {name}: {code}. Type it into the chat within 10 minutes to sign in there. "
                "If you did not ask for it, ignore it: nobody can do anything without it.</p>",
                LIFE_S,
            )
        except BaseException:
            if self._sent.get(visitor_id) is mine:
                self._sent.take(visitor_id)  # nothing was sent, so the visitor may ask again
            raise

    def _is_on_its_way(self, visitor_id: str, typed: str) -> bool:
        sent = self._sent.get(visitor_id)
        return sent is not None and sent.typed == typed and sent.tries < TRIES

    async def verify(self, visitor_id: str, code: str) -> str:
        """Check a code and sign the visitor in. Returns the URL of their account.

        Raises Conflict when no code was sent, it has expired, or there were too many wrong ones; Invalid for a wrong
        code; NotFound for a visitor who was deleted meanwhile; NotAllowed when the visitor or the account's visitor is
        disabled.
        """
        sent = self._sent.get(visitor_id)
        if sent is None:
            raise Conflict(SignInProblem.NO_CODE)
        sent.tries += 1
        typed = "".join(code.split())[: 2 * DIGITS]
        if sent.tries > TRIES:
            raise Conflict(SignInProblem.MANY_CODES)
        if not hmac.compare_digest(typed.encode("utf-8", "replace"), sent.code.encode()):
            raise Invalid("code", SignInProblem.ONE_TIME_CODE)
        self._sent.take(visitor_id)
        self._proved[sent.account.actor, sent.address] = None
        await self._authenticate(visitor_id, KIND, sent.account.actor)
        return sent.account.actor

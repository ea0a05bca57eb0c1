"""The rules for what visitors may say, and the refusals with their wording. Pure."""

import codecs
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from fedistream.chat.values import COLOURS, Role, Visitor

MAX_BYTES = 2_048  # of one message; clients are told this limit
MAX_READ = 2_048  # characters that are searched for blocked words; no message has more
MAX_WARNING = 200  # characters of a content warning
ESTABLISHED = timedelta(minutes=15)
FLOOD, FLOOD_S, MUTE_S = 3, 2.0, 10.0  # more than 3 messages in 2 s mute the sender for 10 s
RENAMES, RENAMES_S = 5, 60.0  # changes of name or colour by one visitor
ADDRESS_FLOOD = 30  # messages of all visitors at one address in FLOOD_S: a school class shares one address
MAX_SPAM_LINKS = 3
MAX_MENTIONS = 6
MAX_REPEATS = 3  # of the same text
REPEAT_S = 30.0
LONGEST_RUN = 25  # of one character


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal by the chat: `reason` is a code for programs, `words` (Markdown) a sentence for people.

    A client may try again after `retry_s` seconds; None when waiting does not help. A `quiet` refusal is sent only to
    clients that ask for answers.
    """

    reason: str
    words: str
    retry_s: float | None = None
    quiet: bool = False


TOO_LONG = Refusal("too-long", "This message is too long and was not sent.")
TOO_FAST = Refusal(
    "too-fast", "You are sending messages too fast: nothing is sent for the next 10 seconds.", retry_s=MUTE_S
)
BLANK = Refusal("blank", "There is nothing in this message that can be shown.", quiet=True)
CLOSED = Refusal("closed", "The chat is closed while the stream is offline.")
BLANK_NAME = Refusal("blank-name", "A name must not be blank.")
TOO_OFTEN = Refusal("too-often", "You are changing too often: try again in a minute.", retry_s=RENAMES_S)
NO_SUCH_COLOUR = Refusal("no-such-colour", f"colour must be a number from 0 to {COLOURS - 1}")
OFF = Refusal("chat-disabled", "The chat is switched off.")
REMOVED = Refusal("removed", "You have been removed from this chat.", quiet=True)
NOT_NOW = Refusal(
    "not-now", "The node cannot write at the moment, so this was not done. Please try again.", retry_s=5.0
)
NOT_STORED = Refusal("not-stored", "Your message could not be stored and was not sent. Please try again.", retry_s=1.0)

_LINK = re.compile(r"https?://", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@\w")
_RUN = re.compile(rf"(\S)\1{{{LONGEST_RUN},}}")
_WORD = re.compile(r"\w+")
_LEET = str.maketrans("013457@$!", "oieastasi")

# slurs, in ROT13 so that nobody has to read them here
_HURTFUL = ("avttre", "avttn", "snttbg", "xvxr", "genaal", "jrgonpx", "ergneq")
HURTFUL = frozenset(codecs.decode(word, "rot13") for word in _HURTFUL)


@dataclass(frozen=True, slots=True)
class ChatPolicy:
    """The rules that a channel's settings set."""

    established_only: bool = False
    signed_in_only: bool = False
    slow_s: int = 0
    spam_protection: bool = True
    slur_filter: bool = False
    blocked_words: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """The state of the sender at this moment. `silent_s` is the time since their last message, `repeats` how often they
    sent this text lately."""

    visitor: Visitor
    now: datetime
    silent_s: float = float("inf")
    repeats: int = 0


def muted(left_s: float) -> Refusal:
    """Return the refusal for messages during the time after TOO_FAST. It is quiet, as TOO_FAST was shown already."""
    return replace(TOO_FAST, retry_s=left_s, quiet=True)


def refusal(text: str, who: Sender, policy: ChatPolicy) -> Refusal | None:
    """Return why this text may not be said, or None if it may. Only the length limit applies to moderators."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        return TOO_LONG
    if who.visitor.role is Role.MODERATOR:
        return None
    return _sender_refusal(who, policy) or _text_refusal(text, who, policy)


def _sender_refusal(who: Sender, policy: ChatPolicy) -> Refusal | None:
    visitor = who.visitor
    if policy.signed_in_only and visitor.authenticated_at is None:
        return Refusal("sign-in-first", "Please sign in: only signed-in people may write here.")
    age = who.now - visitor.created_at
    # a negative age: the visitor was created while the clock was ahead, and must not count as new until then
    if policy.established_only and visitor.authenticated_at is None and timedelta() <= age < ESTABLISHED:
        left = ESTABLISHED - age
        words = f"You are new here. You may write in {max(1, round(left / timedelta(minutes=1)))} min."
        return Refusal("new-here", words, left.total_seconds())
    if who.silent_s < policy.slow_s:
        words = f"Slow mode is on: one message every {policy.slow_s} seconds."
        return Refusal("slow-mode", words, policy.slow_s - who.silent_s)
    return None


def _text_refusal(text: str, who: Sender, policy: ChatPolicy) -> Refusal | None:
    if policy.spam_protection:
        if len(_LINK.findall(text)) > MAX_SPAM_LINKS or len(_MENTION.findall(text)) > MAX_MENTIONS:
            return Refusal("too-many-links", "This message has too many links or mentions and was not sent.")
        if who.repeats >= MAX_REPEATS:
            return Refusal("repeated", "You have said this already.", REPEAT_S)
        if _RUN.search(text):
            return Refusal("stretched", "This message repeats one character too often and was not sent.")
    if has_words(text, policy):
        return Refusal("unwelcome-words", "This message has words that are not welcome here and was not sent.")
    return None


def has_words(text: str, policy: ChatPolicy) -> bool:
    """Return whether the text has a word that the channel blocks."""
    if not policy.slur_filter and not policy.blocked_words:
        return False
    text = text[:MAX_READ]
    words = {plain(word) for word in {*_WORD.findall(text.translate(_LEET)), *_WORD.findall(text)}}
    unwelcome = _blocked(tuple(policy.blocked_words), policy.slur_filter)
    return any(word in unwelcome or word.removesuffix("s") in unwelcome for word in words)


@lru_cache(maxsize=64)
def _blocked(blocked: tuple[str, ...], slur_filter: bool) -> frozenset[str]:
    words = frozenset(plain(word) for word in blocked)
    return words | HURTFUL if slur_filter else words


def plain(word: str) -> str:
    """Return the word without accents, case and stretched letters: "Nooó" becomes "no"."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", word).casefold() if unicodedata.category(c) != "Mn")
    return re.sub(r"(.)\1{2,}", r"\1", bare)

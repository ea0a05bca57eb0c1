"""SIGTERM and SIGINT before a command handles them. It imports little, as it is needed while all else is imported."""

import os
import signal
from types import FrameType

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 0}
"""The exit code of a command that is told to stop before it handles the signal itself: a shell's 128 + 2 for Ctrl-C."""


def obey() -> None:
    """End this process at once on either signal: it has opened nothing yet.

    Without this Ctrl-C would print a traceback, and process 1 of a container would go on: the kernel drops a signal for
    which process 1 has no handler.
    """
    for number in EXIT_CODES:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as of a command behind `nohup` or `&`
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    os._exit(EXIT_CODES[signal.Signals(number)])

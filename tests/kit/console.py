"""The messages that a page wrote to the console of a browser under test."""

from dataclasses import dataclass, field


@dataclass
class Console:
    """Errors and warnings of one page. `complaints` must be empty at the end.

    `expected` holds parts of messages that belong to the test's story. It counts for the messages from before it was
    set too: a page complains while it loads, before a test could set anything.
    """

    expected: tuple[str, ...] = ()
    _logged: list[tuple[str, bool]] = field(default_factory=list)  # the message, and whether it may be expected

    def complained(self, message: str) -> None:
        self._logged.append((message, True))

    def threw(self, message: str) -> None:
        """Record an exception that nothing caught, which is never expected."""
        self._logged.append((message, False))

    @property
    def complaints(self) -> list[str]:
        """Return the messages that were not expected, oldest first."""
        return [
            message
            for message, expectable in self._logged
            if not (expectable and any(part in message for part in self.expected))
        ]

"""The report of an import: what was taken, what was left and why, in words for the admin. Pure."""

from collections import Counter
from dataclasses import dataclass, field

MAX_EXAMPLES = 5  # of one reason
MAX_EXAMPLE = 100  # characters


@dataclass(slots=True)
class Left:
    """Things of one kind that were not taken for one reason."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """Counts of what was taken, by its name, and of what was left, by its name and the reason. `notes` are sentences
    about what changes for people."""

    taken: Counter[str] = field(default_factory=Counter)
    left: dict[tuple[str, str], Left] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, what: str, count: int = 1) -> None:
        self.taken[what] += count

    def leave(self, what: str, why: str, example: str = "", count: int = 1) -> None:
        """Record that something was not taken. `example` names one of them."""
        found = self.left.setdefault((what, why), Left())
        found.count += count
        if example and len(found.examples) < MAX_EXAMPLES:
            found.examples.append("".join(letter for letter in example if letter.isprintable())[:MAX_EXAMPLE])

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def text(self, *, dry: bool = False) -> str:
        """Return the report as lines of plain text."""
        lines = ["Would be taken:" if dry else "Taken:"]
        lines += [f"  {count:>9,}  {what}" for what, count in self.taken.items() if count] or ["  nothing"]
        if self.left:
            lines += ["", "Would not be taken:" if dry else "Not taken:"]
        for (what, why), found in self.left.items():
            lines.append(f"  {found.count:>9,}  {what}: {why}")
            if found.examples:
                more = ", …" if found.count > len(found.examples) else ""
                lines.append(f"             {', '.join(found.examples)}{more}")
        if self.notes:
            lines += ["", "Please note:", *(f"  - {sentence}" for sentence in self.notes)]
        return "\n".join(lines) + "\n"

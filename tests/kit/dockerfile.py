"""A Dockerfile as a list of stages, for tests that ask what is in it."""

import re
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stage:
    """One stage, which begins with FROM."""

    image: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [words for name, words in self.steps if name == instruction]

    def only(self, instruction: str) -> str:
        (words,) = self.all(instruction)
        return words

    @property
    def settings(self) -> dict[str, str]:
        """Return the variables of ENV."""
        return {
            name: value.strip('"') for words in self.all("ENV") for name, value in re.findall(r"(\w+)=(\S+)", words)
        }


def parse(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile, each instruction in one line."""
    stages: list[Stage] = []
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n\s*", " ", lines).splitlines():
        name, _, words = line.strip().partition(" ")
        if name == "FROM":
            image, _, alias = words.partition(" AS ")
            stages.append(Stage(image, alias))
        elif name:
            stages[-1].steps.append((name, words.strip()))
    return stages

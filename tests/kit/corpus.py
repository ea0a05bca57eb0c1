"""The committed corpus of tests/vectors/formats: inputs that once mattered, with what must come of them."""

import json
from pathlib import Path
from typing import Any

import pytest

FORMATS = Path(__file__).parents[1] / "vectors" / "formats"


def rows(name: str) -> list[Any]:
    """The rows of <name>.json as test parameters (data, outcome): {"name", "hex" or "text", "outcome"}."""
    found = json.loads((FORMATS / f"{name}.json").read_text())
    return [
        pytest.param(row["text"] if "text" in row else bytes.fromhex(row["hex"]), row["outcome"], id=row["name"])
        for row in found
    ]

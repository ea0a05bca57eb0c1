"""The rows of `tests/vectors/owncast/operations.json`: Owncast's documented operations."""

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[3] / "vectors" / "owncast"
Row = dict[str, Any]
ROWS: list[Row] = json.loads((VECTORS / "operations.json").read_bytes())

# what comes with features that are not there yet; a row that answers must leave this list
TO_COME: frozenset[str] = frozenset()

"""Bundles of modules and style sheets: which there are, and whether the build made them from the present sources. Pure.

`scripts/bundle.mjs` makes them. `bundles.json` is the table of what is in each; the manifest beside the bundles holds
the hashes of the sources that they were made from.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence

TABLE = "bundles.json"
FOLDER = "bundles"
MANIFEST = f"{FOLDER}/manifest.json"

Read = Callable[[str], bytes]
"""Returns the content of a static file by its name, "js/page.js". Raises KeyError."""


def table(read: Read) -> Mapping[str, Sequence[str]]:
    """Return the sources of each bundle by its name. A folder without bundles has an empty table."""
    try:
        found: Mapping[str, Sequence[str]] = json.loads(read(TABLE))
    except KeyError:
        return {}
    return found


def up_to_date(read: Read) -> bool:
    """Return whether the bundles were made from the sources as they are now."""
    try:
        sources: Mapping[str, str] = json.loads(read(MANIFEST))["sources"]
        return all(hashlib.sha256(read(name)).hexdigest() == digest for name, digest in sources.items())
    except KeyError:
        return False

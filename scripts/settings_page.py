"""The table of settings as a page: `docs/operating/settings.md`, which a test compares with what this prints.

`--write` writes the page.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from fedistream.settings.table import SETTINGS, TOUCHES, Setting  # noqa: E402

PAGE = ROOT / "docs" / "operating" / "settings.md"
LONGEST = 40  # characters of a default
HEAD = """# Settings

Made by `python scripts/settings_page.py --write` from `fedistream/settings/table.py`; a test keeps it true.

The settings that the admin changes while the node runs. The setter of the Owncast API is
`POST /api/admin/config/…` with the path below and the body `{"value": …}`. A setting of a *channel* can be set for the
whole node too, for channels without a value of their own. A change holds:

"""


def default(row: Setting) -> str:
    """Return the default as JSON, cut to a readable length."""
    text = json.dumps(row.default, ensure_ascii=False)
    return f"`{text}`" if len(text) <= LONGEST else f"`{text[:LONGEST]}…`"


def document() -> str:
    lines = [f"- *{touch}*: {when}" for touch, when in TOUCHES.items()]
    rows = [
        (
            f"`{row.name}`",
            (f"`{row.owncast_path}`" + (", the opposite" if row.opposite else "")) if row.owncast_path else "",
            default(row),
            row.scope,
            ", ".join(touch for touch in TOUCHES if touch in row.touches),
        )
        for row in SETTINGS
    ]
    table = [" | ".join(row) for row in rows]
    head = ("| setting | Owncast's path | default | of a | touches |", "|---|---|---|---|---|")
    return HEAD + "\n".join([*lines, "", *head, *(f"| {row} |" for row in table), ""])


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(document(), encoding="utf-8")
    else:
        sys.stdout.write(document())

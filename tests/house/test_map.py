"""docs/MAP.md and the guides beside it lead to places that exist; the map names every package, and stays short."""

import re

from tests.house.tree import PACKAGES, ROOT, modules

MAP = ROOT / "docs" / "MAP.md"
LONGEST = 50


GUIDES = (MAP, *(MAP.with_name(name) for name in ("journeys.md", "adding-a-feature.md")))


def paths() -> list[str]:
    """Return everything in backticks that has a slash, and the files at the top."""
    quoted = re.findall(r"`([^`\n]+)`", "\n".join(guide.read_text() for guide in GUIDES))
    return [one for one in quoted if re.fullmatch(r"[\w.-]+(/[\w.-]*)+|[\w-]+\.(md|toml|lock|json)|Makefile", one)]


def test_every_path_on_the_map_exists() -> None:
    assert len(paths()) > 30
    missing = [path for path in paths() if not list(ROOT.glob(path.rstrip("/")))]
    assert not missing


def test_every_package_is_on_the_map() -> None:
    named = MAP.read_text()
    folders = {str(module.path.parent) for module in modules(folders=PACKAGES).values()}
    assert not [folder for folder in folders if f"`{folder}/" not in named]


def test_the_map_is_short_enough_to_be_read_at_once() -> None:
    assert len(MAP.read_text().splitlines()) <= LONGEST


def test_every_link_between_the_documents_leads_somewhere() -> None:
    dead = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text())
        if "://" not in target and not (document.parent / target).exists()
    ]
    assert not dead

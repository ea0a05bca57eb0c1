"""Words that have their place, and files that may not name places."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from fedistream import __version__
from tests.house.tree import ROOT, modules

OUTSIDERS = re.compile(r"owncast|convos|mastodon|multistreamer", re.IGNORECASE)
# the places inside that name an outsider: the column of the settings table from which its setters are derived, and the
# name of a header that receivers of webhooks read
OUTSIDERS_ALLOWED = re.compile(
    r"\bowncast_path\b|\bfedistream\.api\.(owncast|convos|multistreamer)\b|\"owncast-signature\""
)
ROOT_OF_COMPOSITION = (
    "fedistream.app.node",
    "fedistream.app.cli",
    "fedistream.app.serve_command",
    "fedistream.app.web",
)
IMPORTS = "fedistream.app.owncast_import"  # it reads the other system's files; only the command line imports it

# escapes of bidirectional marks and zero-width characters, and Unicode's category of them
INVISIBLES = re.compile(r"\\u(200[b-f]|202[a-e]|206[0-9a-f])|\"Cf\"", re.IGNORECASE)

FAKES = re.compile(
    r"unittest[. ]+(import )?mock|\bmocker\b|\bMagicMock\b|monkeypatch\.set(attr|item)\b|\bpatch\.object\b"
)

# Hosts that a file outside the tests may name: names and addresses set aside for examples and for this machine, and
# the identifiers that specifications write as addresses. A word without a dot stands for a host and is none.
HOST = re.compile(r"\b(?:https?|wss?|ftp|git|rtmps?)://([\w-]+(?:\.[\w-]+)+)", re.IGNORECASE)
HOSTS_ALLOWED = re.compile(r"([\w.-]+\.)?example(\.(com|net|org))?|127\.0\.0\.1|0\.0\.0\.0")
IDENTIFIERS = {
    *(
        "www.w3.org",
        "w3id.org",
        "schema.org",
        "owncast.online",
        "purl.archive.org",
        "docs.oasis-open.org",
        "datatracker.ietf.org",
    ),
    *("nodeinfo.diaspora.software", "webfinger.net", "ostatus.org", "joinmastodon.org", "gotosocial.org"),
    *("keepachangelog.com", "semver.org"),  # what the change log's form is called
}
MACHINE = re.compile(r"(?<![\w.~])/(?:work|root|home|Users)/\w+")


def texts(*folders: str) -> Iterator[tuple[Path, int, str]]:
    """Every line of every text file that is under version control or about to be."""
    said = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in said.stdout.splitlines():
        path = ROOT / name
        if not path.is_file() or b"\0" in (head := path.read_bytes()[:4096]):
            continue
        if head:
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                yield Path(name), number, line


def test_inside_the_node_no_outsider_is_named() -> None:
    named = [
        f"{module.path}:{number}: {line.strip()}"
        for module in modules(folders=("fedistream",)).values()
        if not module.name.startswith(("fedistream.api", IMPORTS)) and module.name not in ROOT_OF_COMPOSITION
        for number, line in enumerate(module.text.splitlines(), 1)
        if OUTSIDERS.search(OUTSIDERS_ALLOWED.sub("", line))
    ]
    assert not named


def test_invisible_characters_are_listed_in_one_module() -> None:
    listed = [
        f"{module.path}:{number}: {line.strip()}"
        for module in modules().values()
        if module.name != "activitypub.invisible"
        for number, line in enumerate(module.text.splitlines(), 1)
        if INVISIBLES.search(line)
    ]
    assert not listed


def test_tests_join_real_ends_and_replace_nothing() -> None:
    here = Path(__file__).relative_to(ROOT)
    faked = [
        f"{path}:{number}: {line.strip()}"
        for path, number, line in texts("tests")
        if path.suffix == ".py" and path != here and path.parts[:2] != ("tests", "kit") and FAKES.search(line)
    ]
    assert not faked


def test_no_file_names_a_host_to_download_from_or_a_machine_it_was_written_on() -> None:
    named = [
        f"{path}:{number}: {found[0]}"
        for path, number, line in texts()
        if path.parts[0] != "tests"
        for found in [*HOST.finditer(line), *MACHINE.finditer(line)]
        if found.re is MACHINE or not (found[1] in IDENTIFIERS or HOSTS_ALLOWED.fullmatch(found[1]))
    ]
    assert not named


def test_the_locks_hold_hashes_and_no_addresses() -> None:
    for lock in (ROOT / "requirements.lock", *(ROOT / "locks").glob("*.lock")):
        text = lock.read_text()
        assert "://" not in text, lock
        pins = re.findall(r"^[a-z][\w.-]*==", text, re.MULTILINE)
        assert pins, lock
        assert len(re.findall(r"^[a-z][^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)) == len(pins), lock
    packages = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in packages
    assert packages.count('"integrity"') == packages.count('"node_modules/')


def test_the_change_log_ends_at_this_version_or_prepares_it() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    releases = [Version(heading) for heading in headings[1:]]
    assert releases == sorted(releases, reverse=True)
    assert not releases or Version(__version__) >= releases[0]

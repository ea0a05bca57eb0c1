"""Modules and style sheets as one file: what they mean there, by running them in Node."""

import re
import shutil
import subprocess
from collections.abc import Mapping

import pytest

from fedistream.api.pages.bundles import BadModule, modules, name_of, styles
from fedistream.app.paths import STATIC

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
SAID = "globalThis.said = [];\nglobalThis.reportError = (error) => said.push(`error: ${error.message}`);\n"

FILES = {
    "js/one.js": 'import { two, three as third } from "./lib/two.js";\nimport * as all from "./lib/two.js";\n'
    "said.push(two(), third, all.two(), new all.Four().five);\n",
    "js/lib/two.js": '/** Words.\n * import { no } from "./comment.js";\n */\nimport "./six.js";\n'
    'import { deep } from "../deep.js";\n\n// export const never = 1;\n'
    "export function two() {\n  return `two ${deep}`;\n}\nexport const three = 3;\n"
    "export class Four {\n  five = 5;\n}\nexport async function seven() {}\n",
    "js/lib/six.js": 'said.push("six");\n',
    "js/deep.js": 'said.push("deep");\nexport const deep = "deep";\n',
    "js/other.js": 'import { deep } from "./deep.js";\nsaid.push(`other ${deep}`);\n',
    "js/broken.js": 'said.push("before");\nthrow new Error("broken");\n',
    "js/later.js": 'import Hls from "hls.js";\nexport const later = () => import("./lib/two.js");\n',
    "js/lib/later.js": 'export const later = () => import("../deep.js");\n',
    "js/round.js": 'import { about } from "./about.js";\nexport const round = 1;\n',
    "js/about.js": 'import { round } from "./round.js";\nexport const about = 1;\n',
    "js/default.js": "export default 1;\n",
    "js/wants_default.js": 'import deep from "./deep.js";\n',
    "js/again.js": 'export { deep } from "./deep.js";\n',
    "js/lost.js": 'import "./nowhere.js";\n',
    "css/a.css": "a {}\n",
    "css/b.css": "b {}\n",
}


def bundled(*entries: str, files: Mapping[str, str] = FILES) -> str:
    return modules(entries, lambda name: files[name])


def ran(*entries: str) -> list[str]:
    program = f"{SAID}{bundled(*entries)}\nconsole.log(said.join('\\n'));\n"
    done = subprocess.run(
        ["node", "--input-type=module", "-"], input=program, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.splitlines()


@needs_node
def test_each_module_runs_once_before_those_that_import_it() -> None:
    assert ran("js/one.js", "js/other.js") == ["six", "deep", "two deep", "3", "two deep", "5", "other deep"]


@needs_node
def test_what_breaks_one_entry_does_not_stop_the_others() -> None:
    assert ran("js/broken.js", "js/other.js") == ["before", "error: broken", "deep", "other deep"]


def test_comments_are_left_out() -> None:
    assert "Words" not in bundled("js/one.js")
    assert "never" not in bundled("js/one.js")


def test_bare_names_stay_imports_and_what_comes_later_is_asked_for_from_the_bundle() -> None:
    text = bundled("js/later.js")
    assert text.startswith('import Hls from "hls.js";\n')
    assert 'import("./lib/two.js")' in text
    assert 'import("./deep.js")' in bundled("js/lib/later.js")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("js/round.js", "imports itself"),
        ("js/default.js", "cannot be bundled: export default 1"),
        ("js/wants_default.js", "imports a default"),
        ("js/again.js", "cannot be bundled"),
        ("js/lost.js", "nowhere.js, which is not there"),
        ("js/none.js", "none.js, which is not there"),
    ],
)
def test_what_cannot_be_bundled_is_named(entry: str, why: str) -> None:
    with pytest.raises(BadModule, match=why):
        bundled(entry)


def test_style_sheets_stand_behind_each_other() -> None:
    assert styles(["css/b.css", "css/a.css"], lambda name: FILES[name]) == "b {}\n\na {}\n"


def test_a_bundle_is_called_after_what_it_holds() -> None:
    assert name_of(["js/watch.js", "js/chat/main.js"]) == "js/watch+chat.main.bundle.js"
    assert name_of(["css/base.css"]) == "css/base.bundle.css"


@needs_node
@pytest.mark.parametrize("entry", sorted(path.relative_to(STATIC).as_posix() for path in STATIC.glob("js/**/*.js")))
def test_every_module_of_ours_can_be_bundled(entry: str) -> None:
    text = modules([entry], lambda name: (STATIC / name).read_text())
    assert not re.search(r"^export\b", text, re.M)
    done = subprocess.run(
        ["node", "--input-type=module", "--check", "-"], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

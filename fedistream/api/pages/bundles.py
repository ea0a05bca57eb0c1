"""Several of our ES modules as one file, and several style sheets as one: fewer requests before a page shows. Pure.

It reads the JavaScript that we write, and raises BadModule for any other: imports stand at the beginning of a line,
above everything else, and exports are named declarations. A module becomes a function that is called once and returns
its exports, in the order in which the browser would evaluate them; imports of bare names stay imports.
"""

import posixpath
import re
from collections.abc import Callable, Sequence

_IMPORT = re.compile(
    r"^import (?:(?:\* as (?P<all>\w+)|\{(?P<names>[^}]*)\}|(?P<default>\w+)) from )?\"(?P<target>[^\"]+)\";\n", re.M
)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.M)
_LATER = re.compile(r"\bimport\(\"(\.[^\"]*)\"\)")
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*(?:(?!\*/).)*\*/[ \t]*|//[^\n]*)\n", re.M | re.S)
_INLINE_TYPE = re.compile(r"/\*\* @type \{[^*]*\} \*/ ?")

Read = Callable[[str], str]
"""Returns the text of a file by its name, "js/page.js". Raises KeyError."""


class BadModule(Exception):
    """A module is written in a way that cannot be put into a bundle."""


def modules(entries: Sequence[str], read: Read, home: str = "js/") -> str:
    """The `entries` and all that they import as one module that lies in the folder `home`. Raises BadModule.

    What goes wrong in one of several entries does not stop the others, as if each had been loaded by itself.
    """
    bundle = _Bundle(read, home)
    for entry in entries:
        bundle.add(entry, ())
    return "".join([*sorted(bundle.bare), *bundle.parts])


def styles(names: Sequence[str], read: Read) -> str:
    """Style sheets of one folder behind each other; their relative addresses go on meaning the same."""
    return "\n".join(read(name) for name in names)


class _Bundle:
    def __init__(self, read: Read, home: str) -> None:
        self._read, self._home = read, home
        self._names: dict[str, str] = {}
        self.bare: set[str] = set()
        self.parts: list[str] = []

    def add(self, path: str, above: tuple[str, ...]) -> str:
        """Return the name under which the module's exports are known, and put it there before if it is not."""
        if path in above:
            raise BadModule(f"{path} imports itself, by {' and '.join(above)}")
        if path in self._names:
            return self._names[path]
        try:
            text = self._read(path)
        except KeyError as error:
            raise BadModule(f"{above[-1] if above else 'a page'} wants {path}, which is not there") from error
        text = _INLINE_TYPE.sub("", _COMMENT.sub("", text))
        needs = "".join(self._need(path, found, above) for found in _IMPORT.finditer(text))
        body = _IMPORT.sub("", text)
        exports = _EXPORT.findall(body)
        body = _LATER.sub(lambda found: f'import("{self._address(path, found[1])}")', _EXPORT.sub("", body)).strip()
        if wrong := re.search(r"^(?:import\b[^(]|export\b).*", body, re.M):
            raise BadModule(f"{path} has a line that cannot be bundled: {wrong[0]}")
        name = self._names[path] = f"$m{len(self._names)}"
        if above:
            body = f"{needs}{body}\nreturn {{ {', '.join(exports)} }};"
        else:
            body = f"{needs}try {{\n{body}\n}} catch (error) {{\nreportError(error);\n}}"
        self.parts.append(f"// {path}\nconst {name} = (() => {{\n{body}\n}})();\n")
        return name

    def _need(self, path: str, found: re.Match[str], above: tuple[str, ...]) -> str:
        """The statement that stands for an import."""
        target = found["target"]
        if not target.startswith("."):
            self.bare.add(found[0])
            return ""
        module = self.add(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)), (*above, path))
        if found["default"]:
            raise BadModule(f"{path} imports a default from {target}")
        if found["all"]:
            return f"const {found['all']} = {module};\n"
        if found["names"] is None:
            return ""
        return f"const {{ {', '.join(_renamed(found['names']))} }} = {module};\n"

    def _address(self, path: str, target: str) -> str:
        """What is imported later, as seen from where the bundle lies."""
        there = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        return f"./{posixpath.relpath(there, self._home)}"


def _renamed(names: str) -> list[str]:
    return [name.strip().replace(" as ", ": ") for name in names.split(",") if name.strip()]


def name_of(names: Sequence[str]) -> str:
    """The name of the file that holds these, in the folder of the first: `js/watch+chat.main.bundle.js`."""
    folder, suffix = f"{names[0].partition('/')[0]}/", posixpath.splitext(names[0])[1]
    short = (name.removeprefix(folder).removesuffix(suffix).replace("/", ".") for name in names)
    return f"{folder}{'+'.join(short)}.bundle{suffix}"

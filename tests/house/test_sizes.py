"""Limits on the size of files, functions, lists of arguments and folders; and names that are refused."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import PACKAGES, Module, modules, nodes

MODULE_LINES = 500
TEST_LINES = 700
FUNCTION_LINES = 60
ARGUMENTS = 7
MODULES_IN_A_FOLDER = 24

OURS = (*PACKAGES, "benchmarks", "scripts")
REFUSED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}

# What is over its limit today, with its present size: path, or path::function -> lines. It may only shrink: a smaller
# size must be written here, a size within the limit deleted, and nothing new comes in without a word in the change-log.
OVERSIZE: dict[str, int] = {}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: Module) -> Iterator[tuple[str, Function]]:
    if ".migrations.versions." in module.name:
        return  # Alembic writes these, and what a revision does is best read in one piece
    found: list[Function] = [*nodes(module, ast.FunctionDef), *nodes(module, ast.AsyncFunctionDef)]
    yield from ((f"{module.path}::{node.name}", node) for node in found)


def length(function: Function) -> int:
    """Lines of code: the signature and the body, without the docstring, which may say all it needs to."""
    start, end = function.lineno, function.end_lineno or function.lineno
    if ast.get_docstring(function, clean=False) is not None:
        text = function.body[0]
        return end - start + 1 - ((text.end_lineno or text.lineno) - text.lineno + 1)
    return end - start + 1


def arguments(function: Function) -> int:
    given = function.args
    named = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in named if name not in ("self", "cls")])


def oversize(source: dict[str, Module], limit: int) -> dict[str, int]:
    big = {str(module.path): module.lines for module in source.values() if module.lines > limit}
    for module in source.values():
        big |= {where: length(node) for where, node in functions(module) if length(node) > FUNCTION_LINES}
    return big


def test_modules_and_functions_stay_within_their_sizes_and_known_exceptions_only_shrink() -> None:
    source, tests = modules(folders=OURS), modules(folders=("tests",))
    assert oversize(source, MODULE_LINES) | oversize(tests, TEST_LINES) == OVERSIZE


def test_a_function_with_many_arguments_wants_a_dataclass() -> None:
    many = {
        where: arguments(node)
        for module in modules(folders=OURS).values()
        for where, node in functions(module)
        if arguments(node) > ARGUMENTS
    }
    assert not many


def test_a_folder_holds_no_more_modules_than_one_can_look_over() -> None:
    held = Counter(
        module.path.parent
        for module in modules().values()
        # revisions are numbered, are never removed, and must lie in one folder
        if module.path.name != "__init__.py" and ".migrations.versions." not in module.name
    )
    assert not {str(folder): count for folder, count in held.items() if count > MODULES_IN_A_FOLDER}


def test_every_module_is_named_by_a_noun_of_its_own() -> None:
    everywhere = modules(folders=(*OURS, "tests"))
    vague = {
        name
        for name in everywhere
        if (last := name.rpartition(".")[2].removeprefix("test_")) in REFUSED_NAMES
        or last.endswith(("_utils", "_helpers"))
    }
    assert not vague


def test_every_module_says_what_it_is() -> None:
    silent = [str(m.path) for m in modules(folders=OURS).values() if m.text.strip() and not ast.get_docstring(m.tree)]
    assert not silent


def test_the_measures_count_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    body = "".join(f"    x = {number}\n" for number in range(FUNCTION_LINES))
    (tmp_path / "media" / "long.py").write_text(
        'def fits(self, a, *, b):\n    """Says\n    much.\n    """\n' + body[: body.rindex("    x")]
        + "async def grows(a, b, c, d, e, f, /, g, *h, i, **j):\n" + body
    )  # fmt: skip
    known = modules(tmp_path, ("media",))
    assert oversize(known, MODULE_LINES) == {"media/long.py::grows": FUNCTION_LINES + 1}
    assert [arguments(node) for _, node in functions(known["media.long"])] == [2, 8]

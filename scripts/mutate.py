"""Makes small mistakes in the core modules, one at a time, and lists those that the module's own tests do not notice.

    make mutate                                    all of the modules below
    make mutate ARGS="activitypub/urls.py"         some of them, or any other module that has a test of its own
    make mutate ARGS="--lines 40-90 media/m3u8.py"

Each mutant runs in a process of its own, forked from one that has imported the libraries; the module's source is
replaced on its way into that process, and no file is changed. What survives is either a test that is missing or a line
that does not matter; a few mutants cannot be told from the original.

Docstrings, annotations, imports, log lines and sentences stay as they are: a test need not know them.
"""

import argparse
import ast
import contextlib
import copy
import importlib
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Pure modules that others stand on, with the tests beside the mirrored one that are theirs too.
MODULES: dict[str, tuple[str, ...]] = {
    "activitypub/addressing.py": (),
    "activitypub/ownership.py": (),
    "activitypub/signatures/cavage.py": (),
    "activitypub/signatures/digest.py": (),
    "activitypub/signatures/httpdate.py": (),
    "activitypub/signatures/rfc9421.py": (),
    "activitypub/signatures/structured_fields.py": (),
    "activitypub/strictjson.py": (),
    "activitypub/urls.py": (),
    "fedistream/chat/rules.py": (),
    "fedistream/core/markup.py": ("tests/fedistream/federation/test_remote_html.py",),
    "fedistream/jobs/backoff.py": (),
    "fedistream/jobs/circuit_breaker.py": (),
    "fedistream/notices/lifecycle.py": (),
    "media/fmp4.py": (),
    "media/m3u8.py": (),
    "media/package/cutter.py": (),
    "media/rtmp/amf0.py": (),
    "media/rtmp/chunks.py": (),
    "media/rtmp/handshake.py": (),
    "media/timeline.py": (),
}
# imported before the fork, so that no mutant has to
LIBRARIES = ("aiohttp", "av", "cryptography.hazmat.primitives.asymmetric.rsa", "hypothesis", "nh3", "pytest_asyncio")
OPTIONS = (
    "-x",
    "-q",
    "--assert=plain",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:randomly",
    "-p",
    "no:xdist",
    "--hypothesis-seed=0",
)
# of a process: several times what the tests take without a mistake, and a little more
TIMES, MORE_S = 5, 5
MEMORY = 4 << 30
LOOK_S = 0.02


SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.Break: ast.Continue,
    ast.Continue: ast.Break,
}
LOGS = frozenset(("debug", "info", "warning", "error", "exception"))  # of a logger


@dataclass(frozen=True, slots=True)
class Mutant:
    """`source` is the whole module; `before` and `after` are the lines that differ, which begin at `line`."""

    line: int
    before: str
    after: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """All of them, in the order of the lines."""
    tree = ast.parse(source)
    unchanged, lines = ast.dump(tree), source.encode().splitlines(keepends=True)
    for old, new in sorted(_changes(tree), key=lambda change: (change[0].lineno, change[0].col_offset)):
        assert old.end_lineno is not None
        assert old.end_col_offset is not None
        first, after_last = old.lineno - 1, old.end_lineno
        text = ast.unparse(ast.fix_missing_locations(new))
        begin, end = lines[first][: old.col_offset], lines[after_last - 1][old.end_col_offset :]
        after = begin + (f"({text})" if isinstance(new, ast.expr) else text).encode() + end
        whole = b"".join((*lines[:first], after, *lines[after_last:])).decode()
        if ast.dump(ast.parse(whole)) != unchanged:
            yield Mutant(old.lineno, b"".join(lines[first:after_last]).decode(), after.decode(), whole)


Change = tuple[ast.expr | ast.stmt, ast.expr | ast.stmt]


def _changes(node: ast.AST) -> Iterator[Change]:
    """Each place and what to put there."""
    yield from _of(node)
    for child in _children(node):
        yield from _changes(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_words(child):
                yield child


def _is_words(node: ast.AST) -> bool:
    """Return whether a node is a docstring, a log line, an import, or a text that a person reads."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
        return True
    if isinstance(node, ast.Expr):
        function = node.value.func if isinstance(node.value, ast.Call) else None
        return isinstance(node.value, ast.Constant) or (isinstance(function, ast.Attribute) and function.attr in LOGS)
    if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "__all__" for to in node.targets):
        return True
    return isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom)


def _of(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.expr):
        yield from ((node, new) for new in _expressions(node))
    elif isinstance(node, ast.stmt):
        yield from ((node, new) for new in _statements(node))
    tests = [node.test] if isinstance(node, ast.If | ast.While | ast.IfExp) else []
    tests += node.ifs if isinstance(node, ast.comprehension) else []
    # a comparison and a negation have a mutant already that says the opposite
    yield from (
        (test, ast.UnaryOp(ast.Not(), test)) for test in tests if not isinstance(test, ast.Compare | ast.UnaryOp)
    )


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(ops=ops):
            for number, operator in enumerate(ops):
                new = copy.copy(node)
                new.ops = [*ops[:number], SWAPPED[type(operator)](), *ops[number + 1 :]]  # type: ignore[list-item]
                yield new
        case ast.BoolOp(op=operator) | ast.BinOp(op=operator) if type(operator) in SWAPPED:
            if not _is_text(node):
                new_node = copy.copy(node)
                new_node.op = SWAPPED[type(operator)]()  # type: ignore[assignment]
                yield new_node
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str() as value) if value:
            yield ast.Constant(f"{value}X")
        case ast.Constant(value=bytes() as value) if value:
            yield ast.Constant(value + b"X")


def _is_text(node: ast.expr) -> bool:
    """Return whether an operand is written as text, which cannot be subtracted, or a type, which cannot be either."""
    operands = (node.left, node.right) if isinstance(node, ast.BinOp) else ()
    return any(
        isinstance(each, ast.JoinedStr | ast.List | ast.Tuple)
        or (isinstance(each, ast.Constant) and isinstance(each.value, str | bytes | None))
        for each in operands
    )


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    match node:
        case ast.Return(value=value) if value is not None and not _is_nothing(value):
            yield ast.Return(ast.Constant(None))
        case ast.Raise() | ast.Expr(value=ast.Call() | ast.Await()):
            yield ast.Pass()
        case ast.Assign(targets=[ast.Name(id=name)]) if name.lstrip("_")[:2].istitle():
            return  # a type of its own: Json = dict[str, Any]
        case ast.Assign(value=value) if not _is_nothing(value) and not isinstance(value, ast.Constant):
            yield ast.Assign(node.targets, ast.Constant(None))
        case ast.AugAssign(op=operator) if type(operator) in SWAPPED:
            yield ast.AugAssign(node.target, SWAPPED[type(operator)](), node.value)  # type: ignore[arg-type]
        case ast.Break() | ast.Continue():
            yield SWAPPED[type(node)]()  # type: ignore[misc]


def _is_nothing(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


@dataclass(frozen=True, slots=True)
class Module:
    path: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".")


class Planted(MetaPathFinder):
    """Loads one module from a given source."""

    def __init__(self, module: Module, source: str) -> None:
        self._module, self._loader = module, Loader(str(ROOT / module.path), source)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_loader(fullname, self._loader) if fullname == self._module.name else None


class Loader(SourceLoader):
    """Never looks at bytecode, and writes none."""

    def __init__(self, path: str, source: str) -> None:
        self._path, self._source = path, source

    def get_filename(self, fullname: str) -> str:
        return self._path

    def get_data(self, path: str) -> bytes:
        if path != self._path:
            raise FileNotFoundError(path)
        return self._source.encode()


def module(path: str) -> Module:
    """The module and its tests. Exits if there are none."""
    folder, _, name = path.rpartition("/")
    mirrored = f"tests/{folder}/test_{name}"
    tests = tuple(test for test in (mirrored, *MODULES.get(path, ())) if (ROOT / test).exists())
    if not (ROOT / path).exists() or not tests:
        sys.exit(f"mutate: there is no {path}, or no {mirrored}")
    return Module(path, tests)


def in_child(work: Callable[[], int], cpu_s: float) -> int:
    """Fork, and have the child exit with what `work` returns. Returns its process id."""
    pid = os.fork()
    if pid:
        return pid
    with contextlib.suppress(BaseException):
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s) + 1, int(cpu_s) + 2))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        os._exit(work())
    os._exit(1)


def tested(mutated: Module, source: str) -> int:
    """Run the tests on this source, first those that are quick. Returns the exit code of pytest, 0 for no failure."""
    sys.meta_path.insert(0, Planted(mutated, source))
    for which in ("not hypothesis", "hypothesis"):
        code = pytest.main([*OPTIONS, "-m", which, *mutated.tests])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return int(code)
    return 0


def seconds_without_a_mistake(whole: Module, source: str) -> float | None:
    """Return the seconds of CPU that the tests take; None if they fail already."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _, status = os.waitpid(in_child(lambda: tested(whole, source), 600), 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime if status == 0 else None


def survivors(mutated: Module, found: Sequence[Mutant], cpu_s: float) -> Iterator[Mutant]:
    """Yield the mutants that the tests do not notice. As many run at once as there are processors."""
    running: dict[int, tuple[Mutant, float]] = {}
    waiting = list(reversed(found))
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            mutant = waiting.pop()
            pid = in_child(lambda mutant=mutant: tested(mutated, mutant.source), cpu_s)  # type: ignore[misc]
            running[pid] = mutant, time.monotonic()
        for pid, (mutant, began) in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del running[pid]
                if status == 0:
                    yield mutant
            elif time.monotonic() - began > 10 * cpu_s:  # it waits for something that does not come
                os.kill(pid, 9)
        time.sleep(LOOK_S)


def shown(path: str, mutant: Mutant) -> str:
    signed = [f"- {line}" for line in mutant.before.splitlines()] + [f"+ {line}" for line in mutant.after.splitlines()]
    return "\n".join((f"{path}:{mutant.line}", *signed, ""))


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutate", description="Look for mistakes that no test notices.")
    parser.add_argument("modules", nargs="*", help="paths; without any, the list in scripts/mutate.py")
    parser.add_argument("--lines", help="only these, as 40-90")
    asked = parser.parse_args()
    first, _, last = (asked.lines or "").partition("-")
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    for library in LIBRARIES:
        importlib.import_module(library)
    all_found = all_left = 0
    for each in map(module, asked.modules or MODULES):
        source = (ROOT / each.path).read_text()
        took_s = seconds_without_a_mistake(each, source)
        if took_s is None:
            print(f"mutate: {' '.join(each.tests)} fail without a mistake", file=sys.stderr)
            return 1
        found = [one for one in mutants(source) if not asked.lines or int(first) <= one.line <= int(last or first)]
        left = 0
        for mutant in survivors(each, found, TIMES * took_s + MORE_S):
            left += 1
            print(shown(each.path, mutant), flush=True)
        print(f"{each.path}: {left} of {len(found)} mistakes were not noticed\n", flush=True)
        all_found, all_left = all_found + len(found), all_left + left
    print(f"{all_left} of {all_found} mistakes were not noticed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

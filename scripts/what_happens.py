"""Print what happens when: every fact, where it is emitted, and who acts on it; then what is done by time.

`make what-happens` prints it, `docs/what-happens.md` holds it, and a test compares the two. It is read from the syntax
trees, so nothing has to run: facts from `core/events.py`, reactions from `app/reactions.py`, scheduled tasks from
`app/worker.py`, and everything that emits a fact from the rest.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NODE = ROOT / "fedistream"
EVENTS, REACTIONS, WORKER = NODE / "core" / "events.py", NODE / "app" / "reactions.py", NODE / "app" / "worker.py"
KINDS = {
    "now": "at once, in the same step: bookkeeping that cannot wait or fail",
    "live": "soon and in order, in the front process; dropped when too much waits",
    "job": "a row of the outbox, written in the transaction of the fact; a worker does it, after a restart too",
    "store": "the feature writes rows for a worker in the transaction of the facts, all of one transaction at once",
}
DIRECT = {
    "BroadcastStarted": "`viewers`: a new count begins",
    "BroadcastEnded": "`viewers`: the count ends",
    "ChatMessageSent": "`api/ws`: the line goes to every socket of the channel",
    "MessagesHidden": "`api/ws`: the sockets are told",
    "MessagesShown": "`api/ws`: the sockets are told",
    "VisitorJoined": "`api/ws`: the sockets are told, if the setting says so",
    "VisitorParted": "`api/ws`: the sockets are told, if the setting says so",
    "VisitorRenamed": "`api/ws`: the sockets are told",
    "VisitorSignedIn": "`api/ws`: the sockets of the visitor are told",
    "VisitorDisabled": "`chat`: the messages are hidden, the sockets closed, the address banned",
    "FollowReceived": "`federation/followers`: an Accept is a job, unless the follow has to be approved",
    "FollowApproved": "`federation/followers`: an Accept is a job",
    "FollowerRemoved": "`federation/followers`: a Reject is a job, unless the follower has left",
    "ReplyReceived": "`federation/replies`: a line in the chat, if it is shown",
    "ReplyChanged": "`federation/replies`: the line is edited",
    "ReplyWithdrawn": "`federation/replies`: the line is hidden",
}
HEAD = """# What happens when

Made by `make what-happens ARGS=--write`; a test keeps it true. How a reaction runs:

"""


def facts() -> dict[str, str]:
    """Return the name of every fact and the first sentence of its docstring, in the order of the module."""
    found = {}
    for node in parsed(EVENTS).body:
        # a fact derives from Fact, or from a private class with the members that several facts have
        if (
            isinstance(node, ast.ClassDef)
            and not node.name.startswith("_")
            and any(isinstance(base, ast.Name) and base.id.endswith("Fact") for base in node.bases)
        ):
            found[node.name] = (ast.get_docstring(node) or "").partition("\n\n")[0].replace("\n", " ")
    return found


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a function by its bare name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def reactions() -> Mapping[str, list[tuple[str, str]]]:
    """Return (kind, id) of the reactions to each fact."""
    found = defaultdict(list)
    for call in calls(parsed(REACTIONS), "Reaction"):
        identifier, fact, kind = call.args[:3]
        assert isinstance(identifier, ast.Constant)
        assert isinstance(fact, ast.Attribute)
        assert isinstance(kind, ast.Constant)
        found[fact.attr].append((str(kind.value), str(identifier.value)))
    return found


def emitters(names: Mapping[str, str]) -> Mapping[str, list[str]]:
    """Return the modules that make each fact: those that use its name otherwise than to say a type."""
    found = defaultdict(list)
    for path in sorted(NODE.rglob("*.py")):
        if path in (EVENTS, REACTIONS):
            continue
        tree = parsed(path)
        types = {id(name) for part in type_expressions(tree) for name in ast.walk(part)}
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in types}
        for name in names.keys() & used:
            found[name].append(path.relative_to(NODE).as_posix())
    return found


def type_expressions(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield annotations, aliases of types, keys of tables, and what isinstance looks for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            yield node.value
        elif isinstance(node, ast.Dict):
            yield from (key for key in node.keys if key is not None)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            yield from node.args[1:]


def scheduled() -> list[tuple[str, str]]:
    """Return the name of each scheduled task, and how often it is done."""
    found = []
    for call in calls(parsed(WORKER), "ScheduledTask"):
        name, often = call.args[:2]
        assert isinstance(often, ast.Call)
        assert ast.unparse(often.func) == "every"
        found.append((str(constant(name)), f"every {float(str(constant(often.args[0]))) / 60:g} min"))
    return found


def constant(node: ast.expr) -> object:
    """Return the value of a literal, or of a constant of the worker's module or of one that it imports it from."""
    if isinstance(node, ast.Constant):
        return node.value
    assert isinstance(node, ast.Name)
    path, name = WORKER, node.id
    for statement in parsed(WORKER).body:
        if not isinstance(statement, ast.ImportFrom) or statement.module is None:
            continue
        for alias in statement.names:
            if name in (alias.asname, alias.name):
                path, name = ROOT.joinpath(*statement.module.split(".")).with_suffix(".py"), alias.name
    assigned = (each for each in parsed(path).body if isinstance(each, ast.Assign))
    return next(eval_number(each.value) for each in assigned if ast.unparse(each.targets[0]) == name)


def eval_number(node: ast.expr) -> object:
    """Return the value of a literal, or of a product of numbers."""
    if isinstance(node, ast.BinOp):
        assert isinstance(node.op, ast.Mult)
        return float(str(eval_number(node.left))) * float(str(eval_number(node.right)))
    return ast.literal_eval(node)


def document() -> str:
    """Return the whole page as Markdown."""
    names, acts = facts(), reactions()
    made_in = emitters(names)
    lines = [f"- **{kind}**: {text}" for kind, text in KINDS.items()]
    lines += ["- **direct**: the emitting feature does it itself, in the same step or transaction", ""]
    lines += ["## Facts", "", "| fact | emitted by | then |", "|---|---|---|"]
    for name, text in names.items():
        told = [f"**{kind}** `{identifier}`" for kind, identifier in acts.get(name, [])]
        told += [f"**direct** {DIRECT[name]}"] if name in DIRECT else []
        made = "<br>".join(f"`{path}`" for path in made_in.get(name, []))
        lines.append(f"| `{name}`: {text} | {made} | {'<br>'.join(told) or 'nothing yet'} |")
    lines += [
        "",
        "## By time",
        "",
        "Tasks of the scheduler, which runs in a worker process (`fedistream/app/worker.py`):",
        "",
    ]
    lines += ["| task | how often |", "|---|---|", *(f"| `{name}` | {when} |" for name, when in scheduled())]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        (ROOT / "docs" / "what-happens.md").write_text(document(), encoding="utf-8")
    else:
        sys.stdout.write(document())

"""A task in the background is started by the supervisor, which hears of its death: nobody else calls create_task."""

import ast
from collections.abc import Iterator

from tests.house.tree import PACKAGES, Module, modules, nodes

BEGINNERS = frozenset(("create_task", "ensure_future", "TaskGroup"))
# who else may: the supervisor is not theirs to import, or somebody waits for the task and hears what it raises
ALLOWED = {
    "fedistream.core.supervisor": "it is the supervisor",
    "fedistream.db.transaction": "its caller waits for it, and a failure is logged when the caller has gone",
    "media.rtmp.server": "a library; what the task raises is logged when it is over",
    "activitypub.network.fetch_limiter": "a library; those who wait for the fetch are given what it raises",
}


def beginners(module: Module) -> Iterator[str]:
    """Every place that begins a task, by file and line."""
    named = [(node.attr, node.lineno) for node in nodes(module, ast.Attribute)]
    named += [(node.id, node.lineno) for node in nodes(module, ast.Name)]
    yield from (f"{module.path}:{line}: {name}" for name, line in named if name in BEGINNERS)


def test_nobody_but_the_supervisor_begins_tasks() -> None:
    found = {name: list(beginners(module)) for name, module in modules(folders=PACKAGES).items()}
    assert [where for name, places in found.items() if name not in ALLOWED for where in places] == []
    assert sorted(name for name, places in found.items() if places) == sorted(ALLOWED), "ALLOWED names too many"


def test_every_way_to_begin_a_task_is_found() -> None:
    text = """
import asyncio
from asyncio import create_task as begin, ensure_future
asyncio.create_task(f())
asyncio.get_running_loop().create_task(f())
ensure_future(f())
async def g():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(f())
"""
    module = Module("planted", next(iter(modules().values())).path, ast.parse(text), text)
    assert len(list(beginners(module))) == 5

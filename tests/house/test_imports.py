"""The allowed imports of each package. The table is the architecture: the longest prefix names a module's package."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.house.tree import PACKAGES, ROOT, Import, Module, imports, is_within, modules

CLOCKS_CHANCE_AND_DEVICES = frozenset(
    ("asyncio", "logging", "os", "pathlib", "random", "secrets", "select", "socket", "ssl", "subprocess", "time")
)


@dataclass(frozen=True, slots=True)
class Room:
    """The imports that the modules of a package may have: our own, libraries, and the standard library."""

    ours: tuple[str, ...]
    libraries: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()  # modules of the standard library
    not_even: tuple[str, ...] = ()  # taken out of `ours` again
    values: bool = False  # may also import the `values` modules of all features


def wire(*ours: str, libraries: tuple[str, ...] = ()) -> Room:
    """Bytes or text to values and back: no clock, no chance, no sockets, files or logs."""
    return Room(ours, libraries, without=CLOCKS_CHANCE_AND_DEVICES)


KERNEL = tuple(f"fedistream.{name}" for name in ("core", "db", "jobs.job", "settings"))
KERNEL_LIBRARIES = ("aiofiles", "markdown_it", "orjson")
FORMATS = tuple(
    f"media.{name}"
    for name in (
        "aac",
        "adts",
        "avc",
        "bit_reader",
        "black_frame",
        "flv",
        "fmp4",
        "jpeg",
        "m3u8",
        "nalunits",
        "silence",
        "track",
    )
)

KERNEL_ROOM = Room(KERNEL, KERNEL_LIBRARIES)
FACE = Room(
    ("fedistream", "media", "activitypub"),
    ("jinja2", "markupsafe", "orjson", "pydantic", "python_multipart", "segno", "starlette"),
    not_even=("fedistream.app", "fedistream.db"),  # nor any models module, see complaints()
)

# all that speaks HTTP: the sentences for wrong values are for the command line of both processes too
FACES = tuple(
    f"fedistream.api.{path.stem}" for path in sorted((ROOT / "fedistream" / "api").iterdir()) if path.stem != "wording"
)

FRONT = tuple(f"fedistream.app.{name}" for name in ("services", "web", "node", "serve_command"))
WORKER = tuple(f"fedistream.app.{name}" for name in ("worker", "worker_command"))

ROOMS: dict[str, Room] = {
    "activitypub": wire("activitypub"),
    "activitypub.vocabulary.little_boxes_adapter": wire("activitypub", libraries=("little_boxes",)),
    "activitypub.signatures.keys": wire("activitypub", libraries=("cryptography",)),
    "activitypub.signatures.cavage": wire("activitypub", libraries=("httpsig",)),
    "activitypub.network.guard": Room(("activitypub",)),
    "activitypub.network.http_client": Room(("activitypub",), ("aiohttp", "yarl")),
    **dict.fromkeys(("activitypub.network.fetch_limiter", "activitypub.network.redirects"), Room(("activitypub",))),
    "media": Room(("media",), ("aiofiles", "obstore", "uvloop")),
    **dict.fromkeys(FORMATS, wire(*FORMATS)),
    "media.rtmp": wire("media.rtmp", "media.facade"),
    **dict.fromkeys(
        tuple(f"media.rtmp.{name}" for name in ("client", "connection", "server", "tls")), Room(("media",), ("uvloop",))
    ),
    "media.codec": Room(("media",), ("av",)),
    **dict.fromkeys(KERNEL, KERNEL_ROOM),
    "fedistream.settings.models": Room(KERNEL, ("tortoise",)),
    "fedistream.settings.values": wire("fedistream.core.errors"),
    "fedistream.settings.checks": wire("fedistream.core.errors", "fedistream.settings.values"),
    "fedistream.settings.table": wire(
        "fedistream.core.errors", "fedistream.settings.checks", "fedistream.settings.structures"
    ),
    "fedistream.settings.structures": wire(
        "fedistream.core.errors", "fedistream.settings.checks", "fedistream.settings.values"
    ),
    "fedistream.core": Room(("fedistream.core",)),  # it knows no feature
    **dict.fromkeys(  # the bounded table is the library's, which knows nothing of the node
        ("fedistream.core.rate_limit", "fedistream.core.log_buffer"),
        Room(("fedistream.core", "activitypub.bounded_dict")),
    ),
    "fedistream.core.bus": Room(("fedistream.core", "fedistream.db")),  # facts are told after their commit
    "fedistream.core.events": Room(("fedistream.core",), ("orjson",)),
    "fedistream.core.markdown": wire("fedistream.core", libraries=("markdown_it", "nh3")),
    # the list of invisible characters is the library's, which knows nothing of the node
    "fedistream.core.plain_text": wire("fedistream.core", "activitypub.invisible"),
    "fedistream.db": Room(KERNEL, ("aiosqlite", "alembic", "asyncpg", "orjson", "psycopg", "sqlalchemy", "tortoise")),
    "fedistream.api": FACE,
    "fedistream.api.prometheus": replace(FACE, libraries=("prometheus_client", "starlette")),
    # the two modules that reach into the web server: their protocols are made out of the server's
    "fedistream.api.http.uvicorn_protocol": Room(("fedistream.api.http.connection_limiter",), ("httptools", "uvicorn")),
    "fedistream.api.ws.uvicorn_protocol": Room(
        (
            "fedistream.api.http.connection_limiter",
            "fedistream.api.http.uvicorn_protocol",
            "fedistream.api.ws.connection",
        ),
        ("uvicorn", "websockets"),
    ),
    "fedistream.irc": replace(FACE, libraries=()),
    "fedistream.metrics.structured_fields": wire(),
    **dict.fromkeys(
        tuple(f"fedistream.metrics.{name}" for name in ("cmcd", "score", "wording")), wire("fedistream.metrics")
    ),
    "fedistream.notifications.vapid": Room(
        ("fedistream.notifications", "activitypub", "fedistream.db"), ("cryptography",)
    ),
    "fedistream.notifications.encryption": Room(
        ("fedistream.notifications", "activitypub"),
        ("cryptography", "http_ece", "py_vapid"),
        without=CLOCKS_CHANCE_AND_DEVICES,
    ),
    **dict.fromkeys(
        tuple(f"fedistream.notifications.{name}" for name in ("discord", "wording", "subscription_json")),
        Room(("fedistream.core", "fedistream.notifications"), ("orjson",), without=CLOCKS_CHANCE_AND_DEVICES),
    ),
    "fedistream.viewers.geo": Room(("activitypub", "fedistream.core", "fedistream.viewers"), ("maxminddb",)),
    "fedistream.metrics.hardware": Room((*KERNEL, "fedistream.metrics", "activitypub"), ("psutil",)),
    "fedistream.jobs": Room(
        ("fedistream", "activitypub"),
        ("aiohttp", "apscheduler", "tortoise"),
        not_even=("fedistream.app", "fedistream.api"),
    ),
    # the composition of the two processes. A worker carries nothing of the web server
    **dict.fromkeys(
        ("fedistream.app", "fedistream.__main__"), Room(PACKAGES, ("click", "starlette", "uvicorn", "uvloop"))
    ),
    "fedistream.app.config": KERNEL_ROOM,
    "fedistream.app.paths": KERNEL_ROOM,
    "fedistream.app.gc_tuning": KERNEL_ROOM,
    "fedistream.app.addresses": Room((*KERNEL, "fedistream.app.config")),
    "fedistream.app.startup": Room((*KERNEL, "fedistream.app.config")),
    "fedistream.app.cli": Room(("fedistream",), ("click",), not_even=(*FRONT, *WORKER)),
    "fedistream.app.lean_tortoise": Room(("activitypub.import_stubs",), ("tortoise",)),
    "fedistream.app.child_command": Room((*KERNEL, "fedistream.app.config")),
    "fedistream.app.both_processes": Room(("fedistream",), not_even=(*FRONT, *WORKER, "fedistream.api")),
    "fedistream.app.command": Room(("fedistream.core", "fedistream.app"), ("click", "uvloop"), not_even=FRONT),
    "fedistream.app.worker_command": Room(("fedistream.app",), ("click",), not_even=FRONT),
    "fedistream.app.worker": Room(PACKAGES, not_even=(*FRONT, *FACES)),
    "fedistream.app.reactions": Room(("fedistream",), not_even=(*FRONT, "fedistream.api")),
    "fedistream.app.owncast_import": Room(PACKAGES, ("click", "tortoise"), not_even=FRONT),
    "fedistream.app.owncast_import.gob": wire(),
    "fedistream.app.services": Room(PACKAGES, not_even=(*FRONT[1:], *WORKER)),
    "fedistream.app.web": Room(PACKAGES, ("starlette",), not_even=(*FRONT[2:], *WORKER)),
    "fedistream.app.node": Room(PACKAGES, ("starlette", "uvicorn", "uvloop"), not_even=(*FRONT[3:], *WORKER)),
}


def room_of(module: Module) -> tuple[str, Room]:
    """The room by the longest prefix; a folder of fedistream that the table does not name is a feature."""
    name = max((prefix for prefix in ROOMS if is_within(module.name, (prefix,))), key=len, default="")
    if name:
        return name, ROOMS[name]
    if module.name == "fedistream":
        return module.name, KERNEL_ROOM
    folder = ".".join(module.name.split(".")[:2])
    if module.name.endswith(".values"):
        pure = Room(("fedistream.core", "media", "activitypub"), without=CLOCKS_CHANCE_AND_DEVICES, values=True)
        return f"{module.name} (values of a feature)", pure
    # one feature imports another's values alone: its services are handed to the constructor, typed by `core/ports.py`
    ours = (*KERNEL, folder, "media", "activitypub")
    return f"{folder} (a feature)", Room(ours, ("argon2", "bcrypt", "tortoise", *KERNEL_LIBRARIES), values=True)


def complaints(root: Path) -> Iterator[str]:
    """One line, with file and line, for every import that the table does not allow."""
    known = modules(root)
    for module in known.values():
        name, room = room_of(module)
        for one in imports(module, known):
            if why := _refusal(one, room):
                yield f"{one.where}: {name} may not import {one.target}: {why}"
            if one.in_function and is_within(one.target, PACKAGES):
                yield f"{one.where}: {one.target} is imported inside a function: that hides a knot"


def _refusal(one: Import, room: Room) -> str:
    top = one.target.partition(".")[0]
    if top in PACKAGES:
        if one.target == "fedistream" or is_within(one.importer, (one.target,)):
            return ""  # a package's own __init__ (the version) is no room
        if room.values and re.fullmatch(r"fedistream\.(?!api\.|app\.)\w+(\.\w+)?\.values", one.target):
            return ""
        if not is_within(one.target, room.ours) or is_within(one.target, room.not_even):
            return "it is in another room"
        if room in (FACE, ROOMS["fedistream.irc"]) and one.target.endswith(".models"):
            return "a face speaks to services, never to models"
        return ""
    if top in room.without:
        return "no clock, chance, socket, file or log in this room: take it as an argument"
    if top in sys.stdlib_module_names or top in room.libraries:
        return ""
    return "that library belongs to another room"


def test_every_import_stays_within_the_rules_of_its_room() -> None:
    assert not list(complaints(ROOT))


def test_planted_imports_are_each_complained_about(tmp_path: Path) -> None:
    planted = {
        "media/avc.py": ("import time", "from media import hub", "import media.fmp4"),
        "media/hub.py": ("import asyncio", "from fedistream.core import errors", "import av"),
        "media/fmp4.py": ("import struct",),
        "media/rtmp/session.py": ("from media import fmp4", "from . import chunks"),
        "media/rtmp/chunks.py": ("from socket import socket",),
        "activitypub/actor.py": ("import httpsig",),
        "activitypub/signatures/keys.py": ("from cryptography import x509", "import aiohttp"),
        "fedistream/__init__.py": (),
        "fedistream/core/errors.py": ("from fedistream.chat.service import Chat",),
        "fedistream/chat/service.py": (
            "import starlette",
            "from fedistream.viewers.service import X",
            "import media.hub",
            "from fedistream.viewers.values import X",
        ),
        "fedistream/chat/values.py": ("from fedistream.viewers.values import X", "from fedistream.chat import models"),
        "fedistream/viewers/values.py": ("import time", "from fedistream.core import errors"),
        "fedistream/chat/models.py": ("from tortoise import fields", "from fedistream.core import errors"),
        "fedistream/viewers/service.py": ("from fedistream.app.node import Node",),
        "fedistream/api/chat.py": (
            "from fedistream.chat.models import Line",
            "from fedistream.chat.service import Chat",
            "def late():\n    import fedistream.core.errors",
        ),
        "fedistream/app/node.py": ("import fedistream.api.chat", "import av"),
    }
    for name, statements in planted.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(statements) + "\n")
    assert [line.partition(": it is")[0].partition(": a face")[0].split(": ")[0] for line in complaints(tmp_path)] == [
        "activitypub/actor.py:1",
        "activitypub/signatures/keys.py:2",
        "media/avc.py:1",
        "media/avc.py:2",
        "media/hub.py:2",
        "media/hub.py:3",
        "media/rtmp/chunks.py:1",
        "media/rtmp/session.py:1",
        "fedistream/api/chat.py:1",
        "fedistream/api/chat.py:4",
        "fedistream/app/node.py:2",
        "fedistream/chat/service.py:1",
        "fedistream/chat/service.py:2",
        "fedistream/chat/values.py:2",
        "fedistream/core/errors.py:1",
        "fedistream/viewers/service.py:1",
        "fedistream/viewers/values.py:1",
    ]


def test_no_modules_import_each_other_in_a_circle() -> None:
    known = modules()
    waiting = {
        name: {one.target for one in imports(module, known)} & known.keys() - {name} for name, module in known.items()
    }
    # peel off whatever imports nothing that is left; a circle is what cannot be peeled
    while peeled := {name for name, needs in waiting.items() if not needs & waiting.keys()}:
        waiting = {name: needs for name, needs in waiting.items() if name not in peeled}
    circle = {name: sorted(needs & waiting.keys()) for name, needs in waiting.items()}
    assert not circle


def test_the_faces_do_not_load_the_codec_library() -> None:
    faces = [name for name in modules() if is_within(name, ("fedistream.api",))]
    program = f"import sys, {', '.join(faces)}\nsys.exit('av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_both_libraries_are_importable_where_there_is_no_node() -> None:
    libraries = [name for name in modules() if is_within(name, ("activitypub", "media"))]
    program = f"import tests.house.without_the_node, {', '.join(libraries)}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

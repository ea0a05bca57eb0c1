"""The data folders of former versions, in `tests/vectors/stored/<commit>`."""

import gzip
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.house.tree import ROOT

STORED = ROOT / "tests" / "vectors" / "stored"
FAR = "https://remote.example"  # the server of the people who follow


def taken_over(folder: Path, commit: str, far: str = FAR) -> Path:
    """A copy of a data folder in which people of other servers are at the origin `far`."""
    data = folder / "data"
    shutil.copytree(STORED / commit, data)
    dump = data / "fedistream.sql.gz"
    text = gzip.decompress(dump.read_bytes()).decode()
    dump.unlink()
    text = text.replace(FAR, far).replace(FAR.partition("://")[2], far.partition("://")[2])
    with closing(sqlite3.connect(data / "fedistream.db")) as database:
        database.executescript(text)
    return data

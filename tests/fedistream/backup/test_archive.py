"""The file of a backup: what is written comes back, and nothing else is taken for it."""

import gzip
import hashlib
import io
import json
import random
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fedistream.backup import archive
from fedistream.backup.archive import BadArchive, FileEntry, Manifest, read_manifest, unpack, write

PLAIN = Manifest("2026-01-02T03:04:05+00:00", "1.2.3", "0001", "sqlite")


def quiet(done: int, whole: int) -> None:
    assert 0 <= done <= whole


def files(folder: Path) -> dict[str, Path]:
    folder.mkdir()
    made = {
        "database/fedistream.db": random.Random(1).randbytes(300_000),
        "data/node.key": b"k" * 32,
        "data/empty": b"",
    }
    for number, data in enumerate(made.values()):
        (folder / str(number)).write_bytes(data)
    return {name: folder / str(number) for number, name in enumerate(made)}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "node.tar.gz"
    write(path, PLAIN, files(tmp_path / "source"), quiet)
    return path


def test_what_was_written_is_unpacked(made: Path, tmp_path: Path) -> None:
    found = unpack(made, tmp_path / "out", quiet)
    assert (found.made_at, found.revision, found.database) == (PLAIN.made_at, "0001", "sqlite")
    assert read_manifest(made) == found
    for name, source in files(tmp_path / "again").items():
        assert (tmp_path / "out" / name).read_bytes() == source.read_bytes()
    assert (made.stat().st_mode & 0o777, (tmp_path / "out/data/node.key").stat().st_mode & 0o777) == (0o600, 0o600)


def test_ordinary_tar_reads_it_too(made: Path) -> None:
    with tarfile.open(made) as tar:
        assert tar.getnames() == ["manifest.json", "database/fedistream.db", "data/node.key", "data/empty"]


def test_a_file_that_is_there_is_not_overwritten(made: Path, tmp_path: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(FileExistsError):
        write(made, PLAIN, files(tmp_path / "again"), quiet)
    assert made.read_bytes() == before


def test_a_file_that_vanishes_meanwhile_leaves_no_half_backup(tmp_path: Path) -> None:
    sources = files(tmp_path / "source")
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "x.tar.gz", PLAIN, {**sources, "data/gone": tmp_path / "gone"}, quiet)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_one_that_is_cut_off_anywhere_is_refused(made: Path, tmp_path: Path) -> None:
    whole = made.read_bytes()
    for number, end in enumerate([0, 1, 10, 400, 1000, len(whole) // 2, len(whole) - 9, len(whole) - 1]):
        made.write_bytes(whole[:end])
        with pytest.raises(BadArchive):
            unpack(made, tmp_path / f"out{number}", quiet)


def test_a_flipped_bit_anywhere_is_found(made: Path, tmp_path: Path) -> None:
    whole, chance = made.read_bytes(), random.Random(2)
    for number in range(60):
        at = chance.randrange(10, len(whole))  # before that is the name of the system in gzip's header
        made.write_bytes(whole[:at] + bytes((whole[at] ^ 1 << chance.randrange(8),)) + whole[at + 1 :])
        with pytest.raises(BadArchive):
            unpack(made, tmp_path / f"out{number}", quiet)


def test_a_flipped_bit_inside_is_found_when_gzip_is_right(made: Path, tmp_path: Path) -> None:
    plain, chance = gzip.decompress(made.read_bytes()), random.Random(3)
    start = plain.index(b"database/fedistream.db\0") + 512
    for number in range(10):
        at = chance.randrange(start, start + 300_000)
        made.write_bytes(gzip.compress(plain[:at] + bytes((plain[at] ^ 1,)) + plain[at + 1 :], 1))
        with pytest.raises(BadArchive, match="checksum"):
            unpack(made, tmp_path / f"out{number}", quiet)


def entry(data: bytes) -> dict[str, Any]:
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def pack(path: Path, named: dict[str, Any], members: list[tuple[tarfile.TarInfo, bytes]], **more: Any) -> None:
    """An archive by another hand: any manifest, any members."""
    manifest = {"format": 1, "made_at": "", "version": "1", "revision": "0001", "database": "sqlite", "tables": {}}
    text = json.dumps({**manifest, "files": named, **more}).encode()
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for info, data in [(plain("manifest.json"), text), *members]:
            if info.isreg():
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def plain(name: str) -> tarfile.TarInfo:
    return tarfile.TarInfo(name)


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


OUT = ["../out", "/etc/x", "data/../../x", "data//x", "data/.ssh", ".x", "data/a\\b", "data/\n", "a" * 101, "", "data/"]


@pytest.mark.parametrize("name", OUT)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.tar.gz"
    pack(path, {name: entry(b"x")}, [(plain(name), b"x")])
    with pytest.raises(BadArchive):
        unpack(path, tmp_path / "deep" / "out", quiet)
    pack(path, {"data/x": entry(b"x")}, [(plain("data/x"), b"x"), (plain(name), b"x")])
    with pytest.raises(BadArchive):
        unpack(path, tmp_path / "deep" / "out2", quiet)
    assert not (tmp_path / "deep" / "x").exists()


KINDS = {"symlink": tarfile.SYMTYPE, "link": tarfile.LNKTYPE, "device": tarfile.CHRTYPE, "folder": tarfile.DIRTYPE}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_files_is_unpacked(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.tar.gz"
    pack(path, {"data/x": entry(b"")}, [(special("data/x", KINDS[kind], "/etc/passwd"), b"")])
    with pytest.raises(BadArchive, match="not a file"):
        unpack(path, tmp_path / "out", quiet)


def lies(path: Path) -> None:
    pack(path, {"data/x": {"size": 10, "sha256": "0" * 64}}, [(plain("data/x"), b"x" * 100_000)])


def twice(path: Path) -> None:
    pack(path, {"data/x": entry(b"x")}, [(plain("data/x"), b"x"), (plain("data/x"), b"x")])


def extra(path: Path) -> None:
    pack(path, {"data/x": entry(b"x")}, [(plain("data/x"), b"x"), (plain("data/y"), b"y")])


def missing(path: Path) -> None:
    pack(path, {"data/x": entry(b"x"), "data/y": entry(b"y")}, [(plain("data/x"), b"x")])


def long_header(path: Path) -> None:
    """An extended header of 64 MiB of zeros, which is 64 KB in gzip."""
    info = special("x", tarfile.XHDTYPE)
    info.size = 64 << 20
    with gzip.open(path, "wb", 1) as out:
        out.write(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(64):
            out.write(bytes(1 << 20))


def long_manifest(path: Path) -> None:
    info = plain("manifest.json")
    info.size = 1 << 30
    with gzip.open(path, "wb", 1) as out:
        out.write(info.tobuf(tarfile.USTAR_FORMAT))
        out.write(bytes(1 << 20))


def deep_manifest(path: Path) -> None:
    text = b"[" * 100_000
    info = plain("manifest.json")
    info.size = len(text)
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(info, io.BytesIO(text))


def other_form(path: Path) -> None:
    pack(path, {}, [], format=2)


def odd_manifest(path: Path) -> None:
    pack(path, {}, [], files=[1])


def odd_table(path: Path) -> None:
    pack(path, {}, [], tables={"x; DROP TABLE y": ["a"]})


def no_manifest(path: Path) -> None:
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(plain("x"), io.BytesIO())


def not_gzip(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" * 100)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


FAULTS = [lies, twice, extra, missing, long_header, long_manifest, deep_manifest, other_form, odd_manifest, odd_table]
FAULTS += [no_manifest, not_gzip, nothing]


@pytest.mark.parametrize("spoil", FAULTS, ids=lambda spoil: spoil.__name__)
def test_an_archive_that_is_not_what_it_says_is_refused(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = tmp_path / "x.tar.gz"
    spoil(path)
    with pytest.raises(BadArchive, match=r"\w"):
        unpack(path, tmp_path / "out", quiet)
    written = sum(each.stat().st_size for each in (tmp_path / "out").rglob("*") if each.is_file())
    assert written <= 100


def test_the_size_is_the_sum_of_the_files() -> None:
    assert Manifest("", "", "", "", files={"a": FileEntry(1, ""), "b": FileEntry(2, "")}).size == 3
    assert archive.FORMAT == 1

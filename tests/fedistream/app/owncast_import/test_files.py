"""The public files of an Owncast server."""

from pathlib import Path

from fedistream.app.owncast_import.files import Copies, copy_public
from fedistream.app.owncast_import.report import Report


def published(folder: Path) -> Path:
    (folder / "public" / "css").mkdir(parents=True)
    (folder / "public" / "css" / "sea.css").write_text("body {}")
    (folder / "public" / "index.html").write_text("<p>hello")
    (folder / "public" / ".hidden").write_text("secret")
    (folder / "public" / "link").symlink_to("/etc/hostname")
    return folder


def test_files_and_folders_are_copied_but_no_links(tmp_path: Path) -> None:
    report = Report()
    with Copies(tmp_path / "data") as copies:
        (tmp_path / "data").mkdir()
        copy_public(published(tmp_path / "owncast"), copies, report)
    assert (tmp_path / "data" / "public" / "css" / "sea.css").read_text() == "body {}"
    assert {path.name for path in (tmp_path / "data" / "public").rglob("*")} == {"css", "sea.css", "index.html"}
    assert report.taken == {"public files": 2}
    assert list(report.left) == [("public files", "not a file")]


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    source, there = published(tmp_path / "owncast"), tmp_path / "data" / "public"
    (there / "css").mkdir(parents=True)
    (there / "index.html").write_text("ours")
    (there / "css" / "sea.css").write_text("body {}")
    report = Report()
    with Copies(tmp_path / "data") as copies:
        copy_public(source, copies, report)
    assert (there / "index.html").read_text() == "ours"
    assert report.taken == {"public files": 1}
    assert report.left["public files", "there is another one with the same name"].examples == ["index.html"]


def test_what_was_copied_goes_when_the_import_fails_and_what_was_there_stays(tmp_path: Path) -> None:
    source, there = published(tmp_path / "owncast"), tmp_path / "data" / "public"
    there.mkdir(parents=True)
    (there / "index.html").write_text("<p>hello")
    copies = Copies(tmp_path / "data")
    copy_public(source, copies, Report())
    assert (there / "css" / "sea.css").exists()
    error = ZeroDivisionError()
    copies.__exit__(type(error), error, None)
    assert [path.name for path in there.rglob("*") if path.is_file()] == ["index.html"]


class FullDisk(Copies):
    def room(self) -> int:
        return 7


def test_files_for_which_there_is_no_room_are_reported(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    report = Report()
    with FullDisk(tmp_path / "data") as copies:
        copy_public(published(tmp_path / "owncast"), copies, report)
    assert report.taken == {"public files": 1}
    assert report.left["public files", "there is no room for them on the disk"].examples == ["index.html"]

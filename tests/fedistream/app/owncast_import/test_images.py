"""The logo and the favicon of an Owncast server."""

from pathlib import Path

import pytest

from fedistream.app.owncast_import.images import images
from fedistream.app.owncast_import.report import Report
from fedistream.app.owncast_import.settings import Datastore
from fedistream.appearance.service import MAX_LOGO
from tests.kit import pictures
from tests.kit.moving_in import attempt, imported
from tests.kit.owncast_folder import lived_in

PNG, ICO = pictures.png(30, 20), pictures.ico(pictures.png(16, 16))


def test_both_are_found_by_what_the_datastore_says(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    (tmp_path / "favicon.ico").write_bytes(ICO)
    (tmp_path / "logo.jpg").write_bytes(b"an older one")
    report = Report()
    found = list(images(tmp_path, Datastore({"logo_path": "logo.png", "favicon_path": "favicon.ico"}), report))
    assert [(each.setting, each.data) for each in found] == [("channel.logo", PNG), ("node.favicon", ICO)]
    assert [each.file.rpartition(".")[2] for each in found] == ["png", "ico"]
    assert report.left == {}


def test_without_a_path_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    assert list(images(tmp_path, Datastore({"logo_path": "", "favicon_path": 7.0}), Report())) == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "an SVG may contain scripts"),
        (PNG[:40], "must be a PNG"),
        (b"", "must be a PNG"),
        (PNG + bytes(MAX_LOGO), "too large, max 1024KB"),
        (pictures.png(20_000, 20_000), "at most 4096 pixels"),
    ],
    ids=["svg", "half", "empty", "large", "bomb"],
)
def test_a_file_that_may_not_be_shown_is_reported(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "logo.png").write_bytes(data)
    report = Report()
    assert list(images(tmp_path, Datastore({"logo_path": "logo.png"}), report)) == []
    ((what, said),) = report.left
    assert what == "logo"
    assert why in said


@pytest.mark.parametrize("name", ["../secret.png", "/etc/hostname", "gone.png", "link.png", "folder", "sub/logo.png"])
def test_a_name_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    (data / "folder").mkdir(parents=True)
    (data / "sub").mkdir()
    for path in (tmp_path / "secret.png", data / "sub" / "logo.png"):
        path.write_bytes(PNG)
    (data / "link.png").symlink_to(tmp_path / "secret.png")
    report = Report()
    assert list(images(data, Datastore({"logo_path": name}), report)) == []
    assert list(report.left) == [("logo", "it is not in the folder")]


def test_the_images_are_files_of_the_node_then(tmp_path: Path) -> None:
    imported(lived_in(tmp_path / "owncast").path, tmp_path / "data")
    assert sorted(path.suffix for path in (tmp_path / "data" / "images").iterdir()) == [".ico", ".png"]


def test_an_import_that_fails_leaves_no_images(tmp_path: Path) -> None:
    source = lived_in(tmp_path / "owncast")
    source.run("CREATE TABLE users_2 AS SELECT * FROM users")
    source.run("DROP TABLE users")
    source.run("ALTER TABLE users_2 RENAME TO users")
    source.run("INSERT INTO users SELECT * FROM users LIMIT 1")
    assert attempt(source.path, tmp_path / "data").exit_code == 3
    assert list((tmp_path / "data" / "images").iterdir()) == []
    assert not [path for path in (tmp_path / "data" / "public").rglob("*") if path.is_file()]

from pathlib import Path

from fedistream.core.key_file import KEY_BYTES, stored_key


def test_a_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "node.key"
    key = stored_key(file, bytes)
    assert len(key) == KEY_BYTES
    assert stored_key(file, lambda n: b"x" * n) == key
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "node.key").write_bytes(b"short")
    assert stored_key(tmp_path / "node.key", lambda n: b"x" * n) == b"x" * KEY_BYTES

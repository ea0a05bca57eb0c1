from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fedistream.core.key_file import KEY_BYTES, derive, stored_key


def test_a_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "node.key"
    key = stored_key(file, bytes)
    assert len(key) == KEY_BYTES
    assert stored_key(file, lambda n: b"x" * n) == key
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "node.key").write_bytes(b"short")
    assert stored_key(tmp_path / "node.key", lambda n: b"x" * n) == b"x" * KEY_BYTES


def test_derived_keys_are_those_of_rfc_5869() -> None:
    """The first is its test case A.3, which has neither salt nor purpose."""
    assert derive(b"\x0b" * 22, "").hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    library = HKDF(SHA256(), length=KEY_BYTES, salt=None, info=b"csrf tokens")
    assert derive(b"secret", "csrf tokens") == library.derive(b"secret")


def test_each_purpose_and_each_secret_has_a_key_of_its_own() -> None:
    keys = {derive(secret, purpose) for secret in (b"one", b"two") for purpose in ("", "a", "b")}
    assert len(keys) == 6
    assert {len(key) for key in keys} == {KEY_BYTES}

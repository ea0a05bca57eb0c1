import subprocess
import sys
from pathlib import Path

import pytest

from fedistream.viewers import geo
from fedistream.viewers.geo import LOCAL, BadGeoDatabase, GeoIP
from fedistream.viewers.values import Geo
from tests.kit.mmdb import mmdb

BERLIN = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "subdivisions": [{"names": {"de": "Land Berlin", "en": "Land Berlin"}}],
    "location": {"time_zone": "Europe/Berlin"},
}
NETWORKS = {
    "192.0.2.0/24": BERLIN,
    "198.51.100.0/25": {"registered_country": {"iso_code": "FR"}},
    "198.51.100.128/25": {"country": ["DE"], "subdivisions": {"x": "y"}, "location": "Europe/Berlin"},
    "203.0.113.0/24": {"country": {"iso_code": "X\n" + "y" * 200}, "subdivisions": ["x"]},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "city.mmdb"
    file.write_bytes(mmdb(NETWORKS))
    return file


def test_the_place_of_an_address_is_found(path: Path) -> None:
    known = GeoIP.open(path)
    berlin = Geo("DE", "Land Berlin", "Europe/Berlin")
    assert known.find("192.0.2.77") == known.find("::ffff:192.0.2.77") == berlin
    assert known.find("198.51.100.1") == Geo("FR", "", "")


@pytest.mark.parametrize("address", ["198.51.100.200", "10.0.0.1", "2001:db8::1", "unknown", "", "1.2.3"])
def test_an_address_without_a_place_has_none(path: Path, address: str) -> None:
    assert GeoIP.open(path).find(address) is None


def test_names_are_cut_and_have_no_control_characters(path: Path) -> None:
    found = GeoIP.open(path).find("203.0.113.1")
    assert found is not None
    assert len(found.country_code) == 100
    assert "\n" not in found.country_code


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_is_known_without_a_database(address: str) -> None:
    assert GeoIP.open(None).find(address) == LOCAL
    assert GeoIP.open(None).find("192.0.2.1") is None


@pytest.mark.parametrize("content", [b"", b"no database\n" * 100, mmdb(NETWORKS)[:100], bytes(5_000)])
def test_a_file_that_is_no_database_is_refused_with_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "city.mmdb"
    file.write_bytes(content)
    with pytest.raises(BadGeoDatabase) as refused:
        GeoIP.open(file)
    assert "\n" not in str(refused.value)


def test_a_missing_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadGeoDatabase):
        GeoIP.open(tmp_path / "none.mmdb")
    huge = tmp_path / "huge.mmdb"
    with huge.open("wb") as file:
        file.truncate(geo.MAX_FILE + 1)  # a hole: it takes no room on the disk
    with pytest.raises(BadGeoDatabase, match="more than a GeoIP database has"):
        GeoIP.open(huge)


def test_a_file_that_is_broken_further_on_has_no_places(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = bytearray(mmdb({"10.0.0.0/8": BERLIN, "192.0.2.0/24": {"country": {"iso_code": "FR"}}}))
    at = whole.index(b"Germany") - 1
    whole[at] = 0xFF
    file = tmp_path / "city.mmdb"
    file.write_bytes(bytes(whole))
    known = GeoIP.open(file)
    assert known.find("10.0.0.1") is None
    assert known.find("10.0.0.2") is None
    assert len(caplog.records) <= 1


@pytest.mark.slow
def test_the_library_is_not_loaded_without_a_database() -> None:
    program = "import sys, fedistream.app.node; sys.exit('maxminddb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

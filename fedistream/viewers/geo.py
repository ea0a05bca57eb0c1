"""The places of IP addresses, from a database that the operator names (MaxMind's MMDB format, as GeoLite2 City has)."""

import ipaddress
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activitypub.bounded_dict import BoundedDict
from activitypub.lazy_module import LazyModule
from fedistream.core.client_network import plain
from fedistream.viewers.values import Geo

if TYPE_CHECKING:
    import maxminddb
else:
    maxminddb = LazyModule("maxminddb")

MAX_FILE = 1 << 30  # bytes; GeoLite2 City has 60 MB, the largest commercial ones some hundred
MAX_TEXT = 100  # characters of a name
KEPT = 10_000  # addresses whose place is known
LOCAL = Geo("N/A", "Localhost", "")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")

log = logging.getLogger(__name__)


class BadGeoDatabase(Exception):
    """The file is no usable database. The text is one line for the operator."""


class GeoIP:
    """Finds the place of an address. Without a database it knows this machine alone."""

    def __init__(self, reader: "maxminddb.Reader | None" = None) -> None:
        self._reader = reader
        self._known: BoundedDict[str, Geo | None] = BoundedDict(KEPT)
        self._failed = False

    @classmethod
    def open(cls, path: Path | None) -> "GeoIP":
        """Open the database; the file is mapped into memory. Raises BadGeoDatabase."""
        if path is None:
            return cls()
        try:
            size = path.stat().st_size
            if size > MAX_FILE:
                raise BadGeoDatabase(f"{path} has {size >> 20} MiB, more than a GeoIP database has")
            reader = maxminddb.open_database(path)
            reader.get("192.0.2.1")
        except BadGeoDatabase:
            raise
        except Exception as error:  # the library raises errors of many kinds for a broken file
            reason = CONTROL.sub(" ", str(error))[:MAX_TEXT]
            raise BadGeoDatabase(f"{path} is not a usable GeoIP database: {reason}") from error
        return cls(reader)

    def find(self, address: str) -> Geo | None:
        """Return the place of an address, or None for one that is not known."""
        if address in self._known:
            return self._known[address]
        found = self._known[address] = self._find(address)
        return found

    def _find(self, address: str) -> Geo | None:
        try:
            parsed = plain(ipaddress.ip_address(address))
        except ValueError:
            return None
        if parsed.is_loopback:
            return LOCAL
        if self._reader is None:
            return None
        try:
            return read_place(self._reader.get(str(parsed)))
        except Exception as error:  # a file that is broken further on, or an IPv6 address and a database for IPv4
            if not self._failed and not isinstance(error, ValueError):
                log.warning("the GeoIP database is broken: %s", error)
                self._failed = True
            return None


def read_place(record: Any) -> Geo | None:
    """Return the place of a record of a City or Country database, or None without a country."""
    country = _text(record, "country", "iso_code") or _text(record, "registered_country", "iso_code")
    if not country:
        return None
    regions = record.get("subdivisions")
    region = _text(regions[0], "names", "en") if isinstance(regions, list) and regions else ""
    return Geo(country, region, _text(record, "location", "time_zone"))


def _text(record: Any, *path: str) -> str:
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return CONTROL.sub("", record)[:MAX_TEXT] if isinstance(record, str) else ""

"""The values of the viewers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Geo:
    """The place of an address: an ISO 3166 country code, the English name of a region, and an IANA time zone."""

    country_code: str
    region_name: str
    time_zone: str

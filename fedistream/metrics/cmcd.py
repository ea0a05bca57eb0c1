"""Common Media Client Data (CTA-5004, versions 1 and 2): what a player says about its playback. Pure.

A report comes as a JSON object, or as a dictionary of structured fields in a query, in headers or in a body. Both give
the same keys. Keys that are not known, and values of another type or out of range, are left out: players of all makes
and versions send these, and none of them could do anything about an error.
"""

from collections.abc import Iterable, Mapping

from fedistream.metrics.structured_fields import parse_dictionary
from fedistream.metrics.values import Report

HEADERS = ("cmcd-object", "cmcd-request", "cmcd-session", "cmcd-status")
MAX_REPORTS = 100  # in one request
MAX_ID = 64  # characters of a session id; CTA-5004 has UUIDs in mind

MAX_KBPS = 10_000_000
MAX_MS = 3_600_000  # one hour
MAX_COUNT = 1_000

# the player states of version 2, in five groups: playing, paused, waiting, seeking, ended
STATES: Mapping[str, str] = {
    "p": "p",
    "a": "a",
    "k": "k",
    "e": "e",
    "q": "e",  # quit
    "f": "e",  # a fatal error
    **dict.fromkeys("wrsd", "w"),  # waiting, rebuffering, starting, preloading
}


def from_texts(texts: Iterable[str]) -> Report:
    """Return the report in dictionaries, which the four headers divide. Raises NotStructured."""
    values: dict[str, object] = {}
    for text in texts:
        values.update(parse_dictionary(text))
    return from_values(values)


def from_values(values: Mapping[str, object]) -> Report:
    """Return the report with these keys of CMCD."""
    state = values.get("sta")
    latency, download = _number(values.get("ltc"), MAX_MS), _number(values.get("ttlb"), MAX_MS)
    session = values.get("sid")
    return Report(
        session=session[:MAX_ID] if isinstance(session, str) else "",
        state=STATES.get(state, "") if isinstance(state, str) else "",
        bandwidth_kbps=_number(values.get("mtp"), MAX_KBPS),
        # a list has one number for each type of media
        bitrate_kbps=_number(values.get("br"), MAX_KBPS),
        latency_s=None if latency is None else latency / 1000,
        download_s=None if download is None else download / 1000,
        errors=_errors(values, failed=state == "f"),
        is_video=values.get("ot") not in ("a", "c", "tt", "m", "i", "k"),
    )


def _errors(values: Mapping[str, object], *, failed: bool) -> int:
    """Return the number of faults in a report: error codes, or a fatal error without one, and an empty buffer."""
    codes = values.get("ec")
    count = len(codes) if isinstance(codes, list | tuple) else 0 if codes in (None, False) else 1
    return min(MAX_COUNT, max(count, int(failed)) + int(values.get("bs") is True))


def _number(value: object, most: float) -> float | None:
    """Return a number from 0 to `most`, of a list the largest; None for anything else."""
    if isinstance(value, list | tuple):
        numbers = [found for each in value[:16] if (found := _number(_flat(each), most)) is not None]
        return max(numbers, default=None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        return None
    return value


def _flat(value: object) -> object:
    """Return a value that is no list, so that lists in lists are left out."""
    return None if isinstance(value, list | tuple) else value

"""The sentences about renditions, for the health of a stream: the symptom, and what helps."""

from collections.abc import Mapping
from typing import Any, Final

from media.codec.ladder import Exit, NoteCode

SENTENCES: Final[Mapping[NoteCode, str]] = {
    NoteCode.BEHIND: (
        "The rendition {title} leaves out pictures, {dropped} so far: this machine is too slow for it. Lower its size, "
        "frame rate or CPU level, or offer fewer renditions."
    ),
    NoteCode.FELL_BACK: (
        "The codec {codec} does not work on this machine, so the rendition {title} is encoded by x264, which takes "
        "more of the processor. ({reason})"
    ),
    NoteCode.REFUSED: "The rendition {title} cannot be made: {reason}",
    NoteCode.UNDECODABLE: "The encoder's {kind} cannot be decoded, so no rendition is made of it: {reason}",
}
assert set(SENTENCES) == set(NoteCode)
MAX_REASON = 200


def sentence(code: NoteCode, title: str, values: Mapping[str, Any]) -> str:
    """Return news of a rendition as a sentence for the streamer."""
    known = {"reason": "", "codec": "", "kind": "video", "dropped": 0} | dict(values)
    return SENTENCES[code].format(**{**known, "reason": str(known["reason"])[:MAX_REASON], "title": title})


def ended(found: Exit) -> str:
    """Return why the child that encodes has ended, for the log and the streamer."""
    if found.stalled:
        return "it made no progress and was stopped"
    lines = found.complaint.splitlines()
    return f"it ended with {found.code}" + (f": {lines[-1][:MAX_REASON]}" if lines else "")


def absent(reason: str, pause_s: float) -> str:
    """Return the sentence for renditions that are not being made."""
    return (
        f"The renditions pause because of their encoder: {reason}. It is started again after {pause_s:.0f} s; the "
        "source goes on."
    )

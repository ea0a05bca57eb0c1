"""The sentences for warnings about an encoder's stream (the symptom, and what helps) and for the ends of broadcasts."""

from collections.abc import Mapping
from typing import Final

from fedistream.broadcasts.values import BroadcastEndReason
from media import StreamWarning, WarningCode

SENTENCES: Final[Mapping[WarningCode, str]] = {
    WarningCode.AUDIO_LATE: "The encoder announces sound and has sent none for {seconds:.0f} s: viewers hear silence.",
    WarningCode.VIDEO_LATE: "The encoder announces a picture and has sent none for {seconds:.0f} s: viewers see black.",
    WarningCode.AUDIO_LOST: (
        "The sound is gone since {seconds:.0f} s: viewers hear silence. Look at the encoder's audio source."
    ),
    WarningCode.VIDEO_LOST: (
        "The picture is gone since {seconds:.0f} s: viewers see the last one. Look at the encoder's video source."
    ),
    WarningCode.AUDIO_UNUSABLE: (
        "The sound cannot be decoded, {frames:.0f} frames in a row: viewers hear silence. Start the encoder again, and "
        "set it to AAC-LC."
    ),
    WarningCode.VIDEO_UNUSABLE: (
        "The picture cannot be decoded, {frames:.0f} frames in a row. Start the encoder again, and set it to H.264."
    ),
    WarningCode.CLOCK_JUMPED: (
        "The encoder's clock jumped by {seconds:+.1f} s; viewers may have seen a short break. Often a source was "
        "changed or the machine slept."
    ),
    WarningCode.CLOCKS_APART: (
        "The sound's clock and the picture's are {seconds:.1f} s apart; they were put together as they arrived. Look "
        "whether lips and voice agree."
    ),
    WarningCode.CLOCK_DRIFTS: (
        "The sound runs {percent:+.2f} % off the encoder's clock; the picture follows it. Set the sound card and the "
        "encoder to the same sample rate."
    ),
    WarningCode.KEYFRAMES_FAR: (
        "The encoder sends a keyframe every {seconds:.1f} s, and people who join wait that long for a picture: set the "
        "keyframe interval to 2 s."
    ),
    WarningCode.KEYFRAMES_IRREGULAR: (
        "Keyframes come after {shortest:.1f} to {longest:.1f} s: set the keyframe interval to 2 s, and switch scene "
        "detection off."
    ),
    WarningCode.NO_KEYFRAMES: (
        "The encoder sends no keyframes: there was none for {seconds:.0f} s. Set the keyframe interval to 2 s."
    ),
    WarningCode.FRAME_RATE_FELL: (
        "The encoder sends {fps:.1f} pictures a second instead of {usual:.1f}: its machine or its connection is "
        "overloaded."
    ),
    WarningCode.BITRATE_COLLAPSED: (
        "The picture's bitrate fell to {kbps:.0f} kbit/s, from {usual:.0f}: the encoder's connection may be overloaded."
    ),
}
assert set(SENTENCES) == set(WarningCode)

ENDS: Final[Mapping[BroadcastEndReason, str]] = {
    BroadcastEndReason.FINISHED: "finished",
    BroadcastEndReason.LOST: "the encoder's connection was lost",
    BroadcastEndReason.EXPIRED: "the encoder did not come back",
    BroadcastEndReason.DISCONNECTED: "disconnected by the admin",
    BroadcastEndReason.NODE_STOPPED: "the node stopped",
    BroadcastEndReason.OTHER: "{detail}",
}
assert set(ENDS) == set(BroadcastEndReason)


def sentence(warning: StreamWarning) -> str:
    """Return the warning as a sentence for the streamer."""
    return SENTENCES[warning.code].format(**dict(warning.values))


def ended(reason: BroadcastEndReason, detail: str = "") -> str:
    """Return why a broadcast ended, in lower case and without a full stop."""
    return ENDS[reason].format(detail=detail)

"""Silent AAC frames, which a player gets where the encoder sent no sound (ISO/IEC 14496-3, 4.4.2).

A frame without a single spectral line is the same at every sampling rate, with 1024 or 960 samples; it depends on the
channelConfiguration alone.
"""

from functools import cache

from media import aac
from media.track import AudioTrack

SINGLE, PAIR, LOW, END = 0, 1, 3, 7  # id_syn_ele: single_channel, channel_pair, lfe_channel, end
GAIN = 100  # global_gain; nothing is scaled by it
# ISO/IEC 14496-3 table 1.19: the elements of a frame by channelConfiguration
ELEMENTS = {
    1: (SINGLE,),
    2: (PAIR,),
    3: (SINGLE, PAIR),
    4: (SINGLE, PAIR, SINGLE),
    5: (SINGLE, PAIR, PAIR),
    6: (SINGLE, PAIR, PAIR, LOW),
    7: (SINGLE, PAIR, PAIR, PAIR, LOW),
    11: (SINGLE, PAIR, PAIR, SINGLE, LOW),
    12: (SINGLE, PAIR, PAIR, PAIR, LOW),
    14: (SINGLE, PAIR, PAIR, LOW, PAIR),
}
TRACK = aac.track(b"\x11\x90")  # AAC-LC, 48 kHz, stereo: what there is when the encoder sent no sound at all


def frame(track: AudioTrack) -> bytes:
    """Return one silent access unit for this track. Raises aac.BadConfig for a `decoder_config` that cannot be read."""
    return _frame(aac.channel_configuration(track.decoder_config))


@cache
def _frame(layout: int) -> bytes:
    bits, used = "", {SINGLE: 0, PAIR: 0, LOW: 0}
    for element in ELEMENTS[layout]:
        bits += f"{element:03b}{used[element]:04b}"
        used[element] += 1
        bits += _pair() if element == PAIR else _single()
    bits += f"{END:03b}"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


# ics_info: no reserved bit, a long window of the first shape, max_sfb 0, no prediction
_ICS_INFO = "0" + "00" + "0" + "000000" + "0"
_TOOLS = "000"  # no pulses, no noise shaping, no gain control


def _single() -> str:
    """Return an individual_channel_stream: the gain comes first, then its own ics_info."""
    return f"{GAIN:08b}" + _ICS_INFO + _TOOLS


def _pair() -> str:
    """Return a channel_pair_element with a common window, without mid/side stereo."""
    return "1" + _ICS_INFO + "00" + 2 * (f"{GAIN:08b}" + _TOOLS)

"""A black H.264 keyframe, shown with sound that has no picture: made once by x264, main profile, 640x360."""

from typing import Final

from media import avc, nalunits
from media.track import VideoTrack

_SPS: Final = "674d4016dc0a02ff961000000300100000030068f162f8"
_PPS: Final = "68ee0f2c80"
_IDR: Final = (
    "65888404bffef7addf814dc32b356bba5738b4cbab94343d51f694a678b64800000300000300000ff0cdbe9f5115d797a6000003007e0011c0"
    "5982d61d41701a81de2823a853080100000300000300000300000300000300016f"
)
TRACK: Final[VideoTrack] = avc.track(avc.write_record([bytes.fromhex(_SPS)], [bytes.fromhex(_PPS)]))
KEYFRAME: Final[bytes] = nalunits.join([bytes.fromhex(_IDR)])

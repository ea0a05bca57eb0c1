"""The renditions of a broadcast, decoded once and encoded by one child process, which may be killed at any time.

`plan` says what is to be made, `protocol` what goes through the pipes. `transcoder` is this side; `video`, `audio` and
`__main__` are the child, and alone import PyAV. Start reading at `transcoder.py`.
"""

from typing import TYPE_CHECKING

from media.facade import offer

if TYPE_CHECKING:
    from media.codec.ladder.plan import NoteCode, RenditionPlan, Setup, VideoPlan
    from media.codec.ladder.transcoder import Exit, Transcoder, TranscoderOutput
else:
    __getattr__ = offer(
        __name__,
        plan="NoteCode RenditionPlan Setup VideoPlan",
        transcoder="Exit Transcoder TranscoderOutput",
    )

__all__ = ["Exit", "NoteCode", "RenditionPlan", "Setup", "Transcoder", "TranscoderOutput", "VideoPlan"]

"""The health of a channel's stream, from all that knows something about it."""

from dataclasses import dataclass

from fedistream.broadcasts.latency import channel_lengths
from fedistream.broadcasts.service import Broadcasts
from fedistream.metrics.hardware import HardwareMonitor
from fedistream.metrics.playback import PlaybackMetrics
from fedistream.metrics.score import Health, Stream, health
from fedistream.settings.service import Settings
from fedistream.viewers.service import Viewers


@dataclass(frozen=True, slots=True)
class HealthScore:
    """Scores a channel by its players' reports, the encoder's warnings and the use of the processors."""

    settings: Settings
    broadcasts: Broadcasts
    viewers: Viewers
    hardware: HardwareMonitor
    playback: PlaybackMetrics

    def of(self, channel_id: int) -> Health | None:
        """Return the present score of the channel, or None when it is offline or nothing is known."""
        live_status = self.broadcasts.live_status(channel_id)
        if not live_status.running:
            return None
        encoder, reading = live_status.encoder, self.hardware.latest
        stream = Stream(
            kbps=encoder.video_kbps + encoder.audio_kbps if encoder else 0,
            segment_s=channel_lengths(self.settings, channel_id)[1],
            viewers=self.viewers.count(channel_id),
            warnings=live_status.warnings,
            cpu=reading.cpu if reading else 0,
        )
        return health(self.playback.fresh(channel_id), stream)

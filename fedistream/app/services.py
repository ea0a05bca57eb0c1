"""The services behind all faces, built and joined by hand. The node starts them.

A part of the composition root: it may import everything but the faces, which call these services.
"""

import hashlib
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fedistream.access_tokens.service import Integrations
from fedistream.api.owncast.chat_shapes import Texts
from fedistream.api.wording import sentence
from fedistream.api.ws.broadcaster import Broadcaster, InProcess
from fedistream.app import reactions
from fedistream.app.both_processes import (
    RunBy,
    event_id,
    make_notices,
    make_notifications,
    make_tending,
    running_at,
)
from fedistream.app.config import Config
from fedistream.app.paths import VENDOR
from fedistream.app.platform import Platform
from fedistream.app.startup import BAD_OPTION, StartupError, check_metrics_token
from fedistream.app.webhooks import WebhooksFeature, build_webhooks, live_status
from fedistream.appearance.public_files import PublicFiles
from fedistream.appearance.service import Images
from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.service import Broadcasts, BroadcastsContext
from fedistream.channels.service import Channels
from fedistream.chat.context import ChatContext
from fedistream.chat.engagements import EngagementAnnouncer
from fedistream.chat.feature import ChatFeature
from fedistream.chat.feature import build as build_chat
from fedistream.chat.service import Chat
from fedistream.core.bus import Bus
from fedistream.core.clocks import Clocks
from fedistream.core.errors import Invalid
from fedistream.core.key_file import KEY_BYTES, derive
from fedistream.core.rate_limit import RateLimiter
from fedistream.core.retention_clock import RetentionClock
from fedistream.core.supervisor import Work
from fedistream.db.node_secret import node_secret
from fedistream.federation.feature import FederationFeature, Outbound
from fedistream.federation.feature import build as build_federation
from fedistream.jobs.schedule import run_by
from fedistream.listing.service import Listing
from fedistream.metrics.hardware import HardwareMonitor, Machine
from fedistream.metrics.playback import PlaybackMetrics
from fedistream.notices.service import TEND, Notices
from fedistream.notifications.service import TEND as TEND_NOTIFICATIONS
from fedistream.notifications.service import Notifications
from fedistream.people.passwords import Passwords
from fedistream.people.second_factor import SecondFactor
from fedistream.people.service import People
from fedistream.people.sessions import Sessions
from fedistream.remote_media.service import MediaProxy
from fedistream.remote_media.signed_paths import SignedPaths
from fedistream.renditions.service import Renditions
from fedistream.schedule.context import TEND as TEND_SCHEDULE
from fedistream.schedule.context import ScheduleContext
from fedistream.schedule.service import Schedule
from fedistream.schedule.tending import Tending
from fedistream.schedule.upcoming import Upcoming
from fedistream.settings.checks import flagged_address
from fedistream.settings.service import Settings
from fedistream.signin.context import Limit, SignInContext
from fedistream.signin.feature import SignInFeature
from fedistream.signin.feature import build as build_sign_in
from fedistream.thumbnails.service import Thumbnails
from fedistream.viewers.geo import BadGeoDatabase, GeoIP
from fedistream.viewers.history import ViewerHistory
from fedistream.viewers.service import Viewers
from media.codec import Thumbnailer

KEY_FILE = "node.key"  # where the secret was before it was a row
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def token() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(8))


@dataclass(frozen=True, slots=True)
class Services:
    """The node's services, built and joined. The two secrets are for the operator only, empty unless new."""

    facts: Bus
    settings: Settings
    channels: Channels
    people: People
    sessions: Sessions
    second_factor: SecondFactor
    viewers: Viewers
    broadcasts: Broadcasts
    chat: ChatFeature
    access_tokens: Integrations
    federation: FederationFeature
    notices: Notices
    notifications: Notifications
    pictures: MediaProxy
    sign_in: SignInFeature
    stills: Thumbnails
    renditions: Renditions
    images: Images
    public_files: PublicFiles
    broadcaster: Broadcaster
    webhooks: WebhooksFeature
    viewer_history: ViewerHistory
    geo: GeoIP
    hardware: HardwareMonitor
    playback: PlaybackMetrics
    metrics_token: str
    schedule: Schedule
    tending: Tending
    listing: Listing
    stream_key: str
    admin_password: str
    secret: bytes  # of the node: survives restarts, and is the same in all processes

    def recorders(self) -> Mapping[str, Work]:
        """Return the tasks that record figures over time, for the supervisor, by their names."""
        return {
            "viewers": self.viewers.run,
            "viewer history": self.viewer_history.run,
            "hardware": self.hardware.run,
            "playback": self.playback.run,
        }


@dataclass(frozen=True, slots=True)
class Base:
    """The services that the others depend on. The two secrets are as in Services."""

    settings: Settings
    channels: Channels
    people: People
    viewers: Viewers
    stream_key: str
    admin_password: str
    secret: bytes

    def channel_ids(self) -> tuple[int, ...]:
        return tuple(channel.id for channel in self.channels.all())


async def build(options: Config, platform: Platform) -> Services:
    """Build the services on an open database, with all reactions to facts. Raises StartupError for an invalid
    configuration."""
    base, clocks, rows = await open_base(options, platform), platform.clocks, BroadcastRepository()
    context = BroadcastsContext(
        base.settings, platform.facts, base.viewers, base.channels.find_by_key, clocks.now, token
    )
    broadcasts = Broadcasts(rows, context)
    made = await join(options, platform, base, broadcasts)
    broadcasts.attach(made.stills.tap)
    broadcasts.attach(made.renditions.tap)
    broadcasts.warn(made.renditions.warnings)
    announcer = EngagementAnnouncer(made.chat.poster, base.settings)
    handlers = reactions.Handlers(
        base.viewers,
        made.chat.chat,
        made.chat.poster,
        announcer,
        made.federation,
        made.stills,
        made.renditions,
        made.notices,
        made.tending,
        made.listing,
        made.notifications,
        made.webhooks.webhooks,
    )
    platform.facts.attach(reactions.table(handlers))
    for channel_id in base.channel_ids():
        base.viewers.restore_peak(channel_id, await rows.overall_peak(channel_id))
        await broadcasts.resume(channel_id)
    return made


async def open_base(options: Config, platform: Platform, passwords: Passwords | None = None) -> Base:
    """Read the settings, channels and accounts from an open database. Raises StartupError."""
    clocks = platform.clocks
    settings, channels = Settings(platform.facts, clocks.now), Channels(clocks.now, secrets.token_urlsafe)
    people = People(clocks.now, passwords)
    await settings.load()
    check_metrics_token(options.metrics_token)
    try:
        if options.public_url:
            settings.override("node.public_url", flagged_address(options.public_url))
        stream_key = await channels.open(options.stream_key)
        admin_password = await people.open(options.admin_password)
    except Invalid as error:
        raise StartupError(sentence(error), BAD_OPTION) from error
    secret = await node_secret(lambda: _former_secret(options) or clocks.chance(KEY_BYTES))
    viewers = Viewers(clocks.monotonic, clocks.now, derive(secret, "viewer ids"))
    return Base(settings, channels, people, viewers, stream_key, admin_password, secret)


def _former_secret(options: Config) -> bytes:
    """Return the secret of a node that had it in a file, or nothing."""
    try:
        kept = (options.data_dir / KEY_FILE).read_bytes()
    except OSError:
        return b""
    return kept if len(kept) == KEY_BYTES else b""


async def join(options: Config, platform: Platform, base: Base, broadcasts: Broadcasts) -> Services:
    """Join the services around the broadcasts. No reaction is registered yet."""
    settings, channels, facts, clocks = base.settings, base.channels, platform.facts, platform.clocks
    broadcaster = Broadcaster(Texts(lambda channel_id: str(settings.value("channel.name", channel_id))), InProcess())
    paths = SignedPaths.load(options.data_dir / "pictures", clocks.chance)
    upcoming = Upcoming(settings, clocks.now)
    await upcoming.load()
    live, ids = broadcasts.live_status, base.channel_ids
    context = ChatContext(settings, facts, clocks, live, ids, broadcaster, paths.path, upcoming.opens_chat)
    chat = await build_chat(context, options.data_dir / "emoji", VENDOR / "emoji")
    outbound, running = Outbound(platform.outbox, platform.guard), running_at(clocks.now)
    federation = await build_federation(settings, channels, facts, clocks, outbound, chat.remote_messages, running)
    scheduling = ScheduleContext(settings, facts, clocks.now, event_id, _stored_run_by(TEND_SCHEDULE, clocks))
    tending = make_tending(scheduling, federation, base.channel_ids)
    return Services(
        facts=facts,
        settings=settings,
        channels=channels,
        people=base.people,
        sessions=Sessions(clocks.now, clocks.chance),
        second_factor=SecondFactor(clocks.now, clocks.monotonic, clocks.chance),
        viewers=base.viewers,
        broadcasts=broadcasts,
        chat=chat,
        access_tokens=Integrations(
            clocks.now, clocks.chance, chat.visitors.make_bot, derive(base.secret, "access tokens")
        ),
        stills=Thumbnails(
            broadcasts.live_status, base.channel_ids, Thumbnailer().render, clocks.now, options.data_dir / "stills"
        ),
        renditions=Renditions(settings, broadcasts.presentation),
        images=Images(settings, options.data_dir / "images", base.channel_ids),
        public_files=PublicFiles(options.data_dir / "public"),
        federation=federation,
        notices=make_notices(settings, federation, clocks.now, _stored_run_by(TEND, clocks), tending),
        notifications=make_notifications(settings, channels, platform, _stored_run_by(TEND_NOTIFICATIONS, clocks)),
        pictures=MediaProxy(federation.http_client, paths, options.data_dir / "pictures", clocks.unix),
        sign_in=_sign_in(settings, clocks, chat.chat, federation),
        broadcaster=broadcaster,
        webhooks=await build_webhooks(
            settings, platform, chat.visitors, live_status(settings, broadcasts.live_status, base.viewers, upcoming)
        ),
        viewer_history=ViewerHistory(base.viewers, RetentionClock(clocks.now, clocks.monotonic), _process(options)),
        geo=_geo(options.geoip_database),
        hardware=HardwareMonitor(clocks.now, Machine(options.data_dir).read),
        playback=PlaybackMetrics(clocks.monotonic, clocks.now),
        metrics_token=options.metrics_token,
        schedule=Schedule(scheduling, upcoming),
        listing=Listing(settings, federation.http_client, running, clocks.now),
        tending=tending,
        stream_key=base.stream_key,
        admin_password=base.admin_password,
        secret=base.secret,
    )


def _stored_run_by(task: str, clocks: Clocks) -> RunBy:
    """Return what stores a time in the table; the scheduler runs in the worker process and reads it there."""

    async def stored(at: float) -> None:
        await run_by(task, max(at, clocks.unix()))

    return stored


def _process(options: Config) -> str:
    """Return a name of this front process that is the same after a restart and differs from those of other fronts on
    the same database."""
    return hashlib.sha256(f"{socket.gethostname()} {options.host} {options.port}".encode()).hexdigest()[:16]


def _geo(path: Path | None) -> GeoIP:
    try:
        return GeoIP.open(path)
    except BadGeoDatabase as error:
        raise StartupError(str(error), BAD_OPTION) from error


def _sign_in(settings: Settings, clocks: Clocks, chat: Chat, federation: FederationFeature) -> SignInFeature:
    def make_limit(burst: float, per_s: float) -> Limit:
        return RateLimiter(clocks.monotonic, burst=burst, per_s=per_s).acquire

    context = SignInContext(
        settings,
        chat.authenticate,
        federation.http_client,
        federation.direct_messages,
        make_limit,
        clocks,
        secrets.randbelow,
    )
    return build_sign_in(context)

"""What the front process does, built and joined by hand: the services behind all faces. Starting them is the node's.

A part of the composition root: everything but the faces that call these services may be imported here.
"""

import asyncio
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from fedistream.access_tokens.service import Integrations
from fedistream.api.owncast.chat_shapes import Texts
from fedistream.api.ws.broadcaster import Broadcaster, InProcess
from fedistream.app import reactions
from fedistream.app import worker as workshop
from fedistream.app.config import Config
from fedistream.app.startup import BAD_OPTION, StartupError
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
from fedistream.core.key_file import stored_key
from fedistream.federation.feature import FederationFeature, Outbound
from fedistream.federation.feature import build as build_federation
from fedistream.federation.feature import guard as federation_guard
from fedistream.federation.rate_limits import RateLimiter
from fedistream.jobs.handlers import enqueue
from fedistream.jobs.outbox import Outbox
from fedistream.jobs.schedule import run_by
from fedistream.notices.service import TEND, Notices
from fedistream.people.service import People
from fedistream.remote_media.service import MediaProxy
from fedistream.remote_media.signed_paths import SignedPaths
from fedistream.settings.checks import flagged_address
from fedistream.settings.service import Settings
from fedistream.signin.context import Limit, SignInContext
from fedistream.signin.feature import SignInFeature
from fedistream.signin.feature import build as build_sign_in
from fedistream.thumbnails.service import Thumbnails
from fedistream.viewers.service import Viewers
from media.codec import Thumbnailer

KEY_FILE = "node.key"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def now() -> datetime:
    return datetime.now(UTC)


def token() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(8))


@dataclass(frozen=True, slots=True)
class Services:
    """What the node does, built and joined. The two secrets are for the operator's eyes, empty unless new."""

    facts: Bus
    settings: Settings
    channels: Channels
    people: People
    viewers: Viewers
    broadcasts: Broadcasts
    chat: ChatFeature
    access_tokens: Integrations
    federation: FederationFeature
    notices: Notices
    pictures: MediaProxy
    sign_in: SignInFeature
    stills: Thumbnails
    broadcaster: Broadcaster
    stream_key: str
    admin_password: str
    secret: bytes  # outlives the process; what signs with it names itself in what it signs


async def build(options: Config, outbox: Outbox) -> Services:
    """Build the features on an open database. Raises StartupError for options that cannot be."""
    facts = Bus(enqueue(outbox))
    settings, channels, people = Settings(facts, now), Channels(now, secrets.token_urlsafe), People(now)
    await settings.load()
    try:
        if options.public_url:
            settings.override("serverurl", flagged_address(options.public_url))
        guard = federation_guard(options.federation_allow)
        stream_key = await channels.open(options.stream_key)
        admin_password = await people.open(options.admin_password)
    except Invalid as error:
        raise StartupError(str(error), BAD_OPTION) from error
    rows = BroadcastRepository()
    viewers = Viewers(time.monotonic, now, secrets.token_bytes(16))
    broadcasts = Broadcasts(rows, BroadcastsContext(settings, facts, viewers, channels.find_by_key, now, token))

    def channel_ids() -> tuple[int, ...]:
        return tuple(channel.id for channel in channels.all())

    broadcaster = Broadcaster(Texts(lambda channel_id: str(settings.value("name", channel_id))), InProcess())
    faces = SignedPaths.load(options.data_dir / "pictures", secrets.token_bytes)
    clocks = Clocks(now, time.monotonic, secrets.token_bytes, asyncio.get_running_loop().call_later)
    chat_context = ChatContext(settings, facts, clocks, broadcasts.air, channel_ids, broadcaster, faces.path)
    chat = await build_chat(chat_context, options.data_dir / "emoji")
    access_tokens = Integrations(now, secrets.token_bytes, chat.visitors.make_bot)
    federation = await build_federation(
        settings, channels, facts, clocks, Outbound(outbox, guard), chat.remote_messages, workshop.running
    )
    remote_pictures = MediaProxy(federation.http_client, faces, options.data_dir / "pictures", time.time)
    sign_in = _sign_in(settings, clocks, chat.chat, federation)
    announcer = EngagementAnnouncer(chat.poster, settings)
    stills = Thumbnails(broadcasts.air, channel_ids, Thumbnailer().render, now, options.data_dir / "stills")
    broadcasts.attach(stills.tap)
    notices = workshop.make_notices(settings, federation, _hurry)
    cast = reactions.Handlers(viewers, chat.chat, chat.poster, announcer, federation, stills, notices)
    facts.attach(reactions.table(cast))
    for channel_id in channel_ids():
        viewers.restore_peak(channel_id, await rows.overall_peak(channel_id))
        await broadcasts.resume(channel_id)
    return Services(
        facts=facts,
        settings=settings,
        channels=channels,
        people=people,
        viewers=viewers,
        broadcasts=broadcasts,
        chat=chat,
        access_tokens=access_tokens,
        stills=stills,
        federation=federation,
        notices=notices,
        pictures=remote_pictures,
        sign_in=sign_in,
        broadcaster=broadcaster,
        stream_key=stream_key,
        admin_password=admin_password,
        secret=stored_key(options.data_dir / KEY_FILE, secrets.token_bytes),
    )


def _sign_in(settings: Settings, clocks: Clocks, chat: Chat, federation: FederationFeature) -> SignInFeature:
    def make_limit(burst: float, per_s: float) -> Limit:
        return RateLimiter(clocks.monotonic, burst=burst, per_s=per_s).step

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


async def _hurry(at: float) -> None:
    """Store the time in the table; the scheduler runs in the worker process and reads it there."""
    await run_by(TEND, max(at, time.time()))

"""The shapes of Owncast's API, as this node sends and takes them. Members that Owncast lacks are said to be ours."""

from typing import Annotated, Literal, NotRequired, TypedDict

from fedistream.api.openapi.schema import Keywords

Moment = Annotated[str, Keywords(format="date-time")]
Count = Annotated[int, Keywords(minimum=0)]
Address = Annotated[str, Keywords(format="uri")]
Html = Annotated[str, Keywords(contentMediaType="text/html")]
EventType = Literal["FEDIVERSE_ENGAGEMENT_FOLLOW", "FEDIVERSE_ENGAGEMENT_LIKE", "FEDIVERSE_ENGAGEMENT_REPOST"]


class Base(TypedDict):
    """The answer of setters and of the admin's calls, and their refusal."""

    success: bool
    message: str


class Refused(TypedDict):
    """The refusal of the other calls."""

    error: str


class StatusEvent(TypedDict):
    """The scheduled event that is on or comes next."""

    id: str
    name: str
    description: str
    startTime: Moment
    durationMinutes: Count
    chatOpen: bool


class Status(TypedDict):
    """The state of the stream. `state`, `chatDisabled` and `viewerCountHidden` are ours. `viewerCount` is absent while
    it is zero, and when it is hidden."""

    serverTime: Moment
    lastConnectTime: Moment | None
    lastDisconnectTime: Moment | None
    versionNumber: str
    streamTitle: str
    online: bool
    state: Literal["offline", "live", "waiting"]
    chatDisabled: bool
    viewerCountHidden: NotRequired[bool]
    viewerCount: NotRequired[Count]
    scheduledEvent: NotRequired[StatusEvent]


class IntegrationStatus(Status):
    """A status with the peaks."""

    overallMaxViewerCount: Count
    sessionMaxViewerCount: Count


class SocialHandle(TypedDict):
    platform: str
    url: str
    icon: NotRequired[str]


class SocialPlatform(TypedDict):
    platform: str
    icon: NotRequired[str]


class ExternalAction(TypedDict):
    """A button of the page. Either `url` or `html` is set."""

    url: str
    html: str
    title: str
    description: str
    icon: str
    color: str
    openExternally: bool


class BrowserNotifications(TypedDict):
    enabled: bool
    publicKey: NotRequired[str]


class PageNotifications(TypedDict):
    browser: BrowserNotifications


class PageFederation(TypedDict):
    enabled: bool
    hideFollowersTab: bool
    account: NotRequired[str]
    followerCount: NotRequired[Count]


class Authentication(TypedDict):
    indieAuthEnabled: bool


class PageSchedule(TypedDict):
    enabled: bool
    showCountdown: bool
    chatOpenMinutesBefore: Count


class WebConfig(TypedDict):
    """The configuration of a page with the stream. The texts are HTML."""

    name: str
    summary: str
    logo: str
    version: str
    streamTitle: NotRequired[str]
    offlineMessage: Html
    extraPageContent: Html
    tags: list[str]
    socialHandles: list[SocialHandle]
    externalActions: list[ExternalAction]
    customStyles: str
    appearanceVariables: dict[str, str]
    socketHostOverride: NotRequired[str]
    maxSocketPayloadSize: Count
    hideViewerCount: bool
    chatDisabled: bool
    chatSpamProtectionDisabled: Annotated[bool, Keywords(description="Whether the protection is on, despite its name.")]
    chatRequireAuthentication: bool
    nsfw: bool
    autoplay: Literal["off", "always", "sound-only"]
    notifications: PageNotifications
    federation: PageFederation
    authentication: Authentication
    schedule: PageSchedule


class YPDetails(TypedDict):
    """The description of the stream for a directory."""

    name: str
    description: str
    streamTitle: str
    logo: str
    nsfw: bool
    tags: list[str]
    online: bool
    viewerCount: Count
    overallMaxViewerCount: Count
    sessionMaxViewerCount: Count
    lastConnectTime: Moment | None
    social: list[SocialHandle]


class VideoVariant(TypedDict):
    index: Count
    name: str


class Emoji(TypedDict):
    name: str
    url: str
    emoji: Annotated[str, Keywords(deprecated=True, description="The same as `url`, for early clients.")]


class Follower(TypedDict):
    """A remote actor that follows, or asks to. `heldFor`, the reason why a request waits for approval, is ours."""

    link: str
    name: str
    username: str
    image: str
    timestamp: Moment
    disabledAt: Moment | None
    heldFor: NotRequired[str]


class Followers(TypedDict):
    total: Count
    results: list[Follower]


class FeatureRequests(TypedDict):
    requests: list[Follower]


class FederatedServer(TypedDict):
    """A stream that this node features. `url` and `state` are ours."""

    id: int
    iri: str
    url: str
    name: str
    logoUrl: str
    isOnline: bool
    streamTitle: str
    streamDescription: str
    tags: list[str]
    thumbnailUrl: str
    lastSeenOnline: Moment | None
    lastStatusUpdate: Moment | None
    addedAt: Moment
    followedAt: Moment | None
    state: str


class FederatedServers(TypedDict):
    servers: list[FederatedServer]


class RemoteFollow(TypedDict):
    redirectUrl: Address


class FederatedActivity(TypedDict):
    """A follow, like or share. `reaction`, an emoji, is ours."""

    iri: str
    actorIRI: str
    type: EventType
    timestamp: Moment
    reaction: NotRequired[str]


class FederatedActivities(TypedDict):
    total: Count
    results: list[FederatedActivity]


class ScheduledEvent(TypedDict):
    id: str
    seriesId: NotRequired[str]
    name: str
    description: str
    startTime: Moment
    durationMinutes: Count
    timezone: str
    status: Literal["scheduled", "cancelled"]


class ScheduledEventSeries(TypedDict):
    id: str
    name: str
    description: str
    recurrence: Annotated[str, Keywords(description="RRULE with DTSTART and EXDATE (RFC 5545).")]
    durationMinutes: Count
    active: bool


class Schedule(TypedDict):
    series: list[ScheduledEventSeries]
    events: list[ScheduledEvent]


class Occurrences(TypedDict):
    occurrences: list[Moment]


class IndieAuthRedirect(TypedDict):
    redirect: Address


class IndieAuthProfile(TypedDict):
    name: NotRequired[str]
    url: NotRequired[str]
    photo: NotRequired[str]


class IndieAuthResponse(TypedDict):
    me: Address
    profile: NotRequired[IndieAuthProfile]


class OAuthError(TypedDict):
    """RFC 6749, section 5.2"""

    error: str
    error_description: str


class Place(TypedDict):
    countryCode: str
    regionName: str
    timeZone: str


class OutputVariant(TypedDict):
    """A rendition of the video. `audioOnly` is ours."""

    name: str
    videoPassthrough: bool
    audioPassthrough: bool
    videoBitrate: Annotated[int, Keywords(description="kbit/s")]
    audioBitrate: Annotated[int, Keywords(description="kbit/s")]
    scaledWidth: Count
    scaledHeight: Count
    framerate: Count
    cpuUsageLevel: Count
    audioOnly: NotRequired[bool]


class LatencyLevel(TypedDict):
    level: Count


class CurrentBroadcast(TypedDict):
    outputSettings: list[OutputVariant]
    latencyLevel: LatencyLevel


class StreamDetails(TypedDict):
    width: Count
    height: Count
    framerate: float
    videoBitrate: Count
    audioBitrate: Count
    videoCodec: str
    audioCodec: str
    encoder: str


class Broadcaster(TypedDict):
    remoteAddr: str
    time: Moment
    streamDetails: StreamDetails


class InboundBroadcaster(Base):
    broadcaster: Broadcaster


class Health(TypedDict):
    healthy: bool
    healthPercentage: Count
    message: str
    representation: Count


class AdminStatus(TypedDict):
    """`state` and `warnings` are ours."""

    broadcaster: NotRequired[Broadcaster]
    currentBroadcast: CurrentBroadcast | None
    health: Health | None
    online: bool
    viewerCount: Count
    overallPeakViewerCount: Count
    sessionPeakViewerCount: Count
    streamTitle: str
    versionNumber: str
    state: Literal["offline", "live", "waiting"]
    warnings: list[str]


class Viewer(TypedDict):
    clientID: str
    firstSeen: Moment
    userAgent: str
    ipAddress: str
    geo: Place | None


class Playback(TypedDict):
    source: Literal["client", "server"]
    lastUpdate: Moment
    playerState: NotRequired[str]
    measurementStatus: NotRequired[Literal["unmeasurable"]]
    bandwidthKbps: NotRequired[float]
    latencySeconds: NotRequired[float]
    downloadSeconds: NotRequired[float]
    bitrateKbps: NotRequired[float]
    errorCount: Count
    qualityVariantChanges: Count


class PlaybackClient(Viewer):
    viewerID: str
    playback: Playback | None


class TimestampedValue(TypedDict):
    time: Moment
    value: float


class NodeProcess(TypedDict):
    pid: int
    role: str
    cpu: float
    memoryBytes: Count


class HardwareStats(TypedDict):
    """Percentages over time. `processes` is ours."""

    cpu: list[TimestampedValue]
    memory: list[TimestampedValue]
    disk: list[TimestampedValue]
    processes: list[NodeProcess]


class VideoMetrics(TypedDict):
    """The playback of all viewers over time. Latencies and durations in seconds, bit rates in kbit/s."""

    errors: list[TimestampedValue]
    qualityVariantChanges: list[TimestampedValue]
    highestLatency: list[TimestampedValue]
    medianLatency: list[TimestampedValue]
    lowestLatency: list[TimestampedValue]
    medianSegmentDownloadDuration: list[TimestampedValue]
    maximumSegmentDownloadDuration: list[TimestampedValue]
    minimumSegmentDownloadDuration: list[TimestampedValue]
    minPlayerBitrate: list[TimestampedValue]
    medianPlayerBitrate: list[TimestampedValue]
    maxPlayerBitrate: list[TimestampedValue]
    availableBitrates: list[int]
    segmentLength: Count
    representation: Count


class LogLine(TypedDict):
    time: Moment
    message: str
    level: str


class UpdateOptions(TypedDict):
    supportsUpdate: bool
    canRestart: bool


class Webhook(TypedDict):
    id: int
    url: Address
    events: list[str]
    timestamp: Moment
    lastUsed: Moment | None


class ExternalAPIUser(TypedDict):
    """A bot with an access token. A token that an earlier release made is given by the letters it begins with."""

    id: str
    accessToken: str
    displayName: str
    displayColor: Count
    scopes: list[Literal["CAN_SEND_MESSAGES", "CAN_SEND_SYSTEM_MESSAGES", "HAS_ADMIN_ACCESS"]]
    type: Literal["API"]
    createdAt: Moment
    lastUsedAt: NotRequired[Moment]
    isBot: bool

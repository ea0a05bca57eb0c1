"""The shape of Owncast's AdminServerConfig, as this node sends it."""

from typing import Annotated, Literal, TypedDict

from fedistream.api.openapi.owncast_shapes import Count, ExternalAction, OutputVariant, PageSchedule
from fedistream.api.openapi.schema import Keywords


class StoredHandle(TypedDict):
    platform: str
    url: str


class InstanceDetails(TypedDict):
    name: str
    summary: str
    logo: str
    version: str
    streamTitle: str
    tags: list[str]
    socialHandles: list[StoredHandle]
    extraPageContent: Annotated[str, Keywords(description="Markdown")]
    welcomeMessage: str
    offlineMessage: str
    customStyles: str
    customJavascript: str
    appearanceVariables: dict[str, str]
    nsfw: bool
    autoplay: Literal["off", "always", "sound-only"]


class BrowserPush(TypedDict):
    enabled: bool
    goLiveMessage: str


class Discord(TypedDict):
    enabled: bool
    webhook: str
    goLiveMessage: str


class Notifications(TypedDict):
    browser: BrowserPush
    discord: Discord


class Directory(TypedDict):
    enabled: bool
    instanceUrl: str


class S3Info(TypedDict):
    enabled: bool
    endpoint: str
    servingEndpoint: str
    accessKey: str
    secret: str
    bucket: str
    region: str
    acl: str
    forcePathStyle: bool
    pathPrefix: str


class FederationConfig(TypedDict):
    enabled: bool
    isPrivate: bool
    username: str
    goLiveMessage: str
    showEngagement: bool
    blockedDomains: list[str]
    enableQuotes: bool
    hideFollowersTab: bool


class VideoSettings(TypedDict):
    videoQualityVariants: list[OutputVariant]
    latencyLevel: Count


class StreamKey(TypedDict):
    key: str
    comment: str


class ScheduleConfig(PageSchedule):
    reminderMessage: str


class AdminServerConfig(TypedDict):
    """The whole configuration. Texts are as they were written, and the stream keys are in clear."""

    instanceDetails: InstanceDetails
    notifications: Notifications
    yp: Directory
    s3: S3Info
    federation: FederationConfig
    videoSettings: VideoSettings
    supportedCodecs: list[str]
    videoCodec: str
    externalActions: list[ExternalAction]
    streamKeys: list[StreamKey]
    streamKeyOverridden: bool
    adminPassword: Annotated[str, Keywords(description="Always empty: the hash is given to nobody.")]
    ffmpegPath: str
    webServerPort: Count
    webServerIP: str
    rtmpServerPort: Count
    rtmpServerAddress: str
    socketHostOverride: str
    videoServingEndpoint: str
    forbiddenUsernames: list[str]
    suggestedUsernames: list[str]
    chatDisabled: bool
    chatJoinMessagesEnabled: bool
    chatEstablishedUserMode: bool
    chatSpamProtectionEnabled: bool
    chatSlurFilterEnabled: bool
    chatRequireAuthentication: bool
    disableSearchIndexing: bool
    hideViewerCount: bool
    schedule: ScheduleConfig

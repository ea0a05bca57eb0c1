"""The members that each documented shape always has. Those that may be absent are not in these sets."""

from collections.abc import Mapping


def _(names: str) -> frozenset[str]:
    return frozenset(names.split())


_USER = "id displayName displayColor createdAt previousNames isBot authenticated"
_VARIANTS = "name videoPassthrough audioPassthrough videoBitrate audioBitrate framerate cpuUsageLevel"

MEMBERS: Mapping[str, frozenset[str]] = {
    "Base": _("success message"),
    "Status": _("lastConnectTime lastDisconnectTime versionNumber streamTitle online"),
    "WebConfig": _(
        "name summary logo version offlineMessage extraPageContent tags socialHandles externalActions customStyles"
        " appearanceVariables maxSocketPayloadSize hideViewerCount chatDisabled chatSpamProtectionDisabled nsfw"
        " notifications federation authentication"
    ),
    "YPDetails": _(
        "name description streamTitle logo nsfw tags online viewerCount overallMaxViewerCount sessionMaxViewerCount"
        " lastConnectTime social"
    ),
    "Emoji": _("name url"),
    "AnonymousUser": _("id accessToken displayName"),
    "SocialPlatforms": _("github mastodon youtube bluesky fediverse"),
    "VideoVariant": _("index name"),
    "Page": _("total results"),
    "Servers": _("servers"),
    "FeatureRequests": _("requests"),
    "ChatMessage": _("id timestamp type body"),
    "User": _(_USER),
    "ModerationUserDetails": _("user connectedClients messages"),
    "ChatClient": _("connectedAt user geo userAgent messageCount"),
    "IPBan": _("ipAddress notes createdAt"),
    "Follower": _("link name username image timestamp disabledAt"),
    "AdminStatus": _(
        "broadcaster currentBroadcast health online viewerCount overallPeakViewerCount sessionPeakViewerCount"
        " streamTitle versionNumber"
    ),
    "AdminServerConfig": _(
        "instanceDetails notifications yp s3 federation videoSettings supportedCodecs videoCodec externalActions"
        " streamKeys streamKeyOverridden adminPassword ffmpegPath webServerPort webServerIP rtmpServerPort"
        " socketHostOverride videoServingEndpoint forbiddenUsernames suggestedUsernames chatDisabled"
        " chatJoinMessagesEnabled chatEstablishedUserMode disableSearchIndexing hideViewerCount"
    ),
    "StreamOutputVariant": _(_VARIANTS),
    "TimestampedValue": _("time value"),
    "HardwareStats": _("cpu memory disk"),
    "VideoMetrics": _(
        "errors qualityVariantChanges highestLatency medianLatency lowestLatency medianSegmentDownloadDuration"
        " maximumSegmentDownloadDuration minimumSegmentDownloadDuration minPlayerBitrate medianPlayerBitrate"
        " maxPlayerBitrate availableBitrates segmentLength representation"
    ),
    "Viewer": _("clientID firstSeen userAgent ipAddress geo"),
    "PlaybackClient": _("clientID viewerID firstSeen userAgent ipAddress geo playback"),
    "AdminLog": _("time message level"),
    "Webhook": _("id url events timestamp lastUsed"),
    "ExternalAPIUser": _("id accessToken displayName displayColor scopes createdAt isBot"),
    "ScheduledEvent": _("id name description startTime durationMinutes timezone status"),
    "Schedule": _("series events"),
    "Occurrences": _("occurrences"),
    "IndieAuthRedirect": _("redirect"),
    "IndieAuthResponse": _("me profile"),
    "RemoteFollow": _("redirectUrl"),
    "UpdateOptions": _("supportsUpdate canRestart"),
}

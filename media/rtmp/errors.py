"""Every way in which a peer can be at fault. Catch `ProtocolError` for all of them, and close the connection.

ProtocolError
├── NotRtmp                 HTTP, TLS or noise reached an RTMP port
├── BadProxyHeader          a trusted proxy sent none, or one that is no PROXY protocol header
├── BadTls                  the peer's TLS cannot be understood, or it does not trust our certificate
├── BadHandshake            the version is not ours, or the far server's handshake is short of what it claims
├── BadChunk                a chunk header that cannot be (spec 5.3)
├── BadAmf                  bytes that are not AMF 0
├── BadMessage              a message shorter than its kind needs
├── BadCommand              a command out of its order or without its values
└── OverLimit               each limit of `limits.Limits` has its own
    ├── MessageTooBig
    ├── TooManyChunkStreams
    ├── AmfTooDeep
    ├── AmfTooManyItems
    ├── AmfStringTooLong
    ├── TooManyParameters
    ├── TooMuchEarly        more bytes than a publish needs before asking for one
    ├── HeldTooMuch         sent more than a buffer while the publish was being decided
    ├── HandshakeTimeout
    ├── PublishTimeout
    ├── IdleTimeout
    ├── WriteTimeout
    ├── TooManyConnections
    ├── TooManyFromAddress
    └── TooManyFailedKeys
"""


class ProtocolError(Exception):
    """The peer broke the protocol or a limit; the text is for the log."""


class NotRtmp(ProtocolError):
    """Something else speaks on this port. `answer` is what may be sent back before closing, often nothing."""

    def __init__(self, what: str, answer: bytes = b"") -> None:
        super().__init__(f"{what} on an RTMP port")
        self.what = what
        self.answer = answer


class BadProxyHeader(ProtocolError):
    def __init__(self, what: str) -> None:
        super().__init__(f"PROXY protocol: {what}")


class BadTls(ProtocolError):
    pass


class BadHandshake(ProtocolError):
    pass


class BadChunk(ProtocolError):
    pass


class BadAmf(ProtocolError):
    pass


class BadMessage(ProtocolError):
    pass


class BadCommand(ProtocolError):
    pass


class OverLimit(ProtocolError):
    pass


class MessageTooBig(OverLimit):
    pass


class TooManyChunkStreams(OverLimit):
    pass


class AmfTooDeep(OverLimit):
    pass


class AmfTooManyItems(OverLimit):
    pass


class AmfStringTooLong(OverLimit):
    pass


class TooManyParameters(OverLimit):
    pass


class TooMuchEarly(OverLimit):
    pass


class HeldTooMuch(OverLimit):
    pass


class HandshakeTimeout(OverLimit):
    pass


class PublishTimeout(OverLimit):
    pass


class IdleTimeout(OverLimit):
    pass


class WriteTimeout(OverLimit):
    pass


class TooManyConnections(OverLimit):
    pass


class TooManyFromAddress(OverLimit):
    pass


class TooManyFailedKeys(OverLimit):
    pass

"""The chat's fan-out alone, to be measured: a message of one client goes to all through the node's broadcaster.

`python -m benchmarks.chat_server PORT`. The peer does the same in benchmarks/chat_peer.cjs; every text it makes is as
long as ours.
"""

import json
import sys
from datetime import UTC, datetime

import orjson
import uvicorn
from starlette.types import Receive, Scope, Send

from fedistream.api.ws.broadcaster import Broadcaster, InProcess
from fedistream.api.ws.connection import open_socket
from fedistream.api.ws.uvicorn_protocol import SETTINGS, FanoutProtocol
from fedistream.chat.values import Event, Kind, Message, Origin

USER = {"id": "aaaaaaaaa", "displayName": "Somebody", "displayColor": 3}


def text(channel_id: int, event: Event) -> bytes:
    assert isinstance(event, Message)
    at = event.at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    return orjson.dumps({"id": event.id, "timestamp": at, "type": "CHAT", "body": event.html, "user": USER})


def main() -> None:
    broadcaster, said = Broadcaster(text, InProcess()), 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal said
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        mine = open_socket(scope, send)
        broadcaster.join(1, mine)
        while (message := await receive())["type"] != "websocket.disconnect":
            body, said = json.loads(message["text"])["body"], said + 1
            now = datetime.now(UTC)
            broadcaster.send(1, Message(f"{said:09}", 1, Kind.CHAT, Origin.WEB, body, f"<p>{body}</p>", now))
        broadcaster.leave(1, mine)

    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        ws=FanoutProtocol,
        http="httptools",
        loop="uvloop",
        lifespan="off",
        access_log=False,
        log_config=None,
        backlog=4096,
        **SETTINGS,
    )


if __name__ == "__main__":
    main()

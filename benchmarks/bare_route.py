"""One route of Starlette that answers fixed JSON, under uvicorn as the node runs it: the peer of `status_rate.py`.

`python -m benchmarks.bare_route PORT`.
"""

import sys
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

PATH: Final = "/api/status"
BODY: Final = {
    "serverTime": "2026-05-01T12:00:00Z",
    "lastConnectTime": None,
    "lastDisconnectTime": None,
    "versionNumber": "0.2.3",
    "streamTitle": "",
    "viewerCount": 0,
    "overallMaxViewerCount": 0,
    "sessionMaxViewerCount": 0,
    "online": False,
}


async def answer(request: Request) -> JSONResponse:
    return JSONResponse(BODY)


def main() -> None:
    uvicorn.run(
        Starlette(routes=[Route(PATH, answer)]),
        port=int(sys.argv[1]),
        http="httptools",
        loop="uvloop",
        lifespan="off",
        access_log=False,
        log_config=None,
        backlog=4096,
    )


if __name__ == "__main__":
    main()

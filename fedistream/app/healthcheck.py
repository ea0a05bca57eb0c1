"""Ask the node on this machine whether it is ready: `python -m fedistream.app.healthcheck`, for containers.

It runs every few seconds, so it imports only a part of the standard library, and reads the node's address from the
environment variables of its flags.
"""

import http.client
import os
import sys
from collections.abc import Mapping

TIMEOUT_S = 7.0  # the node gives its own checks 5 s
READY = 200
THIS_MACHINE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - any address is none to connect to


def address(environment: Mapping[str, str]) -> tuple[str, int]:
    """Return host and port of the node that was started with these variables."""
    host = environment.get("FEDISTREAM_HOST") or "0.0.0.0"  # noqa: S104 - the default of the flag
    return THIS_MACHINE.get(host, host), int(environment.get("FEDISTREAM_PORT") or 8080)


def readiness(host: str, port: int) -> tuple[bool, str]:
    """Return whether the node is ready, and what it says about it."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        return response.status == READY, response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return False, f"no answer at {host} port {port}: {error}"
    finally:
        connection.close()


def main() -> None:
    ready, words = readiness(*address(os.environ))
    print(words)
    sys.exit(0 if ready else 1)


if __name__ == "__main__":
    main()

"""CPU per signed delivery and per activity that comes in: `python -m benchmarks.signatures`.

The peers are httpsig's own signer and verifier: what we would pay for its primitives. The deliveries go to a server on
this machine, in a process of its own.
"""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Final

from activitypub import strictjson
from activitypub.actor import Actor
from activitypub.inbox import Verified, receive
from activitypub.network.deliver import Delivered, Deliverer, encode_payload
from activitypub.network.guard import Guard, parse_allowed
from activitypub.network.http_client import HttpClient, HttpLimits
from activitypub.network.schemes import Schemes
from activitypub.signatures import Scheme, parse_signature, sign
from activitypub.signatures.cavage import WITH_BODY
from activitypub.signatures.keys import SigningKey, make_ed25519, make_rsa
from activitypub.signatures.request import Request, outgoing_request
from activitypub.signatures.request import incoming_request as arrive
from activitypub.signer import Missing, Signer
from activitypub.strictjson import Json
from activitypub.vocabulary.activity import parse_activity
from benchmarks.reading import Reading
from tests.kit.stock_httpsig import load as load_stock_httpsig

ACTOR: Final = "https://remote.example/users/ann"
INBOX: Final = "https://node.example/inbox"
NOW: Final = 1_700_000_000.0
ROUNDS: Final = 5
DELIVERIES: Final = 1500
AT_ONCE: Final = 64

httpsig: Final[Any] = load_stock_httpsig()


def note() -> Json:
    """A reply of 1.4 kB, as Mastodon sends them."""
    members = {
        "attributedTo": ACTOR,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [f"{ACTOR}/followers"],
    }
    thing = {"id": f"{ACTOR}/statuses/1", "type": "Note", "content": f"<p>{'hello ' * 120}</p>", "tag": []} | members
    return {"@context": "x", "id": f"{ACTOR}/statuses/1/activity", "type": "Create", "actor": ACTOR, "object": thing}


def like() -> Json:
    return {
        "@context": "x",
        "id": f"{ACTOR}#like/1",
        "type": "Like",
        "actor": ACTOR,
        "object": "https://node.example/1",
    }


def cpu_us(work: Callable[[], object], count: int = 300) -> float:
    """CPU microseconds per call, of the quickest round: the others were disturbed."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(count):
            work()
        times.append(time.process_time() - began)
    return round(min(times) / count * 1e6, 1)


def arrived(request: Request, scheme: Scheme, signer: SigningKey) -> Request:
    added = sign(scheme, request, signer, now=NOW)
    return arrive(request.method, request.origin, request.target, (*request.headers, *added), request.body)


def signing() -> Iterator[Reading]:
    """Signing and checking by each scheme, the body's digest included."""
    rsa, ed25519 = SigningKey(f"{ACTOR}#main-key", make_rsa()), SigningKey(f"{ACTOR}#ed25519", make_ed25519())
    body = strictjson.write(note())
    request = outgoing_request("POST", INBOX, [("Content-Type", "application/activity+json")], body)
    stock = httpsig.HeaderSigner(rsa.key_id, rsa.key.pem(), "rsa-sha256", list(WITH_BODY), sign_header="signature")
    headers = dict(arrived(request, Scheme.CAVAGE, rsa).headers)

    def stock_verify() -> object:
        pem = rsa.key.public().pem()
        return httpsig.HeaderVerifier(headers, pem, WITH_BODY, "POST", "/inbox", sign_header="signature").verify()

    peers = {
        "sign_cavage": cpu_us(lambda: stock.sign(headers, method="POST", path="/inbox"), 60),
        "verify_cavage": cpu_us(stock_verify, 60),
    }
    reach = {"sign_cavage": 350.0, "verify_cavage": 150.0}
    for name, scheme, signer in (
        ("cavage", Scheme.CAVAGE, rsa),
        ("rfc9421", Scheme.RFC9421, rsa),
        ("rfc9421_ed25519", Scheme.RFC9421, ed25519),
    ):
        seen, public = arrived(request, scheme, signer), signer.key.public()
        work: dict[str, Callable[[], object]] = {
            "sign": lambda scheme=scheme, signer=signer: sign(scheme, request, signer, now=NOW),  # type: ignore[misc]
            "verify": lambda seen=seen, public=public: parse_signature(seen, now=NOW).verified_by(public),  # type: ignore[misc]
        }
        for verb, call in work.items():
            key = f"{verb}_{name}"
            peer = peers.get(key)
            yield Reading(key, cpu_us(call), "us", reach.get(key), peer="httpsig" if peer else "", peer_value=peer)


def parsing() -> Iterator[Reading]:
    """Measure parsing: from bytes to an activity, without the signature."""
    for name, document, reach in (("create", note(), 100.0), ("like", like(), 60.0)):
        body = strictjson.write(document)
        yield Reading(f"json_{name}", cpu_us(lambda body=body: strictjson.parse(body), 1000), "us")  # type: ignore[misc]
        yield Reading(
            f"parse_{name}",
            cpu_us(lambda body=body: parse_activity(strictjson.parse(body), ACTOR), 1000),  # type: ignore[misc]
            "us",
            reach,
        )


@dataclass
class OneSigner:
    """The ports of an inbox that knows one actor and remembers nothing."""

    signer: Signer

    def is_blocked(self, url: str) -> bool:
        return False

    async def resolve(self, key_id: str) -> Signer | Missing:
        return self.signer

    async def refresh(self, signer: Signer) -> Signer | None:
        return None

    async def knows_actor(self, actor: str) -> bool:
        return True

    async def was_seen(self, replay_key: str) -> bool:
        return False


def run(work: Coroutine[Any, Any, object]) -> object:
    """Run a coroutine that waits for nothing, without a loop."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("it waited")


def inbox() -> Iterator[Reading]:
    """A whole POST: limits, signature, digest, parsing, ownership; the key being known."""
    key = SigningKey(f"{ACTOR}#main-key", make_rsa())
    ports = OneSigner(Signer(key.key_id, key.key.public(), Actor(ACTOR, "Person", "ann", f"{ACTOR}/inbox")))
    for name, document in (("create", note()), ("like", like())):
        body = strictjson.write(document)
        request = outgoing_request("POST", INBOX, [("Content-Type", "application/activity+json")], body)
        seen = arrived(request, Scheme.CAVAGE, key)

        def once(seen: Request = seen) -> object:
            again = arrive(seen.method, seen.origin, seen.target, seen.headers, seen.body)
            return run(receive(again, ports, ports, now=NOW))

        if not isinstance(once(), Verified):
            raise RuntimeError("the activity was refused")
        # 500 a second at p99 of 50 ms leave 2 ms for each, of which the database needs the most
        yield Reading(f"inbox_{name}", cpu_us(once), "us", 400.0)


async def sink() -> None:
    """An inbox that answers 202 to everything; prints its port, and ends when its input does."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length))
                writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def deliver(port: int) -> tuple[float, float]:
    """Return CPU and wall seconds of DELIVERIES deliveries, AT_ONCE at a time."""
    key = SigningKey(f"{ACTOR}#main-key", make_rsa())
    payload = encode_payload(note())
    guard = Guard(parse_allowed([f"127.0.0.1:{port}"]))
    limits = HttpLimits(total_s=60, per_host=AT_ONCE)
    numbers = iter(range(DELIVERIES))
    async with HttpClient(guard, "benchmark", limits=limits) as http_client:
        deliverer = Deliverer(http_client, Schemes(), time.time)

        async def work() -> None:
            for number in numbers:
                outcome = await deliverer.deliver(f"http://127.0.0.1:{port}/inbox/{number}", payload, key)
                if not isinstance(outcome, Delivered):
                    raise RuntimeError(str(outcome))

        cpu, wall = time.process_time(), time.perf_counter()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return time.process_time() - cpu, time.perf_counter() - wall


def delivering() -> Iterator[Reading]:
    """Signed deliveries over connections that stay open."""
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.signatures", "sink"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdin is not None
        cpu, wall = asyncio.run(deliver(int(child.stdout.readline())))
        child.stdin.close()
    yield Reading("deliver_cpu", round(cpu / DELIVERIES * 1e6, 1), "us", 600.0)
    yield Reading("deliver_rate", round(DELIVERIES / wall), "1/s", 1200.0, better="higher")


def main() -> None:
    for measure in (signing, parsing, inbox, delivering):
        for reading in measure():
            print(reading, flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["sink"]:
        asyncio.run(sink())
    else:
        main()

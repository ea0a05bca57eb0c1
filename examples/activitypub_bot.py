"""A bot on the fediverse in one file: it accepts followers, and says hello to everyone that mentions it.

Keys, followers and posts are in memory. `python examples/activitypub_bot.py` starts two bots, each on a port of its own
on 127.0.0.1: ann follows robot and greets it, by signed requests over HTTP. To be reachable by other servers, a bot
needs a host name with https, and WebFinger at it.
"""

import asyncio
import html
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from activitypub import (
    Activity,
    Actor,
    ActorKey,
    Deliverer,
    Fetcher,
    FetchLimiter,
    Guard,
    Handle,
    HttpClient,
    MemoryInboxStore,
    MemoryKeyResolver,
    Object,
    Refused,
    Request,
    Schemes,
    SigningKey,
    Tag,
    Verified,
    actor_jrd,
    encode_payload,
    incoming_request,
    make_rsa,
    parse_allowed,
    receive,
    write_actor,
    write_jrd,
    write_object,
    write_unpaged,
)
from activitypub.vocabulary import compose
from activitypub.vocabulary.contexts import with_context

ACTIVITY_JSON, JRD_JSON = "application/activity+json", "application/jrd+json"
MAX_BODY = 1024 * 1024  # bytes


class Bot:
    """An actor at `origin` ("http://host:port"), with what it knows in memory."""

    def __init__(self, origin: str, name: str, client: HttpClient) -> None:
        self.id = f"{origin}/users/{name}"
        self.key = SigningKey(f"{self.id}#main-key", make_rsa())
        self.actor = Actor(
            self.id,
            "Service",
            name,
            inbox=f"{self.id}/inbox",
            followers=f"{self.id}/followers",
            keys=(ActorKey(self.key.key_id, self.key.key.public()),),
        )
        self.handle = Handle(name, urlsplit(origin).netloc)
        self.notes: dict[str, Object] = {}
        self.happened: asyncio.Queue[str] = asyncio.Queue()
        schemes = Schemes()
        self.fetcher = FetchLimiter(Fetcher(client, self.key, schemes, time.time), time.time)
        self.deliverer = Deliverer(client, schemes, time.time)
        self.resolver = MemoryKeyResolver(self.fetcher, time.time)
        self.store = MemoryInboxStore(time.time)  # its `actors` are the followers

    def document(self, target: str) -> tuple[dict[str, object], str] | None:
        """Return what is served at a path with its query, and its media type."""
        path, _, query = target.partition("?")
        if path == "/.well-known/webfinger":
            if parse_qs(query).get("resource") != [self.handle.acct]:
                return None
            return write_jrd(actor_jrd(self.handle, self.id, page=self.id)), JRD_JSON
        url = self.id.partition("/users/")[0] + path
        if url == self.id:
            return write_actor(self.actor), ACTIVITY_JSON
        if url == self.actor.followers:
            return write_unpaged(url, sorted(self.store.actors)), ACTIVITY_JSON
        if url in self.notes:
            return with_context(write_object(self.notes[url])), ACTIVITY_JSON
        return None

    async def receive(self, request: Request) -> int:
        """Act on a POST to the inbox. Returns the HTTP status of the response.

        A busier server stores the activity, answers, and acts on it later.
        """
        outcome = await receive(request, self.resolver, self.store, now=time.time())
        if isinstance(outcome, Refused):
            self.happened.put_nowait(f"refused: {outcome.text}")
            return outcome.status
        if isinstance(outcome, Verified) and self.store.mark_seen(outcome.activity.replay_key):
            await self.act(outcome.activity, outcome.signer.actor)
        return 202

    async def act(self, activity: Activity, sender: Actor) -> None:
        """Do what an activity asks for."""
        note = activity.object
        if activity.type == "Follow" and activity.object_id == self.id:
            self.store.actors.add(sender.id)
            accept = compose.accept_or_reject("Accept", self.new_id("accepts"), self.id, activity.document)
            await self.send(accept, sender)
        elif activity.type == "Create" and isinstance(note, Object) and self.id in note.to and not note.in_reply_to:
            # not to replies, or two bots would talk for ever
            await self.say(f"Hello, {sender.username}!", sender, in_reply_to=note.id)
        elif activity.type == "Undo" and sender.id in self.store.actors:
            self.store.actors.remove(sender.id)
        content = f": {note.content}" if isinstance(note, Object) else ""
        self.happened.put_nowait(f"{activity.type} from {sender.username}{content}")

    async def follow(self, target: Actor) -> None:
        follow = compose.activity("Follow", self.new_id("follows"), self.id, target.id, to=[target.id])
        await self.send(follow, target)

    async def say(self, text: str, to: Actor, *, in_reply_to: str | None = None) -> None:
        """Send a direct message, as Mastodon calls it: a note for one actor."""
        note = Object(
            "Note",
            self.new_id("notes"),
            attributed_to=(self.id,),
            content=f"<p>{html.escape(text)}</p>",
            in_reply_to=in_reply_to,
            published=datetime.now(UTC),
            to=(to.id,),
            tags=(Tag("Mention", f"@{to.username}", to.id),),
        )
        self.notes[note.id] = note
        await self.send(compose.create(f"{note.id}#create", self.id, note), to)

    async def send(self, document: dict[str, object], to: Actor) -> None:
        outcome = await self.deliverer.deliver(to.inbox, encode_payload(document), self.key)
        self.happened.put_nowait(f"{document['type']} to {to.username}: {type(outcome).__name__}")

    def new_id(self, kind: str) -> str:
        return f"{self.id}/{kind}/{time.time_ns()}"


class Server:
    """An HTTP server for one bot, on any free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.bot: Bot | None = None
        self.origin = ""

    async def handle(self, request: web.BaseRequest) -> web.Response:
        if self.bot is None:
            return web.Response(status=503)
        if request.method == "GET":
            found = self.bot.document(request.raw_path)
            if found is None:
                return web.Response(status=404)
            document, media_type = found
            return web.Response(body=encode_payload(document).body, content_type=media_type)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers]
        try:
            body = await request.content.read(MAX_BODY + 1)
            posted = incoming_request(request.method, self.origin, request.raw_path, headers, body)
        except Refused as refused:
            return web.Response(status=refused.status)
        return web.Response(status=await self.bot.receive(posted))


@asynccontextmanager
async def serve() -> AsyncIterator[Server]:
    server = Server()
    runner = web.ServerRunner(web.Server(server.handle), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


async def main() -> None:
    async with serve() as here, serve() as there:
        # a client connects to public https addresses, and to others only if they are listed
        guard = Guard(parse_allowed(each.origin.partition("://")[2] for each in (here, there)))
        async with HttpClient(guard, "activitypub-bot/1.0") as client:
            ann = here.bot = Bot(here.origin, "ann", client)
            robot = there.bot = Bot(there.origin, "robot", client)
            await ann.follow(robot.actor)
            await ann.say("Hello?", robot.actor)
            for bot in (ann, robot):
                while not bot.happened.empty():
                    print(f"{bot.actor.username}: {bot.happened.get_nowait()}")


if __name__ == "__main__":
    asyncio.run(main())

// A server of the fediverse that is not of our making: Fedify, for the tests. Everybody called upon has an account here,
// does what the control port is told, and keeps what came to the inboxes with how Fedify judged its signature.
//
//   node peer.mjs '{"key": "tls.key", "cert": "tls.crt", "firstKnock": "rfc9421"}'
//
// prints one line of JSON with its origin and the control port. POST / takes {"do": ..., ...}; GET /?after=3 answers
// with the deliveries from the fourth on, as soon as there is one, or after a second.

import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";

import { createFederation, generateCryptoKeyPair, MemoryKvStore, parseNodeInfo } from "@fedify/fedify";
import * as vocab from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

const { Accept, Activity, Announce, Block, Create, Delete, EmojiReact, Endpoints, Flag, Follow, Like, Mention, Move } = vocab;
const { Note, Person, PUBLIC_COLLECTION, QuoteRequest, Tombstone, traverseCollection, Undo, Update } = vocab;

const OPTIONS = JSON.parse(process.argv[2] ?? "{}");
// Fedify makes keys of 4,096 bits, which takes seconds; half of it is what most of the fediverse has
const RSA = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
const SCHEMES = { "signature-input": "rfc9421", signature: "cavage" };

const asked = new AsyncLocalStorage(); // the record of the request that is being answered
const inbox = []; // records of all POSTs, the oldest first
const heard = new EventTarget();
const refused = new Set(); // signature schemes that this server pretends not to know
const guarded = new Set(); // accounts that are shown to signed requests only
const lent = new Map(); // account -> what it is said to have become, to be another than it was
const readers = []; // who asked for guarded accounts, and how
const notes = new Map(); // id -> what the note is made of
const sent = new Map(); // the URL of an activity -> the activity, to be undone
const keys = new Map();

/** Keeps keys and ids, but no documents: what a test has just changed would otherwise be old news for minutes. */
class Forgetful extends MemoryKvStore {
  async set(key, ...more) {
    if (!key.includes("remoteDocument")) await super.set(key, ...more);
  }
}

const federation = createFederation({
  kv: new Forgetful(),
  allowPrivateAddress: true,
  firstKnock: OPTIONS.firstKnock,
});

federation
  .setActorDispatcher("/users/{identifier}", personOf)
  .setKeyPairsDispatcher((_, identifier) => {
    if (!keys.has(identifier)) {
      keys.set(identifier, Promise.all([crypto.subtle.generateKey(RSA, true, ["sign", "verify"]), generateCryptoKeyPair("Ed25519")]));
    }
    return keys.get(identifier);
  })
  .authorize(async (ctx, identifier) => {
    if (!guarded.has(identifier)) return true;
    const owner = await ctx.getSignedKeyOwner();
    readers.push({ ...asked.getStore(), owner: owner?.id?.href ?? null });
    return owner !== null;
  });
federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [] }));
federation.setObjectDispatcher(Note, "/users/{identifier}/notes/{id}", (ctx, { id }) => {
  const note = notes.get(id);
  return note && !note.deleted ? noteOf(ctx, id) : null;
});
federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
  software: { name: "fedify-peer", version: "2.3.6" },
  protocols: ["activitypub"],
  usage: { users: {}, localPosts: notes.size, localComments: 0 },
}));
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Activity, async (ctx, activity) => {
    // only what Fedify has verified comes here
    asked.getStore().activity = await activity.toJsonLd({ contextLoader: ctx.contextLoader, format: "compact" });
    asked.getStore().read = await reading(ctx, activity);
  })
  .onUnverifiedActivity((_, activity, reason) => {
    asked.getStore().unverified = { id: activity.id?.href ?? null, reason: reason.type };
  })
  .onError((_, error) => {
    asked.getStore().error = String(error);
  });

async function personOf(ctx, identifier) {
  const pairs = await ctx.getActorKeyPairs(identifier);
  return new Person({
    id: ctx.getActorUri(identifier),
    preferredUsername: identifier,
    name: `${identifier[0].toUpperCase()}${identifier.slice(1)} of Fedify`,
    url: new URL(`/@${identifier}`, ctx.origin),
    inbox: ctx.getInboxUri(identifier),
    outbox: ctx.getOutboxUri(identifier),
    followers: ctx.getFollowersUri(identifier),
    endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
    publicKey: pairs[0].cryptographicKey,
    assertionMethods: pairs.map((pair) => pair.multikey),
    ...lent.get(identifier),
  });
}

/** What Fedify's vocabulary makes of an activity: class names and the members that the tests ask for. */
async function reading(ctx, activity) {
  // a Follow that is echoed to us has an id of our own, under which there is no document
  const options = { ...ctx, suppressError: true, crossOrigin: "trust" };
  const object = await activity.getObject(options);
  return {
    type: activity.constructor.name,
    id: activity.id?.href,
    actor: activity.actorId?.href,
    object: object && {
      type: object.constructor.name,
      id: object.id?.href,
      content: object.content?.toString() ?? null,
      attributedTo: object.attributionId?.href ?? null,
      inReplyTo: object.replyTargetId?.href ?? null,
      updated: object.updated?.toString() ?? null,
    },
  };
}

function noteOf(ctx, id) {
  const { author, content, about, mention, published, updated, sensitive, summary, quote } = notes.get(id);
  const mentioned = mention ? [new URL(mention)] : [];
  return new Note({
    id: ctx.getObjectUri(Note, { identifier: author, id }),
    attribution: ctx.getActorUri(author),
    content,
    summary,
    sensitive,
    replyTarget: about ? new URL(about) : null,
    quoteUrl: quote ? new URL(quote) : null,
    tos: [PUBLIC_COLLECTION],
    ccs: [ctx.getFollowersUri(author), ...mentioned],
    tags: mentioned.map((href) => new Mention({ href, name: `@${href}` })),
    published,
    updated,
  });
}

function written(ctx, author, id) {
  const note = noteOf(ctx, id);
  return { note, addressed: { actor: ctx.getActorUri(author), tos: note.toIds.map(String).map((url) => new URL(url)), ccs: note.ccIds } };
}

/** Makes each activity that the tests ask for: (context, who, what was asked, a fresh id) -> activity. */
const MAKE = {
  follow: (ctx, who, { object }, id) => new Follow({ id, actor: ctx.getActorUri(who), object: new URL(object) }),
  like: (ctx, who, { object }, id) => new Like({ id, actor: ctx.getActorUri(who), object: new URL(object) }),
  react: (ctx, who, { object, content }, id) =>
    new EmojiReact({ id, actor: ctx.getActorUri(who), object: new URL(object), content }),
  announce: (ctx, who, { object }, id) =>
    new Announce({ id, actor: ctx.getActorUri(who), object: new URL(object), to: PUBLIC_COLLECTION }),
  block: (ctx, who, { object }, id) => new Block({ id, actor: ctx.getActorUri(who), object: new URL(object) }),
  flag: (ctx, who, { objects, content }, id) =>
    new Flag({ id, actor: ctx.getActorUri(who), objects: objects.map((url) => new URL(url)), content }),
  move: (ctx, who, { target }, id) =>
    new Move({ id, actor: ctx.getActorUri(who), object: ctx.getActorUri(who), target: ctx.getActorUri(target) }),
  undo: (ctx, who, { activity }, id) => new Undo({ id, actor: ctx.getActorUri(who), object: sent.get(activity) }),
  accept: (ctx, who, { activity }, id) => new Accept({ id, actor: ctx.getActorUri(who), object: new URL(activity) }),
  write: (ctx, who, { name, ...parts }, id) => {
    notes.set(name, { author: who, published: Temporal.Now.instant(), ...parts });
    const { note, addressed } = written(ctx, who, name);
    return new Create({ id, ...addressed, object: note });
  },
  edit: (ctx, who, { name, ...parts }, id) => {
    notes.set(name, { ...notes.get(name), ...parts, updated: Temporal.Now.instant() });
    const { note, addressed } = written(ctx, who, name);
    return new Update({ id, ...addressed, object: note });
  },
  delete: (ctx, who, { name }, id) => {
    notes.get(name).deleted = true;
    const { note, addressed } = written(ctx, who, name);
    return new Delete({ id, ...addressed, object: new Tombstone({ id: note.id }) });
  },
  leave: (ctx, who, _, id) =>
    new Delete({ id, actor: ctx.getActorUri(who), object: ctx.getActorUri(who), to: PUBLIC_COLLECTION }),
  profile: async (ctx, who, _, id) =>
    new Update({ id, actor: ctx.getActorUri(who), object: await personOf(ctx, who), to: PUBLIC_COLLECTION }),
  quote: (ctx, who, { name, object, content }, id) => {
    notes.set(name, { author: who, published: Temporal.Now.instant(), content, quote: object });
    const { note } = written(ctx, who, name);
    return new QuoteRequest({ id, actor: ctx.getActorUri(who), object: new URL(object), instrument: note });
  },
};

async function send(ctx, { do: kind, as, to, shared, ...parts }) {
  const id = new URL(`#${kind}/${crypto.randomUUID()}`, ctx.getActorUri(as));
  const activity = await MAKE[kind](ctx, as, parts, id);
  const recipient = await ctx.lookupObject(to);
  if (recipient === null) throw new Error(`${to} was not found`);
  sent.set(id.href, activity);
  await ctx.sendActivity({ identifier: as }, recipient, activity, { immediate: true, preferSharedInbox: shared });
  const note = parts.name && ctx.getObjectUri(Note, { identifier: as, id: parts.name }).href;
  return { id: id.href, note, actor: ctx.getActorUri(as).href };
}

const json = async (ctx, object) =>
  object && { type: object.constructor.name, ...(await object.toJsonLd({ contextLoader: ctx.contextLoader, format: "compact" })) };

/** What is asked of the peer beside activities. */
const OTHERS = {
  look: async (ctx, { url, as }) => {
    // with a signature, if it is said whose
    const documentLoader = as && (await ctx.getDocumentLoader({ identifier: as }));
    return json(ctx, await ctx.lookupObject(url, documentLoader && { documentLoader }));
  },
  list: async (ctx, { url }) => {
    const found = [];
    for await (const item of traverseCollection(await ctx.lookupObject(url), ctx)) found.push(await json(ctx, item));
    return found;
  },
  finger: (ctx, { resource }) => ctx.lookupWebFinger(resource, { allowPrivateAddress: true }),
  // getNodeInfo refuses private addresses, whatever it is told
  nodeinfo: async (_, { url }) => parseNodeInfo(await (await fetch(url)).json()),
  refuse: (_, { scheme }) => void (scheme ? refused.add(scheme) : refused.clear()),
  guard: (_, { account }) => void (account ? guarded.add(account) : guarded.clear()),
  become: (ctx, { account, aliases, successor, name }) =>
    void lent.set(account, {
      ...(name && { name }),
      ...(aliases && { aliases: aliases.map((each) => ctx.getActorUri(each)) }),
      ...(successor && { successor: ctx.getActorUri(successor) }),
    }),
  readers: () => readers,
};

async function answer(incoming, outgoing) {
  const headers = new Headers(incoming.rawHeaders.reduce((pairs, text, n, all) => (n % 2 ? pairs : [...pairs, [text, all[n + 1]]]), []));
  const body = incoming.method === "GET" ? undefined : Buffer.concat(await incoming.toArray());
  const request = new Request(`${origin}${incoming.url}`, { method: incoming.method, headers, body });
  const scheme = Object.entries(SCHEMES).find(([name]) => headers.has(name))?.[1] ?? null;
  const key = /key[iI]d="([^"]+)"/.exec(headers.get("signature-input") ?? headers.get("signature"))?.[1] ?? null;
  const record = { method: incoming.method, path: incoming.url, scheme, key };
  const response = refused.has(scheme)
    ? new Response("this kind of signature is not known here", { status: 401 })
    : await asked.run(record, () => federation.fetch(request, { contextData: undefined }));
  record.status = response.status;
  if (incoming.method === "POST") {
    inbox.push(record);
    heard.dispatchEvent(new Event("delivery"));
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}

async function control(incoming, outgoing) {
  const url = new URL(incoming.url, origin);
  let said;
  if (incoming.method === "GET") {
    const after = Number(url.searchParams.get("after"));
    if (inbox.length <= after) {
      await once(heard, "delivery", { signal: AbortSignal.timeout(1000) }).catch(() => {}); // in vain, this time
    }
    said = inbox.slice(after);
  } else {
    const asking = JSON.parse(Buffer.concat(await incoming.toArray()));
    const ctx = federation.createContext(new URL(origin), undefined);
    said = asking.do in MAKE ? await send(ctx, asking) : await OTHERS[asking.do](ctx, asking);
  }
  outgoing.writeHead(200, { "content-type": "application/json" });
  outgoing.end(JSON.stringify(said ?? null));
}

const failing = (handle) => (incoming, outgoing) =>
  handle(incoming, outgoing).catch((error) => {
    const { statusCode = null, responseBody = "" } = error;
    outgoing.writeHead(500, { "content-type": "application/json" });
    outgoing.end(JSON.stringify({ error: String(error.stack ?? error), status: statusCode, said: responseBody }));
  });

const listen = async (server) => once(server.listen(0, "127.0.0.1"), "listening").then(() => server.address().port);

const tls = OPTIONS.key && { key: readFileSync(OPTIONS.key), cert: readFileSync(OPTIONS.cert) };
const port = await listen(tls ? createHttps(tls, failing(answer)) : createHttp(failing(answer)));
const origin = `${tls ? "https" : "http"}://127.0.0.1:${port}`;
const controlPort = await listen(createHttp(failing(control)));
console.log(JSON.stringify({ origin, control: controlPort }));
// the one who started it holds the other end: when that one is gone, so is the peer
process.stdin.resume().on("end", () => process.exit(0));

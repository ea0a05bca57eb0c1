/**
 * The messages of the chat's socket and history, parsed into the values that the page works with. Pure: nothing in a
 * message is trusted to be there or to be of its type.
 */

/** @typedef {Record<string, unknown>} Json */

/**
 * @typedef {object} Person
 * @property {string} id
 * @property {string} name
 * @property {number} colour  0 to 7
 * @property {boolean} moderator
 * @property {boolean} bot
 * @property {boolean} authenticated
 * @property {Remote | null} remote
 */

/**
 * @typedef {object} Remote  where a person is from who has no account here
 * @property {string} address  name@server
 * @property {string} url
 * @property {string} avatar  on this node, or ""
 */

/**
 * @typedef {object} Line  an entry of the log
 * @property {"line"} type
 * @property {"chat" | "system" | "action" | "joined" | "parted" | "renamed" | "follow" | "like" | "repost"} kind
 * @property {string} id
 * @property {Date} at
 * @property {string} html  sanitized by the server; sanitize.js checks it again
 * @property {string} warning  shown in place of the text until the reader opens it
 * @property {string} replyTo  the id of the line that this one answers
 * @property {string} editedAt
 * @property {Person | null} person
 * @property {string} oldName
 * @property {string} title
 * @property {string} image
 * @property {string} link
 * @property {string} reaction  an emoji, where a remote like came with one
 * @property {string} reactionImage  of a custom emoji, on this node
 * @property {boolean} hidden
 */

/**
 * @typedef {Line
 *   | {type: "self", person: Person}
 *   | {type: "recoloured", person: Person}
 *   | {type: "edited", line: Line}
 *   | {type: "visibility", ids: string[], visible: boolean}
 *   | {type: "result", ref: string, result: SendResult}
 *   | {type: "caught-up"}
 *   | {type: "unknown-token"}
 *   | {type: "disabled"}
 *   | {type: "off"}} ChatEvent
 */

/**
 * @typedef {object} SendResult  the server's verdict on a command
 * @property {boolean} accepted
 * @property {string} html  why not, sanitized by the server
 * @property {number} retryMs  after which the same may be tried again; 0 when waiting does not help
 */

/** The commands that a client may send, by the server's names for them. */
export const commands = {
  send: (/** @type {string} */ body) => ({ type: "CHAT", body }),
  rename: (/** @type {string} */ newName) => ({ type: "NAME_CHANGE", newName }),
  recolour: (/** @type {number} */ newColor) => ({ type: "COLOR_CHANGE", newColor }),
};

/**
 * Return a command as a frame. The server repeats `ref` in its result.
 * @param {object} command
 * @param {string} ref
 */
export const frame = (command, ref) => JSON.stringify({ ...command, ref });

export const COLOURS = 8;

/** @param {unknown} value */
const string = (value) => (typeof value === "string" ? value : "");

/**
 * @param {unknown} value
 * @returns {value is Json}
 */
const isObject = (value) => typeof value === "object" && value !== null;

/**
 * @param {unknown} user
 * @returns {Person | null}
 */
export function parsePerson(user) {
  if (!isObject(user)) return null;
  const { displayColor, scopes, remote } = user;
  const origin = isObject(remote) ? parseRemote(remote) : null;
  return {
    id: string(user.id),
    // a remote person's server is shown beside the name, so the name need not contain it
    name: (isObject(remote) && string(remote.name)) || string(user.displayName),
    colour: typeof displayColor === "number" && Number.isInteger(displayColor) ? Math.abs(displayColor) % COLOURS : 0,
    moderator: Array.isArray(scopes) && scopes.includes("MODERATOR"),
    bot: user.isBot === true,
    authenticated: user.authenticated === true,
    remote: origin,
  };
}

/**
 * @param {Json} remote
 * @returns {Remote}
 */
function parseRemote(remote) {
  return { address: string(remote.address), url: string(remote.url), avatar: string(remote.picture) };
}

/**
 * @param {Line["kind"]} kind
 * @returns {(message: Json) => Line}
 */
const parseLine = (kind) => (message) => {
  const at = new Date(string(message.timestamp));
  return {
    type: "line",
    kind,
    id: string(message.id),
    at: Number.isFinite(at.getTime()) ? at : new Date(0),
    html: string(message.warning ? message.content : message.body),
    warning: string(message.warning),
    replyTo: string(message.answers),
    editedAt: string(message.editedAt),
    person: parsePerson(message.user),
    oldName: string(message.oldName),
    title: string(message.title),
    image: string(message.picture),
    link: string(message.link),
    reaction: string(message.reaction),
    reactionImage: string(message.reactionPicture),
    hidden: Boolean(message.hiddenAt) || message.visible === false,
  };
};

/** @type {Record<string, (message: Json) => ChatEvent | null>} */
const PARSERS = {
  CONNECTED_USER_INFO(message) {
    const person = parsePerson(message.user);
    return person && { type: "self", person };
  },
  CHAT: parseLine("chat"),
  SYSTEM: parseLine("system"),
  CHAT_ACTION: parseLine("action"),
  USER_JOINED: parseLine("joined"),
  USER_PARTED: parseLine("parted"),
  NAME_CHANGE: parseLine("renamed"),
  FEDIVERSE_ENGAGEMENT_FOLLOW: parseLine("follow"),
  FEDIVERSE_ENGAGEMENT_LIKE: parseLine("like"),
  FEDIVERSE_ENGAGEMENT_REPOST: parseLine("repost"),
  COLOR_CHANGE(message) {
    const person = parsePerson(message.user);
    return person && { type: "recoloured", person };
  },
  "MESSAGE-UPDATE"(message) {
    const line = parseEvent(message.message);
    return line?.type === "line" ? { type: "edited", line } : null;
  },
  "VISIBILITY-UPDATE": (message) => ({
    type: "visibility",
    ids: Array.isArray(message.ids) ? message.ids.map(String) : [],
    visible: message.visible === true,
  }),
  ACCEPTED: (message) => ({
    type: "result",
    ref: string(message.ref),
    result: { accepted: true, html: "", retryMs: 0 },
  }),
  REFUSED(message) {
    const { retryAfter } = message;
    const seconds = typeof retryAfter === "number" && Number.isFinite(retryAfter) ? Math.max(0, retryAfter) : 0;
    const result = { accepted: false, html: string(message.body), retryMs: seconds * 1_000 };
    return { type: "result", ref: string(message.ref), result };
  },
  ERROR_CHAT_DISABLED: () => ({ type: "off" }),
  // sent after the messages that were missed, or the newest of them
  "CAUGHT-UP": () => ({ type: "caught-up" }),
  ERROR_NEEDS_REGISTRATION: () => ({ type: "unknown-token" }),
  ERROR_USER_DISABLED: () => ({ type: "disabled" }),
};

/**
 * Return what a message means, or null for one that this page does not know.
 * @param {unknown} message
 * @returns {ChatEvent | null}
 */
export function parseEvent(message) {
  if (!isObject(message)) return null;
  const { type } = message;
  // own properties alone: a message of the type "constructor" must find nothing
  const parser = typeof type === "string" && Object.hasOwn(PARSERS, type) ? PARSERS[type] : undefined;
  return parser?.(message) ?? null;
}

/**
 * Return the events in a frame, which may hold several messages, one on each line.
 * @param {unknown} frame
 * @returns {ChatEvent[]}
 */
export function parseFrame(frame) {
  if (typeof frame !== "string") return [];
  return frame.split("\n").flatMap((text) => {
    try {
      return parseEvent(JSON.parse(text)) ?? [];
    } catch {
      return [];
    }
  });
}

/**
 * Return the lines of the message history, oldest first.
 * @param {unknown} answer
 * @returns {Line[]}
 */
export function parseHistory(answer) {
  const messages = Array.isArray(answer) ? answer : [];
  return messages.flatMap((message) => {
    const event = parseEvent(message);
    return event?.type === "line" ? event : [];
  });
}

/**
 * What the chat's socket and history say, as the values the page works with. Pure; no member is trusted to be there.
 */

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
 * @typedef {object} Remote  where somebody is who has no account here
 * @property {string} address  name@server
 * @property {string} url
 * @property {string} picture  of ours, or none
 */

/**
 * @typedef {object} Line  something that stands in the log
 * @property {"line"} act
 * @property {"chat" | "system" | "action" | "joined" | "parted" | "renamed" | "follow" | "like" | "repost"} kind
 * @property {string} id
 * @property {Date} at
 * @property {string} html  of the server, sanitised there; chat/clean.js looks again
 * @property {string} warning  what stands before it until somebody wants to read it
 * @property {string} answers  the id of the line
 * @property {string} edited  when
 * @property {Person | null} person
 * @property {string} oldName
 * @property {string} title
 * @property {string} image
 * @property {string} link
 * @property {string} reaction  the emoji of somebody elsewhere, where it was more than a like
 * @property {string} reactionPicture  where this node shows it, if it is a custom one
 * @property {boolean} hidden
 */

/**
 * @typedef {Line
 *   | {act: "self", person: Person}
 *   | {act: "recoloured", person: Person}
 *   | {act: "edited", line: Line}
 *   | {act: "visibility", ids: string[], visible: boolean}
 *   | {act: "answered", ref: string, answer: Answer}
 *   | {act: "caught-up"}
 *   | {act: "unknown"}
 *   | {act: "disabled"}
 *   | {act: "off"}} Event
 */

/**
 * @typedef {object} Answer  what became of something that was sent
 * @property {boolean} accepted
 * @property {string} html  why not, in words; sanitised there
 * @property {number} retryMs  after which the same may be tried again; 0 when waiting does not help
 */

/** What goes to the server: its own names for what somebody does. */
export const SAY = {
  say: (/** @type {string} */ body) => ({ type: "CHAT", body }),
  rename: (/** @type {string} */ newName) => ({ type: "NAME_CHANGE", newName }),
  recolour: (/** @type {number} */ newColor) => ({ type: "COLOR_CHANGE", newColor }),
};

/**
 * One of those as it goes out, under a number that the answer has too.
 * @param {object} told
 * @param {string} ref
 */
export const frame = (told, ref) => JSON.stringify({ ...told, ref });

export const COLOURS = 8;

const words = (/** @type {unknown} */ value) => (typeof value === "string" ? value : "");

/**
 * @param {any} user
 * @returns {Person | null}
 */
export function person(user) {
  if (typeof user !== "object" || user === null) return null;
  const colour = Number.isInteger(user.displayColor) ? Math.abs(user.displayColor) % COLOURS : 0;
  const scopes = Array.isArray(user.scopes) ? user.scopes : [];
  const from = remote(user.remote);
  return {
    id: words(user.id),
    // with where he is from beside it, the name need not say it too
    name: (from && words(user.remote.name)) || words(user.displayName),
    colour,
    moderator: scopes.includes("MODERATOR"),
    bot: user.isBot === true,
    authenticated: user.authenticated === true,
    remote: from,
  };
}

/**
 * @param {any} told
 * @returns {Remote | null}
 */
function remote(told) {
  if (typeof told !== "object" || told === null) return null;
  return { address: words(told.address), url: words(told.url), picture: words(told.picture) };
}

/**
 * @param {Line["kind"]} kind
 * @returns {(told: any) => Line}
 */
const line = (kind) => (told) => {
  const at = new Date(told.timestamp);
  return {
    act: "line",
    kind,
    id: words(told.id),
    at: Number.isFinite(at.getTime()) ? at : new Date(0),
    html: words(told.warning ? told.content : told.body),
    warning: words(told.warning),
    answers: words(told.answers),
    edited: words(told.editedAt),
    person: person(told.user),
    oldName: words(told.oldName),
    title: words(told.title),
    image: words(told.picture),
    link: words(told.link),
    reaction: words(told.reaction),
    reactionPicture: words(told.reactionPicture),
    hidden: Boolean(told.hiddenAt) || told.visible === false,
  };
};

/** @type {Record<string, (told: any) => Event | null>} */
const READERS = {
  CONNECTED_USER_INFO(told) {
    const self = person(told.user);
    return self && { act: "self", person: self };
  },
  CHAT: line("chat"),
  SYSTEM: line("system"),
  CHAT_ACTION: line("action"),
  USER_JOINED: line("joined"),
  USER_PARTED: line("parted"),
  NAME_CHANGE: line("renamed"),
  FEDIVERSE_ENGAGEMENT_FOLLOW: line("follow"),
  FEDIVERSE_ENGAGEMENT_LIKE: line("like"),
  FEDIVERSE_ENGAGEMENT_REPOST: line("repost"),
  COLOR_CHANGE(told) {
    const somebody = person(told.user);
    return somebody && { act: "recoloured", person: somebody };
  },
  "MESSAGE-UPDATE"(told) {
    const now = event(told.message);
    return now?.act === "line" ? { act: "edited", line: now } : null;
  },
  "VISIBILITY-UPDATE": (told) => ({
    act: "visibility",
    ids: Array.isArray(told.ids) ? told.ids.map(String) : [],
    visible: told.visible === true,
  }),
  ACCEPTED: (told) => ({ act: "answered", ref: words(told.ref), answer: { accepted: true, html: "", retryMs: 0 } }),
  REFUSED(told) {
    const seconds = Number.isFinite(told.retryAfter) ? Math.max(0, told.retryAfter) : 0;
    const answer = { accepted: false, html: words(told.body), retryMs: seconds * 1_000 };
    return { act: "answered", ref: words(told.ref), answer };
  },
  ERROR_CHAT_DISABLED: () => ({ act: "off" }),
  // all that was missed has been told, or the newest of it
  "CAUGHT-UP": () => ({ act: "caught-up" }),
  ERROR_NEEDS_REGISTRATION: () => ({ act: "unknown" }),
  ERROR_USER_DISABLED: () => ({ act: "disabled" }),
};

/**
 * One thing the server told, or null for what this page does not know.
 * @param {any} told
 * @returns {Event | null}
 */
export function event(told) {
  if (typeof told !== "object" || told === null || !Object.hasOwn(READERS, told.type)) return null;
  return READERS[told.type]?.(told) ?? null;
}

/**
 * A frame may hold several, one a line.
 * @param {unknown} frame
 * @returns {Event[]}
 */
export function events(frame) {
  if (typeof frame !== "string") return [];
  return frame.split("\n").flatMap((text) => {
    try {
      return event(JSON.parse(text)) ?? [];
    } catch {
      return [];
    }
  });
}

/**
 * The lines of GET /api/chat, oldest first.
 * @param {unknown} answer
 * @returns {Line[]}
 */
export function history(answer) {
  const told = Array.isArray(answer) ? answer : [];
  return told.flatMap((each) => {
    const found = event(each);
    return found?.act === "line" ? found : [];
  });
}

/**
 * The chat's requests over HTTP, and the access token that they carry. The first visit registers by itself: nobody fills
 * in a form to join.
 */

import { page } from "../page.js";

const TOKEN_KEY = "fedistream.chat.token";
const TIMEOUT_MS = 10_000;
const REMOTE_TIMEOUT_MS = 30_000; // where the node itself has to ask other servers first

const { urls } = page.chat ?? {};

/** The server refused the request, and the same request would be refused again. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} reason  in the server's words, or ""
   */
  constructor(status, reason) {
    super(reason || String(status));
    this.status = status;
    this.reason = reason;
  }
}

/** The server refused the request for now: too many were made. */
export class RateLimited extends Error {
  /** @param {string} reason  in the server's words, or "" */
  constructor(reason) {
    super(reason || "429");
    this.reason = reason;
  }
}

/** A copy for browsers whose storage is off; the token then lasts as long as the page. */
let token = "";

export function storedToken() {
  try {
    return localStorage.getItem(TOKEN_KEY) || token;
  } catch {
    return token;
  }
}

/** @param {string} fresh  "" removes the token */
function storeToken(fresh) {
  token = fresh;
  try {
    if (fresh) localStorage.setItem(TOKEN_KEY, fresh);
    else localStorage.removeItem(TOKEN_KEY);
  } catch {
    // `token` holds it
  }
}

export const forgetToken = () => storeToken("");

/**
 * @param {string} url
 * @param {object} [body]  makes it a POST request
 * @param {number} [timeoutMs]
 * @returns {Promise<unknown>} the JSON of the answer, null if it is something else
 * @throws {Refused | RateLimited} for 4xx, and what fetch throws when there is no answer
 */
async function request(url, body, timeoutMs = TIMEOUT_MS) {
  const signal = AbortSignal.timeout(timeoutMs);
  const post = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(url, { cache: "no-store", signal, ...post });
  const answer = parse(await response.text());
  if (response.ok) return answer;
  if (response.status >= 500) throw new Error(String(response.status));
  const { message, error } = /** @type {{message?: unknown, error?: unknown}} */ (answer ?? {});
  const reason = String(message ?? error ?? "");
  throw response.status === 429 ? new RateLimited(reason) : new Refused(response.status, reason);
}

/**
 * @param {string} text
 * @returns {unknown} null for what is not JSON: refusals may be plain text
 */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const withToken = (/** @type {string} */ url) => `${url}?accessToken=${encodeURIComponent(storedToken())}`;

/**
 * Send what only a visitor may.
 * @param {string} url
 * @param {object} body
 */
export const send = (url, body) => request(withToken(url), body);

/**
 * Register a new visitor and store the token.
 * @param {string} [url]  for pages without a chat
 */
export async function register(url = urls.register) {
  const answer = /** @type {{accessToken?: unknown} | null} */ (await request(url, {}));
  if (typeof answer?.accessToken !== "string") throw new Error("no token");
  storeToken(answer.accessToken);
}

export const fetchHistory = () => request(withToken(urls.messages));
export const fetchEmoji = () => request(urls.emoji);

/**
 * @param {string[]} ids
 * @param {boolean} visible
 */
export const setMessageVisibility = (ids, visible) => request(withToken(urls.visibility), { idArray: ids, visible });

/**
 * @param {string} userId
 * @param {boolean} enabled
 * @param {string} reason
 */
export const setUserEnabled = (userId, enabled, reason = "") =>
  request(withToken(urls.userEnabled), { userId, enabled, reason });

/**
 * Reply in the channel's name to a message from the fediverse.
 * @param {string} messageId
 * @param {string} body
 */
export const replyToRemote = (messageId, body) => request(withToken(urls.reply), { messageId, body });

/**
 * Block the author of a message from the fediverse.
 * @param {string} messageId
 * @param {string} reason
 */
export const blockRemoteAuthor = (messageId, reason) => request(withToken(urls.block), { messageId, reason });

/**
 * @typedef {object} UserDetails
 * @property {{createdAt: string, displayName: string, previousNames?: string[], disabledAt?: string}} user
 * @property {{userAgent: string}[]} [connectedClients]
 * @property {unknown[]} [messages]
 */

/**
 * @param {string} userId
 * @returns {Promise<UserDetails>}
 */
export const fetchUserDetails = async (userId) =>
  /** @type {UserDetails} */ (await request(withToken(`${urls.userDetails}${encodeURIComponent(userId)}`)));

/**
 * Have a code sent to an account on the fediverse.
 * @param {string} account
 */
export const sendSignInCode = (account) => request(withToken(urls.sendCode), { account }, REMOTE_TIMEOUT_MS);

/** @param {string} code  that was sent to the account */
export const verifySignInCode = (code) => request(withToken(urls.verifyCode), { code });

/**
 * Begin to sign in with a website. The answer says where to go on.
 * @param {string} authHost
 * @returns {Promise<{redirect: string}>}
 */
export const startIndieAuth = async (authHost) =>
  /** @type {{redirect: string}} */ (await request(withToken(urls.indieAuth), { authHost }, REMOTE_TIMEOUT_MS));

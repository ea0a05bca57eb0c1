/**
 * The chat's calls over HTTP, and the token they are made with. Nobody fills in a form to join: the first visit registers.
 */

const KEY = "fedistream.chat.token";
const PATIENCE_MS = 10_000;
const FAR_MS = 30_000; // where the node itself has to ask other servers first

/** The server said no, and saying it again now would not help. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} words  the server's, possibly none
   */
  constructor(status, words) {
    super(words || String(status));
    this.status = status;
    this.words = words;
  }
}

/** The server said: not now. */
export class Later extends Error {
  /** @param {string} words  the server's, possibly none */
  constructor(words) {
    super(words || "429");
    this.words = words;
  }
}

/** Kept beside the storage, which may be off; the token then lasts as long as the page. */
let token = "";

export function known() {
  try {
    return localStorage.getItem(KEY) || token;
  } catch {
    return token;
  }
}

/** @param {string} fresh  "" forgets */
function keep(fresh) {
  token = fresh;
  try {
    if (fresh) localStorage.setItem(KEY, fresh);
    else localStorage.removeItem(KEY);
  } catch {
    // then `token` has it
  }
}

export const forget = () => keep("");

/**
 * @param {string} path
 * @param {object} [body]  with one it is a POST
 * @param {number} [patience]  in milliseconds
 * @returns {Promise<any>}
 * @throws {Refused | Later} for 4xx; what fetch throws when there is no answer
 */
async function call(path, body, patience = PATIENCE_MS) {
  const signal = AbortSignal.timeout(patience);
  const posted = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, { cache: "no-store", signal, ...posted });
  const text = await response.text();
  let answer = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // refusals may be plain text
  }
  if (response.ok) return answer;
  if (response.status >= 500) throw new Error(String(response.status));
  const words = String(answer?.message ?? answer?.error ?? "");
  throw response.status === 429 ? new Later(words) : new Refused(response.status, words);
}

const personal = (/** @type {string} */ path) => `${path}?accessToken=${encodeURIComponent(known())}`;

/** Makes a new visitor of whoever looks at this page, and keeps their token. */
export async function register() {
  const answer = await call("/api/chat/register", {});
  if (typeof answer?.accessToken !== "string") throw new Error("no token");
  keep(answer.accessToken);
}

export const history = () => call(personal("/api/chat"));
export const emoji = () => call("/api/emoji");

/**
 * @param {string[]} ids
 * @param {boolean} visible
 */
export const setVisible = (ids, visible) => call(personal("/api/chat/messagevisibility"), { idArray: ids, visible });

/**
 * @param {string} userId
 * @param {boolean} enabled
 * @param {string} reason
 */
export const setEnabled = (userId, enabled, reason = "") =>
  call(personal("/api/chat/users/setenabled"), { userId, enabled, reason });

/**
 * Reply in the channel's name to somebody elsewhere.
 * @param {string} messageId
 * @param {string} body
 */
export const answer = (messageId, body) => call(personal("/api/chat/replies/answer"), { messageId, body });

/**
 * Whoever said this elsewhere is not heard any more.
 * @param {string} messageId
 * @param {string} reason
 */
export const block = (messageId, reason) => call(personal("/api/chat/replies/block"), { messageId, reason });

/** @param {string} userId */
export const details = (userId) => call(personal(`/api/moderation/chat/user/${encodeURIComponent(userId)}`));

/**
 * Have a code sent to an account on the fediverse.
 * @param {string} account
 */
export const sendCode = (account) => call(personal("/api/auth/fediverse"), { account }, FAR_MS);

/** @param {string} code  the one that came */
export const verifyCode = (code) => call(personal("/api/auth/fediverse/verify"), { code });

/**
 * Where to go on to sign in with an address of one's own.
 * @param {string} authHost
 * @returns {Promise<{redirect: string}>}
 */
export const signIn = (authHost) => call(personal("/api/auth/indieauth"), { authHost }, FAR_MS);

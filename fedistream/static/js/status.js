/**
 * Whether the channel is live, asked of the server again and again; what is shown of it is others' business.
 */

/**
 * @typedef {object} Status
 * @property {"offline" | "live" | "waiting"} state
 * @property {string} title
 * @property {number | null} viewers  null when the server does not tell
 * @property {Date | null} startedAt
 * @property {Date | null} endedAt
 * @property {number | null} skew  milliseconds to add to the clock of this machine to get the server's
 */

export const EVERY_MS = { offline: 5_000, live: 10_000, waiting: 2_500 };
const SPREAD = 0.2; // of the interval, so that a thousand pages opened by one link do not ask in step
const AGAIN_MS = 1_000; // after the first request without an answer; twice as long after each further one
const LONGEST_MS = 10_000;
const PATIENCE_MS = 5_000;
const HURRY_MS = 1_000; // between two requests, whatever the hurry

/**
 * @param {unknown} value
 * @returns {Date | null}
 */
function moment(value) {
  const at = typeof value === "string" && value ? new Date(value) : null;
  return at && Number.isFinite(at.getTime()) ? at : null;
}

/**
 * An answer of /api/status as the page uses it. A server that knows no `state` is believed about `online`.
 * @param {Record<string, unknown>} answer
 * @param {number} [receivedAt]  Date.now() at about the middle of the request
 * @returns {Status}
 */
export function parse(answer, receivedAt) {
  const state = answer.state === "live" || answer.state === "waiting" ? answer.state : answer.online ? "live" : "offline";
  const serverTime = moment(answer.serverTime);
  return {
    state,
    title: typeof answer.streamTitle === "string" ? answer.streamTitle : "",
    viewers: typeof answer.viewerCount === "number" ? answer.viewerCount : null,
    startedAt: moment(answer.lastConnectTime),
    endedAt: moment(answer.lastDisconnectTime),
    skew: serverTime && receivedAt !== undefined ? serverTime.getTime() - receivedAt : null,
  };
}

/**
 * Dispatches "status" (detail: Status) after each answer and "unanswered" after each request without one. It rests while
 * the page is hidden and asks at once when it is seen again, or when the network goes or comes back.
 */
export class StatusFeed extends EventTarget {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Requests in a row without an answer. */
  failures = 0;
  #asking = false;
  #again = false;
  #askedAt = -Infinity;

  /**
   * @param {string} url
   * @param {Status} first
   */
  constructor(url, first) {
    super();
    this.url = url;
    this.last = first;
  }

  start() {
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#rest() : this.hurry()));
    for (const turn of ["online", "offline"]) window.addEventListener(turn, () => this.hurry());
    window.addEventListener("pageshow", (event) => event.persisted && this.hurry());
    if (!document.hidden) this.#plan(pause(this.last.state, 0));
  }

  /** Ask now: something happened that makes news likely. */
  hurry() {
    if (document.hidden) return;
    if (this.#asking) this.#again = true; // the answer on its way may be from before it happened
    else this.#plan(this.#askedAt + HURRY_MS - performance.now());
  }

  /** Something is odd. While the node does not answer, that is known, and asking is left to its time. */
  doubt() {
    if (!this.failures) this.hurry();
  }

  #rest() {
    clearTimeout(this.#timer);
  }

  /** @param {number} ms */
  #plan(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), ms);
  }

  async #ask() {
    this.#asking = true;
    this.#again = false;
    this.#askedAt = performance.now();
    try {
      const sent = Date.now();
      const response = await fetch(this.url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!response.ok) throw new Error(String(response.status));
      const answer = await response.json();
      this.failures = 0;
      this.last = parse(answer, (sent + Date.now()) / 2);
      this.dispatchEvent(new CustomEvent("status", { detail: this.last }));
    } catch {
      this.failures += 1;
      this.dispatchEvent(new CustomEvent("unanswered"));
    }
    this.#asking = false;
    if (document.hidden) return;
    if (this.#again) this.hurry();
    else this.#plan(pause(this.last.state, this.failures));
  }
}

/**
 * Milliseconds to the next request: soon after a failure and longer after each further one, and not the same for
 * everybody.
 * @param {Status["state"]} state
 * @param {number} failures
 */
function pause(state, failures) {
  const spread = 1 + SPREAD * (2 * Math.random() - 1);
  return spread * (failures ? Math.min(LONGEST_MS, AGAIN_MS * 2 ** (failures - 1)) : EVERY_MS[state]);
}

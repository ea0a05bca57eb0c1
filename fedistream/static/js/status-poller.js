/**
 * Asks the server again and again whether the channel is live.
 */

/**
 * @typedef {object} ScheduledEvent
 * @property {string} id
 * @property {string} name
 * @property {Date} startsAt
 * @property {boolean} chatOpen  whether the chat is open for it already
 */

/**
 * @typedef {object} Status
 * @property {"offline" | "live" | "waiting"} state
 * @property {string} title
 * @property {number | null} viewers  null when the streamer hides the number
 * @property {Date | null} startedAt
 * @property {Date | null} endedAt
 * @property {ScheduledEvent | null} event  the scheduled event that is on or comes next
 * @property {number | null} skew  milliseconds that the server's clock is ahead of this one
 */

export const INTERVAL_MS = { offline: 5_000, live: 10_000, waiting: 2_500 };
const JITTER = 0.2; // of the interval, so that a thousand pages that one link opened do not ask at once
const RETRY_MS = 1_000; // after the first request without an answer; twice as long after each further one
const MAX_RETRY_MS = 10_000;
const TIMEOUT_MS = 5_000;
const MIN_GAP_MS = 1_000; // between two requests

/**
 * @param {unknown} value
 * @returns {Date | null}
 */
function parseDate(value) {
  const at = typeof value === "string" && value ? new Date(value) : null;
  return at && Number.isFinite(at.getTime()) ? at : null;
}

/**
 * @param {unknown} value
 * @returns {ScheduledEvent | null}
 */
function parseEvent(value) {
  if (typeof value !== "object" || value === null) return null;
  const { id, name, startTime, chatOpen } = /** @type {Record<string, unknown>} */ (value);
  const startsAt = parseDate(startTime);
  if (typeof id !== "string" || typeof name !== "string" || !startsAt) return null;
  return { id, name, startsAt, chatOpen: chatOpen === true };
}

/**
 * Zero is left out, and so is a hidden count, which the node tells apart.
 * @param {Record<string, unknown>} answer
 * @returns {number | null}
 */
function parseViewers({ viewerCount, viewerCountHidden }) {
  if (typeof viewerCount === "number") return viewerCount;
  return viewerCount === undefined && viewerCountHidden !== true ? 0 : null;
}

/**
 * Parse an answer of the status URL. Of a server that sends no `state`, `online` decides.
 * @param {Record<string, unknown>} answer
 * @param {number} [receivedAt]  Date.now() at about the middle of the request
 * @returns {Status}
 */
export function parseStatus(answer, receivedAt) {
  const state = answer.state === "live" || answer.state === "waiting" ? answer.state : answer.online ? "live" : "offline";
  const serverTime = parseDate(answer.serverTime);
  return {
    state,
    title: typeof answer.streamTitle === "string" ? answer.streamTitle : "",
    viewers: parseViewers(answer),
    startedAt: parseDate(answer.lastConnectTime),
    endedAt: parseDate(answer.lastDisconnectTime),
    event: parseEvent(answer.scheduledEvent),
    skew: serverTime && receivedAt !== undefined ? serverTime.getTime() - receivedAt : null,
  };
}

/**
 * Dispatches "status" after each answer and "failure" after each request without one. It stops while the page is hidden,
 * and asks at once when the page is visible again or the network changes.
 */
export class StatusPoller extends EventTarget {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Requests in a row without an answer. */
  failures = 0;
  #polling = false;
  #pollAgain = false;
  #lastPollAt = -Infinity;

  /**
   * @param {string} url
   * @param {Status} first
   */
  constructor(url, first) {
    super();
    this.url = url;
    this.latest = first;
  }

  start() {
    document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(this.#timer) : this.pollNow()));
    for (const event of ["online", "offline"]) window.addEventListener(event, () => this.pollNow());
    window.addEventListener("pageshow", (event) => event.persisted && this.pollNow());
    if (!document.hidden) this.#schedule(nextDelay(this.latest.state, 0));
  }

  /** Ask now: the status has probably changed. */
  pollNow() {
    if (document.hidden) return;
    if (this.#polling) this.#pollAgain = true; // the answer under way may be from before the change
    else this.#schedule(this.#lastPollAt + MIN_GAP_MS - performance.now());
  }

  /** Ask now, unless the server is known not to answer: then the next retry is soon enough. */
  pollUnlessFailing() {
    if (!this.failures) this.pollNow();
  }

  /** @param {number} ms */
  #schedule(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#poll(), ms);
  }

  async #poll() {
    this.#polling = true;
    this.#pollAgain = false;
    this.#lastPollAt = performance.now();
    try {
      const sentAt = Date.now();
      const response = await fetch(this.url, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) throw new Error(String(response.status));
      const answer = await response.json();
      this.failures = 0;
      this.latest = parseStatus(answer, (sentAt + Date.now()) / 2);
      this.dispatchEvent(new CustomEvent("status"));
    } catch {
      this.failures += 1;
      this.dispatchEvent(new CustomEvent("failure"));
    }
    this.#polling = false;
    if (document.hidden) return;
    if (this.#pollAgain) this.pollNow();
    else this.#schedule(nextDelay(this.latest.state, this.failures));
  }
}

/**
 * Return the milliseconds to the next request: few after a failure and more after each further one, and not the same for
 * all pages.
 * @param {Status["state"]} state
 * @param {number} failures
 */
function nextDelay(state, failures) {
  const jitter = 1 + JITTER * (2 * Math.random() - 1);
  return jitter * (failures ? Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (failures - 1)) : INTERVAL_MS[state]);
}

/**
 * The socket of the chat: joins, comes back after every loss, and lets no message slip through the gap.
 */

import * as calls from "./calls.js";
import { LONGEST } from "./log.js";
import * as wire from "./wire.js";

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
const SPREAD = 0.3; // of the wait, so that a room does not come back in step after a restart of the node
const LONG_AWAY = 6; // failures after which the pause is the longest
const ODD_ONES = 3; // times a fresh token is not known, before we wait like after any other loss

/** Milliseconds before the next attempt, the `failures`-th in a row having failed. `chance` is within 0 and 1. */
export function pause(/** @type {number} */ failures, chance = Math.random()) {
  return (1 - SPREAD * chance) * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
}

/**
 * Dispatches "state" (detail: "joining" | "open" | "lost" | "refused" | "disabled" | "off"), "event" (detail: wire.Event)
 * and "history" (detail: wire.Line[]), the last once after each joining.
 */
export class Connection extends EventTarget {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #failures = 0;
  #strangers = 0;
  #over = false;
  #busy = false;
  #met = false;
  /** The message after which the socket tells what was missed, in order and before all that is new. */
  #since = "";
  /** @type {wire.Event[] | null} what comes while the history is on its way */
  #held = null;
  #refs = 0;
  /** @type {Map<string, (answer: wire.Answer | null) => void>} by what they were sent as */
  #asked = new Map();
  /** The newest message of the log that was seen. */
  last = "";
  state = "joining";

  open() {
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.#socket?.close());
    addEventListener("pageshow", (event) => event.persisted && this.hurry());
    document.addEventListener("visibilitychange", () => !document.hidden && this.hurry());
    void this.#join();
  }

  /** Try now, if we are waiting to. */
  hurry() {
    if (this.#socket || this.#busy || this.#over) return;
    clearTimeout(this.#timer);
    void this.#join();
  }

  /**
   * @param {object} told
   * @returns {Promise<wire.Answer | null> | null} null when it could not go out; the promise's null when the connection
   *   was lost before the answer came, so that nobody knows
   */
  send(told) {
    if (this.state !== "open" || this.#socket?.readyState !== WebSocket.OPEN) return null;
    const ref = String((this.#refs += 1));
    const answer = new Promise((/** @type {(answer: wire.Answer | null) => void} */ settle) => this.#asked.set(ref, settle));
    this.#socket.send(wire.frame(told, ref));
    return answer;
  }

  /** @param {string} ref @param {wire.Answer | null} answer */
  #settle(ref, answer) {
    this.#asked.get(ref)?.(answer);
    this.#asked.delete(ref);
  }

  /** @param {string} state */
  #enter(state) {
    if (state === this.state) return;
    this.state = state;
    this.#tell("state", state);
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  async #join() {
    this.#busy = true;
    try {
      if (!calls.known()) await calls.register();
      this.#listen();
    } catch (error) {
      this.#failed(error instanceof calls.Refused ? "refused" : "lost");
    }
    this.#busy = false;
  }

  #listen() {
    const address = new URL("/ws", location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("accessToken", calls.known());
    // also with nothing seen: who is back is not welcomed again
    this.#since = this.last;
    if (this.#met) address.searchParams.set("since", this.last);
    if (this.last) address.searchParams.set("most", String(LONGEST));
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      for (const event of wire.events(data)) this.#hear(event);
    });
    socket.addEventListener("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#held = null;
      for (const ref of [...this.#asked.keys()]) this.#settle(ref, null);
      if (!this.#over) void this.#lost();
    });
  }

  /** @param {wire.Event} event */
  #hear(event) {
    if (event.act === "unknown") {
      calls.forget();
      this.#strangers += 1;
    } else if (event.act === "disabled") {
      this.#over = true;
      this.#enter("disabled");
    } else if (event.act === "off") {
      this.#enter("off");
    } else if (event.act === "answered") {
      this.#settle(event.ref, event.answer);
    } else if (event.act === "self") {
      this.#failures = this.#strangers = 0;
      this.#met = true;
      // what is said from here on waits for what was said before; after an absence the socket itself sees to that
      if (this.state !== "open" && !this.#since) void this.#remember((this.#held = []));
      this.#enter("open");
      this.#tell("event", event);
    } else if (event.act === "caught-up") {
      if (this.#since) void this.#remember([]);
    } else if (this.#held) {
      this.#held.push(event);
    } else {
      this.#pass(event);
    }
  }

  /** @param {wire.Event} event */
  #pass(event) {
    // ids sort by time; those of other kinds need not be in the log the server looks them up in
    if (event.act === "line" && event.kind === "chat" && event.id > this.last) this.last = event.id;
    this.#tell("event", event);
  }

  /**
   * On coming back too: what was shown again or reworded in the meantime is told nowhere else.
   * @param {wire.Event[]} held  what comes in the meantime
   */
  async #remember(held) {
    const socket = this.#socket;
    let lines = /** @type {wire.Line[] | null} */ (null);
    try {
      lines = wire.history(await calls.history());
    } catch {
      // the socket brings what it missed, as far as it knows; the rest is as before
    }
    if (this.#socket !== socket) return;
    this.#held = null;
    if (lines) this.#tell("history", lines);
    for (const line of lines ?? []) if (line.kind === "chat" && line.id > this.last) this.last = line.id;
    for (const event of held) this.#pass(event);
  }

  async #lost() {
    if (this.state !== "open" && this.state !== "off") await this.#probe();
    if (!calls.known() && this.#strangers < ODD_ONES) {
      this.#enter("joining");
      await this.#join();
      return;
    }
    this.#failed("lost");
  }

  /** A handshake that fails does not say why; a call with the same token does. */
  async #probe() {
    this.#busy = true;
    try {
      await calls.history();
    } catch (error) {
      if (error instanceof calls.Refused && error.status === 401) {
        calls.forget();
        this.#strangers += 1;
      }
    }
    this.#busy = false;
  }

  /** @param {"lost" | "refused"} state */
  #failed(state) {
    this.#failures += 1;
    // a chat that is switched off refuses everybody; that is what it says until it lets somebody in
    if (this.state !== "off") this.#enter(state);
    this.#timer = setTimeout(() => this.hurry(), this.state === "off" ? pause(LONG_AWAY) : pause(this.#failures));
  }
}

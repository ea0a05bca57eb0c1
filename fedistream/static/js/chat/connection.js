/**
 * The chat's socket: joins, reconnects after every loss, and loses no message in between.
 */

import { page } from "../page.js";
import * as api from "./api.js";
import { MAX_LINES } from "./log.js";
import * as protocol from "./protocol.js";

const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 30_000;
const JITTER = 0.3; // of the delay, so that not all clients reconnect at once after a restart of the node
const MANY_FAILURES = 6; // after so many the delay is the longest
const MAX_REJECTED_TOKENS = 3; // fresh tokens that the server does not know, before we wait as after any other loss

/** Return the milliseconds before the next attempt, after `failures` failed ones in a row. `random` is within 0 and 1. */
export function reconnectDelay(/** @type {number} */ failures, random = Math.random()) {
  return (1 - JITTER * random) * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, failures - 1));
}

/** @typedef {"joining" | "open" | "lost" | "refused" | "disabled" | "off"} ConnectionState */

/**
 * Dispatches "state" (detail: ConnectionState), "event" (detail: ChatEvent), and "history" (detail: Line[]) once after
 * each joining.
 */
export class Connection extends EventTarget {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #failures = 0;
  #rejectedTokens = 0;
  #disabled = false;
  #requesting = false;
  #joinedBefore = false;
  /** The id of the message after which the socket sends what was missed, in order and before anything new. */
  #since = "";
  /** @type {protocol.ChatEvent[] | null} events that wait for the history */
  #heldEvents = null;
  #lastRef = 0;
  /** @type {Map<string, (result: protocol.SendResult | null) => void>} by ref */
  #pendingResults = new Map();
  /** The newest message of the log that was seen. */
  lastMessageId = "";
  /** @type {ConnectionState} */
  state = "joining";

  connect() {
    addEventListener("online", () => this.reconnectNow());
    addEventListener("offline", () => this.#socket?.close());
    addEventListener("pageshow", (event) => event.persisted && this.reconnectNow());
    document.addEventListener("visibilitychange", () => !document.hidden && this.reconnectNow());
    void this.#join();
  }

  /** Try now instead of after the delay. */
  reconnectNow() {
    if (this.#socket || this.#requesting || this.#disabled) return;
    clearTimeout(this.#timer);
    void this.#join();
  }

  /**
   * @param {object} command
   * @returns {Promise<protocol.SendResult | null> | null} null when it could not be sent; a promise of null when the
   *   connection was lost before the result came, so that nobody knows whether it was accepted
   */
  send(command) {
    if (this.state !== "open" || this.#socket?.readyState !== WebSocket.OPEN) return null;
    const ref = String((this.#lastRef += 1));
    const result = new Promise((/** @type {(result: protocol.SendResult | null) => void} */ resolve) =>
      this.#pendingResults.set(ref, resolve),
    );
    this.#socket.send(protocol.frame(command, ref));
    return result;
  }

  /**
   * @param {string} ref
   * @param {protocol.SendResult | null} result
   */
  #settle(ref, result) {
    this.#pendingResults.get(ref)?.(result);
    this.#pendingResults.delete(ref);
  }

  /** @param {ConnectionState} state */
  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.#emit("state", state);
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  async #join() {
    this.#requesting = true;
    try {
      if (!api.storedToken()) await api.register();
      this.#openSocket();
    } catch (error) {
      this.#retryLater(error instanceof api.Refused ? "refused" : "lost");
    }
    this.#requesting = false;
  }

  #openSocket() {
    const url = new URL(page.chat.urls.socket, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("accessToken", api.storedToken());
    this.#since = this.lastMessageId;
    // also when no message was seen: the server welcomes nobody who comes back
    if (this.#joinedBefore) url.searchParams.set("since", this.lastMessageId);
    if (this.lastMessageId) url.searchParams.set("most", String(MAX_LINES));
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      for (const event of protocol.parseFrame(data)) this.#onEvent(event);
    });
    socket.addEventListener("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#heldEvents = null;
      for (const ref of [...this.#pendingResults.keys()]) this.#settle(ref, null);
      if (!this.#disabled) void this.#onLost();
    });
  }

  /** @param {protocol.ChatEvent} event */
  #onEvent(event) {
    switch (event.type) {
      case "unknown-token":
        api.forgetToken();
        this.#rejectedTokens += 1;
        break;
      case "disabled":
        this.#disabled = true;
        this.#setState("disabled");
        break;
      case "off":
        this.#setState("off");
        break;
      case "result":
        this.#settle(event.ref, event.result);
        break;
      case "self":
        this.#onJoined(event);
        break;
      case "caught-up":
        if (this.#since) void this.#loadHistory([]);
        break;
      default:
        if (this.#heldEvents) this.#heldEvents.push(event);
        else this.#deliver(event);
    }
  }

  /** @param {protocol.ChatEvent} event */
  #onJoined(event) {
    this.#failures = this.#rejectedTokens = 0;
    this.#joinedBefore = true;
    // new messages wait for the history; after an absence the socket itself sends the missed ones first
    if (this.state !== "open" && !this.#since) void this.#loadHistory((this.#heldEvents = []));
    this.#setState("open");
    this.#emit("event", event);
  }

  /** @param {protocol.ChatEvent} event */
  #deliver(event) {
    if (event.type === "line") this.#remember(event);
    this.#emit("event", event);
  }

  /** @param {protocol.Line} line */
  #remember({ kind, id }) {
    // ids sort by time; other kinds of line may be missing from the log in which the server looks for the id
    if (kind === "chat" && id > this.lastMessageId) this.lastMessageId = id;
  }

  /**
   * Fetch the history. It is needed on coming back too: it alone tells which messages were edited or shown again.
   * @param {protocol.ChatEvent[]} held  collects the events that come in the meantime
   */
  async #loadHistory(held) {
    const socket = this.#socket;
    let lines = /** @type {protocol.Line[] | null} */ (null);
    try {
      lines = protocol.parseHistory(await api.fetchHistory());
    } catch {
      // the socket sends what was missed as far as it can; the rest of the log stays as it is
    }
    if (this.#socket !== socket) return;
    this.#heldEvents = null;
    if (lines) this.#emit("history", lines);
    for (const line of lines ?? []) this.#remember(line);
    for (const event of held) this.#deliver(event);
  }

  async #onLost() {
    if (this.state !== "open" && this.state !== "off") await this.#checkToken();
    if (!api.storedToken() && this.#rejectedTokens < MAX_REJECTED_TOKENS) {
      this.#setState("joining");
      await this.#join();
      return;
    }
    this.#retryLater("lost");
  }

  /** Find out why a handshake failed: the socket does not say, but a request with the same token does. */
  async #checkToken() {
    this.#requesting = true;
    try {
      await api.fetchHistory();
    } catch (error) {
      if (error instanceof api.Refused && error.status === 401) {
        api.forgetToken();
        this.#rejectedTokens += 1;
      }
    }
    this.#requesting = false;
  }

  /** @param {"lost" | "refused"} state */
  #retryLater(state) {
    this.#failures += 1;
    // a chat that is switched off refuses everybody: the page goes on saying so until the server lets somebody in
    if (this.state !== "off") this.#setState(state);
    const delay = reconnectDelay(this.state === "off" ? MANY_FAILURES : this.#failures);
    this.#timer = setTimeout(() => this.reconnectNow(), delay);
  }
}

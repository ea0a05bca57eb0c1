/**
 * Reports how the stream plays to the server every 15 seconds, as Common Media Client Data (CTA-5004-A) in JSON. The
 * session's id is made anew with every page, and is stored nowhere.
 */

const INTERVAL_MS = 15_000;

/** @typedef {import("./player.js").Player} Player */

/** @type {Record<Player["playback"], string>} the states of CTA-5004-A */
const STATES = { loading: "s", playing: "p", paused: "a", stalled: "r", failed: "f", unsupported: "f" };

function makeSessionId() {
  // not randomUUID(), which only exists on HTTPS
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Return a whole number, or undefined, which JSON leaves out.
 * @param {number | null | undefined} value
 */
function whole(value) {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
}

/**
 * @param {Player} player
 * @param {number} skew  milliseconds that the server's clock is ahead of this one
 */
export function readPlayback(player, skew) {
  const { video, engine } = player;
  const date = engine?.playingDate;
  const edge = engine?.edgeLatency;
  const buffer = player.forwardBuffer;
  return {
    sta: video.ended ? "e" : video.seeking ? "k" : STATES[player.playback],
    ltc: whole(date ? Math.max(0, Date.now() + skew - date.getTime()) : edge && edge * 1_000),
    bl: whole(buffer === null ? null : buffer * 1_000),
    br: whole(engine?.bitrateKbps),
    mtp: whole(engine?.bandwidthKbps),
    ttlb: whole(engine?.transferMs),
    pr: video.playbackRate,
  };
}

export class PlaybackReports {
  #session = makeSessionId();
  #starved = false;
  /** @type {string[]} */
  #errors = [];
  /** @type {Player | null} */
  #player = null;

  /**
   * @param {string} url
   * @param {() => number} skew
   */
  constructor(url, skew) {
    this.url = url;
    this.skew = skew;
    setInterval(() => this.send(), INTERVAL_MS);
  }

  /** @param {Player} player */
  follow(player) {
    this.#player = player;
    let before = player.playback;
    player.addEventListener("change", () => {
      if (player.playback === before) return;
      before = player.playback;
      if (before === "stalled") this.#starved = true;
      if (before === "failed") this.#errors.push("failed");
    });
  }

  stop() {
    this.#player = null;
  }

  send() {
    const player = this.#player;
    // what is paused says nothing new, and a hidden page is slowed down by its browser
    if (!player || document.hidden || (player.playback === "paused" && !this.#errors.length)) return;
    const report = {
      v: 2,
      sid: this.#session,
      sf: "h",
      st: "ll",
      ot: "av",
      ...readPlayback(player, this.skew()),
      bs: this.#starved || undefined,
      ec: this.#errors.length ? this.#errors.slice(0, 10) : undefined,
    };
    this.#starved = false;
    this.#errors = [];
    const headers = { "Content-Type": "application/json" };
    void fetch(this.url, { method: "POST", headers, body: JSON.stringify(report) }).catch(() => {});
  }
}

/**
 * The numbers behind the picture, for who asks: how late it is, how much is in hand, what was dropped.
 */

import { text, write } from "./page.js";

const EVERY_MS = 500;

/** @typedef {import("./player.js").Player} Player */

/**
 * @param {Player} player
 * @param {number} skew  milliseconds the server's clock is ahead
 * @returns {Record<string, string>}
 */
function rows(player, skew) {
  const { video, engine } = player;
  const seconds = (/** @type {number | null} */ n) => (n === null ? text("unknown") : text("seconds", { n: n.toFixed(1) }));
  const made = engine?.frameDate;
  const quality = video.getVideoPlaybackQuality?.();
  const size = video.videoWidth ? `${video.videoWidth} × ${video.videoHeight}` : text("unknown");
  return {
    // without the date of the frame, the distance to the newest one listed is the nearest thing
    latency: seconds(made ? Math.max(0, (Date.now() + skew - made.getTime()) / 1000) : (engine?.fromEdge ?? null)),
    buffer: seconds(player.inHand),
    dropped: quality ? `${quality.droppedVideoFrames} / ${quality.totalVideoFrames}` : text("unknown"),
    resolution: size,
    speed: `${video.playbackRate.toFixed(2)} ×`,
  };
}

/** The panel over the picture, its button, and the key. */
export class LatencyPanel {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * @param {Player} player
   * @param {HTMLElement} panel
   * @param {HTMLElement} button
   */
  constructor(player, panel, button) {
    this.player = player;
    this.panel = panel;
    this.button = button;
    this.skew = 0;
    button.addEventListener("click", () => this.toggle());
  }

  toggle() {
    this.panel.hidden = !this.panel.hidden;
    this.button.setAttribute("aria-expanded", String(!this.panel.hidden));
    clearInterval(this.#timer);
    if (this.panel.hidden) return;
    this.#show();
    this.#timer = setInterval(() => this.#show(), EVERY_MS);
  }

  close() {
    clearInterval(this.#timer);
  }

  #show() {
    for (const [name, value] of Object.entries(rows(this.player, this.skew))) {
      write(this.panel.querySelector(`[data-number="${name}"]`), value);
    }
  }
}

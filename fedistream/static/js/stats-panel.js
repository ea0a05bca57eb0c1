/**
 * The panel with statistics: latency, buffer, dropped frames, resolution and playback rate.
 */

import { setText, text } from "./page.js";

const REFRESH_MS = 500;

/** @typedef {import("./player.js").Player} Player */

/**
 * @param {Player} player
 * @param {number} skew  milliseconds that the server's clock is ahead of this one
 * @returns {Record<string, string>}
 */
function readStats(player, skew) {
  const { video, engine } = player;
  const seconds = (/** @type {number | null} */ n) => (n === null ? text("unknown") : text("seconds", { n: n.toFixed(1) }));
  const date = engine?.playingDate;
  const quality = video.getVideoPlaybackQuality?.();
  return {
    // without the date of the frame, the distance to the end of the playlist is the best estimate
    latency: seconds(date ? Math.max(0, (Date.now() + skew - date.getTime()) / 1000) : (engine?.edgeLatency ?? null)),
    buffer: seconds(player.forwardBuffer),
    dropped: quality ? `${quality.droppedVideoFrames} / ${quality.totalVideoFrames}` : text("unknown"),
    resolution: video.videoWidth ? `${video.videoWidth} × ${video.videoHeight}` : text("unknown"),
    speed: `${video.playbackRate.toFixed(2)} ×`,
  };
}

export class StatsPanel {
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
    this.#render();
    this.#timer = setInterval(() => this.#render(), REFRESH_MS);
  }

  close() {
    clearInterval(this.#timer);
  }

  #render() {
    for (const [name, value] of Object.entries(readStats(this.player, this.skew))) {
      setText(this.panel.querySelector(`[data-stat="${name}"]`), value);
    }
  }
}

/**
 * Low-latency HLS through hls.js. It is told where to play and reports what it cannot mend itself.
 */

import Hls from "hls.js";
import { Recovery } from "./recovery.js";

/**
 * hls.js retries what can be retried; here only the pauses and the numbers are set.
 * @type {import("hls.js").RetryConfig}
 */
const RETRY = { maxNumRetry: 4, retryDelayMs: 400, maxRetryDelayMs: 4_000, backoff: "exponential" };

/**
 * A playlist without a whole segment counts as an error, and every broadcast begins with one: growing pauses would
 * cost the first viewers seconds.
 * @type {import("hls.js").RetryConfig}
 */
const STEADY = { maxNumRetry: 12, retryDelayMs: 300, maxRetryDelayMs: 300, backoff: "linear" };

/**
 * @param {number} totalMs
 * @param {import("hls.js").RetryConfig} [errorRetry]
 */
function policy(totalMs, errorRetry = RETRY) {
  return { default: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: totalMs, timeoutRetry: RETRY, errorRetry } };
}

/** @type {Partial<import("hls.js").HlsConfig>} */
const CONFIG = {
  lowLatencyMode: true,
  maxLiveSyncPlaybackRate: 1, // pace.js does it
  backBufferLength: 30,
  maxBufferLength: 20,
  liveDurationInfinity: true, // the duration says "live" to the controls
  // the parts are fMP4: there is nothing to transmux, so the worker would be 41 KB for copying bytes to and fro
  enableWorker: false,
  manifestLoadPolicy: policy(15_000),
  playlistLoadPolicy: policy(20_000, STEADY),
  fragLoadPolicy: policy(60_000),
};

/**
 * For everything but the network hls.js is made anew: its recoverMediaError() may leave it without loading anything, and
 * to live the way is as short.
 * @param {{type: string, details: string}} error
 * @returns {import("./recovery.js").Trouble}
 */
function name({ type, details }) {
  if (type !== "networkError") return "media";
  return details.startsWith("manifest") ? "manifest" : "network";
}

/**
 * @typedef {object} EngineListener
 * @property {() => void} onTrouble  the stream cannot be had at the moment; the engine keeps trying
 * @property {() => void} onRestart  the video has been given its source anew, and has been paused by that
 */

export class HlsEngine {
  static supported() {
    return Hls.isSupported();
  }

  /** @type {Hls | null} */
  #hls = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #recovery = new Recovery();
  /** @type {(() => void) | null} what is to be done about the last trouble */
  #planned = null;

  /**
   * @param {HTMLVideoElement} video
   * @param {string} url
   * @param {EngineListener} listener
   */
  constructor(video, url, listener) {
    this.video = video;
    this.url = url;
    this.listener = listener;
    this.name = "hls.js";
  }

  start() {
    this.#forget();
    this.#hls?.destroy();
    const hls = new Hls(CONFIG);
    hls.on(Hls.Events.ERROR, (_, data) => data.fatal && hls === this.#hls && this.#fatal(data));
    hls.attachMedia(this.video);
    hls.loadSource(this.url);
    this.#hls = hls;
    this.listener.onRestart();
  }

  /** What waits for its time is done now: there is reason to think that it will work. */
  hurry() {
    this.#planned?.();
  }

  /** No picture comes, and hls.js has no word for why. */
  fail() {
    this.#fatal({ type: "mediaError", details: "" });
  }

  /** It has played for a while. */
  calm() {
    this.#recovery.calm();
  }

  get broken() {
    return this.#recovery.broken;
  }

  stop() {
    this.#forget();
    this.#hls?.destroy();
    this.#hls = null;
  }

  /** Where live playing should be, in the video's own time; null before it is known. */
  get livePoint() {
    return this.#hls?.liveSyncPosition ?? null;
  }

  /** Seconds from the frame on show to the newest one listed, by the playlist. */
  get fromEdge() {
    return this.#hls?.latency || null;
  }

  /** Seconds behind the live point; hls.js moves that point back when there were stalls. */
  get overLive() {
    const hls = this.#hls;
    return hls?.latency && hls.targetLatency ? hls.latency - hls.targetLatency : null;
  }

  /** When the frame on show was made, by the node's clock. */
  get frameDate() {
    return this.#hls?.playingDate ?? null;
  }

  /** @param {{type: string, details: string}} error */
  #fatal(error) {
    if (this.#planned) return; // one remedy for all that the same trouble breaks
    const { act, afterMs } = this.#recovery.next(name(error));
    this.#planned = () => {
      this.#forget();
      this.#mend(act);
    };
    this.#timer = setTimeout(this.#planned, afterMs);
    this.listener.onTrouble();
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#planned = null;
  }

  /** @param {import("./recovery.js").Remedy["act"]} act */
  #mend(act) {
    if (act === "load") this.#hls?.startLoad();
    else this.start();
  }
}

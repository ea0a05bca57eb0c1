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

const CALM_MS = 10_000; // of playing without an error

/**
 * @typedef {object} EngineListener
 * @property {() => void} onTrouble  the stream cannot be had at the moment; the engine keeps trying
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
  #troubledAt = 0;

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
    clearTimeout(this.#timer);
    this.#hls?.destroy();
    const hls = new Hls(CONFIG);
    hls.on(Hls.Events.ERROR, (_, data) => data.fatal && hls === this.#hls && this.#fatal(data));
    hls.on(Hls.Events.FRAG_BUFFERED, () => this.#calm());
    hls.attachMedia(this.video);
    hls.loadSource(this.url);
    this.#hls = hls;
  }

  stop() {
    clearTimeout(this.#timer);
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

  /** @param {{type: string, details: string}} data */
  #fatal(data) {
    this.#troubledAt = Date.now();
    const trouble = data.details.startsWith("manifest") ? "manifest" : data.type === "mediaError" ? "media" : "network";
    const remedy = this.#recovery.next(trouble, this.#troubledAt);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#mend(remedy.act), remedy.afterMs);
    this.listener.onTrouble();
  }

  /** @param {import("./recovery.js").Remedy["act"]} act */
  #mend(act) {
    if (act === "media") this.#hls?.recoverMediaError();
    else if (act === "load") this.#hls?.startLoad();
    else this.start();
  }

  #calm() {
    if (Date.now() - this.#troubledAt > CALM_MS) this.#recovery.calm();
  }
}

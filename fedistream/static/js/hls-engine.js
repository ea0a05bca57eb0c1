/**
 * Low-latency HLS through hls.js, and what to do about the errors that hls.js cannot recover from itself.
 */

import Hls from "hls.js";
import { Recovery } from "./recovery.js";

/**
 * hls.js retries by itself; this sets how often and after which delays.
 * @type {import("hls.js").RetryConfig}
 */
const RETRY = { maxNumRetry: 4, retryDelayMs: 400, maxRetryDelayMs: 4_000, backoff: "exponential" };

/**
 * A playlist without a whole segment counts as an error, and every broadcast begins with one: growing delays would cost
 * the first viewers seconds.
 * @type {import("hls.js").RetryConfig}
 */
const STEADY_RETRY = { maxNumRetry: 12, retryDelayMs: 300, maxRetryDelayMs: 300, backoff: "linear" };

/**
 * @param {number} maxLoadTimeMs
 * @param {import("hls.js").RetryConfig} [errorRetry]
 */
function loadPolicy(maxLoadTimeMs, errorRetry = RETRY) {
  return { default: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs, timeoutRetry: RETRY, errorRetry } };
}

/** @type {Partial<import("hls.js").HlsConfig>} */
const CONFIG = {
  lowLatencyMode: true,
  maxLiveSyncPlaybackRate: 1, // playback-rate.js does it
  backBufferLength: 30,
  maxBufferLength: 20,
  liveDurationInfinity: true, // shows the controls that the stream is live
  // the parts are fMP4 and need no transmuxing: a worker would be 41 KB that copy bytes to and fro
  enableWorker: false,
  manifestLoadPolicy: loadPolicy(15_000),
  playlistLoadPolicy: loadPolicy(20_000, STEADY_RETRY),
  fragLoadPolicy: loadPolicy(60_000),
};

/**
 * After every error but those of the network hls.js is made anew: its recoverMediaError() may leave it without loading
 * anything, and the way back to live is as short.
 * @param {{type: string, details: string}} error
 * @returns {import("./recovery.js").ErrorKind}
 */
function errorKind({ type, details }) {
  if (type !== "networkError") return "media";
  return details.startsWith("manifest") ? "manifest" : "network";
}

/**
 * @typedef {object} EngineListener
 * @property {() => void} onError  the stream cannot be played at the moment; the engine keeps trying
 * @property {() => void} onReload  the source of the video was set anew, which pauses the video
 * @property {() => void} onQualities  the qualities, or the one that plays, have changed
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
  #transfer = { segment: -1, ms: 0, lastMs: /** @type {number | null} */ (null) };
  /** @type {(() => void) | null} the recovery that waits for its time */
  #pendingRetry = null;
  /** The name of the quality that the viewer chose, "" for none: it outlives a new start. */
  #wantedQuality = "";

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
    this.#cancelRetry();
    this.#hls?.destroy();
    const hls = new Hls(CONFIG);
    hls.on(Hls.Events.ERROR, (_, data) => data.fatal && hls === this.#hls && this.#onFatalError(data));
    hls.on(Hls.Events.ERROR, (_, { details, response }) => {
      // a rendition that is not offered any more; while Auto is chosen, hls.js takes another by itself
      if (details.startsWith("level") && response?.code === 404 && !hls.autoLevelEnabled) this.chooseQuality(-1);
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      const wanted = this.qualities.find((each) => each.name === this.#wantedQuality);
      if (wanted) hls.loadLevel = wanted.id;
      this.listener.onQualities();
    });
    for (const event of [Hls.Events.LEVEL_SWITCHED, Hls.Events.LEVELS_UPDATED]) {
      hls.on(event, () => this.listener.onQualities());
    }
    hls.on(Hls.Events.FRAG_LOADED, (_, { frag, part }) => this.#onLoaded(frag, part));
    hls.attachMedia(this.video);
    hls.loadSource(this.url);
    this.#hls = hls;
    this.listener.onReload();
  }

  /** The renditions, from the smallest on. */
  get qualities() {
    return (this.#hls?.levels ?? []).map(({ name, height, bitrate }, id) => {
      return { id, name: name || (height ? `${height}p` : `${Math.round(bitrate / 1_000)} kbit/s`) };
    });
  }

  /** The id of the rendition that plays, -1 before the first. */
  get playingQuality() {
    return this.#hls?.currentLevel ?? -1;
  }

  /** The id of the rendition that the viewer chose, -1 for Auto. */
  get chosenQuality() {
    return this.#hls?.autoLevelEnabled === false ? this.#hls.manualLevel : -1;
  }

  /** @param {number} id  -1 for Auto */
  chooseQuality(id) {
    this.#wantedQuality = this.qualities.find((each) => each.id === id)?.name ?? "";
    if (this.#hls) this.#hls.nextLevel = id;
    this.listener.onQualities();
  }

  /** Run the pending recovery now: there is reason to think that it will work. */
  retryNow() {
    this.#pendingRetry?.();
  }

  /** The picture stands still, and hls.js has reported no error. */
  reportStall() {
    this.#onFatalError({ type: "mediaError", details: "" });
  }

  /** Playback is stable: earlier errors do not count any more. */
  resetRecovery() {
    this.#recovery.reset();
  }

  get failed() {
    return this.#recovery.failed;
  }

  stop() {
    this.#cancelRetry();
    this.#hls?.destroy();
    this.#hls = null;
  }

  /** Where live playback should be, in the video's time; null before that is known. */
  get liveSyncPosition() {
    return this.#hls?.liveSyncPosition ?? null;
  }

  /** Seconds from the present frame to the newest one in the playlist. */
  get edgeLatency() {
    return this.#hls?.latency || null;
  }

  /** Seconds behind the live position; hls.js moves that back after stalls. */
  get latencyOverTarget() {
    const hls = this.#hls;
    return hls?.latency && hls.targetLatency ? hls.latency - hls.targetLatency : null;
  }

  /** When the present frame was made, by the server's clock. */
  get playingDate() {
    return this.#hls?.playingDate ?? null;
  }

  /** The bitrate of what is played. */
  get bitrateKbps() {
    const bitrate = this.#hls?.levels[this.#hls.currentLevel]?.bitrate;
    return bitrate ? bitrate / 1_000 : null;
  }

  get bandwidthKbps() {
    const estimate = this.#hls?.bandwidthEstimate;
    return estimate ? estimate / 1_000 : null;
  }

  /** How long the bytes of the last whole segment were on their way. */
  get transferMs() {
    return this.#transfer.lastMs;
  }

  /**
   * A part is asked for before it exists: the time until its first byte is none of the network's.
   * @param {import("hls.js").Fragment} segment
   * @param {import("hls.js").Part | null} part
   */
  #onLoaded(segment, part) {
    const { first, end } = (part ?? segment).stats.loading;
    const transfer = this.#transfer;
    if (typeof segment.sn !== "number") return; // the initialization segment
    if (segment.sn !== transfer.segment) {
      if (transfer.segment >= 0) transfer.lastMs = transfer.ms;
      Object.assign(transfer, { segment: segment.sn, ms: 0 });
    }
    transfer.ms += Math.max(0, end - first);
  }

  /** @param {{type: string, details: string}} error */
  #onFatalError(error) {
    if (this.#pendingRetry) return; // several errors of one cause get one recovery
    const { action, delayMs } = this.#recovery.next(errorKind(error));
    this.#pendingRetry = () => {
      this.#cancelRetry();
      if (action === "load") this.#hls?.startLoad();
      else this.start();
    };
    this.#timer = setTimeout(this.#pendingRetry, delayMs);
    this.listener.onError();
  }

  #cancelRetry() {
    clearTimeout(this.#timer);
    this.#pendingRetry = null;
  }
}

/**
 * The browser's own HLS, where hls.js cannot run (older iPhones). It has the interface of HlsEngine, and knows less.
 */

import { Recovery } from "./recovery.js";

const LIVE_DELAY_S = 1; // the last second is what a player needs in its buffer

export class NativeEngine {
  /** @param {HTMLVideoElement} video */
  static supported(video) {
    return video.canPlayType("application/vnd.apple.mpegurl") !== "";
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #recovery = new Recovery();
  #onError = () => this.#onFatalError(this.video.error?.code === MediaError.MEDIA_ERR_DECODE ? "media" : "manifest");

  /**
   * @param {HTMLVideoElement} video
   * @param {string} url
   * @param {import("./hls-engine.js").EngineListener} listener
   */
  constructor(video, url, listener) {
    this.video = video;
    this.url = url;
    this.listener = listener;
    this.name = "native";
  }

  start() {
    this.#cancelRetry();
    this.video.addEventListener("error", this.#onError);
    this.video.src = this.url;
    this.video.load();
    this.listener.onReload();
  }

  stop() {
    this.#cancelRetry();
    this.video.removeEventListener("error", this.#onError);
    this.video.removeAttribute("src");
    this.video.load();
  }

  /**
   * The browser chooses among the renditions by itself.
   * @returns {{id: number, name: string}[]}
   */
  get qualities() {
    return [];
  }

  get playingQuality() {
    return -1;
  }

  get chosenQuality() {
    return -1;
  }

  /** @param {number} _id */
  chooseQuality(_id) {}

  /** Run the pending recovery now: there is reason to think that it will work. */
  retryNow() {
    if (this.#timer) this.start();
  }

  /** The picture stands still, and the browser has reported no error. */
  reportStall() {
    this.#onFatalError("media");
  }

  /** Playback is stable: earlier errors do not count any more. */
  resetRecovery() {
    this.#recovery.reset();
  }

  get failed() {
    return this.#recovery.failed;
  }

  get liveSyncPosition() {
    const { seekable } = this.video;
    return seekable.length ? Math.max(0, seekable.end(seekable.length - 1) - LIVE_DELAY_S) : null;
  }

  get edgeLatency() {
    const { seekable, currentTime } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) - currentTime : null;
  }

  /** Unknown: browsers that play HLS themselves stay near live themselves. */
  get latencyOverTarget() {
    return null;
  }

  get bitrateKbps() {
    return null;
  }

  get bandwidthKbps() {
    return null;
  }

  get transferMs() {
    return null;
  }

  get playingDate() {
    // Safari alone has getStartDate(): the PROGRAM-DATE-TIME of the start of the timeline
    const start = /** @type {{getStartDate?: () => Date}} */ (this.video).getStartDate?.();
    return start && Number.isFinite(start.getTime()) ? new Date(start.getTime() + this.video.currentTime * 1000) : null;
  }

  #cancelRetry() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param {import("./recovery.js").ErrorKind} error */
  #onFatalError(error) {
    if (this.#timer) return; // the video repeats its errors, which would put the retry off for ever
    const { delayMs } = this.#recovery.next(error);
    this.#timer = setTimeout(() => this.start(), delayMs);
    this.listener.onError();
  }
}

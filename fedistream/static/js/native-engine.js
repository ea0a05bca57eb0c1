/**
 * The browser's own HLS, where hls.js cannot run (iPhone). The same face as HlsEngine, with less to tell.
 */

import { Recovery } from "./recovery.js";

const BEHIND_END_S = 1; // the last second is what a player needs in hand

export class NativeEngine {
  /** @param {HTMLVideoElement} video */
  static supported(video) {
    return video.canPlayType("application/vnd.apple.mpegurl") !== "";
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #recovery = new Recovery();
  #onError = () => this.#fatal(this.video.error?.code === MediaError.MEDIA_ERR_DECODE ? "media" : "manifest");

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
    this.#forget();
    this.video.addEventListener("error", this.#onError);
    this.video.src = this.url;
    this.video.load();
    this.listener.onRestart();
  }

  stop() {
    this.#forget();
    this.video.removeEventListener("error", this.#onError);
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** What waits for its time is done now: there is reason to think that it will work. */
  hurry() {
    if (this.#timer) this.start();
  }

  /** No picture comes, and the browser has no word for why. */
  fail() {
    this.#fatal("media");
  }

  /** It has played for a while. */
  calm() {
    this.#recovery.calm();
  }

  get broken() {
    return this.#recovery.broken;
  }

  get livePoint() {
    const { seekable } = this.video;
    return seekable.length ? Math.max(0, seekable.end(seekable.length - 1) - BEHIND_END_S) : null;
  }

  get fromEdge() {
    const { seekable, currentTime } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) - currentTime : null;
  }

  /** Browsers that play HLS themselves keep to live themselves. */
  get overLive() {
    return null;
  }

  get frameDate() {
    // Safari alone has getStartDate(): the PROGRAM-DATE-TIME of the start of the timeline
    const start = /** @type {{getStartDate?: () => Date}} */ (this.video).getStartDate?.();
    return start && Number.isFinite(start.getTime()) ? new Date(start.getTime() + this.video.currentTime * 1000) : null;
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param {import("./recovery.js").Trouble} trouble */
  #fatal(trouble) {
    if (this.#timer) return; // the player says so again and again, and would put off for ever what is planned
    const { afterMs } = this.#recovery.next(trouble);
    this.#timer = setTimeout(() => this.start(), afterMs);
    this.listener.onTrouble();
  }
}

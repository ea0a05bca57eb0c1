/**
 * The player: builds itself from the page's template, takes the engine that fits the browser, keeps to the live point.
 *
 * Dispatches "playing", "stalled", "trouble", "ended" and "unplayable". What the page shows then is stage.js's business.
 */

import { LiveEdge } from "./live-edge.js";
import { page } from "./page.js";
import { follow, play } from "./sound.js";

const ASK_EVERY_S = 3; // while it stands still: is the encoder gone?
const STUCK_S = 6; // try the live point
const DEAD_S = 12; // begin anew

/** @typedef {import("./hls-engine.js").HlsEngine | import("./native-engine.js").NativeEngine} Engine */

export class Player extends EventTarget {
  /** @type {Engine | null} */
  engine = null;
  /** Whether the status says that pictures are coming; while not, a still picture is no fault. */
  expected = true;

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #at = -1;
  #still = 0;

  /**
   * Loads what is needed and puts the player into `screen`; the two large libraries come only now.
   * @param {HTMLElement} screen
   * @param {HTMLTemplateElement} template
   */
  static async build(screen, template) {
    await import("media-chrome");
    const part = document.importNode(template.content, true);
    screen.prepend(part);
    return new Player(screen);
  }

  /** @param {HTMLElement} screen */
  constructor(screen) {
    super();
    this.controller = /** @type {HTMLElement} */ (screen.querySelector("media-controller"));
    this.video = /** @type {HTMLVideoElement} */ (screen.querySelector("video"));
    // the whole screen goes full, or what lies over the picture would stay behind
    Object.assign(this.controller, { fullscreenElement: screen });
    this.edge = new LiveEdge(this, /** @type {HTMLElement} */ (screen.querySelector(".jump")));
    follow(this.video, /** @type {HTMLElement} */ (screen.querySelector(".unmute")));
    this.video.addEventListener("playing", () => this.#say("playing"));
    this.video.addEventListener("waiting", () => this.#say("stalled"));
    this.video.addEventListener("ended", () => this.#say("ended"));
  }

  async start() {
    const engine = await this.#choose();
    if (!engine) {
      this.#say("unplayable");
      return;
    }
    this.engine = engine;
    engine.start();
    this.#timer = setInterval(() => this.#look(), 1_000);
    await play(this.video);
  }

  /** Ends playing and takes the player off the page; a later broadcast gets a new one. */
  stop() {
    clearInterval(this.#timer);
    this.engine?.stop();
    this.engine = null;
    this.controller.remove();
  }

  /** Seconds of video in hand after the frame on show; null when there is none. */
  get inHand() {
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i += 1) {
      if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) return buffered.end(i) - currentTime;
    }
    return null;
  }

  async #choose() {
    const listener = { onTrouble: () => this.#say("trouble") };
    const url = page.urls.hls;
    // hls.js first also where the browser plays HLS itself: most do so without low latency
    if ("MediaSource" in window || "ManagedMediaSource" in window) {
      const { HlsEngine } = await import("./hls-engine.js");
      if (HlsEngine.supported()) return new HlsEngine(this.video, url, listener);
    }
    const { NativeEngine } = await import("./native-engine.js");
    return NativeEngine.supported(this.video) ? new NativeEngine(this.video, url, listener) : null;
  }

  /** Once a second: does it move, and is it where live is? */
  #look() {
    const { video } = this;
    const still = !video.paused && !video.ended && video.currentTime === this.#at;
    this.#at = video.currentTime;
    this.#still = still && !document.hidden ? this.#still + 1 : 0;
    if (this.#still && this.#still % ASK_EVERY_S === 0) this.#say("stalled");
    if (this.expected && this.#still === STUCK_S) this.edge.jump();
    if (this.expected && this.#still === DEAD_S) this.#anew();
    this.edge.look();
  }

  #anew() {
    this.#still = 0;
    this.engine?.start();
    void this.video.play().catch(() => {});
  }

  /** @param {string} what */
  #say(what) {
    this.dispatchEvent(new CustomEvent(what));
  }
}

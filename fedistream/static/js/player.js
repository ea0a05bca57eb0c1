/**
 * The player: builds itself from the page's template, takes the engine that fits the browser, plays for as long as the
 * viewer wants it to, and keeps to the live point.
 *
 * Dispatches "changed" when `picture` or `edge.far` is another, "trouble" when news of the node are wanted, "playing" and
 * "ended". What the page shows then is stage.js's business.
 */

import { LiveEdge } from "./live-edge.js";
import { page } from "./page.js";
import { follow, play, resume } from "./sound.js";
import { Wish } from "./wish.js";

// seconds that it stands still
const STILL_S = 2; // and it is said; less is a hitch
const ASK_EVERY_S = 3; // is the encoder gone, or the node?
const STUCK_S = 6; // try the live point
const DEAD_S = 12; // begin anew
const SOON_S = 3; // before that, when the node has been found again

const CALM_S = 10; // of a moving picture: what went wrong before is over

/** @typedef {import("./hls-engine.js").HlsEngine | import("./native-engine.js").NativeEngine} Engine */
/** @typedef {typeof import("./hls-engine.js").HlsEngine | typeof import("./native-engine.js").NativeEngine} Kind */

/** @returns {Promise<Kind | null>} */
async function engine() {
  // hls.js first also where the browser plays HLS itself: most do so without low latency
  if ("MediaSource" in window || "ManagedMediaSource" in window) {
    const { HlsEngine } = await import("./hls-engine.js");
    if (HlsEngine.supported()) return HlsEngine;
  }
  const { NativeEngine } = await import("./native-engine.js");
  return NativeEngine.supported(document.createElement("video")) ? NativeEngine : null;
}

export class Player extends EventTarget {
  /** @type {Engine | null} */
  engine = null;
  /** Whether pictures can come, by what is known of the node; while not, a still picture is no fault of the player's. */
  expected = true;
  /** @type {Exclude<import("./situation.js").Picture, "none">} */
  picture = "opening";

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #at = -1;
  #still = 0;
  #moving = 0;
  #told = "";

  /**
   * Loads what is needed and puts the player into `screen`; the two large libraries come only now.
   * @param {HTMLElement} screen
   * @param {HTMLTemplateElement} template
   */
  static async build(screen, template) {
    const [kind] = await Promise.all([engine(), import("media-chrome")]);
    const part = document.importNode(template.content, true);
    screen.prepend(part);
    return new Player(screen, kind);
  }

  /**
   * @param {HTMLElement} screen
   * @param {Kind | null} kind  of engine; null where the browser can play nothing
   */
  constructor(screen, kind) {
    super();
    this.kind = kind;
    this.controller = /** @type {HTMLElement} */ (screen.querySelector("media-controller"));
    this.video = /** @type {HTMLVideoElement} */ (screen.querySelector("video"));
    // the whole screen goes full, or what lies over the picture would stay behind
    Object.assign(this.controller, { fullscreenElement: screen });
    this.wish = new Wish(this.controller, this.video, () => this.#wished());
    this.edge = new LiveEdge(this, /** @type {HTMLElement} */ (screen.querySelector(".jump")));
    follow(this.video, this.controller);
    this.video.addEventListener("playing", () => this.#plays());
    this.video.addEventListener("waiting", () => this.#say("trouble"));
    this.video.addEventListener("ended", () => this.#say("ended"));
    // after a pause by nobody there may be no second event: the source was there before the wish
    this.video.addEventListener("canplay", () => void this.#keepPlaying());
  }

  async start() {
    if (!this.kind) {
      this.#show("unplayable");
      return;
    }
    const listener = {
      onTrouble: () => this.#say("trouble"),
      onRestart: () => {
        this.edge.forget();
        void this.#keepPlaying();
      },
    };
    const engine = new this.kind(this.video, page.urls.hls, listener);
    engine.start();
    this.engine = engine;
    this.#timer = setInterval(() => this.#look(), 1_000);
    if (!(await play(this.video))) this.wish.say(false);
  }

  /** Ends playing and takes the player off the page; a later broadcast gets a new one. */
  stop() {
    clearInterval(this.#timer);
    this.wish.stop();
    this.engine?.stop();
    this.engine = null;
    this.controller.remove();
  }

  /** The node has been found again, or the encoder: what is to be mended need not wait. */
  hurry() {
    this.engine?.hurry();
    // requests that were on their way when the network went may hang for long; nobody answers them any more
    if (this.#still) this.#still = Math.max(this.#still, DEAD_S - SOON_S);
  }

  /** The viewer asks for another try. */
  again() {
    this.wish.say(true);
    this.#still = 0;
    this.engine?.calm();
    this.engine?.start();
  }

  /** Seconds of video in hand after the frame on show; null when there is none. */
  get inHand() {
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i += 1) {
      if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) return buffered.end(i) - currentTime;
    }
    return null;
  }

  #plays() {
    this.edge.look();
    this.#show(this.wish.playing ? "moving" : "resting");
    this.#say("playing");
  }

  /** The viewer wants something else than before. */
  #wished() {
    void this.#keepPlaying();
    if (this.picture === "moving" && !this.wish.playing) this.#show("resting");
  }

  /** Once a second: does it move, and is it where live is? */
  #look() {
    void this.#keepPlaying();
    const { video, wish } = this;
    // a jump to where nothing is in hand moves the time and not the picture
    const moved = video.currentTime !== this.#at && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    this.#at = video.currentTime;
    const stands = wish.playing && !video.ended && !moved;
    this.#still = stands && !document.hidden ? this.#still + 1 : 0;
    this.#moving = moved && !video.paused ? this.#moving + 1 : 0;
    if (this.#moving === CALM_S) this.engine?.calm();
    this.#show(this.#seen());
    if (this.#still && this.#still % ASK_EVERY_S === 0) this.#say("trouble");
    if (this.expected && this.#still === STUCK_S) this.edge.jump();
    if (this.expected && this.#still >= DEAD_S) {
      this.#still = 0;
      this.engine?.fail();
    }
    this.edge.look();
    this.#show(this.picture);
  }

  /** What there is to see, by the last look. */
  #seen() {
    if (this.#moving) return "moving";
    if (!this.wish.playing) return "resting";
    if (this.engine?.broken) return "broken";
    return this.picture !== "opening" && this.#still >= STILL_S ? "still" : this.picture;
  }

  /** Nobody has paused it, so it plays. A browser that lets no page play by itself leaves that to the viewer. */
  async #keepPlaying() {
    if (!this.engine || !this.wish.playing || !this.video.paused || this.video.ended) return;
    if (!(await resume(this.video))) this.wish.say(false);
  }

  /** @param {Player["picture"]} picture */
  #show(picture) {
    this.picture = picture;
    const told = `${picture} ${this.edge.far}`;
    if (told === this.#told) return;
    this.#told = told;
    this.#say("changed");
  }

  /** @param {string} what */
  #say(what) {
    this.dispatchEvent(new CustomEvent(what));
  }
}

/**
 * The player: builds itself from the page's template, chooses the engine that the browser supports, plays as long as the
 * viewer wants it to, and stays near the live edge.
 *
 * Dispatches "change" when `playback` or `liveEdge.isBehind` changes, "qualities" when those of the engine do, "problem" when the status should be asked for,
 * "playing" and "ended". player-view.js shows the state.
 */

import { moveFocus } from "./hotkeys.js";
import { LiveEdge } from "./live-edge.js";
import { find, page } from "./page.js";
import { PlayIntent } from "./play-intent.js";
import { playWithStoredVolume, setUpUnmuteButton, tryPlay } from "./volume.js";

// seconds that the picture stands still
const STALLED_S = 2; // before the page says so; a shorter stall passes unnoticed
const REPORT_EVERY_S = 3; // is the encoder gone, or the server?
const SEEK_AFTER_S = 6; // to the live edge
const RELOAD_AFTER_S = 12;
const RELOAD_SOON_S = 3; // once the server is found again

const STABLE_S = 10; // of playback, after which earlier errors do not count

/** @typedef {import("./hls-engine.js").HlsEngine | import("./native-engine.js").NativeEngine} Engine */
/** @typedef {typeof import("./hls-engine.js").HlsEngine | typeof import("./native-engine.js").NativeEngine} EngineClass */
/** @typedef {Exclude<import("./player-state.js").Playback, "none">} Playback */

/** @returns {Promise<EngineClass | null>} */
async function chooseEngine() {
  // hls.js comes first even where the browser plays HLS itself: most do so without low latency
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
  /** Whether the stream should play, by the server's status. While it should not, a stall is no fault of the player. */
  streamExpected = true;
  /** @type {Playback} */
  playback = "loading";

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #lastTime = -1;
  #stalledFor = 0;
  #playingFor = 0;
  #lastChange = "";

  /**
   * Load the libraries, which are large and come only now, and put the player into `box`.
   * @param {HTMLElement} box
   * @param {HTMLTemplateElement} template
   */
  static async build(box, template) {
    const [engineClass] = await Promise.all([chooseEngine(), import("media-chrome")]);
    box.prepend(document.importNode(template.content, true));
    return new Player(box, engineClass);
  }

  /**
   * @param {HTMLElement} box
   * @param {EngineClass | null} engineClass  null where the browser can play nothing
   */
  constructor(box, engineClass) {
    super();
    this.engineClass = engineClass;
    this.controller = find(box, "media-controller", HTMLElement);
    this.video = find(box, "video", HTMLVideoElement);
    // the whole box goes full screen: what lies over the picture would stay behind otherwise
    Object.assign(this.controller, { fullscreenElement: box });
    this.intent = new PlayIntent(this.controller, this.video, () => this.#onIntentChange());
    this.liveEdge = new LiveEdge(this, find(box, ".jump-to-live", HTMLElement));
    setUpUnmuteButton(this.video, this.controller);
    this.playButton = find(box, ".play-large", HTMLElement);
    this.playButton.addEventListener("click", () => {
      moveFocus(this.playButton, this.controller, "media-play-button");
      this.playButton.hidden = true;
      this.intent.set(true);
    });
    this.video.addEventListener("playing", () => this.#onPlaying());
    this.video.addEventListener("waiting", () => this.#emit("problem"));
    this.video.addEventListener("ended", () => this.#emit("ended"));
    // a pause that nobody chose may be followed by no other event than this
    this.video.addEventListener("canplay", () => void this.#resumeIfWanted());
  }

  async start() {
    if (!this.engineClass) {
      this.#setPlayback("unsupported");
      return;
    }
    const listener = {
      onError: () => this.#emit("problem"),
      onQualities: () => this.#emit("qualities"),
      onReload: () => {
        this.liveEdge.reset();
        void this.#resumeIfWanted();
      },
    };
    const engine = new this.engineClass(this.video, page.urls.hls, listener);
    engine.start();
    this.engine = engine;
    this.#timer = setInterval(() => this.#check(), 1_000);
    if (!(await playWithStoredVolume(this.video, page.autoplay))) this.#leaveToViewer();
  }

  /** Nothing plays by itself: the viewer has to press play, and finds a large button for it. */
  #leaveToViewer() {
    this.intent.set(false);
    this.playButton.hidden = !this.video.paused;
  }

  /** Stop playing and remove the player from the page; a later broadcast gets a new one. */
  stop() {
    clearInterval(this.#timer);
    this.intent.dispose();
    this.engine?.stop();
    this.engine = null;
    this.controller.remove();
  }

  /** Retry at once what waits for its time: the server or the encoder is back. */
  retryNow() {
    this.engine?.retryNow();
    // requests that were under way when the network went may hang for long, and nobody answers them any more
    if (this.#stalledFor) this.#stalledFor = Math.max(this.#stalledFor, RELOAD_AFTER_S - RELOAD_SOON_S);
  }

  /** The viewer pressed "Try again". */
  retry() {
    this.intent.set(true);
    this.#stalledFor = 0;
    this.engine?.resetRecovery();
    this.engine?.start();
  }

  /** Seconds of video that are buffered after the present frame; null when there is no frame. */
  get forwardBuffer() {
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i += 1) {
      if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) return buffered.end(i) - currentTime;
    }
    return null;
  }

  #onPlaying() {
    this.playButton.hidden = true;
    this.liveEdge.update();
    this.#setPlayback(this.intent.shouldPlay ? "playing" : "paused");
    this.#emit("playing");
  }

  #onIntentChange() {
    void this.#resumeIfWanted();
    if (this.playback === "playing" && !this.intent.shouldPlay) this.#setPlayback("paused");
  }

  /** Once a second: does the picture move, and is it near the live edge? */
  #check() {
    void this.#resumeIfWanted();
    const { video, intent } = this;
    // a seek to where nothing is buffered changes the time and not the picture
    const moved = video.currentTime !== this.#lastTime && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    this.#lastTime = video.currentTime;
    const stalled = intent.shouldPlay && !video.ended && !moved;
    this.#stalledFor = stalled && !document.hidden ? this.#stalledFor + 1 : 0;
    this.#playingFor = moved && !video.paused ? this.#playingFor + 1 : 0;
    if (this.#playingFor === STABLE_S) this.engine?.resetRecovery();
    this.#setPlayback(this.#nextPlayback());
    if (this.#stalledFor && this.#stalledFor % REPORT_EVERY_S === 0) this.#emit("problem");
    if (this.streamExpected && this.#stalledFor === SEEK_AFTER_S) this.liveEdge.seekToLive();
    if (this.streamExpected && this.#stalledFor >= RELOAD_AFTER_S) {
      this.#stalledFor = 0;
      this.engine?.reportStall();
    }
    this.liveEdge.update();
    this.#setPlayback(this.playback);
  }

  /** @returns {Playback} */
  #nextPlayback() {
    if (this.#playingFor) return "playing";
    if (!this.intent.shouldPlay) return "paused";
    if (this.engine?.failed) return "failed";
    return this.playback !== "loading" && this.#stalledFor >= STALLED_S ? "stalled" : this.playback;
  }

  /** Play if nobody has paused. A browser that lets no page play by itself leaves that to the viewer. */
  async #resumeIfWanted() {
    if (!this.engine || !this.intent.shouldPlay || !this.video.paused || this.video.ended) return;
    if (!(await tryPlay(this.video))) this.#leaveToViewer();
  }

  /** @param {Playback} playback */
  #setPlayback(playback) {
    this.playback = playback;
    const change = `${playback} ${this.liveEdge.isBehind}`;
    if (change === this.#lastChange) return;
    this.#lastChange = change;
    this.#emit("change");
  }

  /** @param {string} type */
  #emit(type) {
    this.dispatchEvent(new CustomEvent(type));
  }
}

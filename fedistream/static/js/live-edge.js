/**
 * How far the viewer is behind live, and the ways back: a button, or by itself when nobody chose to be behind.
 */

import { moveFocus } from "./hotkeys.js";
import { setText, text } from "./page.js";
import { playbackRate } from "./playback-rate.js";

const LIVE_TOLERANCE_S = 3; // this close to the live position counts as live: playing faster makes it good
const OFFER_AFTER_S = 6;
const RETURN_AFTER_S = 6; // more than playing faster makes good in two minutes

/** @typedef {import("./player.js").Player} Player */

export class LiveEdge {
  #behindOnPurpose = false; // the viewer paused or went back
  /** Whether jumping to live is offered. */
  isBehind = false;

  /**
   * @param {Player} player
   * @param {HTMLElement} button
   */
  constructor(player, button) {
    this.player = player;
    this.button = button;
    const { controller, video } = player;
    button.addEventListener("click", () => {
      player.intent.set(true);
      this.seekToLive();
      moveFocus(button, controller, "media-play-button");
    });
    video.addEventListener("timeupdate", () => this.#adjustRate());
    for (const request of ["mediapauserequest", "mediaseekrequest"]) {
      controller.addEventListener(request, () => (this.#behindOnPurpose = true));
    }
    // media-chrome would go to the very end of what is seekable, where nothing is buffered yet
    const onSeekToLive = (/** @type {Event} */ event) => {
      event.stopImmediatePropagation();
      player.intent.set(true);
      this.seekToLive();
    };
    controller.addEventListener("mediaseektoliverequest", onSeekToLive, { capture: true });
    Object.defineProperty(video, "liveEdgeStart", { get: () => (this.#liveSyncPosition ?? NaN) - LIVE_TOLERANCE_S });
  }

  /** Called four times a second while the video plays. */
  #adjustRate() {
    const { video, engine, forwardBuffer } = this.player;
    const over = this.#behindOnPurpose ? 0 : (engine?.latencyOverTarget ?? 0);
    const rate = playbackRate(over, forwardBuffer ?? 0, video.playbackRate);
    if (video.playbackRate !== rate) video.playbackRate = rate;
  }

  get #liveSyncPosition() {
    return this.player.engine?.liveSyncPosition ?? null;
  }

  /** Seconds behind the live position; null before that is known. */
  get secondsBehind() {
    return this.#liveSyncPosition === null ? null : Math.max(0, this.#liveSyncPosition - this.player.video.currentTime);
  }

  seekToLive() {
    this.#behindOnPurpose = false;
    const { video } = this.player;
    const position = this.#liveSyncPosition;
    if (position !== null && position > video.currentTime) video.currentTime = position;
    this.update();
  }

  /** The source was loaded anew, at the live position: the viewer's own position is gone. */
  reset() {
    this.#behindOnPurpose = false;
  }

  /** To be called about once a second. */
  update() {
    const behind = this.secondsBehind ?? 0;
    if (!this.#behindOnPurpose && !this.player.video.paused && behind > RETURN_AFTER_S) this.seekToLive();
    this.isBehind = behind >= OFFER_AFTER_S;
    setText(this.button.querySelector(".seconds-behind"), text("behind", { n: Math.round(behind) }));
  }
}

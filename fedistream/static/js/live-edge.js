/**
 * How far behind live the viewer is, and the ways back: by a button, or by itself when nobody chose to be behind.
 */

import { leave } from "./keys.js";
import { text, write } from "./page.js";
import { pace } from "./pace.js";

const LIVE_WITHIN_S = 3; // of the live point it still counts as live: catching up is under way
const OFFER_AFTER_S = 6;
const RETURN_AFTER_S = 6; // more than catching up would make good in two minutes

/** @typedef {import("./player.js").Player} Player */

export class LiveEdge {
  #held = false; // the viewer paused or went back, and wants to be there
  /** Whether the way to live is to be offered. */
  far = false;

  /**
   * @param {Player} player
   * @param {HTMLElement} button
   */
  constructor(player, button) {
    this.player = player;
    this.button = button;
    const { controller, video } = player;
    button.addEventListener("click", () => {
      player.wish.say(true);
      this.jump();
      leave(button, controller, "media-play-button");
    });
    video.addEventListener("timeupdate", () => this.#keepPace());
    for (const wish of ["mediapauserequest", "mediaseekrequest"]) {
      controller.addEventListener(wish, () => (this.#held = true));
    }
    // media-chrome would go to the very end of what is seekable, where there is nothing in hand yet
    controller.addEventListener("mediaseektoliverequest", (event) => {
      event.stopImmediatePropagation();
      player.wish.say(true);
      this.jump();
    }, { capture: true });
    Object.defineProperty(video, "liveEdgeStart", { get: () => (this.#point ?? NaN) - LIVE_WITHIN_S });
  }

  /** Comes four times a second while it plays. */
  #keepPace() {
    const { video, engine, inHand } = this.player;
    const over = this.#held ? 0 : (engine?.overLive ?? 0);
    const rate = pace(over, inHand ?? 0, video.playbackRate);
    if (video.playbackRate !== rate) video.playbackRate = rate;
  }

  get #point() {
    return this.player.engine?.livePoint ?? null;
  }

  /** Seconds behind the point where live playing should be; null before that is known. */
  get behind() {
    return this.#point === null ? null : Math.max(0, this.#point - this.player.video.currentTime);
  }

  jump() {
    this.#held = false;
    const { video } = this.player;
    if (this.#point !== null && this.#point > video.currentTime) video.currentTime = this.#point;
    this.look();
  }

  /** The player was made anew, at the live point: where the viewer was is gone. */
  forget() {
    this.#held = false;
  }

  /** To be called every second or so. */
  look() {
    const behind = this.behind ?? 0;
    if (!this.#held && !this.player.video.paused && behind > RETURN_AFTER_S) this.jump();
    this.far = behind >= OFFER_AFTER_S;
    write(this.button.querySelector(".how-far"), text("behind", { n: Math.round(behind) }));
  }
}

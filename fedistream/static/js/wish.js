/**
 * Whether the viewer wants it to play, apart from `video.paused`: a player made anew, an outage, a phone that slept pause
 * the video too, and nobody has chosen that.
 */

export class Wish {
  #wanted = true;
  #over = new AbortController();
  #asleep = false; // paused by somebody while the page was hidden: by the browser, or by a button outside of it

  /**
   * @param {HTMLElement} controller
   * @param {HTMLVideoElement} video
   * @param {() => void} changed
   */
  constructor(controller, video, changed) {
    this.video = video;
    this.changed = changed;
    controller.addEventListener("mediapauserequest", () => this.say(false));
    controller.addEventListener("mediaplayrequest", () => this.say(true));
    video.addEventListener("play", () => this.say(true));
    video.addEventListener("pause", () => this.#paused());
    const awake = () => {
      if (document.hidden) return;
      this.#asleep = false;
      this.changed();
    };
    // the document outlives the player: without an end it would hold the player of each broadcast
    document.addEventListener("visibilitychange", awake, { signal: this.#over.signal });
    this.#keys();
  }

  /** The player goes. */
  stop() {
    this.#over.abort();
  }

  /** Whether it should play now. */
  get playing() {
    return this.#wanted && !this.#asleep;
  }

  /** @param {boolean} playing */
  say(playing) {
    this.#asleep = false;
    if (playing === this.#wanted) return;
    this.#wanted = playing;
    this.changed();
  }

  /** By the keys of a headset, a lock screen, the small window or the full screen of a phone: no button of ours. */
  #paused() {
    // the end pauses too, and so do an error and a source that is taken away
    const { ended, error, readyState } = this.video;
    if (ended || error || readyState === HTMLMediaElement.HAVE_NOTHING) return;
    if (document.hidden) this.#asleep = true;
    else this.say(false);
  }

  #keys() {
    if (!("mediaSession" in navigator)) return;
    const set = (/** @type {MediaSessionAction} */ action, /** @type {boolean} */ playing) =>
      navigator.mediaSession.setActionHandler(action, () => {
        this.say(playing);
        if (playing) void this.video.play().catch(() => {});
        else this.video.pause();
      });
    set("play", true);
    set("pause", false);
  }
}

/**
 * Whether the viewer wants the video to play. `video.paused` does not tell: a player that is made anew, an outage and a
 * phone that slept pause the video too, and nobody has chosen that.
 */

export class PlayIntent {
  #wantsPlay = true;
  #disposed = new AbortController();
  #pausedWhileHidden = false; // by the browser, or by a button outside of the page

  /**
   * @param {HTMLElement} controller
   * @param {HTMLVideoElement} video
   * @param {() => void} onChange
   */
  constructor(controller, video, onChange) {
    this.video = video;
    this.onChange = onChange;
    controller.addEventListener("mediapauserequest", () => this.set(false));
    controller.addEventListener("mediaplayrequest", () => this.set(true));
    video.addEventListener("play", () => this.set(true));
    video.addEventListener("pause", () => this.#onPause());
    const onVisible = () => {
      if (document.hidden) return;
      this.#pausedWhileHidden = false;
      this.onChange();
    };
    // the document outlives the player: without an end, the listener would keep the player of each broadcast alive
    document.addEventListener("visibilitychange", onVisible, { signal: this.#disposed.signal });
    this.#handleMediaKeys();
  }

  dispose() {
    this.#disposed.abort();
  }

  /** Whether the video should play now. */
  get shouldPlay() {
    return this.#wantsPlay && !this.#pausedWhileHidden;
  }

  /** @param {boolean} play */
  set(play) {
    this.#pausedWhileHidden = false;
    if (play === this.#wantsPlay) return;
    this.#wantsPlay = play;
    this.onChange();
  }

  /** A pause by none of our buttons: by a headset, a lock screen, picture in picture or a phone's full screen. */
  #onPause() {
    // the end, an error and a source that is removed pause the video too
    const { ended, error, readyState } = this.video;
    if (ended || error || readyState === HTMLMediaElement.HAVE_NOTHING) return;
    if (document.hidden) this.#pausedWhileHidden = true;
    else this.set(false);
  }

  #handleMediaKeys() {
    if (!("mediaSession" in navigator)) return;
    const handle = (/** @type {MediaSessionAction} */ action, /** @type {boolean} */ play) =>
      navigator.mediaSession.setActionHandler(action, () => {
        this.set(play);
        if (play) void this.video.play().catch(() => {});
        else this.video.pause();
      });
    handle("play", true);
    handle("pause", false);
  }
}
